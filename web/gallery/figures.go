package gallery

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func figurePages() []Page {
	return []Page{
		{"refusals", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RefusalsPage(refusalsOf(ctx, s, "RULE_LIMIT", refusedRows()))
		}},
		{"refusals-none", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RefusalsPage(refusalsOf(ctx, s, "", nil))
		}},
		{"platform-home", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PlatformHomePage(platformHome(ctx, s, app.Live))
		}},
		{"platform-home-test", func(ctx context.Context, s layout.Shell) templ.Component {
			v := platformHome(ctx, s, app.Test)
			v.Channel, v.Code = app.Alipay, "ACQ.INVALID_PARAMETER"
			for _, m := range v.Merchants[:2] {
				v.RefusedBy = append(v.RefusedBy, pages.MerchantRefusals{Name: m.Name, Href: m.Href, Count: 3})
			}
			return pages.PlatformHomePage(v)
		}},
		{"platform-home-quiet", func(ctx context.Context, s layout.Shell) templ.Component {
			v := platformHome(ctx, s, app.Live)
			o := pages.Overview{Range: pages.RangeToday, Path: routes.AdminHome, From: "2026-11-23", To: "2026-11-23", AsOf: noon, Until: v.Overview.Until, Refunds: true}
			return pages.PlatformHomePage(pages.PlatformHome{Shell: v.Shell, Mode: app.Live, Overview: o})
		}},
	}
}

// hourly are made up shares of a day's payments.
var hourly = []int64{2, 1, 0, 0, 0, 1, 4, 11, 22, 31, 38, 46, 52, 44, 36, 33, 37, 48, 61, 58, 43, 27, 14, 6}

// overviewOf is a merchant's figures of a range.
func overviewOf(ctx context.Context, s layout.Shell, name string) pages.Overview {
	v := pages.Overview{
		Range: name, Path: s.Scope().Home(), From: "2026-11-23", To: "2026-11-23", AsOf: noon, Until: noon - noon%app.Millis(3_600_000) + 3_600_000,
		Refunds: true, Payments: s.Scope().Payments(), RefundList: s.Scope().Refunds(),
	}
	days := map[string]int{pages.RangeWeek: 7, pages.RangeMonth: 30}[name]
	if days == 0 {
		v.Points = hours()
	} else {
		v.Points = dayPoints(days)
		v.From = noon.Time().AddDate(0, 0, 1-days).Format(time.DateOnly)
	}
	for _, p := range v.Points {
		if !p.Ahead {
			v.Now, v.Before = plus(v.Now, p.Now), plus(v.Before, p.Before)
		}
	}
	v.Channels = []pages.FigureRow{v.Part(i18n.T(ctx, "channel.wechat"), "channel", "wechat", part(v.Now, 68)), v.Part(i18n.T(ctx, "channel.alipay"), "channel", "alipay", part(v.Now, 32))}
	v.Methods = []pages.FigureRow{
		v.Part(i18n.T(ctx, "method.wechat_jsapi"), "method", "wechat_jsapi", part(v.Now, 41)), v.Part(i18n.T(ctx, "method.alipay_qr"), "method", "alipay_qr", part(v.Now, 32)),
		v.Part(i18n.T(ctx, "method.wechat_native"), "method", "wechat_native", part(v.Now, 19)), v.Part(i18n.T(ctx, "method.wechat_h5"), "method", "wechat_h5", part(v.Now, 8)),
	}
	v.Accounts = []pages.FigureRow{
		v.Part(word(ctx, "微信主账户", "WeChat main"), "account", "acct_1", part(v.Now, 68)), v.Part(word(ctx, "支付宝门店", "Alipay stores"), "account", "acct_2", part(v.Now, 32)),
	}
	v.Refusals = []pages.RefusalRow{
		{Channel: app.WeChat, Code: "RULE_LIMIT", Count: 6, Href: s.Scope().Refusals()}, {Channel: app.Alipay, Code: "ACQ.INVALID_PARAMETER", Count: 2, Href: s.Scope().Refusals()},
		{Channel: app.WeChat, Code: "APPID_MCHID_NOT_MATCH", Count: 1, Href: s.Scope().Refusals()},
	}
	return v
}

func hours() []pages.FigurePoint {
	var out []pages.FigurePoint
	for i, n := range hourly {
		at := fmt.Sprintf("%02d:00", i)
		p := pages.FigurePoint{Label: at, From: "2026-11-23T" + at, To: "2026-11-23T" + at, Ahead: i > 14}
		p.Before = figuresOf(hourly[i]*9/10+int64(i%3), int64(i))
		if !p.Ahead {
			p.Now = figuresOf(n, int64(i))
		}
		out = append(out, p)
	}
	return out
}

