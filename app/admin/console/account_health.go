package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// circuitOf tells what keeps an account's calls from the channel; nil when
// nothing does.
func (c *Console) circuitOf(circuit merchants.Circuit) *pages.Circuit {
	switch state := circuit.At(app.ToMillis(c.Clock.Now())); state {
	case merchants.CircuitOpen, merchants.CircuitHalfOpen, merchants.CircuitPaused:
		return &pages.Circuit{State: string(state), Since: circuit.Since, RetryAt: circuit.RetryAt, Reason: circuit.Reason}
	}
	return nil
}

// certificatesOf is what is held of the channel's certificates; nil for an
// account that verifies without any.
func (c *Console) certificatesOf(r *request, a merchants.Account) (*pages.Certificates, error) {
	held, found, err := c.Merchants.ChannelCertificates(r.ctx, a)
	if err != nil {
		return nil, err
	}
	// Without a public key WeChat signs by certificates alone.
	fetches := a.Channel == app.WeChat && a.ProviderID == "" && a.Facts["public_key_id"] == ""
	if !found && !fetches {
		return nil, nil
	}
	return &pages.Certificates{
		Serials: held.Serials, ExpiresAt: held.ExpiresAt, FetchedAt: held.FetchedAt, TriedAt: held.TriedAt,
		StaleSince: held.StaleSince, LastError: held.LastError, Refreshable: c.Keeper != nil,
	}, nil
}

// refreshCertificates fetches the channel's certificates of the account now. How
// it went stands on the account's page.
func (c *Console) refreshCertificates(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	if c.Keeper == nil {
		return app.Errorf(app.Conflict, "certificates are not fetched here").WithReason("no_certificates_kept")
	}
	held, err := c.Merchants.RefreshCertificates(r.ctx, a, c.Keeper)
	if err != nil {
		return err
	}
	note := "certificates_fetched"
	if held.LastError != "" {
		note = ""
	}
	return c.done(r, r.to().Account(a.ID), note)
}

// accountActions are what is the matter with the accounts: those that take
// payments, those whose test call failed, and those not enabled yet.
func (c *Console) accountActions(r *request) ([]pages.NeedsAction, error) {
	issues, err := c.Merchants.AccountIssues(r.ctx, r.merchant.ID, r.mode)
	if err != nil {
		return nil, err
	}
	var out []pages.NeedsAction
	for _, i := range issues {
		out = append(out, pages.NeedsAction{
			Kind: issueKind(i), Urgent: urgent(i.Kind), Count: 1, Name: i.AccountName, At: issueTime(i), Href: r.to().Account(i.AccountID),
		})
	}
	list, err := c.accounts(r)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		n := pages.NeedsAction{Count: 1, Name: a.Name, Href: r.to().Account(a.ID)}
		switch {
		case !a.Enabled:
			n.Kind, n.At = "account_disabled", a.CreatedAt
		case a.Health.ProbeError != "":
			n.Kind, n.Urgent, n.At = "account_failing", true, a.Health.LastProbeAt
		default:
			continue
		}
		out = append(out, n)
	}
	return out, nil
}

// issueKind is the key of an issue's sentence. A certificate of the channel's
// renews itself, so it needs other words than the merchant's own.
func issueKind(i merchants.Issue) string {
	switch i.Kind {
	case merchants.IssueCertificateExpired, merchants.IssueCertificateExpiring:
		if i.Owner == merchants.OwnedByChannel {
			return "platform_" + string(i.Kind)
		}
		return string(i.Kind)
	}
	return "account_" + string(i.Kind)
}

// issueTime is when it ends or ended for a certificate, since when otherwise.
func issueTime(i merchants.Issue) app.Millis {
	switch i.Kind {
	case merchants.IssueCertificateExpired, merchants.IssueCertificateExpiring:
		return i.Until
	}
	return i.Since
}

// urgent are the issues that stop payments.
func urgent(k merchants.IssueKind) bool {
	switch k {
	case merchants.IssueCircuitOpen, merchants.IssueProviderDisabled, merchants.IssueCertificateExpired:
		return true
	}
	return false
}
