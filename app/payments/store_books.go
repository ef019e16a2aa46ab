package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// findBooks looks records up by numbers.
type findBooks func(ctx context.Context, d db.Querier, q BooksQuery, numbers []string) ([]BookRecord, error)

// What a day and a number are read by. The day's two name only columns of one
// index each; the numbers' find their rows by an index.
const (
	paidIn = `SELECT id, payment_id, account_id, channel_trade_no, amount, settlement_amount, paid_at, recovered FROM attempts
 WHERE merchant_id = ? AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ? AND paid_at >= ? AND paid_at < ?`
	refundedIn = bookedRefunds + `
 WHERE merchant_id = ? AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ? AND booked_at >= ? AND booked_at < ?`

	attemptsByID = bookedAttempts + `
 WHERE id IN (?) AND merchant_id = ? AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ?`
	attemptsByTrade = bookedAttempts + `
 WHERE channel = ? AND identity = ? AND channel_trade_no IN (?) AND merchant_id = ? AND mode = ? AND sub_identity = ? ORDER BY id`
	refundsByNumber = bookedRefunds + `
 WHERE merchant_id = ? AND mode = ? AND number IN (?) AND channel = ? AND identity = ? AND sub_identity = ? ORDER BY id`
	refundsByID = bookedRefunds + `
 WHERE id IN (?) AND merchant_id = ? AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ? ORDER BY id`
	refundsByChannelNo = bookedRefunds + `
 WHERE merchant_id = ? AND channel_refund_no IN (?) AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ? ORDER BY id`

	bookedAttempts = `SELECT id, payment_id, account_id, channel_trade_no, status, amount, settlement_amount, paid_at, reverse_at, recovered FROM attempts`
	bookedRefunds  = `SELECT id, attempt_id, payment_id, account_id, number, channel_refund_no, status, amount, booked_at, succeeded_at, recovered FROM refunds`
)

// paidIn streams the attempts of the day from the index attempts_books alone:
// fetching a million rows of a kilobyte each took ten times as long. Only a paid
// attempt has a paid_at.
func (store) paidIn(ctx context.Context, d *db.DB, q BooksQuery, yield func(*BookRecord) error) error {
	var r BookRecord
	var text texts
	args := []any{q.MerchantID, q.Mode, q.Channel, q.Identity, q.SubIdentity, app.ToMillis(q.Day.Start()), app.ToMillis(q.Day.End())}
	err := d.Each(ctx, paidIn, args, func(row *db.Row) error {
		r = BookRecord{
			Kind: channel.LinePayment, State: BookMoved, Amount: app.Money(row.Int(4)), Settlement: app.Money(row.Int(5)),
			At: app.Millis(row.Int(6)), Recovered: row.Int(7) != 0,
		}
		text.read(row, &r.AttemptID, &r.PaymentID, &r.AccountID, &r.ChannelNo)
		r.Number = r.AttemptID
		return yield(&r)
	})
	return wrap("read a day's paid attempts", err)
}

// texts reads a row's first columns, which cost one allocation together.
type texts []byte

func (t *texts) read(row *db.Row, dest ...*string) {
	*t = (*t)[:0]
	for i := range dest {
		*t = append(*t, row.Text(i)...)
	}
	all := string(*t)
	for i, to := range dest {
		n := len(row.Text(i))
		*to, all = all[:n], all[n:]
	}
}

// refundedIn streams the refunds of the day from the index refunds_books alone.
func (store) refundedIn(ctx context.Context, d *db.DB, q BooksQuery, yield func(*BookRecord) error) error {
	var r BookRecord
	var text texts
	var status string
	args := []any{q.MerchantID, q.Mode, q.Channel, q.Identity, q.SubIdentity, app.ToMillis(q.Day.Start()), app.ToMillis(q.Day.End())}
	err := d.Each(ctx, refundedIn, args, func(row *db.Row) error {
		r = BookRecord{
			Kind: channel.LineRefund, Amount: app.Money(row.Int(7)), At: app.Millis(row.Int(8)), DoneAt: app.Millis(row.Int(9)), Recovered: row.Int(10) != 0,
		}
		text.read(row, &r.RefundID, &r.AttemptID, &r.PaymentID, &r.AccountID, &r.Number, &r.ChannelNo, &status)
		r.State = refundBookStates[RefundStatus(status)]
		return yield(&r)
	})
	return wrap("read a day's refunds", err)
}

func (store) attemptsByID(ctx context.Context, d db.Querier, q BooksQuery, ids []string) ([]BookRecord, error) {
	var rows []Attempt
	err := d.Select(ctx, &rows, attemptsByID,
		ids, q.MerchantID, q.Mode, q.Channel, q.Identity, q.SubIdentity)
	return attemptRecords(rows), wrap("look attempts up for a bill", err)
}

// attemptsByTrade uses the index over channel, identity and number.
func (store) attemptsByTrade(ctx context.Context, d db.Querier, q BooksQuery, numbers []string) ([]BookRecord, error) {
	var rows []Attempt
	err := d.Select(ctx, &rows, attemptsByTrade,
		q.Channel, q.Identity, numbers, q.MerchantID, q.Mode, q.SubIdentity)
	return attemptRecords(rows), wrap("look a channel's numbers up for a bill", err)
}

func (store) refundsByNumber(ctx context.Context, d db.Querier, q BooksQuery, numbers []string) ([]BookRecord, error) {
	var rows []Refund
	err := d.Select(ctx, &rows, refundsByNumber,
		q.MerchantID, q.Mode, numbers, q.Channel, q.Identity, q.SubIdentity)
	return refundRecords(rows), wrap("look refunds up for a bill", err)
}

func (store) refundsByID(ctx context.Context, d db.Querier, q BooksQuery, ids []string) ([]BookRecord, error) {
	var rows []Refund
	err := d.Select(ctx, &rows, refundsByID,
		ids, q.MerchantID, q.Mode, q.Channel, q.Identity, q.SubIdentity)
	return refundRecords(rows), wrap("look refunds of ours up for a bill", err)
}

func (store) refundsByChannelNo(ctx context.Context, d db.Querier, q BooksQuery, numbers []string) ([]BookRecord, error) {
	var rows []Refund
	err := d.Select(ctx, &rows, refundsByChannelNo,
		q.MerchantID, numbers, q.Mode, q.Channel, q.Identity, q.SubIdentity)
	return refundRecords(rows), wrap("look a channel's refunds up for a bill", err)
}

func attemptRecords(rows []Attempt) []BookRecord {
	out := make([]BookRecord, len(rows))
	for i, a := range rows {
		out[i] = BookRecord{
			Kind: channel.LinePayment, Number: a.ID, ChannelNo: a.ChannelTradeNo, AttemptID: a.ID, PaymentID: a.PaymentID, AccountID: a.AccountID,
			State: attemptBookStates[a.Status], Amount: a.Amount, Settlement: a.SettlementAmount, At: a.PaidAt,
			Reversed: a.ReverseAt != 0 && a.Status == StatusClosed, Recovered: a.Recovered,
		}
	}
	return out
}

func refundRecords(rows []Refund) []BookRecord {
	out := make([]BookRecord, len(rows))
	for i, r := range rows {
		out[i] = BookRecord{
			Kind: channel.LineRefund, Number: r.Number, ChannelNo: r.ChannelRefundNo, AttemptID: r.AttemptID, PaymentID: r.PaymentID,
			RefundID: r.ID, AccountID: r.AccountID, State: refundBookStates[r.Status], Amount: r.Amount, At: r.BookedAt, DoneAt: r.SucceededAt, Recovered: r.Recovered,
		}
	}
	return out
}
