package console

import (
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
	return c.page(r, pages.PermissionsPage(pages.Permissions{
		Shell: s, Back: r.to().Members(), BackKey: string(layout.NavMembers), Merchant: permissionRows(access.InMerchant),
	}))
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
		row := pages.PermissionRow{Key: string(m.Where) + "_" + string(m.Object) + "_" + string(m.Action)}
		for _, role := range m.Roles {
			row.Roles = append(row.Roles, string(role))
		}
		rows = append(rows, row)
	}
	return rows
}
