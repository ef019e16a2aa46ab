package trade

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
)

// BillQuery names a day's bill: whose trades and movements it lists, and which
// moment it was written at.
type BillQuery struct {
	Channel    app.Channel
	MerchantID string // who asks: a mchid or app_id
	// SubID is the one merchant under it whose bill is wanted, or empty.
	SubID string
	// WithSubs adds the trades of all merchants under it to its own, as WeChat
	// does for a provider that names none. A balance is never shared.
	WithSubs bool
	// Funds asks for the file of movements instead of that of trades: some flaws
	// are of one alone.
	Funds bool
	Day   app.Day
	// At is the moment of an earlier OpenBill, for the same file once more; 0 is
	// now.
	At app.Millis
}

// Bill is a day's bill of a merchant. Its rows and movements are read as they are
// asked for, in bounded memory and each time the same.
type Bill struct {
	BillQuery
	// Merchant is whose keys and fee rate the trades have.
	Merchant Merchant
	Sub      SubMerchant // whose bill it is, when SubID names one
	// Flaws is what is planned to be wrong with it.
	Flaws Flaws

	service *Service
}

// RowKind tells payments from refunds.
type RowKind string

// The kinds of a bill's row.
const (
	RowPayment RowKind = "payment"
	RowRefund  RowKind = "refund"
)

// BillRow is one payment or refund of a day. Amounts are in fen and never
// negative.
type BillRow struct {
	Kind RowKind
	// At is when the payment succeeded; when WeChat accepted a refund, or Alipay
	// made it.
	At app.Millis
	// Trade is the order, without what only its own life needs.
	Trade  Trade
	Refund Refund    // of a refund only
	Amount app.Money // paid, or to be given back
	Fee    app.Money // taken of a payment, given back with a refund
	Rate   app.Rate
	// State is the refund's when the bill was written: it never changes
	// afterwards in the file.
	State RefundState
	// Revoked is a refund that takes a whole payment back (撤销): it has no number
	// of the merchant's.
	Revoked bool
}

// The reasons for refusing a bill, for the channels to translate. All are
// Conflict.
const (
	ReasonBillTooEarly = "bill_day_open"  // its day is not over
	ReasonBillNotReady = "bill_not_ready" // its day is over, and it is not published yet
	ReasonBillFuture   = "bill_future"    // its day has not begun
	ReasonBillTooOld   = "bill_too_old"   // its day is more than three months ago
)

// OpenBill opens a day's bill as far as the channel has published it. Refusals
// are Conflict with their reason; a merchant or sub-merchant that there is not,
// is NotFound; what is not a day is Invalid.
func (s *Service) OpenBill(ctx context.Context, q BillQuery) (*Bill, error) {
	if _, err := app.ParseDay(string(q.Day)); err != nil {
		return nil, err
	}
	if err := s.published(q, s.clock.Now()); err != nil {
		return nil, err
	}
	b, err := s.billOf(ctx, q)
	if err != nil {
		return nil, err
	}
	if late, err := b.late(ctx); err != nil || late {
		return nil, cmp.Or(err, billRefusal(q, ReasonBillNotReady, "is not ready, as planned"))
	}
	return b, b.plan(ctx)
}

// PreviewBill is OpenBill for who looks behind the channel's counter: it opens
// the bill as it stands now, published or not.
func (s *Service) PreviewBill(ctx context.Context, q BillQuery) (*Bill, error) {
	if _, err := app.ParseDay(string(q.Day)); err != nil {
		return nil, err
	}
	b, err := s.billOf(ctx, q)
	if err != nil {
		return nil, err
	}
	return b, b.plan(ctx)
}

// billOf finds the bill's merchants.
func (s *Service) billOf(ctx context.Context, q BillQuery) (*Bill, error) {
	b := &Bill{BillQuery: q, service: s}
	var err error
	if b.Merchant, err = s.Merchant(ctx, q.Channel, q.MerchantID); err != nil {
		return nil, err
	}
	if q.SubID != "" {
		if b.Sub, err = s.SubMerchant(ctx, q.MerchantID, q.SubID); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// plan fixes the moment at which the bill is written, and what will be wrong
// with it.
func (b *Bill) plan(ctx context.Context) error {
	b.At = min(cmp.Or(b.At, app.ToMillis(b.service.clock.Now())), app.ToMillis(PublishedAt(b.Channel, b.Day)))
	var err error
	if b.Flaws, err = b.readFlaws(ctx); err != nil {
		return fmt.Errorf("read what is planned for the bill of %s: %w", b.Day, err)
	}
	return nil
}

// PublishedAt is when the channel has a day's bill: at 10:00 of the next day at
// WeChat, at 09:00 at Alipay.
func PublishedAt(channel app.Channel, day app.Day) time.Time {
	if channel == app.Alipay {
		return day.End().Add(9 * time.Hour)
	}
	return day.End().Add(10 * time.Hour)
}

// published refuses what the channel does not have yet, or no longer.
func (s *Service) published(q BillQuery, now time.Time) error {
	switch {
	case q.Day > app.DayOf(now):
		return billRefusal(q, ReasonBillFuture, "is of a day to come")
	case q.Channel == app.WeChat && q.Day < app.DayOf(now.In(app.Beijing).AddDate(0, -3, 0)):
		return billRefusal(q, ReasonBillTooOld, "is more than three months old")
	case s.sameDay:
		return nil
	case now.Before(q.Day.End()):
		return billRefusal(q, ReasonBillTooEarly, "is of a day that is not over")
	case now.Before(PublishedAt(q.Channel, q.Day)):
		return billRefusal(q, ReasonBillNotReady, "is not ready before %s", PublishedAt(q.Channel, q.Day).Format("15:04"))
	}
	return nil
}

func billRefusal(q BillQuery, reason, format string, args ...any) error {
	return app.Errorf(app.Conflict, "the bill of %s for %s "+format, append([]any{cmp.Or(q.SubID, q.MerchantID), q.Day}, args...)...).WithReason(reason)
}

// Holder is whose balance the bill's movements are of.
func (b *Bill) Holder() string { return cmp.Or(b.SubID, b.MerchantID) }

// Rows yields the day's payments and refunds in the order of their times, until
// yield returns an error, which Rows returns.
func (b *Bill) Rows(ctx context.Context, yield func(BillRow) error) error {
	if b.Flaws.Rows == nil {
		return merge(ctx, b.rowSources(), func(e entry) error { return yield(b.row(e)) })
	}
	f := b.Flaws.Rows()
	if err := merge(ctx, b.rowSources(), func(e entry) error { return f.Row(b.row(e), yield) }); err != nil {
		return err
	}
	return f.End(yield)
}

func (b *Bill) row(e entry) BillRow {
	r := BillRow{Kind: RowPayment, At: e.at, Trade: e.trade, Amount: e.trade.Amount, Rate: b.Merchant.FeeRate}
	if e.kind == entryRefund {
		r.Kind, r.Refund, r.Amount, r.State = RowRefund, e.refund, e.refund.Amount, e.refund.StateAt(b.At)
		r.Revoked = e.refund.Reason == reasonReversed && e.refund.OutRefundNo == e.refund.ChannelRefundNo
	}
	r.Fee = r.Rate.Fee(r.Amount)
	return r
}
