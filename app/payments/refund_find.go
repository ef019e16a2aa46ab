package payments

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// FindRefunds returns the refunds of the scope that a number stands for: a
// refund's id, the merchant's refund_no, or the channel's own number. Usually
// one, none when nothing matches.
func (s *Service) FindRefunds(ctx context.Context, scope Scope, number string) ([]Refund, error) {
	number = CleanNumber(number)
	if number == "" || !app.PlainASCII(number, maxOrderNo) {
		return nil, nil
	}
	ids := []string{}
	if app.ValidID(app.PrefixRefund, number) {
		ids = append(ids, number)
	}
	key, err := s.store.refundKey(ctx, s.DB, scope, number)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, err
	}
	if err == nil {
		ids = append(ids, key.RefundID)
	}
	return s.store.refundsNumbered(ctx, s.DB, scope, ids, number)
}

// RefundFigures sum the refunds that a filter selects. Amounts are in fen.
type RefundFigures struct {
	Count     int64     `db:"n"`
	Amount    app.Money `db:"amount"`    // of all that is not failed or rejected
	Succeeded app.Money `db:"succeeded"` // of what arrived
	// Capped says that summing stopped at the newest Count refunds.
	Capped bool `db:"-"`
}

// RefundFigures sums the newest 20,000 refunds that the filter selects at most;
// its RefundNo, Before and Limit are ignored. It is Invalid for a span above 92
// days.
func (s *Service) RefundFigures(ctx context.Context, scope Scope, f RefundFilter) (RefundFigures, error) {
	if f.PaymentID == "" && !f.OfAnyAge() {
		if err := s.boundRefunds(ctx, &f); err != nil {
			return RefundFigures{}, err
		}
	}
	out, err := s.store.refundFigures(ctx, s.DB, scope, f, figuresCap)
	out.Capped = out.Count >= figuresCap
	return out, err
}

// RefundsWaiting tells of refunds that somebody should look at. Each count stops
// at 100.
type RefundsWaiting struct {
	Abnormal       int
	AbnormalSince  app.Millis // when the oldest of them was asked for
	Unanswered     int        // pending without a certain answer of the channel
	UnansweredFrom app.Millis
}

// RefundsWaiting returns the scope's abnormal refunds, and those that were asked
// for before the time and that the channel has not certainly taken.
func (s *Service) RefundsWaiting(ctx context.Context, scope Scope, before app.Millis) (RefundsWaiting, error) {
	abnormal, err := s.store.refundsIn(ctx, s.DB, scope, RefundAbnormal, math.MaxInt64)
	if err != nil {
		return RefundsWaiting{}, err
	}
	unanswered, err := s.store.refundsIn(ctx, s.DB, scope, RefundPending, before)
	return RefundsWaiting{abnormal.Count, abnormal.Oldest, unanswered.Count, unanswered.Oldest}, err
}

// AttemptsOf returns the attempts of a payment, oldest first, at most 100.
func (s *Service) AttemptsOf(ctx context.Context, scope Scope, paymentID string) ([]Attempt, error) {
	return s.store.attempts(ctx, s.DB, scope.MerchantID, paymentID)
}

// RefundRoom is a paid attempt of a payment and what can still be given back of
// it. Nearly always there is one; a duplicate payment makes another.
type RefundRoom struct {
	AttemptID string
	Method    channel.Method
	Amount    app.Money // what was paid
	Remainder app.Money // what no refund has reserved
	Duplicate bool      // of another attempt than the one that paid the payment
}

// RefundRooms returns the paid attempts of a payment, the payment's own first.
func (s *Service) RefundRooms(ctx context.Context, p Payment) ([]RefundRoom, error) {
	attempts, err := s.store.attempts(ctx, s.DB, p.MerchantID, p.ID)
	if err != nil {
		return nil, err
	}
	var out []RefundRoom
	for _, a := range attempts {
		if a.Status != StatusSucceeded || p.Status != StatusSucceeded {
			continue
		}
		reserved, err := s.store.reserved(ctx, s.DB, a, p)
		if err != nil {
			return nil, err
		}
		room := RefundRoom{AttemptID: a.ID, Method: a.Method, Amount: a.Amount, Remainder: a.Amount - reserved, Duplicate: a.ID != p.PaidAttemptID}
		if room.Duplicate {
			out = append(out, room)
		} else {
			out = append([]RefundRoom{room}, out...)
		}
	}
	return out, nil
}

// LostAccount is where an abnormal refund's money should have gone, in the
// channel's words; "" when it did not say.
func (r Refund) LostAccount() string {
	account, ok := strings.CutPrefix(r.ErrorMessage, abnormalWords)
	if !ok {
		return ""
	}
	return account
}

// AnyRefund reports whether the scope has a refund at all.
func (s *Service) AnyRefund(ctx context.Context, scope Scope) (bool, error) {
	newest, err := s.store.listRefunds(ctx, s.DB, scope, RefundFilter{Limit: 1})
	return len(newest) > 0, err
}

// AboutRefund keeps the rows of a payment's timeline that tell of the refund:
// they name it, or the number the channel knows it by.
func AboutRefund(rows []Entry, r Refund) []Entry {
	var out []Entry
	for _, e := range rows {
		text := e.Args + e.Request + e.Response
		if strings.Contains(text, r.ID) || (r.Number != "" && strings.Contains(text, `"`+r.Number+`"`)) {
			out = append(out, e)
		}
	}
	return out
}
