package payments

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// send calls the channel with the attempt's stored request and records what
// came of it. The caller holds the attempt's lease and no transaction.
func (s *Service) send(ctx context.Context, p Payment, a Attempt, account merchants.Account, claim *Claim, isNew bool) (Created, error) {
	request, err := a.request()
	if err != nil {
		return Created{}, err
	}
	var result channel.PayResult
	rec, callErr := s.call(ctx, a, account, "pay", func(ctx context.Context, c channel.Client) error {
		result, err = c.Pay(ctx, request)
		return err
	})
	// From here on the outcome must be recorded even if the caller has left.
	ctx = context.WithoutCancel(ctx)
	switch kind := channel.KindOf(callErr); kind {
	case "":
		return s.accept(ctx, p, a, account, result, rec.entries, claim, isNew)
	case channel.KindRefused, channel.KindNumberUsed, channel.KindConfig:
		return s.refuse(ctx, p, a, callErr, rec.entries, claim)
	default:
		if byCode(a.Method) && (kind == channel.KindRateLimited || kind == channel.KindHeld) {
			// Nothing was taken, and the code is gone: it cannot be sent again later.
			return s.refuse(ctx, p, a, callErr, rec.entries, claim)
		}
		// Paid and closed orders are settled by the query that follows, like
		// everything uncertain.
		return s.leaveUnknown(ctx, p, a, callErr, rec.entries, claim, isNew)
	}
}

// call runs one channel call under the timeout, recorded and observed.
func (s *Service) call(ctx context.Context, a Attempt, account merchants.Account, operation string, f func(context.Context, channel.Client) error) (*recording, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return &recording{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.ChannelTimeout)
	defer cancel()
	ctx, rec := record(ctx, now, a)
	client, err := s.Clients.Client(ctx, account)
	if err != nil {
		return rec, err
	}
	start := time.Now()
	err = f(ctx, client)
	s.Observer.ChannelCall(a.Channel, operation, channel.KindOf(err), time.Since(start))
	return rec, err
}

// accept moves the attempt and its payment to pending with the payer's action,
// or settles them when the answer was final.
func (s *Service) accept(ctx context.Context, p Payment, a Attempt, account merchants.Account, r channel.PayResult, entries []Entry, claim *Claim, isNew bool) (Created, error) {
	if r.Trade != nil && final(r.Trade.State) {
		return s.settleAtOnce(ctx, p, a, *r.Trade, entries, claim, isNew)
	}
	action, err := json.Marshal(r.Action)
	if err != nil {
		return Created{}, app.Errorf(app.Internal, "write the action of %s: %w", a.ID, err)
	}
	var out Created
	err = s.inTx(ctx, func(tx *db.Tx) error {
		now, fresh, err := s.reread(ctx, tx, p)
		if err != nil {
			return err
		}
		accepted := a
		accepted.Status, accepted.Action = StatusPending, string(action)
		accepted.NextQueryAt = nextQuery(accepted, now, account.Health.DeafSince != 0)
		if !fresh.Status.Open() {
			accepted.NextQueryAt = now // paid or closed meanwhile: this order is to be closed
		}
		rows := append(entries[:len(entries):len(entries)], stateEntry(ctx, now, accepted, StatusCreated, StatusPending))
		if err := s.store.moveAttempt(ctx, tx, accepted, StatusCreated); err != nil {
			return err
		}
		if fresh.Status == StatusPending || CanMove(fresh.Status, StatusPending) {
			fresh.Status, fresh.UpdatedAt = StatusPending, now
			fresh.ErrorCode, fresh.ErrorMessage = "", ""
			if err := s.store.update(ctx, tx, &fresh); err != nil {
				return err
			}
		}
		out = Created{View: NewView(fresh, accepted), New: isNew}
		if err := s.freeze(ctx, tx, claim, out, nil, now); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, rows)
	})
	if err != nil {
		return s.overtaken(ctx, p, claim, isNew, err)
	}
	return out, nil
}

// settleAtOnce records the final state that the channel answered an order with,
// as it does to a payment code. An answer that contradicts the order is not
// believed: the queries that follow find out.
func (s *Service) settleAtOnce(ctx context.Context, p Payment, a Attempt, t channel.Trade, entries []Entry, claim *Claim, isNew bool) (Created, error) {
	settled, err := s.settle(ctx, a.MerchantID, a.ID, t, entries)
	if hasReason(err, "mismatch") || hasReason(err, "being_reversed") {
		return s.leaveUnknown(ctx, p, a, err, entries, claim, isNew)
	}
	if err != nil {
		return Created{}, err
	}
	if settled.Changed && t.State.WasPaid() {
		if account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID); err == nil {
			s.worked(ctx, account)
		}
	}
	out := Created{View: NewView(settled.Payment, settled.Attempt), New: isNew}
	return out, s.Freeze(ctx, claim, out, nil)
}

