package merchants

import (
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// IssueKind is what is the matter with an account.
type IssueKind string

// The kinds, the most urgent first.
const (
	IssueCircuitOpen         IssueKind = "circuit_open"         // the channel does not answer
	IssueProviderDisabled    IssueKind = "provider_disabled"    // its service provider takes no payments
	IssueCertificateExpired  IssueKind = "certificate_expired"  // signatures fail, or will any moment
	IssueCertificatesStale   IssueKind = "certificates_stale"   // the channel's certificates cannot be fetched
	IssueCertificateExpiring IssueKind = "certificate_expiring" // within 30 days
	IssueDeaf                IssueKind = "deaf"                 // a success came without a notification
	IssuePaused              IssueKind = "paused"               // the channel asked for fewer calls
)

var urgency = []IssueKind{
	IssueCircuitOpen, IssueProviderDisabled, IssueCertificateExpired, IssueCertificatesStale, IssueCertificateExpiring, IssueDeaf, IssuePaused,
}

// CertificateOwner says whose certificate it is: the account's own (what the
// merchant registered, Alipay's certificates among it), or WeChat's platform
// certificates, which are fetched.
type CertificateOwner string

// The owners.
const (
	OwnedByAccount CertificateOwner = "account"
	OwnedByChannel CertificateOwner = "channel"
)

// Issue is something about an account that a person should know.
type Issue struct {
	Kind        IssueKind
	AccountID   string
	AccountName string
	Channel     app.Channel
	Owner       CertificateOwner // of a certificate; "" otherwise
	Since       app.Millis       // 0 when unknown
	Until       app.Millis       // when the certificate ends, or calls are tried again; 0 without
	Detail      string           // the last failure, in short
}

func issueOf(a Account, kind IssueKind) Issue {
	return Issue{Kind: kind, AccountID: a.ID, AccountName: a.Name, Channel: a.Channel}
}

// AccountIssues returns what is the matter with a merchant's enabled accounts of
// a mode, the most urgent first.
func (s *Service) AccountIssues(ctx context.Context, merchantID string, mode app.Mode) ([]Issue, error) {
	enabled, err := selectEnabledOf(ctx, s.db, merchantID, mode)
	if err != nil || len(enabled) == 0 {
		return nil, err
	}
	circuits, err := selectCircuits(ctx, s.db, merchantID, mode)
	if err != nil {
		return nil, fmt.Errorf("read the issues of %s: %w", merchantID, err)
	}
	certificates, err := selectCertificates(ctx, s.db, merchantID, mode)
	if err != nil {
		return nil, fmt.Errorf("read the issues of %s: %w", merchantID, err)
	}
	now := s.now()
	byID := make(map[string]Account, len(enabled))
	var out []Issue
	for _, a := range enabled {
		byID[a.ID] = a
		out = append(out, ownIssues(a, now)...)
	}
	for _, r := range circuits {
		if a, ok := byID[r.AccountID]; ok && r.circuit().At(now) != CircuitClosed {
			out = append(out, circuitIssue(a, r))
		}
	}
	for _, r := range certificates {
		if a, ok := byID[r.AccountID]; ok && r.Owner == OwnedByChannel {
			out = append(out, fetchedIssues(a, r, now)...)
		}
	}
	slices.SortStableFunc(out, func(x, y Issue) int {
		return slices.Index(urgency, x.Kind) - slices.Index(urgency, y.Kind)
	})
	return out, nil
}

// ownIssues are those that the account's own row tells.
func ownIssues(a Account, now app.Millis) []Issue {
	var out []Issue
	if i, ok := expiryIssue(a, OwnedByAccount, a.Health.CertificateExpiresAt, now); ok {
		out = append(out, i)
	}
	if !a.usable() {
		out = append(out, issueOf(a, IssueProviderDisabled))
	}
	if a.Health.DeafSince != 0 {
		out = append(out, deafIssue(a))
	}
	return out
}

func deafIssue(a Account) Issue {
	i := issueOf(a, IssueDeaf)
	i.Since = a.Health.DeafSince
	return i
}

func circuitIssue(a Account, r circuitRow) Issue {
	i := issueOf(a, IssueCircuitOpen)
	if r.State == CircuitPaused {
		i.Kind = IssuePaused
	}
	i.Since, i.Until, i.Detail = r.Since, r.RetryAt, r.Reason
	return i
}
