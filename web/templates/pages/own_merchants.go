package pages

import (
	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// OwnMerchants are the merchants in which the reader has a role, found by name or
// id. Choosing one leads to List in it, in Mode; both may be empty.
type OwnMerchants struct {
	Shell layout.Shell
	Query string
	List  string
	Mode  app.Mode
	Rows  []OwnMerchant
	Pager components.Pager
}

// OwnMerchant is one of them, with the words of the reader's roles there.
type OwnMerchant struct {
	ID, Name string
	Roles    []string
}

func (v OwnMerchants) to(m OwnMerchant) string { return routes.SwitchTo(m.ID, v.Mode, v.List) }
