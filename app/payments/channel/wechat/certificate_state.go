package wechat

import (
	"context"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app/payments/channel"
)

var _ channel.CertificateKeeper = (*client)(nil)

// RefreshCertificates fetches the platform certificates, whatever their age.
// In public-key mode there are none.
func (c *client) RefreshCertificates(ctx context.Context) error {
	if c.certificates == nil {
		return nil
	}
	if err := c.certificates.fetch(ctx, 0); err != nil {
		return certificatesError(err)
	}
	return nil
}

// CertificateState says which platform certificates are held.
func (c *client) CertificateState() channel.CertificateState {
	if c.certificates == nil {
		return channel.CertificateState{}
	}
	return c.certificates.state()
}

func (s *certificates) state() channel.CertificateState {
	var state channel.CertificateState
	s.mu.Lock()
	if s.lastErr != nil {
		state.LastError = certificatesError(s.lastErr).Error()
	}
	s.mu.Unlock()
	set := s.current.Load()
	if set == nil {
		return state
	}
	held := set.GetAll(context.Background())
	state.FetchedAt, state.Serials = set.fetched.UTC(), slices.Sorted(maps.Keys(held))
	for _, certificate := range held {
		if certificate.NotAfter.After(state.ExpiresAt) {
			state.ExpiresAt = certificate.NotAfter.UTC()
		}
	}
	return state
}
