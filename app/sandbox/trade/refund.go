package trade

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// RefundState is where a refund stands; each channel has its own words for it.
type RefundState string

// The states. Abnormal means that the money could not go back to where it came
// from: a person finishes it in the channel's console.
const (
	RefundProcessing RefundState = "processing"
	RefundSucceeded  RefundState = "succeeded"
	RefundClosed     RefundState = "closed"
	RefundAbnormal   RefundState = "abnormal"
)

// RefundSource is who asked for a refund.
type RefundSource string

// The sources.
const (
	FromAPI     RefundSource = "api"
	FromConsole RefundSource = "console" // a person, in the channel's own console
)

// Refund is money on its way back to the payer. Amounts are in fen.
type Refund struct {
	ID         string      `db:"id"`
	Channel    app.Channel `db:"channel"`
	MerchantID string      `db:"merchant_id"` // whose keys announce it: a provider's for its sub-merchants
	TradeID    string      `db:"trade_id"`
	// Scope is what OutRefundNo is unique in: the merchant at WeChat, the trade
	// at Alipay.
	Scope           string       `db:"number_scope"`
	OutRefundNo     string       `db:"out_refund_no"`
	ChannelRefundNo string       `db:"channel_refund_no"` // WeChat's refund_id; Alipay shows none
	Amount          app.Money    `db:"amount"`
	Reason          string       `db:"reason"`
	State           RefundState  `db:"state"`
	Source          RefundSource `db:"source"`
	// Outcome is what becomes of it at DueAt, unless a script decides before.
	Outcome     RefundState `db:"outcome"`
	NotifyURL   string      `db:"notify_url"`
	CreatedAt   app.Millis  `db:"created_at"`
	DueAt       app.Millis  `db:"due_at"`
	SucceededAt app.Millis  `db:"succeeded_at"` // 0 until it succeeds
	ClosedAt    app.Millis  `db:"closed_at"`    // 0 unless it was closed
	AbnormalAt  app.Millis  `db:"abnormal_at"`  // 0 unless it was abnormal, if only for a while
}

// StateAt is where the refund stood at the time: what a file written then says
// of it, however it went on.
func (r Refund) StateAt(at app.Millis) RefundState {
	by := func(t app.Millis) bool { return t > 0 && t <= at }
	switch {
	case by(r.SucceededAt):
		return RefundSucceeded
	case by(r.ClosedAt):
		return RefundClosed
	case by(r.AbnormalAt):
		return RefundAbnormal
	}
	return RefundProcessing
}

// The reasons for refusing a refund, for the channels to translate. All are
// Conflict.
const (
	ReasonUnpaid        = "trade_unpaid"      // nothing was paid
	ReasonFinished      = "trade_finished"    // its time for refunds is over
	ReasonRefundTooOld  = "refund_too_old"    // it was paid more than a year ago
	ReasonRefundExceeds = "refund_exceeds"    // above what is left of the payment
	ReasonRefundTooMany = "refund_too_many"   // MaxRefunds were made
	ReasonRefundTooSoon = "refund_too_soon"   // within the spacing of the last one
	ReasonRefundDiffers = "refund_differs"    // the number stands for another refund
	ReasonNoBalance     = "refund_no_balance" // the merchant's balance is short, by a planned fault
	ReasonRefundFinal   = "refund_final"      // it has succeeded or was closed
)

// MaxRefunds is how many refunds one trade takes, those that were closed
// included (WeChat's rule: 一笔订单最多支持50次部分退款).
const MaxRefunds = 50

// RefundSpacing is how far apart WeChat wants two refunds of one trade.
const RefundSpacing = time.Minute

// RefundOrder is a merchant's wish for money back.
type RefundOrder struct {
	Trade       Trade
	OutRefundNo string
	Amount      app.Money
	Reason      string
	// NotifyURL is where to announce the outcome, the trade's own when empty.
	NotifyURL string
	// Instant refunds succeed in the answer itself, as Alipay's do.
	Instant bool
	// Spacing refuses another refund of the trade so soon, 0 for none.
	Spacing time.Duration
}

