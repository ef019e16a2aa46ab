package pages

import (
	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Providers lists the platform's service provider accounts of a mode.
type Providers struct {
	Shell  layout.Shell
	Mode   app.Mode
	NoTest bool // the installation has no test mode
	Rows   []ProviderRow
}

// ProviderRow is one service provider account.
type ProviderRow struct {
	ID, Name  string
	Mode      app.Mode
	Channel   app.Channel
	Identity  string // sp_mchid or PID
	AppID     string // Alipay's; "" at WeChat
	Enabled   bool
	ExpiresAt app.Millis // of the certificate; 0 for none
	CreatedAt app.Millis
}

// Provider is one service provider with the merchants under it. Its form posts
// confirm, the name typed, to disable.
type Provider struct {
	Shell layout.Shell
	ProviderRow
	Facts    []Pair // read from the credentials
	Accounts []AccountUnder
	Pager    components.Pager
	Errors   map[string]string // translated: confirm
}

// AccountUnder is a merchant's account under a provider.
type AccountUnder struct {
	Name                 string
	MerchantID, Merchant string
	Identity             string // sub_mchid, or the merchant's PID
	Health               string // as AccountRow's
	LastSuccessAt        app.Millis
}

func (v Providers) in(m app.Mode) string { return routes.With(routes.Providers, "mode", string(m)) }
