package payments

import (
	"context"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// BooksQuery names what one bill is of: a day of a settlement identity.
type BooksQuery struct {
	MerchantID  string
	Mode        app.Mode
	Channel     app.Channel
	Identity    string // mchid or PID
	SubIdentity string // sub_mchid, or ""
	Day         app.Day
}

// BookState is how an attempt or refund stands for the purposes of a bill.
type BookState string

// The states. Moved: the money moved by our books. Open: it may have. Not: by
// our books it did not.
const (
	BookMoved BookState = "moved"
	BookOpen  BookState = "open"
	BookNot   BookState = "not"
)

// BookRecord is what our books hold of one line that a bill should have: an
// attempt or a refund. Amounts are in fen.
type BookRecord struct {
	Kind       channel.LineKind
	Number     string // what the channel knows it by; "" of a refund that nothing named yet
	ChannelNo  string // the channel's own number, "" while unknown
	AttemptID  string // of a refund too
	PaymentID  string
	RefundID   string // "" for a payment
	AccountID  string
	State      BookState
	Amount     app.Money
	Settlement app.Money  // before fees; 0 for refunds and what is not paid
	At         app.Millis // what dates it in a bill: paid, or see Refund.BookedAt; 0 while it has no date
	DoneAt     app.Millis // when a refund's money arrived, 0 until then
	Reversed   bool       // paid or not, and undone by our own reverse
	Recovered  bool
}

// Books streams the attempts that were paid in the day and the refunds that its
// bill dates in it: at WeChat those accepted, at Alipay those succeeded. Records
// come in about the order of their times, payments first, in bounded memory;
// yield must not use the database, and gets the same record each time.
func (s *Service) Books(ctx context.Context, q BooksQuery, yield func(*BookRecord) error) error {
	if err := s.store.paidIn(ctx, s.DB, q, yield); err != nil {
		return err
	}
	return s.store.refundedIn(ctx, s.DB, q, yield)
}

// BooksByNumber returns the attempts and refunds of the identity, of any day and
// state, that carry one of the numbers: our own, the channel's, or the one that
// the channel's console gave a refund. A refund that nothing has named is found
// by its id.
func (s *Service) BooksByNumber(ctx context.Context, q BooksQuery, numbers []string) ([]BookRecord, error) {
	var own, refunds, valid []string
	for _, n := range numbers {
		if !app.PlainASCII(n, 64) { // no column of ours holds it
			continue
		}
		valid = append(valid, n)
		switch {
		case strings.HasPrefix(n, app.PrefixAttempt):
			own = append(own, n)
		case strings.HasPrefix(n, app.PrefixRefund):
			refunds = append(refunds, n)
		}
	}
	var out []BookRecord
	for _, by := range []struct {
		numbers []string
		finds   []findBooks
	}{
		{own, []findBooks{s.store.attemptsByID}},
		{valid, []findBooks{s.store.attemptsByTrade, s.store.refundsByNumber, s.store.refundsByChannelNo}},
		{refunds, []findBooks{s.store.refundsByID}},
	} {
		for part := range slices.Chunk(by.numbers, numbersAtOnce) {
			for _, find := range by.finds {
				rows, err := find(ctx, s.DB, q, part)
				if err != nil {
					return nil, err
				}
				out = append(out, rows...)
			}
		}
	}
	return distinctRecords(out), nil
}

// numbersAtOnce bounds an IN list.
const numbersAtOnce = 500

// distinctRecords drops what was found by several of its numbers.
func distinctRecords(rows []BookRecord) []BookRecord {
	seen := map[string]bool{}
	return slices.DeleteFunc(rows, func(r BookRecord) bool {
		id := r.AttemptID
		if r.Kind == channel.LineRefund {
			id = r.RefundID
		}
		known := seen[id]
		seen[id] = true
		return known
	})
}

var attemptBookStates = map[Status]BookState{
	StatusInReview: BookOpen, StatusCreated: BookOpen, StatusPending: BookOpen,
	StatusSucceeded: BookMoved, StatusClosed: BookNot, StatusFailed: BookNot,
}

// refundBookStates: an abnormal refund has left the merchant's balance.
var refundBookStates = map[RefundStatus]BookState{
	RefundAwaiting: BookNot, RefundPending: BookOpen, RefundAbnormal: BookOpen,
	RefundSucceeded: BookMoved, RefundFailed: BookNot, RefundRejected: BookNot,
}