// Refund takes a refund in. The same number with the same content returns the
// refund it stands for and false; with another content it is Conflict
// (ReasonRefundDiffers). Every refusal is Conflict with its reason, and reserves
// nothing.
func (s *Service) Refund(ctx context.Context, o RefundOrder) (Refund, bool, error) {
	if o.Amount < 1 {
		return Refund{}, false, app.InvalidField("amount", "out_of_range", "a refund of %d fen: want at least 1", o.Amount)
	}
	return s.refund(ctx, o, FromAPI)
}

// ConsoleRefund is a refund that a person makes in the channel's own console:
// the platform learns of it by notification or query. An amount of 0 gives back
// all that is left. Its refusals are Refund's.
func (s *Service) ConsoleRefund(ctx context.Context, tradeID string, amount app.Money) (Refund, error) {
	t, err := s.ByID(ctx, tradeID)
	if err != nil {
		return Refund{}, err
	}
	if amount < 0 {
		return Refund{}, app.InvalidField("amount", "out_of_range", "a refund of %d fen: want at least 1, or 0 for all that is left", amount)
	}
	if amount == 0 {
		amount = max(1, t.Amount-t.Refunded) // nothing left is refused as too much
	}
	r, _, err := s.refund(ctx, RefundOrder{
		Trade: t, Amount: amount, Reason: "商户平台退款", Instant: t.Channel == app.Alipay,
	}, FromConsole)
	return r, err
}

func (s *Service) refund(ctx context.Context, o RefundOrder, source RefundSource) (Refund, bool, error) {
	r := s.newRefund(o, source)
	old, err := selectRefund(ctx, s.db, r.Scope, r.OutRefundNo)
	if err == nil {
		return same(old, r)
	}
	if err := notFound(err, "refund %q of %s", r.OutRefundNo, r.Scope); !app.Is(err, app.NotFound) {
		return Refund{}, false, err
	}
	if source == FromAPI {
		short, err := s.Take(ctx, r.Channel, r.MerchantID, RefundNoBalance)
		if err != nil {
			return Refund{}, false, err
		}
		if short {
			return Refund{}, false, app.Errorf(app.Conflict, "the balance of %s is short", r.MerchantID).WithReason(ReasonNoBalance)
		}
	}
	var repeated bool
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		taken := r // a rerun begins afresh
		repeated = false
		if err := s.takeIn(ctx, tx, o, &taken); err != nil {
			repeated = db.IsDuplicate(err)
			return err
		}
		old = taken
		return nil
	})
	if repeated {
		if old, err = selectRefund(ctx, s.db, r.Scope, r.OutRefundNo); err == nil {
			return same(old, r)
		}
	}
	if err != nil {
		return Refund{}, false, fmt.Errorf("refund %s of %s: %w", r.OutRefundNo, o.Trade.OutTradeNo, err)
	}
	return old, true, nil
}

func (s *Service) newRefund(o RefundOrder, source RefundSource) Refund {
	now := s.clock.Now()
	r := Refund{
		ID: app.NewID("rfx_", now), Channel: o.Trade.Channel, MerchantID: o.Trade.Owner(), TradeID: o.Trade.ID,
		Scope: o.Trade.MerchantID, OutRefundNo: o.OutRefundNo, ChannelRefundNo: channelRefundNo(now),
		Amount: o.Amount, Reason: o.Reason, State: RefundProcessing, Source: source, Outcome: RefundSucceeded,
		NotifyURL: o.NotifyURL, CreatedAt: app.ToMillis(now), DueAt: app.ToMillis(now.Add(s.refundDelay)),
	}
	if r.Channel == app.Alipay {
		r.Scope = o.Trade.ID
	}
	if r.OutRefundNo == "" {
		r.OutRefundNo = r.ChannelRefundNo
	}
	if r.NotifyURL == "" {
		r.NotifyURL = o.Trade.NotifyURL
	}
	return r
}

