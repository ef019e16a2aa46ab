package console

import (
	"slices"

	"github.com/piaohao/piaohao/app/access"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// permissionsPage says what each role may do within a merchant.
func (c *Console) permissionsPage(r *request) error {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	own, err := c.Access.CustomRoles(r.ctx, c.DB, r.merchant.ID)
	if err != nil {
		return err
	}
	view := pages.Permissions{Shell: s, Back: r.to().Members(), BackKey: string(layout.NavMembers), Merchant: permissionRows(access.InMerchant)}
	for _, o := range own {
		view.Own = append(view.Own, pages.OwnRole{ID: o.ID, Name: o.Name})
		for i, row := range view.Merchant {
			if slices.ContainsFunc(o.Rights, func(right access.Right) bool { return permissionKey(access.InMerchant, right) == row.Key }) {
				view.Merchant[i].Roles = append(view.Merchant[i].Roles, o.ID)
			}
		}
	}
	return c.page(r, pages.PermissionsPage(view))
}

// allPermissions says it of the platform's pages too.
func (c *Console) allPermissions(r *request) error {
	s, err := c.shell(r, layout.NavUsers)
	if err != nil {
		return err
	}
	return c.page(r, pages.PermissionsPage(pages.Permissions{
		Shell: s, Back: routes.AdminUsers, BackKey: string(layout.NavUsers),
		Merchant: permissionRows(access.InMerchant), Platform: permissionRows(access.OnPlatform),
	}))
}

func permissionRows(where access.Where) []pages.PermissionRow {
	var rows []pages.PermissionRow
	for _, m := range access.Matrix() {
		if m.Where != where {
			continue
		}
		row := pages.PermissionRow{Key: permissionKey(m.Where, access.Right{Object: m.Object, Action: m.Action})}
		for _, role := range m.Roles {
			row.Roles = append(row.Roles, string(role))
		}
		rows = append(rows, row)
	}
	return rows
}

// permissionKey names the sentence of a permission, below "permission.".
func permissionKey(where access.Where, r access.Right) string {
	return string(where) + "_" + string(r.Object) + "_" + string(r.Action)
}
