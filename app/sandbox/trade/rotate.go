package trade

import (
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// keptCertificates is how many platform certificates are valid at once: the
// old one stays for those who have not fetched the new.
const keptCertificates = 2

// Rotate gives a WeChat merchant with platform certificates a new platform
// certificate, which signs from now on. Any other merchant is Invalid.
func (s *Service) Rotate(ctx context.Context, merchantID string) (Merchant, error) {
	m, err := s.Merchant(ctx, app.WeChat, merchantID)
	if err != nil {
		return Merchant{}, err
	}
	if !m.HasCertificates() {
		return Merchant{}, app.Errorf(app.Invalid, "merchant %s verifies by public key: it has no platform certificate to rotate", m.ID)
	}
	ca, err := s.authority(ctx, app.WeChat)
	if err != nil {
		return Merchant{}, err
	}
	fresh, err := issuePlatform(ca, s.clock.Now())
	if err != nil {
		return Merchant{}, fmt.Errorf("rotate the certificate of %s: %w", m.ID, err)
	}
	keys := *m.WeChat
	keys.Platform = append(slices.Clone(keys.Platform), fresh)
	keys.Platform = keys.Platform[max(0, len(keys.Platform)-keptCertificates):]
	m.WeChat = &keys
	m.Version++
	n, err := updateSecrets(ctx, s.db, m)
	if err != nil {
		return Merchant{}, fmt.Errorf("rotate the certificate of %s: %w", m.ID, err)
	}
	if n != 1 {
		return Merchant{}, app.Errorf(app.Conflict, "the certificate of %s was rotated by another request", m.ID)
	}
	s.keep(m)
	return m, nil
}
