package console

import (
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// usersPage lists everyone who can sign in, newest first; with a search, by name.
func (c *Console) usersPage(r *request) error {
	s, err := c.shell(r, layout.NavUsers)
	if err != nil {
		return err
	}
	query, status, role := r.query("q"), oneOf(r.query("status"), pages.UserStates()), oneOf(r.query("role"), pages.UserRoles())
	f := access.UserFilter{State: access.UserState(status), Role: access.RoleFilter(role), Query: query, Limit: 25}
	if app.ValidID(app.PrefixMerchant, query) {
		f.Query, f.Merchant = "", query
	}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixUser, cursor) {
		f.Cursor = cursor
	}
	list, next, err := c.Access.Users(r.ctx, f)
	if err != nil {
		return err
	}
	view := pages.Users{
		Shell:   s,
		Filters: pages.UserFilters(i18n.With(r.ctx, r.words), query, role, status),
		Pager:   components.Pager{Path: r.OriginalURL(), Next: next, Later: f.Cursor != "", Shown: len(list), ByName: f.Query != ""},
	}
	for _, u := range list {
		row, err := c.userRow(r, u)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}
	return c.page(r, pages.UsersPage(view))
}

func (c *Console) userRow(r *request, u access.User) (pages.UserRow, error) {
	row := pages.UserRow{MemberRow: personRow(u), CreatedAt: u.CreatedAt}
	held, err := c.heldRoles(r, u.ID)
	if err != nil {
		return row, err
	}
	for _, h := range held {
		switch {
		case h.Domain == access.Platform:
			row.Roles = append(row.Roles, h.Role)
		case !slices.Contains(row.Merchants, h.DomainName):
			row.Merchants = append(row.Merchants, h.DomainName)
		}
	}
	return row, nil
}

func personRow(u access.User) pages.MemberRow {
	return pages.MemberRow{ID: u.ID, Name: u.Name, Email: u.Email, Active: u.State == access.Active, LastSignInAt: u.LastSignInAt}
}

// heldRoles are a user's roles, with the names of the merchants they are in.
func (c *Console) heldRoles(r *request, user string) ([]pages.HeldRole, error) {
	held, err := c.Access.Bindings(r.ctx, c.DB, user)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	var ids []string
	for _, b := range held {
		if b.Domain != access.Platform {
			ids = append(ids, b.Domain)
		}
	}
	found, err := c.Merchants.Names(r.ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, n := range found {
		names[n.ID] = n.Name
	}
	var out []pages.HeldRole
	for _, b := range held {
		h := pages.HeldRole{Role: string(b.Role), Domain: b.Domain, Since: b.CreatedAt}
		if b.Domain != access.Platform {
			if h.DomainName = names[b.Domain]; h.DomainName == "" {
				h.DomainName = b.Domain
			}
		}
		out = append(out, h)
	}
	return out, nil
}

func (c *Console) newUser(r *request) error {
	s, err := c.shell(r, layout.NavUsers)
	if err != nil {
		return err
	}
	return c.page(r, pages.UserFormPage(pages.UserForm{Shell: s, Person: pages.PersonForm{Domain: r.query("merchant")}}))
}

// createUser adds a user, perhaps with a role, and shows the first password in
// this answer only.
func (c *Console) createUser(r *request) error {
	s, err := c.shell(r, layout.NavUsers)
	if err != nil {
		return err
	}
	form := pages.UserForm{Shell: s, Person: personForm(r)}
	grants, problem, err := c.chosenGrants(r, form.Person)
	if err != nil {
		return err
	}
	if form.Errors = problem; problem != nil {
		return c.refuse(r, pages.UserFormPage(form))
	}
	u, password, err := c.Admin.CreateUser(r.ctx, admin.NewUser{
		Email: form.Person.Email, Name: form.Person.Name, Locale: form.Person.Locale, Grants: grants,
	})
	if form.Errors = c.roleErrors(r, err); form.Errors != nil {
		return c.refuse(r, pages.UserFormPage(form))
	}
	if err != nil {
		return err
	}
	return c.page(r, pages.HandoverPage(c.handover(s, u, password, routes.AdminUser(u.ID))))
}

// chosenGrants reads a role and where it is held from a form; no role is none.
// Merchants that do not exist are the form's error, since a role in one would
// be worth nothing and nobody would notice.
func (c *Console) chosenGrants(r *request, form pages.PersonForm) ([]admin.Grant, map[string]string, error) {
	g := admin.Grant{Role: access.Role(form.Role), Domain: form.Domain}
	refuse := func(field, key string) ([]admin.Grant, map[string]string, error) {
		return nil, map[string]string{field: r.t(key)}, nil
	}
	switch {
	case g.Role == "" && g.Domain == "":
		return nil, nil, nil
	case g.Role == "":
		return refuse("role", "field_error.required")
	case slices.Contains(access.PlatformRoles(), g.Role) && g.Domain != "":
		return refuse("domain", "users.domain_not_platform")
	case slices.Contains(access.PlatformRoles(), g.Role):
		g.Domain = access.Platform
		return []admin.Grant{g}, nil, nil
	case !slices.Contains(access.MerchantRoles(), g.Role):
		return refuse("role", "field_error.unknown")
	case g.Domain == "":
		return refuse("domain", "users.domain_required")
	case !app.ValidID(app.PrefixMerchant, g.Domain):
		return refuse("domain", "users.domain_unknown")
	}
	_, err := c.Merchants.Merchant(r.ctx, g.Domain)
	if app.Is(err, app.NotFound) {
		return refuse("domain", "users.domain_unknown")
	}
	return []admin.Grant{g}, nil, err
}
