package console

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
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
	if s.Can.AccountsEdit {
		drafts, err := c.Merchants.Drafts(r.ctx, r.merchant.ID, r.mode)
		if err != nil {
			return err
		}
		for _, d := range drafts {
			view.Drafts = append(view.Drafts, draftRow(d))
		}
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
		ProviderID: a.ProviderID, Provider: known.providers[a.ProviderID].Name, FeeRate: rateText(a.FeeRate),
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
		ConfirmByQuery: a.ConfirmByQuery, CreatedAt: a.CreatedAt, LastProbeAt: a.Health.LastProbeAt,
		ProbeError: a.Health.ProbeError, Probe: probeCheck(a.Health), DeafSince: a.Health.DeafSince,
		FailedAt: a.Health.FailedAt, Failure: a.Health.Failure, FailureCheck: storedFailure(a.Health.FailureReason, a.Health.Failure),
	}
	for _, x := range a.AppIDs {
		view.Apps = append(view.Apps, pages.AccountApp{AppID: x.AppID, Kind: string(x.Kind), HasSecret: x.HasSecret})
	}
	if err := c.readCredentials(r, a, &view); err != nil {
		return err
	}
	if view.Changes, err = c.accountChanges(r, s, a); err != nil {
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

// readCredentials inspects the stored credentials again, since certificates
// expire, and adds what the last test call came to.
func (c *Console) readCredentials(r *request, a merchants.Account, view *pages.Account) error {
	credentials, err := c.Merchants.Credentials(r.ctx, a)
	if err != nil {
		return err
	}
	inspector := c.Inspectors[a.Channel]
	if inspector == nil {
		return app.Errorf(app.Internal, "no inspector for %s", a.Channel)
	}
	var report channel.Report
	if a.ProviderID == "" {
		report = inspector.Inspect(credentials)
	} else if report, err = c.Merchants.InspectUnder(r.ctx, a.ProviderID, credentials, inspector); err != nil && !app.Is(err, app.Invalid) {
		return err
	}
	view.Facts, view.SignedBy = c.factsShown(r, report.Facts, a.Channel), report.Facts["mode"]
	view.Checks = append(checksOf(report), probeCheck(a.Health))
	return nil
}

// accountChanges are the latest acts upon the account, for those who may read
// the audit.
func (c *Console) accountChanges(r *request, s layout.Shell, a merchants.Account) ([]pages.AuditRow, error) {
	if !s.Can.Audit {
		return nil, nil
	}
	page, err := c.Audit.List(r.ctx, audit.Filter{Chain: r.merchant.ID, Target: a.ID, Limit: 8})
	if err != nil {
		return nil, err
	}
	return c.auditRows(r, r.to().Audit(), page.Rows), nil
}

// probeCheck tells the last test call.
func probeCheck(h merchants.Health) components.Check {
	switch {
	case h.LastProbeAt == 0:
		return components.Check{Code: "probe.not_run", Status: "warning"}
	case h.ProbeError == "":
		return components.Check{Code: "probe.passed", Status: "passed"}
	}
	return storedFailure(h.ProbeReason, h.ProbeError)
}

// storedFailure explains a failure that is kept as text: its kind and, after a
// colon, the channel's own code and message.
func storedFailure(reason, text string) components.Check {
	kind, said, _ := strings.Cut(text, ": ")
	code, message, _ := strings.Cut(said, " ")
	return failureCheck(merchants.Failure{Kind: channel.Kind(kind), Reason: reason, Code: code, Message: message})
}
