package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/figures"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func figureRoutes() []Route {
	return []Route{
		get(scoped+"/refusals", InMerchant, access.Payments, access.Read, (*Console).refusalsPage),
		get(routes.AdminHome, OnPlatform, access.Home, access.Read, (*Console).platformHome),
	}
}

// merchantOverview reads the merchant's figures of the period in the address.
func (c *Console) merchantOverview(r *request, s layout.Shell) (pages.Overview, error) {
	p := periodOf(r.query("range"), c.Clock.Now())
	scope := figures.Scope(r.scope())
	v := pages.Overview{Path: r.to().Home(), Refunds: s.Can.Refunds, Payments: r.to().Payments(), RefundList: r.to().Refunds()}
	rows, err := c.overview(r, p, scope, &v)
	if err != nil {
		return v, err
	}
	names, err := c.accountNames(r)
	if err != nil {
		return v, err
	}
	v.Channels = parts(rows, func(f figures.Row) string { return string(f.Channel) }, func(key string, f pages.Figures) pages.FigureRow {
		return v.Part(r.t("channel."+key), "channel", key, f)
	})
	v.Methods = parts(rows, func(f figures.Row) string { return f.Method }, func(key string, f pages.Figures) pages.FigureRow {
		return v.Part(r.t("method."+key), "method", key, f)
	})
	v.Accounts = parts(rows, func(f figures.Row) string { return f.AccountID }, func(key string, f pages.Figures) pages.FigureRow {
		return v.Part(cmp.Or(names[key], key), "account", key, f)
	})
	for i, e := range v.Refusals {
		v.Refusals[i].Href = refusalList(r.to(), v, e.Channel, e.Code)
	}
	return v, nil
}

// refusalList is the list behind a channel's code in the overview's days.
func refusalList(to routes.Scope, v pages.Overview, c app.Channel, code string) string {
	path := routes.With(routes.With(to.Refusals(), "from", v.From), "to", v.To)
	return routes.With(routes.With(path, "channel", string(c)), "code", code)
}

// overview reads what every overview has and returns the period's rows.
func (c *Console) overview(r *request, p period, scope figures.Scope, v *pages.Overview) ([]figures.Row, error) {
	state, err := c.Figures.State(r.ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.Figures.Rows(r.ctx, scope, p.current())
	if err != nil {
		return nil, err
	}
	before, err := c.Figures.Sum(r.ctx, scope, p.previous())
	if err != nil {
		return nil, err
	}
	series, err := c.Figures.Series(r.ctx, scope, p.whole(), p.span)
	if err != nil {
		return nil, err
	}
	refusals, err := c.Figures.Refusals(r.ctx, scope, p.current())
	if err != nil {
		return nil, err
	}
	v.Range, v.From, v.To = p.name, p.start.Format(time.DateOnly), p.now.Format(time.DateOnly)
	v.Until, v.AsOf, v.Behind, v.Building = app.ToMillis(p.end()), state.AsOf, state.Behind, state.Building
	v.Now, v.Before = shownFigures(figures.Sum(rows)), shownFigures(before)
	v.Points = p.points(series)
	for _, e := range refusals[:min(len(refusals), shownRefusals)] {
		v.Refusals = append(v.Refusals, pages.RefusalRow{Channel: e.Channel, Code: e.Code, Count: e.Count})
	}
	return rows, nil
}

// shownRefusals is how many codes an overview lists.
const shownRefusals = 10

// parts sums rows by a key, the greatest amount first. Parts in which no payment
// was created are left out.
func parts(rows []figures.Row, by func(figures.Row) string, show func(string, pages.Figures) pages.FigureRow) []pages.FigureRow {
	sums := map[string]figures.Counts{}
	for _, row := range rows {
		sums[by(row)] = sums[by(row)].Plus(row.Counts)
	}
	keys := make([]string, 0, len(sums))
	for key, n := range sums {
		if n.Created > 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b].SucceededAmount, sums[a].SucceededAmount), cmp.Compare(a, b))
	})
	var out []pages.FigureRow
	for _, key := range keys {
		out = append(out, show(key, shownFigures(sums[key])))
	}
	return out
}

func (c *Console) accountNames(r *request) (map[string]string, error) {
	list, err := c.accounts(r)
	names := make(map[string]string, len(list))
	for _, a := range list {
		names[a.ID] = a.Name
	}
	return names, err
}
