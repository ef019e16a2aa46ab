package console

import (
	"slices"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/views"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func (r *request) viewPlace(list string) views.Place {
	return views.Place{MerchantID: r.merchant.ID, Mode: r.mode, List: list, UserID: r.user.ID}
}

// viewsFor are the views above a list, and the offer to keep its filters where
// they are none of them.
func (c *Console) viewsFor(r *request, s layout.Shell, list string, bar components.Filters) (components.Views, error) {
	kept, err := c.Views.List(r.ctx, r.viewPlace(list))
	if err != nil {
		return components.Views{}, err
	}
	query := bar.Values().Encode()
	out := components.Views{All: r.listAt(list), Manage: withQuery(r.to().Views(list), query), CSRF: s.CSRF, MayShare: s.Can.SettingsEdit}
	known := false
	for _, v := range kept {
		current := v.Query == query
		known = known || current
		out.Tabs = append(out.Tabs, components.ViewTab{Name: v.Name, Href: r.listAt(list) + "?" + v.Query, Current: current, Shared: v.Shared})
	}
	if query != "" && !known && bar.Query == "" {
		out.Save, out.Filters = r.to().Views(list), bar.Hidden()
	}
	return out, nil
}

// withQuery is the path with a query, if there is any.
func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// saveView keeps the filters of a list under a name. What was posted is read as
// the list's address is, so a view holds nothing that the list does not know.
func (c *Console) saveView(r *request, list string) error {
	bar, err := c.bar(r, list, r.field)
	if err != nil {
		return err
	}
	query := bar.Values().Encode()
	shared := r.field("shared") == "1"
	if shared {
		if err := c.maySettings(r); err != nil {
			return err
		}
	}
	if query == "" || bar.Query != "" {
		err = app.InvalidField("query", "view_empty", "there are no filters to keep")
	} else {
		_, err = c.Views.Save(r.ctx, r.viewPlace(list), r.field("view_name"), query, shared)
	}
	if app.Is(err, app.Invalid) {
		return c.refuseView(r, list, shared, c.fieldErrors(r, err))
	}
	if err != nil {
		return err
	}
	return c.done(r, bar.Here(), "view_saved")
}

// maySettings refuses those who do not keep the merchant's settings.
func (c *Console) maySettings(r *request) error {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	if !ask.may(r.merchant.ID, access.Settings, access.Write) && ask.err == nil {
		return app.Errorf(app.Forbidden, "%s may not share views", r.user.ID).WithReason("view_share")
	}
	return ask.err
}

// refuseView shows the list again, with what was entered and what is wrong.
func (c *Console) refuseView(r *request, list string, shared bool, wrong map[string]string) error {
	if wrong["query"] != "" {
		wrong[""] = wrong["query"]
	}
	entered := func(v components.Views) components.Views {
		v.Name, v.Shared, v.Errors = r.field("view_name"), shared, wrong
		if v.Save == "" {
			v.Save = r.to().Views(list)
		}
		return v
	}
	var page templ.Component
	switch list {
	case listPayments:
		view, err := c.paymentsView(r, r.field, false)
		if err != nil {
			return err
		}
		view.Views = entered(view.Views)
		page = pages.PaymentsPage(view)
	case listRefunds:
		view, err := c.refundsView(r, r.field, false)
		if err != nil {
			return err
		}
		view.Views = entered(view.Views)
		page = pages.RefundsPage(view)
	default:
		view, err := c.deliveriesView(r, r.field)
		if err != nil {
			return err
		}
		view.Views = entered(view.Views)
		page = pages.DeliveriesPage(view)
	}
	return c.refuse(r, page)
}

// viewsPage is where a list's views are renamed, shared and deleted. Its address
// keeps the list's filters, so that it leads back to what was looked at.
func (c *Console) viewsPage(r *request, list string) error {
	view, err := c.savedViews(r, list)
	if err != nil {
		return err
	}
	return c.page(r, pages.SavedViewsPage(view))
}

func (c *Console) savedViews(r *request, list string) (pages.SavedViews, error) {
	s, err := c.shell(r, layout.Nav(list))
	if err != nil {
		return pages.SavedViews{}, err
	}
	kept, err := c.Views.List(r.ctx, r.viewPlace(list))
	if err != nil {
		return pages.SavedViews{}, err
	}
	here, err := c.bar(r, list, r.query)
	if err != nil {
		return pages.SavedViews{}, err
	}
	out := pages.SavedViews{Shell: s, List: list, Back: here.Here(), Query: here.Values().Encode(), MayShare: s.Can.SettingsEdit}
	for _, v := range kept {
		bar, err := c.bar(r, list, keptValues(v.Query))
		if err != nil {
			return out, err
		}
		words := bar.Chips()
		if bar.Period != nil && !bar.Period.Default {
			words = append([]components.Chip{periodWords(bar.Period)}, words...)
		}
		out.Rows = append(out.Rows, pages.SavedView{
			ID: v.ID, Name: v.Name, Href: r.listAt(list) + "?" + v.Query, Filters: words, Shared: v.Shared,
			Mine: v.UserID == r.user.ID || v.Shared && s.Can.SettingsEdit,
		})
	}
	return out, nil
}

func periodWords(p *components.Period) components.Chip {
	if p.Name != "" {
		return components.Chip{Label: p.Label, Value: p.Name}
	}
	return components.Chip{Label: p.Label, Value: p.Days}
}

// changeView renames a view, and shares it or not.
func (c *Console) changeView(r *request, list string) error {
	id, err := r.id("view", app.PrefixView)
	if err != nil {
		return err
	}
	view, err := c.savedViews(r, list)
	if err != nil {
		return err
	}
	shared := r.field("shared") == "1"
	if !view.MayShare { // the form does not offer it: what is shared stays so
		shared = slices.ContainsFunc(view.Rows, func(v pages.SavedView) bool { return v.ID == id && v.Shared })
	}
	err = c.Views.Change(r.ctx, r.viewPlace(list), id, r.field("view_name"), shared, view.MayShare)
	if app.Is(err, app.Invalid) && slices.ContainsFunc(view.Rows, func(v pages.SavedView) bool { return v.ID == id && v.Mine }) {
		view.Wrong, view.Name, view.Errors = id, r.field("view_name"), c.fieldErrors(r, err)
		return c.refuse(r, pages.SavedViewsPage(view))
	}
	if app.Is(err, app.Invalid) {
		return app.Errorf(app.NotFound, "no view %s", id)
	}
	if err != nil {
		return err
	}
	return c.done(r, withQuery(r.to().Views(list), view.Query), "view_changed")
}

// deleteView removes a view.
func (c *Console) deleteView(r *request, list string) error {
	id, err := r.id("view", app.PrefixView)
	if err != nil {
		return err
	}
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	steward := ask.may(r.merchant.ID, access.Settings, access.Write)
	if ask.err != nil {
		return ask.err
	}
	here, err := c.bar(r, list, r.query)
	if err != nil {
		return err
	}
	if err := c.Views.Delete(r.ctx, r.viewPlace(list), id, steward); err != nil {
		return err
	}
	return c.done(r, withQuery(r.to().Views(list), here.Values().Encode()), "view_deleted")
}
