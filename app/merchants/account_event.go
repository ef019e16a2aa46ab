package merchants

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// The events about accounts.
const (
	EventCircuitOpened       = "account.circuit_opened"
	EventCircuitClosed       = "account.circuit_closed"
	EventCertificateExpiring = "account.certificate_expiring"
	EventCertificatesStale   = "account.certificates_stale"
	EventDeaf                = "account.deaf"
)

// AccountView is an account as the events show it, without any secret. Times are
// RFC 3339 in UTC+8.
type AccountView struct {
	ID                   string      `json:"id"`
	MerchantID           string      `json:"merchant_id"`
	Mode                 app.Mode    `json:"mode"`
	Channel              app.Channel `json:"channel"`
	Name                 string      `json:"name"`
	Identity             string      `json:"identity"`
	SubIdentity          *string     `json:"sub_identity"`
	AppIDs               []string    `json:"app_ids"`
	Enabled              bool        `json:"enabled"`
	CertificateExpiresAt *string     `json:"certificate_expires_at"`
	DeafSince            *string     `json:"deaf_since"`
	Issue                *IssueView  `json:"issue"`
	Version              int64       `json:"version"`
}

// IssueView is what an event is about.
type IssueView struct {
	Kind   IssueKind        `json:"kind"`
	Owner  CertificateOwner `json:"owner,omitempty"`
	Since  *string          `json:"since"`
	Until  *string          `json:"until"`
	Detail string           `json:"detail"`
}

func viewOf(a Account, issue *Issue) AccountView {
	v := AccountView{
		ID: a.ID, MerchantID: a.MerchantID, Mode: a.Mode, Channel: a.Channel, Name: a.Name, Identity: a.Identity,
		AppIDs: []string{}, Enabled: a.Enabled, CertificateExpiresAt: stamp(a.Health.CertificateExpiresAt),
		DeafSince: stamp(a.Health.DeafSince), Version: a.Version,
	}
	if a.SubIdentity != "" {
		v.SubIdentity = &a.SubIdentity
	}
	for _, x := range a.AppIDs {
		v.AppIDs = append(v.AppIDs, x.AppID)
	}
	if issue != nil {
		v.Issue = &IssueView{Kind: issue.Kind, Owner: issue.Owner, Since: stamp(issue.Since), Until: stamp(issue.Until), Detail: issue.Detail}
	}
	return v
}

func stamp(m app.Millis) *string {
	if m == 0 {
		return nil
	}
	s := m.Time().In(app.Beijing).Format(time.RFC3339)
	return &s
}

// announce writes the event in the transaction of what it tells of.
func (s *Service) announce(ctx context.Context, tx *db.Tx, kind string, a Account, issue *Issue) error {
	if s.told == nil {
		return nil
	}
	_, err := s.told.Write(ctx, tx, events.New{Type: kind, MerchantID: a.MerchantID, Mode: a.Mode, ObjectID: a.ID, Data: viewOf(a, issue)})
	return err
}
