package paymentstest

import (
	"context"

	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Keeper returns the account's client as a keeper of certificates, nil when it
// keeps none.
func (s *Shop) Keeper(ctx context.Context, a merchants.Account) (channel.CertificateKeeper, error) {
	client, err := s.clients.Client(ctx, a)
	if err != nil {
		return nil, err
	}
	keeper, _ := client.(channel.CertificateKeeper)
	return keeper, nil
}
