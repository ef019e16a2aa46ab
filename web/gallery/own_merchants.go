package gallery

import (
	"context"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func ownMerchantPages() []Page {
	return []Page{
		{"merchants-own", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.OwnMerchantsPage(ownMerchants(ctx, ofMany(s)))
		}},
		{"merchants-own-no-match", func(ctx context.Context, s layout.Shell) templ.Component {
			v := ownMerchants(ctx, ofMany(s))
			v.Query, v.Rows = "zzz", nil
			return pages.OwnMerchantsPage(v)
		}},
		{"merchants-own-empty", func(_ context.Context, s layout.Shell) templ.Component {
			s = platform(s)
			s.Merchants = nil
			return pages.OwnMerchantsPage(pages.OwnMerchants{Shell: at(s, layout.NavNone)})
		}},
	}
}

// ofMany is the shell of somebody who has many merchants.
func ofMany(s layout.Shell) layout.Shell {
	s.Merchants, s.MerchantCount = s.Merchants[:1], 23
	return at(s, layout.NavNone)
}

func ownMerchants(ctx context.Context, s layout.Shell) pages.OwnMerchants {
	owner, finance := word(ctx, "负责人", "Owner"), word(ctx, "财务", "Finance")
	return pages.OwnMerchants{
		Shell: s, List: "payments", Mode: app.Live, Pager: components.Pager{Path: routes.Merchants, Shown: 3, Next: merchantID, Later: true, ByName: true},
		Rows: []pages.OwnMerchant{
			{ID: merchantID, Name: word(ctx, "晋祥茶行", "Jinxiang Tea"), Roles: []string{owner}},
			{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAC", Name: word(ctx, "平遥文旅票务", "Pingyao Tickets"), Roles: []string{finance, word(ctx, "退款专员", "Refund clerk")}},
			{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAD", Name: word(ctx, "旧商户", "Former merchant"), Roles: []string{finance}},
		},
	}
}