func dayPoints(days int) []pages.FigurePoint {
	var out []pages.FigurePoint
	for i := range days {
		day := noon.Time().AddDate(0, 0, i+1-days)
		n := 480 + hourly[i%24]*4
		out = append(out, pages.FigurePoint{
			Label: day.Format("01-02"), From: day.Format(time.DateOnly), To: day.Format(time.DateOnly),
			Now: figuresOf(n, int64(i)), Before: figuresOf(n*93/100, int64(i+1)),
		})
	}
	return out
}

func figuresOf(n, seed int64) pages.Figures {
	f := pages.Figures{Created: n, Succeeded: n - n*(3+seed%5)/100}
	if n > 3 {
		f.Succeeded--
	}
	f.Amount = app.Money(f.Succeeded * (2140 + 37*(seed%7)))
	if n > 30 {
		f.Refunds, f.Refunded = 1, app.Money(9800+seed*100)
	}
	return f
}

func plus(a, b pages.Figures) pages.Figures {
	return pages.Figures{
		Created: a.Created + b.Created, Succeeded: a.Succeeded + b.Succeeded, Amount: a.Amount + b.Amount,
		Refunds: a.Refunds + b.Refunds, Refunded: a.Refunded + b.Refunded,
	}
}

// part is a percentage of figures.
func part(f pages.Figures, percent int64) pages.Figures {
	return pages.Figures{Created: f.Created * percent / 100, Succeeded: f.Succeeded * percent / 100, Amount: f.Amount * app.Money(percent) / 100}
}

func platformHome(ctx context.Context, s layout.Shell, mode app.Mode) pages.PlatformHome {
	s.Merchant, s.Mode, s.Nav = layout.Merchant{}, "", layout.NavOverview
	o := overviewOf(ctx, s, pages.RangeToday)
	o.Path, o.Payments, o.RefundList, o.Methods, o.Accounts = routes.With(routes.AdminHome, "mode", string(mode)), "", "", nil, nil
	for i := range o.Channels {
		o.Channels[i].Href = routes.AdminHome + "?channel=wechat#merchants"
	}
	o.Parts = "#merchants"
	v := pages.PlatformHome{Shell: s, Mode: mode, Overview: o}
	for i, name := range []string{
		word(ctx, "晋祥茶行", "Jinxiang Tea"), word(ctx, "平遥文旅票务", "Pingyao Tickets"), word(ctx, "汾河书店", "Fenhe Books"),
	} {
		list := routes.Scope{Merchant: merchantID, Mode: mode}.Payments()
		of := pages.Overview{From: o.From, To: o.To, Payments: list}
		v.Merchants = append(v.Merchants, of.Part(name, "channel", "", part(o.Now, []int64{57, 31, 12}[i])))
	}
	return v
}

func refusalsOf(ctx context.Context, s layout.Shell, code string, rows []pages.RefusedRow) pages.Refusals {
	s.Nav = layout.NavPayments
	f := pages.RefusalFilters{Channel: "wechat", Code: code, From: "2026-11-17", To: "2026-11-23", Codes: []string{"RULE_LIMIT", "APPID_MCHID_NOT_MATCH"}}
	return pages.Refusals{
		Shell: s, Filters: f.Bar(ctx, s.Scope().Refusals()), Rows: rows, Pager: components.Pager{Path: s.Path, Shown: len(rows)},
		Count: int64(len(rows)), Known: true, Code: code, Window: "2026-11-17 – 2026-11-23",
	}
}

func refusedRows() []pages.RefusedRow {
	var out []pages.RefusedRow
	for i, method := range []string{"wechat_jsapi", "wechat_native", "wechat_h5"} {
		out = append(out, pages.RefusedRow{
			AttemptID: "att_" + method, PaymentID: "pay_01KASJ3V6T8C0QW2N4R5X7YZA" + string(rune('B'+i)), OrderNo: fmt.Sprintf("JX20261123%04d", 2107+i*13), Amount: 4_650 + app.Money(i)*1_200,
			Status: []string{"created", "succeeded", "closed"}[i], Channel: app.WeChat, Method: method, Code: "RULE_LIMIT", Message: "业务规则限制", CreatedAt: noon.Add(-time.Duration(i) * 40 * time.Minute),
		})
	}
	return out
}