// channelRefundNo looks like WeChat's refund_id: 29 digits.
func channelRefundNo(now time.Time) string {
	return "50" + digits(9) + now.In(app.Beijing).Format("20060102") + digits(10)
}

// same answers a number that was used before.
func same(old, r Refund) (Refund, bool, error) {
	if old.TradeID != r.TradeID || old.Amount != r.Amount {
		return old, false, app.Errorf(app.Conflict, "the refund %s was made before, of another trade or amount", r.OutRefundNo).WithReason(ReasonRefundDiffers)
	}
	return old, false, nil
}

// takeIn reserves the amount and stores the refund in one transaction, with the
// faults that concern a refund as a whole.
func (s *Service) takeIn(ctx context.Context, tx *db.Tx, o RefundOrder, r *Refund) error {
	if err := s.fate(ctx, tx, o, r); err != nil {
		return err
	}
	if err := insertRefund(ctx, tx, *r); err != nil {
		return err
	}
	now := r.CreatedAt.Time()
	lastBefore := app.Millis(math.MaxInt64) // others may have a later clock
	if o.Spacing > 0 {
		lastBefore = app.ToMillis(now.Add(-o.Spacing))
	}
	n, err := updateRefunded(ctx, tx, *r, app.ToMillis(now.AddDate(-1, 0, 0)), lastBefore)
	if err != nil {
		return err
	}
	if n != 1 {
		current, err := selectByID(ctx, tx, r.TradeID)
		if err != nil {
			return err
		}
		return refusal(current, *r, o.Spacing)
	}
	if r.State != RefundSucceeded {
		return nil
	}
	return s.announceRefund(ctx, tx, *r)
}

// fate decides what becomes of the refund and when, by the faults planned.
func (s *Service) fate(ctx context.Context, tx *db.Tx, o RefundOrder, r *Refund) error {
	late, err := take(ctx, tx, r.Channel, r.MerchantID, RefundDelay)
	if err != nil {
		return err
	}
	switch {
	case late:
		r.DueAt = r.CreatedAt.Add(delay)
	case o.Instant:
		r.State, r.DueAt, r.SucceededAt = RefundSucceeded, r.CreatedAt, r.CreatedAt
		return nil
	}
	fault, err := takeFirst(ctx, tx, r.Channel, r.MerchantID, []Fault{RefundFailsAbnormal, RefundFailsClosed})
	switch fault {
	case RefundFailsAbnormal:
		r.Outcome = RefundAbnormal
	case RefundFailsClosed:
		r.Outcome = RefundClosed
	}
	tx.AfterCommit(s.Wake)
	return err
}

// refusal says why the trade gave nothing back.
func refusal(t Trade, r Refund, spacing time.Duration) error {
	no := func(reason, format string, args ...any) error {
		return app.Errorf(app.Conflict, "the order %s "+format, append([]any{t.OutTradeNo}, args...)...).WithReason(reason)
	}
	now := r.CreatedAt.Time()
	switch {
	case t.State == Finished:
		return no(ReasonFinished, "takes no more refunds")
	case !t.WasPaid():
		return no(ReasonUnpaid, "is not paid")
	case t.PaidAt.Time().Before(now.AddDate(-1, 0, 0)):
		return no(ReasonRefundTooOld, "was paid more than a year ago")
	case t.Refunded+r.Amount > t.Amount:
		return no(ReasonRefundExceeds, "has %d fen left to refund, not %d", t.Amount-t.Refunded, r.Amount)
	case t.Refunds >= MaxRefunds:
		return no(ReasonRefundTooMany, "was refunded %d times already", t.Refunds)
	case spacing > 0 && t.RefundedAt.Time().After(now.Add(-spacing)):
		return no(ReasonRefundTooSoon, "was refunded within the last %s", spacing)
	}
	return moved(t)
}
