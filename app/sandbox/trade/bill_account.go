package trade

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// BillAccount is somebody who has bills: a merchant, or one under a provider.
type BillAccount struct {
	ID         string
	ProviderID string // or empty
}

// BillAccounts lists the channel's merchants, newest first, each followed by
// those under it, at most limit of either.
func (s *Service) BillAccounts(ctx context.Context, channel app.Channel, limit int) ([]BillAccount, error) {
	merchants, err := s.Merchants(ctx, limit)
	if err != nil {
		return nil, err
	}
	subs, err := selectSubMerchantsOf(ctx, s.db, channel, limit)
	if err != nil {
		return nil, fmt.Errorf("list merchants under providers: %w", err)
	}
	under := map[string][]BillAccount{}
	for _, sub := range subs {
		under[sub.ProviderID] = append(under[sub.ProviderID], BillAccount{ID: sub.ID, ProviderID: sub.ProviderID})
	}
	var accounts []BillAccount
	for _, m := range merchants {
		if m.Channel == channel {
			accounts = append(append(accounts, BillAccount{ID: m.ID}), under[m.ID]...)
		}
	}
	return accounts, nil
}

// BillQueryOf asks for the bill of an account: a merchant's, or a merchant's
// under a provider. A WeChat provider's lists the trades of all under it. Where
// there is no such account it is NotFound.
func (s *Service) BillQueryOf(ctx context.Context, channel app.Channel, account string, day app.Day) (BillQuery, error) {
	h, err := s.holderOf(ctx, account)
	if err == nil && h.channel != channel {
		err = noMerchant(channel, account)
	}
	if err != nil {
		return BillQuery{}, err
	}
	q := BillQuery{Channel: channel, MerchantID: h.ownerID, Day: day}
	if h.id != h.ownerID {
		q.SubID = h.id
	}
	q.WithSubs = channel == app.WeChat && q.SubID == ""
	return q, nil
}
