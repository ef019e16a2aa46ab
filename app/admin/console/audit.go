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
	return append(auditFileRoutes(), []Route{
		get(scoped+"/audit", InMerchant, access.Audit, access.Read, (*Console).auditPage),
		post(scoped+"/audit/verify", InMerchant, access.Audit, access.Read, (*Console).verifyAudit),
		get(routes.AdminAudit, OnPlatform, access.Audit, access.Read, (*Console).auditPage),
		post(routes.VerifyPlatform, OnPlatform, access.Audit, access.Read, (*Console).verifyAudit),
	}...)
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
	view, err := c.auditView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.AuditPage(view))
}

func (c *Console) auditView(r *request) (pages.Audit, error) {
	place := r.auditPlace()
	s, err := c.shell(r, place.nav)
	if err != nil {
		return pages.Audit{}, err
	}
	q := r.auditQuery(place, r.query)
	page, err := c.Audit.List(r.ctx, q.filter)
	if err != nil {
		return pages.Audit{}, err
	}
	if q.shown.Actors, err = c.auditActors(r, place.chain, q.shown.Actor, page.Rows); err != nil {
		return pages.Audit{}, err
	}
	here := place.list + r.querySuffix()
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), place.list)
	view := pages.Audit{
		Shell: s, Filters: bar, Rows: c.auditRows(r, here, page.Rows), MoreNamed: page.MoreNamed,
		Pager: components.Pager{Path: here, Next: page.Next, Later: q.filter.Cursor != "", Shown: len(page.Rows)},
	}
	if !r.viewing {
		view.Verify = place.verify + r.querySuffix()
	}
	if view.Check, err = c.lastCheck(r, place.chain); err != nil {
		return view, err
	}
	view.Download, err = c.auditDownload(r, q, bar)
	return view, err
}

// auditQuery is the filters as they stand in the URL, read and as shown.
type auditQuery struct {
	shown  pages.AuditFilters
	filter audit.Filter
}

func (r *request) auditQuery(place auditPlace, value values) auditQuery {
	q := auditQuery{shown: pages.AuditFilters{
		Text: value("q"), Action: oneOf(value("action"), place.actions), From: value("from"), To: value("to"), Actions: place.actions,
	}}
	q.filter = audit.Filter{Chain: place.chain, Action: q.shown.Action, Text: q.shown.Text, Limit: rowsShown, Cursor: cursorOf(value, app.PrefixAudit)}
	switch actor := value("actor"); {
	case actor == pages.AuditProgram:
		q.shown.Actor, q.filter.Program = actor, true
	case app.ValidID(app.PrefixUser, actor) || app.ValidID(app.PrefixKey, actor):
		q.shown.Actor, q.filter.ActorID = actor, actor
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
	return q
}

// querySuffix is the query as it came, to come back to.
func (r *request) querySuffix() string {
	if u, err := url.Parse(r.OriginalURL()); err == nil && u.RawQuery != "" {
		return "?" + u.RawQuery
	}
	return ""
}

// endOfDay is the first moment after the day, and 0 for no day.
func endOfDay(day time.Time) app.Millis {
	if day.IsZero() {
		return 0
	}
	return app.ToMillis(day.AddDate(0, 0, 1))
}

// auditActors are those one can filter by: who holds a role here now, the program
// itself, and whom the filter names already, by the name in the rows.
func (c *Console) auditActors(r *request, domain, chosen string, shown []audit.Row) ([]pages.Choice, error) {
	rows, err := c.members(r, domain)
	if err != nil {
		return nil, err
	}
	var out []pages.Choice
	for _, m := range rows {
		out = append(out, pages.Choice{ID: m.ID, Name: m.Name})
	}
	out = append(out, pages.Choice{ID: pages.AuditProgram, Name: r.t("audit.program")})
	if chosen == "" || slices.ContainsFunc(out, func(p pages.Choice) bool { return p.ID == chosen }) {
		return out, nil
	}
	name := chosen
	if len(shown) > 0 {
		name = c.actorName(r, shown[0])
	}
	return append(out, pages.Choice{ID: chosen, Name: name}), nil
}

// actorName is who acted, in the reader's words.
func (c *Console) actorName(r *request, a audit.Row) string {
	switch a.ActorKind {
	case audit.KindSystem:
		return r.t("audit.system", "part", a.ActorName)
	case audit.KindKey:
		return r.t("audit.key_name", "prefix", a.ActorName)
	}
	return a.ActorName
}

func (c *Console) auditRows(r *request, here string, list []audit.Row) []pages.AuditRow {
	here = routes.With(here, "cursor", "")
	var rows []pages.AuditRow
	for _, a := range list {
		row := pages.AuditRow{
			ID: a.ID, Seq: a.Seq, At: a.CreatedAt, ActorKind: a.ActorKind, ActorName: c.actorName(r, a), IP: a.ActorIP, Device: deviceName(a.Agent), Agent: a.Agent, Session: a.Session,
			Action: a.Action, Target: a.Target, Name: a.Name, RequestID: a.RequestID, Changes: auditChanges(a.Before, a.After), Open: len(list) == 1,
		}
		if a.ActorKind == audit.KindKey {
			row.Key = a.ActorID
		}
		if app.ValidID(app.PrefixUser, a.ActorID) || app.ValidID(app.PrefixKey, a.ActorID) {
			row.ByActor = routes.With(here, "actor", a.ActorID)
		}
		row.OnTarget, row.InSession, row.InRequest = finding(here, a.Target), finding(here, a.Session), finding(here, a.RequestID)
		rows = append(rows, row)
	}
	return rows
}

// finding is the list of what has the id, "" for none.
func finding(here, id string) string {
	if id == "" {
		return ""
	}
	return routes.With(here, "q", id)
}
