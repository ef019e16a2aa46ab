package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const applicationID = "apl_01KASJ3V6T8C0QW2N4R5X7YZAP"

func applicationPages() []Page {
	return append([]Page{
		{"apply", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplyPage(pages.Apply{Shell: signedOut(s), Mails: true})
		}},
		{"apply-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := applying(ctx, s)
			v.Errors = map[string]string{"email": word(ctx, "邮箱格式不正确。", "That is not an email address."), "sells": word(ctx, "必填。", "Required.")}
			return pages.ApplyPage(v)
		}},
		{"apply-unsent", func(ctx context.Context, s layout.Shell) templ.Component {
			v := applying(ctx, s)
			v.Mails, v.Errors = true, map[string]string{"": word(ctx, "邮件服务器未接受确认邮件。请检查邮箱地址，或稍后重试。", "The mail server did not take our mail to you. Check the email, or try again later.")}
			return pages.ApplyPage(v)
		}},
		{"apply-sent", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplyPage(pages.Apply{Shell: signedOut(s), Mails: true, Done: "sent"})
		}},
		{"apply-confirmed", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplyPage(pages.Apply{Shell: signedOut(s), Mails: true, Done: "confirmed"})
		}},
		{"apply-confirm", func(ctx context.Context, s layout.Shell) templ.Component {
			v := applying(ctx, s)
			v.Action = routes.ConfirmApplication("x")
			return pages.ConfirmApplicationPage(v)
		}},
		{"apply-gone", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmApplicationPage(pages.Apply{Shell: signedOut(s), Gone: true})
		}},
	}, answeringPages()...)
}

func answeringPages() []Page {
	return []Page{
		{"applications", func(ctx context.Context, s layout.Shell) templ.Component {
			list := []pages.ApplicationRow{applicationRow(ctx, "waiting"), applicationRow(ctx, "waiting")}
			list[1].Verified, list[1].Company = false, word(ctx, "平遥文旅票务", "Pingyao Tickets")
			return pages.ApplicationsPage(pages.Applications{
				Shell: answering(s), Status: "waiting", Open: true, Rows: list, Pager: components.Pager{Path: routes.AdminApplications, Shown: 2},
			})
		}},
		{"applications-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationsPage(pages.Applications{Shell: answering(s), Status: "waiting", Open: true})
		}},
		{"applications-approved-none", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationsPage(pages.Applications{Shell: answering(s), Status: "approved"})
		}},
		{"applications-rejected-none", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationsPage(pages.Applications{Shell: answering(s), Status: "rejected", Open: true})
		}},
		{"application", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationPage(pages.Application{Shell: answering(s), Row: applicationRow(ctx, "waiting"), Mails: true})
		}},
		{"application-unverified", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.Application{Shell: answering(s), Row: applicationRow(ctx, "waiting"), Errors: map[string]string{"answer": word(ctx, "必填。", "Required.")}}
			v.Row.Verified = false
			return pages.ApplicationPage(v)
		}},
		{"application-decided", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.Application{Shell: answering(s), Row: applicationRow(ctx, "rejected"), Mails: true}
			v.Errors = map[string]string{"": word(ctx, "该申请已由他人处理。", "Somebody else has answered this application.")}
			return pages.ApplicationPage(v)
		}},
		{"application-approved", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationPage(pages.Application{Shell: answering(s), Row: applicationRow(ctx, "approved"), Invited: true, Mails: true})
		}},
		{"application-joined", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ApplicationPage(pages.Application{Shell: answering(s), Row: applicationRow(ctx, "approved")})
		}},
	}
}

func answering(s layout.Shell) layout.Shell {
	s = at(platform(s), layout.NavApplications)
	s.Path, s.TakesApplications, s.Applications = routes.AdminApplications, true, 2
	return s
}

func applying(ctx context.Context, s layout.Shell) pages.Apply {
	return pages.Apply{
		Shell: signedOut(s), Company: word(ctx, "晋祥茶行", "Jinxiang Tea"), Contact: word(ctx, "商户负责人", "Merchant Owner"), Email: "owner@jinxiang.example",
	}
}

func applicationRow(ctx context.Context, status string) pages.ApplicationRow {
	r := pages.ApplicationRow{
		ID: applicationID, Company: word(ctx, "晋祥茶行", "Jinxiang Tea"), Contact: word(ctx, "商户负责人", "Merchant Owner"), Email: "owner@jinxiang.example",
		Note: word(ctx, "线下门店与小程序销售茶叶，客单价约 200 元。", "Tea, in two shops and a mini program; about ¥200 an order."), Verified: true, Status: status, CreatedAt: noon.Add(-26 * time.Hour),
	}
	if status != "waiting" {
		r.By, r.DecidedAt = word(ctx, "平台管理员", "Platform Admin"), noon.Add(-2*time.Hour)
	}
	switch status {
	case "approved":
		r.MerchantID = merchantID
	case "rejected":
		r.Reason = word(ctx, "营业执照与所填公司名称不符。", "The business licence is for another company.")
	}
	return r
}
