package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// traded finds the payments behind a channel's own number, by the index over
// channel, identity and number.
func (store) traded(ctx context.Context, q db.Querier, scope Scope, number string, payees []Payee) ([]string, error) {
	byChannel := map[app.Channel][]string{}
	for _, p := range payees {
		byChannel[p.Channel] = append(byChannel[p.Channel], p.Identity)
	}
	var out []string
	for c, identities := range byChannel {
		var ids []string
		err := q.Select(ctx, &ids, `SELECT payment_id FROM attempts WHERE channel = ? AND identity IN (?) AND channel_trade_no = ? AND merchant_id = ? AND mode = ? ORDER BY id LIMIT 20`,
			c, identities, number, scope.MerchantID, scope.Mode)
		if err != nil {
			return nil, fmt.Errorf("look up a channel's number: %w", err)
		}
		out = append(out, ids...)
	}
	return out, nil
}
