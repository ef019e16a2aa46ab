package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// rowSources are where the rows of the bill come from.
func (b *Bill) rowSources() []*source {
	sources := []*source{b.payments(selectPaid, b.Holder()), b.refunds()}
	if b.WithSubs && b.SubID == "" {
		sources = append(sources, b.payments(selectPaidUnder, b.MerchantID))
	}
	return sources
}

// movementSources are where the movements of the holder's balance come from.
func (b *Bill) movementSources() []*source {
	sources := []*source{b.payments(selectPaid, b.Holder()), b.refunds(), b.withdrawals()}
	own := func(e entry) bool { return e.trade.MerchantID == b.Holder() }
	sources[1].keep = own
	if b.Channel == app.WeChat {
		returned := b.refundsBy(selectRefundsClosed, entryReturn, func(r Refund) app.Millis { return r.ClosedAt })
		returned.keep = own
		sources = append(sources, returned)
	}
	return sources
}

// start is the place before the day's first entry.
func (b *Bill) start() mark { return mark{at: app.ToMillis(b.Day.Start())} }

// until is the first moment that is not in the bill.
func (b *Bill) until() app.Millis { return min(app.ToMillis(b.Day.End()), b.At+1) }

func (b *Bill) payments(query tradePage, id string) *source {
	return &source{after: b.start(), read: func(ctx context.Context, after mark, limit int) ([]entry, error) {
		trades, err := query(ctx, b.service.db, id, after, b.until(), limit)
		entries := make([]entry, len(trades))
		for i, t := range trades {
			entries[i] = entry{kind: entryPayment, at: t.PaidAt, id: t.ID, trade: t}
		}
		return entries, err
	}}
}

// refunds are dated by their acceptance at WeChat, by their success at Alipay.
func (b *Bill) refunds() *source {
	s := b.refundsBy(selectRefundsCreated, entryRefund, func(r Refund) app.Millis { return r.CreatedAt })
	if b.Channel == app.Alipay {
		s = b.refundsBy(selectRefundsSucceeded, entryRefund, func(r Refund) app.Millis { return r.SucceededAt })
	}
	s.keep = func(e entry) bool {
		return e.trade.MerchantID == b.Holder() || b.WithSubs && b.SubID == ""
	}
	return s
}

// refundsBy reads the refunds that the merchant's keys speak for, those of the
// merchants under it included.
func (b *Bill) refundsBy(query refundPage, kind entryKind, at func(Refund) app.Millis) *source {
	return &source{after: b.start(), read: func(ctx context.Context, after mark, limit int) ([]entry, error) {
		refunds, err := query(ctx, b.service.db, b.MerchantID, after, b.until(), limit)
		if err != nil || len(refunds) == 0 {
			return nil, err
		}
		ids := make([]string, len(refunds))
		for i, r := range refunds {
			ids[i] = r.TradeID
		}
		trades, err := selectTradesByID(ctx, b.service.db, ids)
		if err != nil {
			return nil, err
		}
		entries := make([]entry, len(refunds))
		for i, r := range refunds {
			entries[i] = entry{kind: kind, at: at(r), id: r.ID, trade: trades[r.TradeID], refund: r}
		}
		return entries, nil
	}}
}

func (b *Bill) withdrawals() *source {
	return &source{after: b.start(), read: func(ctx context.Context, after mark, limit int) ([]entry, error) {
		made, err := selectWithdrawals(ctx, b.service.db, b.Holder(), after, b.until(), limit)
		entries := make([]entry, len(made))
		for i, w := range made {
			entries[i] = entry{kind: entryWithdrawal, at: w.CreatedAt, id: w.ID, withdrawal: w}
		}
		return entries, err
	}}
}
