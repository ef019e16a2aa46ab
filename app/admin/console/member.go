package console

import (
	"errors"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/approvals"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// memberPage shows one member and what roles they hold here.
func (c *Console) memberPage(r *request) error {
	view, err := c.memberView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.MemberPage(view))
}

// memberView is NotFound for whoever has no role here, so that the page tells
// nothing about other people of the platform.
func (c *Console) memberView(r *request) (pages.Member, error) {
	id, err := r.id("user", app.PrefixUser)
	if err != nil {
		return pages.Member{}, err
	}
	list, err := c.Access.Members(r.ctx, r.merchant.ID)
	if err != nil {
		return pages.Member{}, err
	}
	list = slices.DeleteFunc(list, func(m access.Member) bool { return m.UserID != id })
	if len(list) == 0 {
		return pages.Member{}, app.Errorf(app.NotFound, "%s has no role in %s", id, r.merchant.ID)
	}
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return pages.Member{}, err
	}
	view := pages.Member{Shell: s, Roles: c.roleEditor(r, s, id)}
	for _, m := range list {
		view.Person = pages.MemberRow{ID: id, Name: m.Name, Email: m.Email, Active: m.State == access.Active, LastSignInAt: m.LastSignInAt}
		view.Roles.Rows = append(view.Roles.Rows, pages.HeldRole{Role: string(m.Role), Domain: m.Domain, Since: m.CreatedAt})
	}
	slices.SortFunc(view.Roles.Rows, func(a, b pages.HeldRole) int { return byRole(a.Role, b.Role) })
	view.Roles.Choices = othersThan(view.Roles.Rows)
	own, err := c.ownRoles(r)
	if err != nil {
		return view, err
	}
	for _, o := range own {
		if i := slices.IndexFunc(view.Roles.Rows, func(h pages.HeldRole) bool { return h.Role == o.ID }); i >= 0 {
			view.Roles.Rows[i].Name = o.Name
		} else {
			view.Roles.Own = append(view.Roles.Own, o)
		}
	}
	may, err := c.Access.Rights(r.ctx, c.DB, id, r.merchant.ID)
	view.May = rightGroups(func(right access.Right) bool { return may[right] }, false)
	return view, err
}

// roleEditor offers what the reader may do: nobody gives a role to themselves.
func (c *Console) roleEditor(r *request, s layout.Shell, user string) pages.RoleEditor {
	e := pages.RoleEditor{CSRF: s.CSRF}
	if !s.Can.MembersEdit {
		return e
	}
	e.Revoke = r.to().MemberAction(user, "revoke")
	if user == r.user.ID {
		e.Note = r.t("members.own")
		return e
	}
	e.Grant = r.to().MemberAction(user, "grant")
	return e
}

// othersThan are the merchant's roles that are not yet held.
func othersThan(held []pages.HeldRole) []string {
	var out []string
	for _, role := range access.MerchantRoles() {
		if !slices.ContainsFunc(held, func(h pages.HeldRole) bool { return h.Role == string(role) }) {
			out = append(out, string(role))
		}
	}
	return out
}

func (c *Console) grantMember(r *request) error {
	view, err := c.memberView(r)
	if err != nil {
		return err
	}
	view.Roles.Form = personForm(r)
	err = c.Admin.Grant(r.ctx, view.Person.ID, admin.Grant{Role: access.Role(view.Roles.Form.Role), Domain: r.merchant.ID})
	if wantsSecond(err) {
		g := admin.Grant{Role: access.Role(view.Roles.Form.Role), Domain: r.merchant.ID}
		var name string
		if name, err = c.roleName(r, g.Domain, g.Role); err == nil {
			var a approvals.Approval
			if a, err = c.Changes.Grant(r.ctx, access.User{ID: view.Person.ID, Email: view.Person.Email}, g, name); err == nil {
				return c.asked(r, a, nil)
			}
		}
	}
	if view.Roles.Errors = c.grantErrors(r, view.Roles.Form.Role, view.Roles.Own, err); view.Roles.Errors != nil {
		return c.refuse(r, pages.MemberPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Member(view.Person.ID), "role_granted")
}

// revokeMember takes a role away. Whoever laid down their own may no longer see
// this page, and without any role a person is no member.
func (c *Console) revokeMember(r *request) error {
	view, err := c.memberView(r)
	if err != nil {
		return err
	}
	err = c.Admin.Revoke(r.ctx, view.Person.ID, admin.Grant{Role: access.Role(r.field("role")), Domain: r.merchant.ID})
	if view.Roles.Errors = c.roleErrors(r, err); view.Roles.Errors != nil {
		return c.refuse(r, pages.MemberPage(view))
	}
	switch {
	case err != nil:
		return err
	case view.Person.ID == r.user.ID:
		return c.done(r, routes.Home, "role_revoked")
	case len(view.Roles.Rows) == 1:
		return c.done(r, r.to().Members(), "member_left")
	}
	return c.done(r, r.to().Member(view.Person.ID), "role_revoked")
}

// grantErrors are roleErrors for a form in which a role is chosen: none or an
// unknown one is the form's error, whatever the service calls it.
func (c *Console) grantErrors(r *request, role string, own []pages.OwnRole, err error) map[string]string {
	known := slices.Contains(access.MerchantRoles(), access.Role(role)) ||
		slices.ContainsFunc(own, func(o pages.OwnRole) bool { return o.ID == role })
	if err != nil && !known {
		return map[string]string{"role": r.t("field_error.unknown")}
	}
	return c.roleErrors(r, err)
}

// roleErrors are fieldErrors, and that nobody gives a role to themselves, which
// the form says as well.
func (c *Console) roleErrors(r *request, err error) map[string]string {
	var e *app.Error
	if errors.As(err, &e) && e.Reason == "own_role" {
		return map[string]string{"": c.explain(r, e)}
	}
	return c.fieldErrors(r, err)
}
