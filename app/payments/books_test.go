package payments_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// billOf is the bill that an attempt's money stands in on a day.
func (s *shop) billOf(attemptID string, at app.Millis) payments.BooksQuery {
	s.T.Helper()
	q := payments.BooksQuery{MerchantID: s.Scope.MerchantID, Mode: s.Scope.Mode, Day: app.DayOf(at.Time())}
	var of struct {
		Channel     app.Channel `db:"channel"`
		Identity    string      `db:"identity"`
		SubIdentity string      `db:"sub_identity"`
	}
	if err := s.DB.Get(s.Ctx, &of, `SELECT channel, identity, sub_identity FROM attempts WHERE id = ?`, attemptID); err != nil {
		s.T.Fatal(err)
	}
	q.Channel, q.Identity, q.SubIdentity = of.Channel, of.Identity, of.SubIdentity
	return q
}

func (s *shop) books(q payments.BooksQuery) []payments.BookRecord {
	s.T.Helper()
	var out []payments.BookRecord
	err := s.Payments.Books(s.Ctx, q, func(r *payments.BookRecord) error {
		out = append(out, *r)
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return out
}

func (s *shop) byNumber(q payments.BooksQuery, numbers ...string) []payments.BookRecord {
	s.T.Helper()
	out, err := s.Payments.BooksByNumber(s.Ctx, q, numbers)
	if err != nil {
		s.T.Fatal(err)
	}
	return out
}

func TestTheBooksOfADayHoldWhatItsBillShould(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			unpaid := s.Create(paymentstest.Order("B0-"+string(method), method))
			p := s.Paid("B1-"+string(method), method)
			v := s.Refund(p.ID, paymentstest.RefundInput("B1-"+string(method), 300))
			r := s.WaitRefund(v.ID, payments.RefundSucceeded)
			q := s.billOf(p.PaidAttemptID, p.PaidAt)
			payment := payments.BookRecord{
				Kind: channel.LinePayment, Number: p.PaidAttemptID, ChannelNo: p.ChannelTradeNo, AttemptID: p.PaidAttemptID, PaymentID: p.ID, AccountID: p.AccountID,
				State: payments.BookMoved, Amount: p.Amount, Settlement: p.Amount, At: p.PaidAt,
			}
			refund := payments.BookRecord{
				Kind: channel.LineRefund, Number: r.ID, ChannelNo: r.ChannelRefundNo, AttemptID: p.PaidAttemptID, PaymentID: p.ID, RefundID: r.ID, AccountID: p.AccountID,
				State: payments.BookMoved, Amount: 300, At: r.AcceptedAt, DoneAt: r.SucceededAt,
			}
			if method.Channel() == app.Alipay {
				refund.At = r.SucceededAt
			}
			if got := s.books(q); !slices.Equal(got, []payments.BookRecord{payment, refund}) {
				s.T.Errorf("%s: the books have\n%+v, want\n%+v", method, got, []payments.BookRecord{payment, refund})
			}
			for name, other := range map[string]func(*payments.BooksQuery){
				"day": func(q *payments.BooksQuery) { q.Day = q.Day.Next() }, "mode": func(q *payments.BooksQuery) { q.Mode = app.Live },
				"merchant": func(q *payments.BooksQuery) { q.MerchantID = "mch_other" }, "identity": func(q *payments.BooksQuery) { q.Identity = "1" },
				"sub-merchant": func(q *payments.BooksQuery) { q.SubIdentity = "1" },
			} {
				o := q
				other(&o)
				if got := s.books(o); got != nil {
					s.T.Errorf("%s: the books of another %s have %+v", method, name, got)
				}
				if got := s.byNumber(o, p.PaidAttemptID, p.ChannelTradeNo, r.ID, r.ChannelRefundNo); name != "day" && len(got) != 0 {
					s.T.Errorf("%s: by number another %s has %+v", method, name, got)
				}
			}
			if got := s.byNumber(q, r.ChannelRefundNo, p.ChannelTradeNo, p.PaidAttemptID, r.ID, "退款", "", strings.Repeat("9", 65)); len(got) != 2 ||
				!slices.Contains(got, payment) || !slices.Contains(got, refund) {
				s.T.Errorf("%s: by number %+v", method, got)
			}
			if got := s.byNumber(q, unpaid.AttemptID); len(got) != 1 || got[0].State != payments.BookOpen || got[0].At != 0 || got[0].Amount != unpaid.Amount {
				s.T.Errorf("%s: unpaid %+v", method, got)
			}
			if _, err := s.Payments.Close(s.Ctx, s.Scope, unpaid.ID); err != nil {
				s.T.Fatal(err)
			}
			if got := s.byNumber(q, unpaid.AttemptID); len(got) != 1 || got[0].State != payments.BookNot || got[0].Reversed {
				s.T.Errorf("%s: closed %+v", method, got)
			}
		}
	})
}

func TestARefundOfTheChannelsConsoleIsFoundByItsNumber(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Paid("BC-"+string(method), method)
			made := s.ConsoleRefund(method.Channel(), p.PaidAttemptID, 200)
			r := s.Adopted(p.ID, 1)
			q := s.billOf(r.AttemptID, r.AcceptedAt)
			got := s.byNumber(q, made.OutRefundNo)
			if len(got) != 1 || got[0].RefundID != r.ID || got[0].Number != made.OutRefundNo || got[0].Kind != channel.LineRefund {
				s.T.Errorf("%s: %+v", method, got)
			}
			if got := s.books(q); len(got) != 2 || got[1].RefundID != r.ID {
				s.T.Errorf("%s: the books have %+v", method, got)
			}
		}
	})
}

