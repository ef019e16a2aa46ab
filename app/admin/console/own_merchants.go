package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// ownMerchantsPage finds a merchant among the user's own by its name or id. The
// switcher's menu asks for the found ones alone.
func (c *Console) ownMerchantsPage(r *request) error {
	const limit = 50
	view := pages.OwnMerchants{Query: r.query("q"), List: r.query("list"), Mode: app.Mode(r.query("at"))}
	if !view.Mode.Valid() {
		view.Mode = ""
	}
	found, err := c.findOwn(r, view.Query)
	if err != nil {
		return err
	}
	cursor := r.query("cursor")
	from := slices.IndexFunc(found, func(n merchants.Name) bool { return n.ID == cursor }) + 1
	rest := found[from:]
	if len(rest) > limit {
		rest, view.Pager.Next = rest[:limit], rest[limit-1].ID
	}
	for _, n := range rest {
		view.Rows = append(view.Rows, pages.OwnMerchant{ID: n.ID, Name: n.Name})
	}
	if r.fragment() && r.query("menu") != "" {
		view.Rows = view.Rows[:min(len(view.Rows), layout.ShortSwitch)]
		return c.page(r, pages.MerchantChoices(view))
	}
	if err := c.rolesThere(r, view.Rows); err != nil {
		return err
	}
	view.Pager.Path, view.Pager.Later, view.Pager.Shown, view.Pager.ByName = r.OriginalURL(), from > 0, len(view.Rows), true
	if view.Shell, err = c.shell(r, layout.NavNone); err != nil {
		return err
	}
	return c.page(r, pages.OwnMerchantsPage(view))
}

// findOwn are the user's merchants whose name has the query in it, or whose id it
// is, by name.
func (c *Console) findOwn(r *request, query string) ([]merchants.Name, error) {
	ids, err := c.ownMerchants(r)
	if err != nil {
		return nil, err
	}
	query = strings.ToLower(query)
	var found []merchants.Name
	for some := range slices.Chunk(ids, merchants.MostNames) {
		names, err := c.Merchants.Names(r.ctx, some)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if strings.Contains(strings.ToLower(n.Name), query) || strings.ToLower(n.ID) == query {
				found = append(found, n)
			}
		}
	}
	slices.SortFunc(found, func(a, b merchants.Name) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return found, nil
}

// rolesThere says what the user is in each merchant.
func (c *Console) rolesThere(r *request, rows []pages.OwnMerchant) error {
	held, err := c.Access.Bindings(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		for _, b := range held {
			if b.Domain != rows[i].ID {
				continue
			}
			name, err := c.roleName(r, b.Domain, b.Role)
			if app.Is(err, app.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			rows[i].Roles = append(rows[i].Roles, name)
		}
	}
	return nil
}

// choices are the merchants that the switcher offers: all of a few, and of many
// the present one beside a search. count is how many there are.
func (c *Console) choices(r *request) (shown []layout.Merchant, count int, err error) {
	ids, err := c.ownMerchants(r)
	if err != nil {
		return nil, 0, err
	}
	if r.merchant.ID != "" && !slices.Contains(ids, r.merchant.ID) {
		ids = append(ids, r.merchant.ID)
	}
	count = len(ids)
	if count > layout.ShortSwitch {
		if r.merchant.ID == "" {
			return nil, count, nil
		}
		return []layout.Merchant{{ID: r.merchant.ID, Name: r.merchant.Name}}, count, nil
	}
	names, err := c.Merchants.Names(r.ctx, ids)
	for _, n := range names {
		shown = append(shown, layout.Merchant{ID: n.ID, Name: n.Name})
	}
	return shown, count, err
}
