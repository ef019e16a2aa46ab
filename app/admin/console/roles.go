package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func roleRoutes() []Route {
	const roles = scoped + "/roles"
	return []Route{
		get(roles, InMerchant, access.Roles, access.Read, (*Console).rolesPage),
		fresh(post(roles, InMerchant, access.Roles, access.Write, (*Console).createRole)),
		get(roles+"/new", InMerchant, access.Roles, access.Write, (*Console).newRole),
		get(roles+"/:role", InMerchant, access.Roles, access.Read, (*Console).rolePage),
		get(roles+"/:role/edit", InMerchant, access.Roles, access.Write, (*Console).roleEditPage),
		fresh(post(roles+"/:role/edit", InMerchant, access.Roles, access.Write, (*Console).editRole)),
		fresh(post(roles+"/:role/delete", InMerchant, access.Roles, access.Write, (*Console).deleteRole)),
	}
}

// rolesPage lists the roles that can be held here.
func (c *Console) rolesPage(r *request) error {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	holders, err := c.holders(r)
	if err != nil {
		return err
	}
	own, err := c.Access.CustomRoles(r.ctx, c.DB, r.merchant.ID)
	if err != nil {
		return err
	}
	view := pages.Roles{Shell: s}
	for _, role := range access.MerchantRoles() {
		view.BuiltIn = append(view.BuiltIn, pages.RoleRow{Key: string(role), Holders: holders[role]})
	}
	for _, o := range own {
		view.Own = append(view.Own, pages.RoleRow{Key: o.ID, Name: o.Name, Rights: len(o.Rights), Holders: holders[o.Role()], UpdatedAt: o.UpdatedAt})
	}
	return c.page(r, pages.RolesPage(view))
}

// holders counts the merchant's members by role.
func (c *Console) holders(r *request) (map[access.Role]int, error) {
	list, err := c.Access.Members(r.ctx, r.merchant.ID)
	out := map[access.Role]int{}
	for _, m := range list {
		out[m.Role]++
	}
	return out, err
}

// ownRoles are the merchant's own roles, by name.
func (c *Console) ownRoles(r *request) ([]pages.OwnRole, error) {
	list, err := c.Access.CustomRoles(r.ctx, c.DB, r.merchant.ID)
	var out []pages.OwnRole
	for _, o := range list {
		out = append(out, pages.OwnRole{ID: o.ID, Name: o.Name})
	}
	return out, err
}

// rightGroups sorts permissions by their object, as the policy lists them; held
// says which are marked, and all whether the others are shown at all.
func rightGroups(held func(access.Right) bool, all bool) []pages.RightGroup {
	var groups []pages.RightGroup
	rights := access.RoleRights()
	if !all {
		rights = append(rights, access.Right{Object: access.Members, Action: access.Write}, access.Right{Object: access.Roles, Action: access.Write})
	}
	for _, right := range rights {
		is := held(right)
		if right.Object == access.Home || !is && !all {
			continue
		}
		i := slices.IndexFunc(groups, func(g pages.RightGroup) bool { return g.Object == string(right.Object) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, pages.RightGroup{Object: string(right.Object)})
		}
		groups[i].Rights = append(groups[i].Rights, pages.RightChoice{
			Value: right.String(), Key: "merchant_" + string(right.Object) + "_" + string(right.Action), Held: is,
		})
	}
	return groups
}

func among(rights []access.Right) func(access.Right) bool {
	return func(r access.Right) bool { return slices.Contains(rights, r) }
}

// newRole is the form of a role, empty or as a built-in one.
func (c *Console) newRole(r *request) error {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	view := pages.RoleForm{Shell: s}
	var held []access.Right
	if base := access.Role(r.query("base")); slices.Contains(access.MerchantRoles(), base) {
		view.Base, held = string(base), access.BuiltInRights(base)
	}
	view.Groups = rightGroups(among(held), true)
	return c.page(r, pages.RoleFormPage(view))
}

// sentRole reads the form of a role.
func sentRole(r *request) admin.RoleInput {
	in := admin.RoleInput{Name: r.field("name")}
	for _, p := range r.form["permissions"] {
		in.Rights = append(in.Rights, access.ParseRight(p))
	}
	return in
}

// checkRoleName refuses a name that one of the built-in roles has in a language
// of the console: nobody could tell them apart.
func (c *Console) checkRoleName(name string) error {
	for _, lang := range []i18n.Lang{i18n.EN, i18n.ZH} {
		words := c.Words.Localizer(lang)
		for _, role := range slices.Concat(access.MerchantRoles(), access.PlatformRoles()) {
			if strings.EqualFold(strings.TrimSpace(name), words.T("role."+string(role))) {
				return app.InvalidField("name", "taken", "that is the name of a built-in role")
			}
		}
	}
	return nil
}

