package merchants

import (
	"context"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// Certificates is what is held of the certificates by which a channel signs, for
// an account that fetches them.
type Certificates struct {
	Serials    []string
	ExpiresAt  app.Millis // when the last of them ends
	FetchedAt  app.Millis // when a fetch last succeeded; 0 for never
	TriedAt    app.Millis
	StaleSince app.Millis // since when fetching fails; 0 when it does not
	LastError  string     // of the last fetch, in the channel's words; "" when it succeeded
}

// ChannelCertificates returns what is stored of the channel's certificates; false
// says that the account keeps none, or that nobody has looked yet.
func (s *Service) ChannelCertificates(ctx context.Context, a Account) (Certificates, bool, error) {
	row, err := selectCertificate(ctx, s.db, a.MerchantID, a.ID, OwnedByChannel)
	if err != nil {
		return Certificates{}, false, fmt.Errorf("read the certificates of %s: %w", a.ID, err)
	}
	out := Certificates{ExpiresAt: row.ExpiresAt, FetchedAt: row.FetchedAt, TriedAt: row.TriedAt, StaleSince: row.StaleSince, LastError: row.LastError}
	if row.Serials != "" {
		out.Serials = strings.Split(row.Serials, ",")
	}
	return out, row.Found, nil
}

// RefreshCertificates fetches the channel's certificates of one account now,
// whatever their age, and returns what is held then. A fetch that failed is in
// LastError, not an error. Errors: Conflict (no_certificates_kept) where the
// account verifies by a public key.
func (s *Service) RefreshCertificates(ctx context.Context, a Account, keeperOf KeeperOf) (Certificates, error) {
	keeper, err := keeperOf(ctx, a)
	if err != nil {
		return Certificates{}, fmt.Errorf("refresh the certificates of %s: %w", a.ID, err)
	}
	if keeper == nil {
		return Certificates{}, noCertificates(a.ID)
	}
	before, err := selectCertificate(ctx, s.db, a.MerchantID, a.ID, OwnedByChannel)
	if err != nil {
		return Certificates{}, fmt.Errorf("refresh the certificates of %s: %w", a.ID, err)
	}
	if err := s.asking(ctx, a.MerchantID, "account.certificates", a.ID, a.Name); err != nil {
		return Certificates{}, err
	}
	if err := s.fetch(ctx, a, keeper, before, s.now()); err != nil {
		return Certificates{}, fmt.Errorf("refresh the certificates of %s: %w", a.ID, err)
	}
	held, found, err := s.ChannelCertificates(ctx, a)
	if err == nil && !found {
		err = noCertificates(a.ID)
	}
	return held, err
}

func noCertificates(id string) error {
	return app.Errorf(app.Conflict, "account %s verifies by a public key: there are no certificates to fetch", id).WithReason("no_certificates_kept")
}
