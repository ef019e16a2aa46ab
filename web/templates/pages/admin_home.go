package pages

import (
	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// PlatformHome is the figures across merchants.
type PlatformHome struct {
	Shell    layout.Shell
	Mode     app.Mode
	TestShut bool // there is no test mode here
	Overview Overview
	// Channel, when not "", narrows the merchants to what they took through it.
	Channel   app.Channel
	Merchants []FigureRow
	// Code, when not "", is the refusal that RefusedBy tells the merchants of.
	Code      string
	RefusedBy []MerchantRefusals
}

// MerchantRefusals is how often a merchant's orders were refused with a code.
type MerchantRefusals struct {
	Name, Href string
	Count      int64
}

// modeLink is the page in a mode.
func (v PlatformHome) modeLink(m app.Mode) string {
	return routes.With(v.Overview.rangeLink(v.Overview.Range), "mode", string(m))
}

// clearLink is the page without its narrowing.
func (v PlatformHome) clearLink() string {
	return routes.With(routes.With(v.Overview.rangeLink(v.Overview.Range), "channel", ""), "code", "")
}
