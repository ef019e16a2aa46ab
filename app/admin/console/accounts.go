package console

import (
	"maps"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// accountsPage lists the channel accounts and how they are.
func (c *Console) accountsPage(r *request) error {
	list, err := c.accounts(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavAccounts)
	if err != nil {
		return err
	}
	known, err := c.aroundAccounts(r)
	if err != nil {
		return err
	}
	view := pages.Accounts{Shell: s}
	for _, a := range list {
		view.Rows = append(view.Rows, c.accountRow(a, known))
	}
	return c.page(r, pages.AccountsPage(view))
}

// around is what is known of accounts besides themselves.
type around struct {
	circuits  map[string]merchants.Circuit
	providers map[string]merchants.Provider
}

func (c *Console) aroundAccounts(r *request) (around, error) {
	circuits, err := c.Merchants.Circuits(r.ctx, r.merchant.ID, r.mode)
	if err != nil {
		return around{}, err
	}
	out := around{circuits: circuits, providers: map[string]merchants.Provider{}}
	list, err := c.Merchants.Providers(r.ctx, r.mode)
	for _, p := range list {
		out.providers[p.ID] = p
	}
	return out, err
}

func (c *Console) accountRow(a merchants.Account, known around) pages.AccountRow {
	row := pages.AccountRow{
		ID: a.ID, Name: a.Name, Channel: a.Channel, Identity: a.Identity, SubIdentity: a.SubIdentity, Enabled: a.Enabled,
		Health: c.healthOf(a, known.circuits[a.ID]), ExpiresAt: a.Health.CertificateExpiresAt, LastSuccessAt: a.Health.LastSuccessAt,
		ProviderID: a.ProviderID, Provider: known.providers[a.ProviderID].Name,
	}
	for _, x := range a.AppIDs {
		row.Apps = append(row.Apps, x.AppID)
	}
	return row
}

// healthOf is the worst that is known of an account, in one word.
func (c *Console) healthOf(a merchants.Account, circuit merchants.Circuit) string {
	now, h := app.ToMillis(c.Clock.Now()), a.Health
	state := circuit.At(now)
	switch {
	case !a.Enabled:
		return "disabled"
	case a.ProviderID != "" && !a.ProviderEnabled:
		return "provider_disabled"
	case h.CertificateExpiresAt != 0 && h.CertificateExpiresAt <= now:
		return "expired"
	case state == merchants.CircuitOpen, state == merchants.CircuitHalfOpen:
		return "circuit_open"
	case h.ProbeError != "":
		return "failing"
	case h.DeafSince != 0:
		return "degraded"
	case state == merchants.CircuitPaused:
		return "paused"
	case h.CertificateExpiresAt != 0 && h.CertificateExpiresAt <= now.Add(expiresSoon):
		return "expiring"
	case h.ProbedVersion != a.Version:
		return "unproven"
	}
	return "healthy"
}

// accountPage is one account: what it is, and whether it works.
func (c *Console) accountPage(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavAccounts)
	if err != nil {
		return err
	}
	known, err := c.aroundAccounts(r)
	if err != nil {
		return err
	}
	view := pages.Account{
		Shell: s, AccountRow: c.accountRow(a, known), Circuit: c.circuitOf(known.circuits[a.ID]), CallbackURL: c.BaseURL + "/callbacks/" + string(a.Channel) + "/" + a.ID,
		ConfirmByQuery: a.ConfirmByQuery, CreatedAt: a.CreatedAt, LastProbeAt: a.Health.LastProbeAt, FeeRate: rateText(a.FeeRate),
		ProbeError: a.Health.ProbeError, DeafSince: a.Health.DeafSince,
	}
	for _, x := range a.AppIDs {
		view.Apps = append(view.Apps, pages.AccountApp{AppID: x.AppID, Kind: string(x.Kind), HasSecret: x.HasSecret})
	}
	for _, name := range slices.Sorted(maps.Keys(a.Facts)) {
		if r.words.Has("fact."+name) && name != "certificate_expires_at" {
			view.Facts = append(view.Facts, pages.Pair{Name: name, Value: a.Facts[name]})
		}
	}
	if view.Checks, err = c.accountChecks(r, a); err != nil {
		return err
	}
	if view.Certificates, err = c.certificatesOf(r, a); err != nil {
		return err
	}
	return c.page(r, pages.AccountPage(view))
}

// account returns the account of the path in this mode.
func (c *Console) account(r *request) (merchants.Account, error) {
	id, err := r.id("account", app.PrefixAccount)
	if err != nil {
		return merchants.Account{}, err
	}
	a, err := c.Merchants.Account(r.ctx, r.merchant.ID, id)
	if err == nil && a.Mode != r.mode {
		return merchants.Account{}, app.Errorf(app.NotFound, "no account of that id in this mode")
	}
	return a, err
}

// accountChecks inspects the stored credentials again, since certificates
// expire, and adds what the last test call came to.
func (c *Console) accountChecks(r *request, a merchants.Account) ([]components.Check, error) {
	credentials, err := c.Merchants.Credentials(r.ctx, a)
	if err != nil {
		return nil, err
	}
	inspector := c.Inspectors[a.Channel]
	if inspector == nil {
		return nil, app.Errorf(app.Internal, "no inspector for %s", a.Channel)
	}
	var report channel.Report
	if a.ProviderID == "" {
		report = inspector.Inspect(credentials)
	} else if report, err = c.Merchants.InspectUnder(r.ctx, a.ProviderID, credentials, inspector); err != nil && !app.Is(err, app.Invalid) {
		return nil, err
	}
	return append(checksOf(report), probeCheck(a.Health)), nil
}

// probeCheck tells the last test call. Its stored text is the kind of failure
// and, after a colon, the channel's own code and message.
func probeCheck(h merchants.Health) components.Check {
	kind, said, _ := strings.Cut(h.ProbeError, ": ")
	code, message, _ := strings.Cut(said, " ")
	switch {
	case h.LastProbeAt == 0:
		return components.Check{Code: "probe.not_run", Status: "warning"}
	case h.ProbeError == "":
		return components.Check{Code: "probe.passed", Status: "passed"}
	case kind == "refused":
		return components.Check{Code: "probe.refused", Status: "failed", Args: map[string]string{"code": code, "message": message}}
	case kind == "config":
		return components.Check{Code: "probe.config", Status: "failed"}
	case code != "" && strings.Contains(strings.ToLower(said), "sign"):
		return components.Check{Code: "probe.signature", Status: "failed"}
	}
	return components.Check{Code: "probe.unreachable", Status: "failed"}
}
