package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// tradePage and refundPage read a page of what a merchant's bill lists: after
// the mark, before until, in the order of time and id.
type (
	tradePage  func(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) ([]Trade, error)
	refundPage func(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) ([]Refund, error)
)

// billedColumns are the columns of a trade that bills tell of: a day may have a
// million.
const billedColumns = `id, channel, merchant_id, provider_id, app_id, out_trade_no, channel_trade_no, trade_type, subject, attach, amount,
 state, payer_id, extra, created_at, scanned_at, paid_at`

func selectPaid(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) (ts []Trade, err error) {
	err = q.Select(ctx, &ts, `SELECT `+billedColumns+` FROM sandbox_trades
 WHERE merchant_id = ? AND paid_at >= ? AND paid_at < ? AND (paid_at > ? OR id > ?) ORDER BY paid_at, id LIMIT ?`,
		merchantID, after.at, until, after.at, after.id, limit)
	return ts, err
}

// selectPaidUnder is selectPaid for all merchants under a provider.
func selectPaidUnder(ctx context.Context, q db.Querier, providerID string, after mark, until app.Millis, limit int) (ts []Trade, err error) {
	err = q.Select(ctx, &ts, `SELECT `+billedColumns+` FROM sandbox_trades
 WHERE provider_id = ? AND paid_at >= ? AND paid_at < ? AND (paid_at > ? OR id > ?) ORDER BY paid_at, id LIMIT ?`,
		providerID, after.at, until, after.at, after.id, limit)
	return ts, err
}

func selectRefundsCreated(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) (rs []Refund, err error) {
	err = q.Select(ctx, &rs, `SELECT `+refundColumns+` FROM sandbox_refunds
 WHERE merchant_id = ? AND created_at >= ? AND created_at < ? AND (created_at > ? OR id > ?) ORDER BY created_at, id LIMIT ?`,
		merchantID, after.at, until, after.at, after.id, limit)
	return rs, err
}

func selectRefundsSucceeded(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) (rs []Refund, err error) {
	err = q.Select(ctx, &rs, `SELECT `+refundColumns+` FROM sandbox_refunds
 WHERE merchant_id = ? AND succeeded_at >= ? AND succeeded_at < ? AND (succeeded_at > ? OR id > ?) ORDER BY succeeded_at, id LIMIT ?`,
		merchantID, after.at, until, after.at, after.id, limit)
	return rs, err
}

func selectRefundsClosed(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) (rs []Refund, err error) {
	err = q.Select(ctx, &rs, `SELECT `+refundColumns+` FROM sandbox_refunds
 WHERE merchant_id = ? AND closed_at >= ? AND closed_at < ? AND (closed_at > ? OR id > ?) ORDER BY closed_at, id LIMIT ?`,
		merchantID, after.at, until, after.at, after.id, limit)
	return rs, err
}

// selectTradesByID returns the trades by their ids.
func selectTradesByID(ctx context.Context, q db.Querier, ids []string) (map[string]Trade, error) {
	var ts []Trade
	if err := q.Select(ctx, &ts, `SELECT `+billedColumns+` FROM sandbox_trades WHERE id IN (?)`, ids); err != nil {
		return nil, err
	}
	byID := make(map[string]Trade, len(ts))
	for _, t := range ts {
		byID[t.ID] = t
	}
	return byID, nil
}