func (c *Console) createRole(r *request) error {
	in := sentRole(r)
	err := c.checkRoleName(in.Name)
	if err == nil {
		var made access.CustomRole
		if made, err = c.Admin.CreateRole(r.ctx, r.merchant.ID, in); err == nil {
			return c.done(r, r.to().Role(made.ID), "role_created")
		}
	}
	return c.refuseRole(r, pages.RoleForm{}, in, err)
}

func (c *Console) refuseRole(r *request, view pages.RoleForm, in admin.RoleInput, err error) error {
	if view.Errors = c.fieldErrors(r, err); view.Errors == nil {
		return err
	}
	s, shellErr := c.shell(r, layout.NavMembers)
	if shellErr != nil {
		return shellErr
	}
	view.Shell, view.Name, view.Groups = s, in.Name, rightGroups(among(in.Rights), true)
	return c.refuse(r, pages.RoleFormPage(view))
}

// ownRole is the role of the path; another merchant's does not exist.
func (c *Console) ownRole(r *request) (access.CustomRole, error) {
	id, err := r.id("role", app.PrefixRole)
	if err != nil {
		return access.CustomRole{}, err
	}
	return c.Access.CustomRole(r.ctx, c.DB, r.merchant.ID, id)
}

func (c *Console) rolePage(r *request) error {
	role, err := c.ownRole(r)
	if err != nil {
		return err
	}
	view, err := c.roleView(r, role)
	if err != nil {
		return err
	}
	return c.page(r, pages.RolePage(view))
}

func (c *Console) roleView(r *request, role access.CustomRole) (pages.Role, error) {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return pages.Role{}, err
	}
	view := pages.Role{Shell: s, ID: role.ID, Name: role.Name, Groups: rightGroups(among(role.Rights), false)}
	members, err := c.Access.Members(r.ctx, r.merchant.ID)
	if err != nil {
		return view, err
	}
	if s.Can.Members {
		for _, m := range members {
			if m.Role == role.Role() {
				view.Holders = append(view.Holders, pages.MemberRow{ID: m.UserID, Name: m.Name, Email: m.Email, Active: m.State == access.Active})
			}
		}
		invited, err := c.Admin.Invitations(r.ctx, r.merchant.ID)
		if err != nil {
			return view, err
		}
		for _, i := range invited {
			if i.Role == role.Role() {
				view.Invited++
			}
		}
	}
	if view.Own, err = c.ownRoles(r); err != nil {
		return view, err
	}
	for _, b := range []access.Role{access.Viewer, access.Finance, access.Developer, access.Owner} {
		view.Instead = append(view.Instead, string(b))
	}
	for _, o := range view.Own {
		if o.ID != role.ID {
			view.Instead = append(view.Instead, o.ID)
		}
	}
	return view, nil
}

func (c *Console) roleEditPage(r *request) error {
	role, err := c.ownRole(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	holders, err := c.holders(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.RoleFormPage(pages.RoleForm{
		Shell: s, ID: role.ID, Version: role.Version, Name: role.Name, Holders: holders[role.Role()], Groups: rightGroups(among(role.Rights), true),
	}))
}

func (c *Console) editRole(r *request) error {
	role, err := c.ownRole(r)
	if err != nil {
		return err
	}
	in := sentRole(r)
	version, err := strconv.ParseInt(r.field("version"), 10, 64)
	if err != nil {
		return app.InvalidField("version", "required", "the form does not say which state of the role it changes")
	}
	if err = c.checkRoleName(in.Name); err == nil {
		if _, err = c.Admin.UpdateRole(r.ctx, r.merchant.ID, role.ID, version, in); err == nil {
			return c.done(r, r.to().Role(role.ID), "role_changed")
		}
	}
	return c.refuseRole(r, pages.RoleForm{ID: role.ID, Version: version}, in, err)
}

// deleteRole removes a role when its name was typed; its holders get another.
func (c *Console) deleteRole(r *request) error {
	role, err := c.ownRole(r)
	if err != nil {
		return err
	}
	if err := r.confirmed(role.Name); err != nil {
		return err
	}
	err = c.Admin.DeleteRole(r.ctx, r.merchant.ID, role.ID, access.Role(r.field("instead")))
	if errors := c.fieldErrors(r, err); errors != nil {
		view, viewErr := c.roleView(r, role)
		if viewErr != nil {
			return viewErr
		}
		view.Errors = map[string]string{"": errors[""] + errors["instead"]}
		return c.refuse(r, pages.RolePage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Roles(), "role_deleted")
}