// final reports whether the channel will say nothing else about an order.
func final(s channel.TradeState) bool {
	return s.WasPaid() || s == channel.TradeClosed || s == channel.TradeFailed
}

func hasReason(err error, reason string) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == reason
}

// refuse records a certain refusal: the attempt fails, the payment stays
// created, and asking again opens another attempt.
func (s *Service) refuse(ctx context.Context, p Payment, a Attempt, cause error, entries []Entry, claim *Claim) (Created, error) {
	refusal := refusalOf(a.Channel, cause)
	declined := app.Errorf(app.Declined, "%s refused the order: %s %s", a.Channel, refusal.Code, refusal.Message).
		WithReason("channel_refused").WithDetail("payment_id", p.ID).WithCause(cause)
	declined.Channel = &refusal
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, fresh, err := s.reread(ctx, tx, p)
		if err != nil {
			return err
		}
		failed := a
		failed.Status, failed.ErrorCode, failed.ErrorMessage = StatusFailed, plainCode(refusal.Code), clipTo(refusal.Message, 500)
		// Nothing is left to ask; at expiry the job closes the payment.
		failed.NextQueryAt = p.ExpiresAt
		rows := append(entries[:len(entries):len(entries)], entry(ctx, now, failed, KindState, "attempt.failed", map[string]string{"code": refusal.Code, "message": refusal.Message}))
		if err := s.store.moveAttempt(ctx, tx, failed, StatusCreated); err != nil {
			return err
		}
		if fresh.OpenAttemptID == a.ID {
			fresh.OpenAttemptID, fresh.UpdatedAt = "", now
			fresh.ErrorCode, fresh.ErrorMessage = failed.ErrorCode, failed.ErrorMessage
			if err := s.store.update(ctx, tx, &fresh); err != nil {
				return err
			}
		}
		if err := s.freeze(ctx, tx, claim, Created{}, declined, now); err != nil {
			return err
		}
		if err := s.note(ctx, tx, events.AttemptRefused, fresh); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, rows)
	})
	if err != nil {
		return s.overtaken(ctx, p, claim, false, err)
	}
	return Created{}, declined
}

// leaveUnknown records that nobody knows yet, and has the job find out.
func (s *Service) leaveUnknown(ctx context.Context, p Payment, a Attempt, callErr error, entries []Entry, claim *Claim, isNew bool) (Created, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Created{}, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.store.releaseAttempt(ctx, tx, a, a.LeaseOwner, sendAgainAt(a, now, callErr)); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, entries)
	})
	if err != nil {
		return Created{}, err
	}
	return Created{View: NewView(p, a), New: isNew, Unknown: true}, s.Release(ctx, claim)
}

// overtaken answers when the attempt was moved by somebody else meanwhile, such
// as a notification faster than the channel's answer.
func (s *Service) overtaken(ctx context.Context, p Payment, claim *Claim, isNew bool, err error) (Created, error) {
	if !errors.Is(err, errMoved) {
		return Created{}, err
	}
	fresh, err := s.store.payment(ctx, s.DB, Scope{p.MerchantID, p.Mode}, p.ID)
	if err != nil {
		return Created{}, err
	}
	out, err := s.answer(ctx, fresh, claim)
	out.New = isNew
	return out, err
}

// reread returns the time and the payment as it is inside the transaction.
func (s *Service) reread(ctx context.Context, tx *db.Tx, p Payment) (app.Millis, Payment, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, p, err
	}
	fresh, err := s.store.payment(ctx, tx, Scope{p.MerchantID, p.Mode}, p.ID)
	return now, fresh, err
}

func refusalOf(c app.Channel, err error) app.Refusal {
	r := app.Refusal{Name: string(c), Code: string(channel.KindOf(err)), Message: "the account's credentials cannot be used"}
	var e *channel.Error
	if errors.As(err, &e) {
		if e.Code != "" {
			r.Code = e.Code
		}
		if e.Message != "" {
			r.Message = e.Message
		}
	}
	return r
}

// clipTo bounds a text to n characters of valid UTF-8.
func clipTo(s string, n int) string {
	r := []rune(clip(s))
	return string(r[:min(n, len(r))])
}

// plainCode keeps a code that we did not make within its column: 64 characters
// of ASCII. Verified ones are; a gateway in between may say anything.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, clipTo(s, 64))
}