// What is carried over without a number goes by its id.
func TestARefundThatNothingNamedIsFoundByItsID(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("BU-1", channel.AlipayQR)
		s.unnamed(p)
		r := s.RefundsOf(p.ID)[0]
		if got := s.byNumber(s.billOf(r.AttemptID, r.SucceededAt), r.ID); len(got) != 1 || got[0].RefundID != r.ID || got[0].Number != "" {
			s.T.Errorf("%+v", got)
		}
	})
}

func TestAReversedOrderIsToldFromAnUnpaidOne(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("BR-1", channel.WeChatNative))
		if _, err := s.Payments.Close(s.Ctx, s.Scope, p.ID); err != nil {
			s.T.Fatal(err)
		}
		if _, err := s.DB.Exec(s.Ctx, `UPDATE attempts SET reverse_at = 1 WHERE id = ?`, p.AttemptID); err != nil {
			s.T.Fatal(err)
		}
		got := s.byNumber(s.billOf(p.AttemptID, 1), p.AttemptID)
		if len(got) != 1 || !got[0].Reversed || got[0].State != payments.BookNot {
			s.T.Errorf("%+v", got)
		}
	})
}

// A day is read from its index alone, and a number finds its row by one.
func TestBooksAreReadFromTheirIndexes(t *testing.T) {
	d := dbtest.OpenMySQL(t)
	fillBooks(t, d)
	identity := []any{"mch_1", "test", "wechat", "1600000001", ""}
	numbers := []string{"1", "2"}
	for _, c := range []struct {
		query, index string
		alone        bool
		args         []any
	}{
		{payments.PaidIn, "attempts_books", true, append(slices.Clone(identity), 1000, 2000)},
		{payments.RefundedIn, "refunds_books", true, append(slices.Clone(identity), 1000, 2000)},
		{payments.AttemptsByID, "PRIMARY", false, append([]any{numbers}, identity...)},
		{payments.AttemptsByTrade, "attempts_trade", false, []any{"wechat", "1600000001", numbers, "mch_1", "test", ""}},
		{payments.RefundsByNumber, "refunds_number", false, []any{"mch_1", "test", numbers, "wechat", "1600000001", ""}},
		{payments.RefundsByID, "refunds_totals", false, append([]any{numbers}, identity...)},
		{payments.RefundsByChannelNo, "refunds_channel_no", false, []any{"mch_1", numbers, "test", "wechat", "1600000001", ""}},
	} {
		var key, rows, extra string
		err := d.Each(t.Context(), "EXPLAIN "+c.query, c.args, func(row *db.Row) error {
			key, rows, extra = string(row.Text(5)), string(row.Text(8)), string(row.Text(9))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		looked, err := strconv.Atoi(rows)
		if err != nil || key != c.index || c.alone != strings.HasSuffix(extra, "Using index") || looked > 2000 {
			t.Errorf("%s\nis read by %q, %q rows, %q; want %s", c.query, key, rows, extra, c.index)
		}
	}
}

// fillBooks makes 4000 paid attempts and as many refunds, one each millisecond.
func fillBooks(t *testing.T, d *db.DB) {
	t.Helper()
	var attempts, refunds [][]any
	for n := range 4000 {
		attempts = append(attempts, []any{fmt.Sprintf("att_%d", n), fmt.Sprintf("4200%d", n), n})
		refunds = append(refunds, []any{fmt.Sprintf("rfd_%d", n), fmt.Sprintf("rfd_%d", n), fmt.Sprintf("5030%d", n), n})
	}
	for _, table := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO attempts (payment_id, merchant_id, mode, account_id, channel, identity, app_id, method, status, amount, request, action, error_code, error_message,
 created_at, expires_at, queries, last_query_at, next_query_at, lease_owner, lease_until, id, channel_trade_no, paid_at)
 VALUES ('pay_1', 'mch_1', 'test', 'acct_1', 'wechat', '1600000001', 'wx1', 'wechat_native', 'succeeded', 100, '', '', '', '', 1, 1, 0, 0, 0, '', 0, ?, ?, ?)`, attempts},
		{`INSERT INTO refunds (merchant_id, mode, payment_id, attempt_id, account_id, channel, identity, order_no, refund_no, status, amount, currency, reason, source,
 requested_kind, requested_id, requested_name, approval_id, error_code, error_message, request, created_at, updated_at, accepted_at, succeeded_at, sends, sent_at,
 queries, last_query_at, next_query_at, lease_owner, lease_until, version, id, number, channel_refund_no, booked_at)
 VALUES ('mch_1', 'test', 'pay_1', 'att_1', 'acct_1', 'wechat', '1600000001', 'o', 'r', 'succeeded', 1, 'CNY', '', 'api', '', '', '', '', '', '', '', 1, 1, 1, 1, 0, 0, 0, 0, 0, '', 0, 1, ?, ?, ?, ?)`, refunds},
	} {
		if err := db.InsertRows(t.Context(), d, table.insert, table.rows); err != nil {
			t.Fatal(err)
		}
	}
	for _, analyse := range []string{`ANALYZE TABLE attempts`, `ANALYZE TABLE refunds`} {
		if err := d.Each(t.Context(), analyse, nil, func(*db.Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
