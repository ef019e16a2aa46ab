package console

import (
	"net/url"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func auditRoutes() []Route {
	return []Route{
		get(scoped+"/audit", InMerchant, access.Audit, access.Read, (*Console).auditPage),
		post(scoped+"/audit/verify", InMerchant, access.Audit, access.Read, (*Console).verifyAudit),
		get(routes.AdminAudit, OnPlatform, access.Audit, access.Read, (*Console).auditPage),
		post(routes.VerifyPlatform, OnPlatform, access.Audit, access.Read, (*Console).verifyAudit),
	}
}

// auditPlace is which chain a request is about, and where its pages are.
type auditPlace struct {
	chain, list, verify string
	nav                 layout.Nav
	actions             []string
}

func (r *request) auditPlace() auditPlace {
	if r.route.Place == OnPlatform {
		return auditPlace{audit.Platform, routes.AdminAudit, routes.VerifyPlatform, layout.NavPlatform, platformActions()}
	}
	return auditPlace{r.merchant.ID, r.to().Audit(), r.to().VerifyAudit(), layout.NavAudit, merchantActions()}
}

// auditPage lists what was done; its filters stand in the URL.
func (c *Console) auditPage(r *request) error {
	view, _, err := c.auditView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.AuditPage(view))
}

// verifyAudit walks the chain and says what it found. The end of the chain is
// read first, and the walk must pass it: so "whole through row n" is true even
// while rows are being added.
func (c *Console) verifyAudit(r *request) error {
	view, q, err := c.auditView(r)
	if err != nil {
		return err
	}
	chain := r.auditPlace().chain
	head, err := c.Audit.Head(r.ctx, chain)
	if err != nil {
		return err
	}
	found, err := c.Audit.Verify(r.ctx, chain, head)
	if err != nil {
		return err
	}
	view.Verified = &pages.Verification{At: app.ToMillis(c.Clock.Now()), Through: head.Seq, More: len(found) >= 100}
	if neverBegun(head, found) && len(q.shown.Actors) == 0 {
		found = nil
	}
	for _, p := range found {
		view.Verified.Problems = append(view.Verified.Problems, pages.AuditProblem{Seq: p.Seq, RowID: p.RowID, Fault: string(p.Fault)})
	}
	return c.page(r, pages.AuditPage(view))
}

// neverBegun reports whether a chain has neither rows nor a head. Where anybody
// holds a role that cannot be: giving it was recorded.
func neverBegun(head audit.Head, found []audit.Problem) bool {
	return head.Seq == 0 && len(found) == 1 && found[0].Fault == audit.HeadGone
}

func (c *Console) auditView(r *request) (pages.Audit, auditQuery, error) {
	place := r.auditPlace()
	s, err := c.shell(r, place.nav)
	if err != nil {
		return pages.Audit{}, auditQuery{}, err
	}
	q := r.auditQuery(place)
	if q.shown.Actors, err = c.auditActors(r, place.chain, q.shown.Actor); err != nil {
		return pages.Audit{}, auditQuery{}, err
	}
	page, err := c.Audit.List(r.ctx, q.filter)
	if err != nil {
		return pages.Audit{}, auditQuery{}, err
	}
	here := place.list + q.suffix
	view := pages.Audit{
		Shell: s, Verify: place.verify + q.suffix, Filters: q.shown.Bar(i18n.With(r.ctx, r.words), place.list), Rows: c.auditRows(r, here, page.Rows),
		Pager: components.Pager{Path: here, Next: page.Next, Later: q.filter.Cursor != "", Shown: len(page.Rows)},
	}
	return view, q, nil
}

// auditQuery is the filters as they stand in the URL, read and as shown.
type auditQuery struct {
	shown  pages.AuditFilters
	filter audit.Filter
	suffix string // the query as it came, to come back to
}

func (r *request) auditQuery(place auditPlace) auditQuery {
	q := auditQuery{shown: pages.AuditFilters{
		Target: r.query("q"), Action: oneOf(r.query("action"), place.actions), From: r.query("from"), To: r.query("to"), Actions: place.actions,
	}}
	if actor := r.query("actor"); app.ValidID(app.PrefixUser, actor) {
		q.shown.Actor = actor
	}
	q.filter = audit.Filter{Chain: place.chain, ActorID: q.shown.Actor, Action: q.shown.Action, Target: q.shown.Target, Limit: 25}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixAudit, cursor) {
		q.filter.Cursor = cursor
	}
	from, okFrom := readDay(q.shown.From)
	to, okTo := readDay(q.shown.To)
	switch {
	case !okFrom || !okTo:
		q.shown.TimeError = r.t("payments.day_error")
	case !from.IsZero() && !to.IsZero() && to.Before(from):
		q.shown.TimeError = r.t("audit.span_error")
	default:
		q.filter.From, q.filter.To = app.ToMillis(from), endOfDay(to)
	}
	if u, err := url.Parse(r.OriginalURL()); err == nil && u.RawQuery != "" {
		q.suffix = "?" + u.RawQuery
	}
	return q
}

// endOfDay is the first moment after the day, and 0 for no day.
func endOfDay(day time.Time) app.Millis {
	if day.IsZero() {
		return 0
	}
	return app.ToMillis(day.AddDate(0, 0, 1))
}

// auditActors are the people one can filter by: who holds a role here now, and
// whom the filter names already.
func (c *Console) auditActors(r *request, domain, chosen string) ([]pages.Choice, error) {
	rows, err := c.members(r, domain)
	if err != nil {
		return nil, err
	}
	var out []pages.Choice
	for _, m := range rows {
		out = append(out, pages.Choice{ID: m.ID, Name: m.Name})
	}
	if chosen == "" || slices.ContainsFunc(out, func(p pages.Choice) bool { return p.ID == chosen }) {
		return out, nil
	}
	return append(out, pages.Choice{ID: chosen, Name: chosen}), nil
}

func (c *Console) auditRows(r *request, here string, list []audit.Row) []pages.AuditRow {
	here = routes.With(here, "cursor", "")
	var rows []pages.AuditRow
	for _, a := range list {
		row := pages.AuditRow{
			ID: a.ID, Seq: a.Seq, At: a.CreatedAt, ActorKind: a.ActorKind, ActorName: a.ActorName, IP: a.ActorIP,
			Action: a.Action, Target: a.Target, RequestID: a.RequestID, Changes: auditChanges(a.Before, a.After), Open: len(list) == 1,
		}
		if a.ActorKind == audit.KindSystem {
			row.ActorName = r.t("audit.system", "part", a.ActorName)
		}
		if app.ValidID(app.PrefixUser, a.ActorID) {
			row.ByActor = routes.With(here, "actor", a.ActorID)
		}
		if a.Target != "" {
			row.OnTarget = routes.With(here, "q", a.Target)
		}
		rows = append(rows, row)
	}
	return rows
}
