package gallery

import (
	"context"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// platformPages are the platform's own pages besides its lists of merchants and
// users.
func platformPages() []Page {
	return []Page{
		{"platform-view", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ViewPage(lookForm(ctx, s))
		}},
		{"platform-view-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := lookForm(ctx, s)
			v.Reason, v.Errors = "??", map[string]string{"reason": word(ctx, "请填写 8 至 300 个字符。", "Write 8 to 300 characters.")}
			return pages.ViewPage(v)
		}},
		{"platform-bands", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PaymentsPage(pages.Payments{Shell: banded(ctx, at(live(s), layout.NavPayments))})
		}},
	}
}

func lookForm(ctx context.Context, s layout.Shell) pages.View {
	return pages.View{
		Shell: at(platform(s), layout.NavMerchants), MerchantID: merchantID, MerchantName: word(ctx, "晋祥茶行", "Jinxiang Tea"), Minutes: 60,
	}
}

// banded has every band at once.
func banded(ctx context.Context, s layout.Shell) layout.Shell {
	s.View = layout.View{Merchant: word(ctx, "晋祥茶行", "Jinxiang Tea"), Until: "15:04"}
	s.Suspended = word(ctx, "未按时补交资料", "Documents are missing")
	s.Notice = word(ctx, "今晚 23:00 至 23:30 升级，期间页面可能短暂不可用。", "We upgrade tonight from 23:00 to 23:30; pages may be away for moments.")
	s.Support = "support@platform.example"
	return s
}
