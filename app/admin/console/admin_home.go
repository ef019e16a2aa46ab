package console

import (
	"cmp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/figures"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// platformHome shows the figures across merchants; its mode stands in the
// address, live unless asked otherwise.
func (c *Console) platformHome(r *request) error {
	s, err := c.shell(r, layout.NavOverview)
	if err != nil {
		return err
	}
	view := pages.PlatformHome{Shell: s, Mode: app.Live, TestShut: c.LiveOnly, Channel: app.Channel(oneOf(r.query("channel"), []string{"wechat", "alipay"}))}
	if app.Mode(r.query("mode")) == app.Test && !c.LiveOnly {
		view.Mode = app.Test
	}
	p := periodOf(r.query("range"), c.Clock.Now())
	scope := figures.Scope{Mode: view.Mode}
	v := &view.Overview
	v.Path, v.Refunds = routes.With(routes.AdminHome, "mode", string(view.Mode)), true
	rows, err := c.overview(r, p, scope, v)
	if err != nil {
		return err
	}
	here := routes.With(v.Path, "range", p.name)
	v.Parts = here + "#merchants"
	v.Channels = parts(rows, func(f figures.Row) string { return string(f.Channel) }, func(key string, f pages.Figures) pages.FigureRow {
		href := routes.With(here, "channel", key) + "#merchants"
		return pages.FigureRow{Name: r.t("channel." + key), Href: href, Paid: href, Figures: f}
	})
	for i, e := range v.Refusals {
		v.Refusals[i].Href = routes.With(routes.With(here, "channel", string(e.Channel)), "code", e.Code) + "#refused"
	}
	if err := c.byMerchant(r, &view, rows); err != nil {
		return err
	}
	if err := c.refusedBy(r, &view, p); err != nil {
		return err
	}
	return c.page(r, pages.PlatformHomePage(view))
}

// byMerchant lists what each merchant took, by the page's channel.
func (c *Console) byMerchant(r *request, view *pages.PlatformHome, rows []figures.Row) error {
	var chosen []figures.Row
	for _, row := range rows {
		if view.Channel == "" || row.Channel == view.Channel {
			chosen = append(chosen, row)
		}
	}
	list := parts(chosen, func(f figures.Row) string { return f.MerchantID }, func(id string, f pages.Figures) pages.FigureRow {
		v := pages.Overview{From: view.Overview.From, To: view.Overview.To, Payments: routes.Scope{Merchant: id, Mode: view.Mode}.Payments()}
		return v.Part(id, "channel", string(view.Channel), f)
	})
	view.Merchants = list[:min(len(list), shownMerchants)]
	ids := make([]string, len(view.Merchants))
	for i, m := range view.Merchants {
		ids[i] = m.Name
	}
	names, err := c.merchantNames(r, ids)
	for i, id := range ids {
		view.Merchants[i].Name = cmp.Or(names[id], id)
	}
	return err
}

// shownMerchants is how many merchants the page lists, the greatest first.
const shownMerchants = 100

func (c *Console) merchantNames(r *request, ids []string) (map[string]string, error) {
	list, err := c.Merchants.Names(r.ctx, ids)
	out := make(map[string]string, len(list))
	for _, n := range list {
		out[n.ID] = n.Name
	}
	return out, err
}

// refusedBy lists the merchants whose orders were refused with the code in the
// address.
func (c *Console) refusedBy(r *request, view *pages.PlatformHome, p period) error {
	code := r.query("code")
	if view.Channel == "" || !app.PlainASCII(code, 64) {
		return nil
	}
	view.Code = code
	found, err := c.Figures.RefusedBy(r.ctx, view.Mode, p.current(), view.Channel, code)
	if err != nil {
		return err
	}
	found = found[:min(len(found), shownMerchants)]
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.MerchantID
	}
	names, err := c.merchantNames(r, ids)
	if err != nil {
		return err
	}
	for _, f := range found {
		view.RefusedBy = append(view.RefusedBy, pages.MerchantRefusals{
			Name: cmp.Or(names[f.MerchantID], f.MerchantID), Count: f.Count,
			Href: refusalList(routes.Scope{Merchant: f.MerchantID, Mode: view.Mode}, view.Overview, view.Channel, code),
		})
	}
	return nil
}
