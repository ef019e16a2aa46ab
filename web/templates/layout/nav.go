package layout

import (
	"strconv"

	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
)

// navGroup is a titled part of the navigation. Title is a key, empty for none.
type navGroup struct {
	Title string
	Links []navLink
}

// navLink is one entry. Key is the letter that follows "g" to go there.
type navLink struct {
	Nav  Nav
	Href string
	Key  string
	// Count is how many things wait there; 0 is not shown.
	Count int
}

// navigation lists what the user may see, in order, without empty groups.
func (s Shell) navigation() []navGroup {
	groups := []navGroup{s.mainGroup(), s.financeGroup(), s.developerGroup(), s.settingsGroup(), s.platformGroup()}
	shown := groups[:0]
	for _, g := range groups {
		if len(g.Links) > 0 {
			shown = append(shown, g)
		}
	}
	return shown
}

func (s Shell) mainGroup() navGroup {
	g := navGroup{}
	if s.Merchant.ID == "" {
		return g
	}
	g.add(true, NavHome, s.Scope().Home(), "h")
	g.add(s.Can.Payments, NavPayments, s.Scope().Payments(), "p")
	g.add(s.Can.Refunds, NavRefunds, s.Scope().Refunds(), "r")
	g.add(s.Can.Approvals, NavApprovals, s.Scope().Approvals(), "i")
	if s.Can.Approvals {
		g.Links[len(g.Links)-1].Count = s.Waiting
	}
	g.add(s.Can.Accounts, NavAccounts, s.Scope().Accounts(), "c")
	return g
}

// financeGroup is the next morning's work.
func (s Shell) financeGroup() navGroup {
	g := navGroup{Title: "nav.finance"}
	if s.Merchant.ID == "" {
		return g
	}
	g.add(s.Can.Reconcile, NavReconcile, s.Scope().Reconciliation(), "b")
	g.add(s.Can.Reconcile, NavExceptions, s.Scope().Exceptions(), "x")
	if s.Can.Reconcile {
		g.Links[len(g.Links)-1].Count = s.OpenExceptions
	}
	g.add(s.Can.Cases, NavCases, s.Scope().Cases(), "n")
	if s.Can.Cases {
		g.Links[len(g.Links)-1].Count = s.OpenCases
	}
	g.add(s.Can.PaymentExport || s.Can.RefundExport || s.Can.AuditExport, NavFiles, s.Scope().Files(), "f")
	return g
}

func (s Shell) developerGroup() navGroup {
	g := navGroup{Title: "nav.developers"}
	if s.Merchant.ID == "" {
		return g
	}
	g.add(s.Can.Keys, NavKeys, s.Scope().Keys(), "k")
	g.add(s.Can.Webhooks, NavWebhooks, s.Scope().Webhooks(), "w")
	g.add(s.Can.Deliveries, NavDeliveries, s.Scope().Deliveries(), "d")
	return g
}

func (s Shell) settingsGroup() navGroup {
	g := navGroup{Title: "nav.settings"}
	if s.Merchant.ID == "" {
		return g
	}
	g.add(s.Can.Members, NavMembers, s.Scope().Members(), "u")
	g.add(s.Can.Settings, NavSettings, s.Scope().Settings(), "e")
	g.add(s.Can.Audit, NavAudit, s.Scope().Audit(), "a")
	return g
}

func (s Shell) platformGroup() navGroup {
	g := navGroup{Title: "nav.platform"}
	g.add(s.Can.Merchants, NavOverview, routes.AdminHome, "z")
	g.add(s.Can.Merchants, NavMerchants, routes.AdminMerchants, "m")
	g.add(s.Can.Merchants && s.TakesApplications, NavApplications, routes.AdminApplications, "q")
	if s.Can.Merchants && s.TakesApplications {
		g.Links[len(g.Links)-1].Count = s.Applications
	}
	g.add(s.Can.Providers, NavProviders, routes.Providers, "o")
	g.add(s.Can.Users, NavUsers, routes.AdminUsers, "s")
	g.add(s.Can.Jobs, NavJobs, routes.AdminJobs, "j")
	g.add(s.Can.Jobs, NavChannels, routes.AdminChannels, "v")
	g.add(s.Can.System, NavSystem, routes.AdminSystem, "y")
	g.add(s.Can.PlatformAudit, NavPlatform, routes.AdminAudit, "l")
	g.add(s.Can.System, NavPlatformSettings, routes.AdminSettings, "t")
	return g
}

func (g *navGroup) add(allowed bool, nav Nav, href, key string) {
	if allowed {
		g.Links = append(g.Links, navLink{Nav: nav, Href: href, Key: key})
	}
}

// switchMode is where the page goes when the mode changes: the same list in
// the other mode, since an object of one mode does not exist in the other.
func (s Shell) switchMode(to app.Mode) string {
	if list := s.list(); list != "" {
		return s.In(to).Base() + "/" + list
	}
	return s.In(to).Home()
}

// list is the name of the list that the page is, or that its object is on.
func (s Shell) list() string { return routes.ListOf(s.Path) }

// switchMerchant is where the page goes when another merchant is chosen: to the
// same list there, in the same mode, where the user may see it.
func (s Shell) switchMerchant(id string) string { return routes.SwitchTo(id, s.Mode, s.list()) }

// waiting writes a count that stops at 100.
func waiting(n int) string {
	if n >= 100 {
		return "99+"
	}
	return strconv.Itoa(n)
}
