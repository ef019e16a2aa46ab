package trade_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// ledger is a merchant whose days pass: its clock begins at noon of 23 November
// 2026 in Beijing.
type ledger struct {
	*box
	t *testing.T
	n int
}

const monday app.Day = "2026-11-23"

// bills runs f for a merchant of the channel on both databases.
func bills(t *testing.T, channel app.Channel, f func(l *ledger)) {
	t.Helper()
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		var err error
		if b.merchant, err = b.OpenMerchant(context.Background(), channel, trade.PublicKey); err != nil {
			t.Fatal(err)
		}
		f(&ledger{box: b, t: t})
	})
}

// at sets the clock, "11-23 23:59:59" in Beijing.
func (l *ledger) at(when string) {
	l.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-"+when, app.Beijing)
	if err != nil {
		l.t.Fatal(err)
	}
	l.clock.Lock()
	l.clock.now = at
	l.clock.Unlock()
}

// paid is an order that is paid now, by or under the merchant.
func (l *ledger) paid(fen app.Money, sub trade.SubMerchant) trade.Trade {
	l.t.Helper()
	l.n++
	o := l.order(fmt.Sprintf("order-%d", l.n), "https://pay.example/n")
	o.Amount, o.Sub = fen, sub
	made, _, err := l.Create(context.Background(), o)
	if err != nil {
		l.t.Fatal(err)
	}
	paid, err := l.Pay(context.Background(), made.Code)
	if err != nil {
		l.t.Fatal(err)
	}
	return paid
}

func (l *ledger) refund(t trade.Trade, fen app.Money) trade.Refund {
	l.t.Helper()
	r, err := l.ConsoleRefund(context.Background(), t.ID, fen)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func (l *ledger) finish(r trade.Refund, s trade.RefundState) {
	l.t.Helper()
	if _, err := l.FinishRefund(context.Background(), r.ID, s); err != nil {
		l.t.Fatal(err)
	}
}

func (l *ledger) query(day app.Day) trade.BillQuery {
	return trade.BillQuery{Channel: l.merchant.Channel, MerchantID: l.merchant.ID, Day: day}
}

// rows describes the bill's rows, such as "payment 100 fee 1" and
// "refund 50 fee 0 processing".
func (l *ledger) rows(q trade.BillQuery) []string {
	l.t.Helper()
	b, err := l.OpenBill(context.Background(), q)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.rowsOf(b)
}

func (l *ledger) rowsOf(b *trade.Bill) []string {
	l.t.Helper()
	var got []string
	if err := b.Rows(context.Background(), func(r trade.BillRow) error {
		text := fmt.Sprintf("%s %d fee %d", r.Kind, r.Amount, r.Fee)
		if r.Kind == trade.RowRefund {
			text += " " + string(r.State)
		}
		got = append(got, text)
		return nil
	}); err != nil {
		l.t.Fatal(err)
	}
	return got
}

// movements describes the bill's movements after the opening balance.
func (l *ledger) movements(q trade.BillQuery) []string {
	l.t.Helper()
	b, err := l.OpenBill(context.Background(), q)
	if err != nil {
		l.t.Fatal(err)
	}
	opening, err := b.Opening(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	got, numbers := []string{fmt.Sprint("opening ", int64(opening))}, map[string]bool{}
	if err := b.Movements(context.Background(), func(m trade.Movement) error {
		got = append(got, fmt.Sprintf("%s %+d = %d", m.Kind, m.Amount, m.Balance))
		if len(m.FlowNo) != 28 || numbers[m.FlowNo] {
			l.t.Errorf("flow number %s, of 28 digits and its own", m.FlowNo)
		}
		numbers[m.FlowNo] = true
		return nil
	}); err != nil {
		l.t.Fatal(err)
	}
	return got
}

func (l *ledger) want(what string, got []string, want ...string) {
	l.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		l.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

var nobody trade.SubMerchant

func TestABillHasTheDaysPaymentsAndRefundsInOrder(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		l.at("11-22 23:59:59")
		before := l.paid(1000, nobody)
		l.at("11-23 00:00:00")
		first := l.paid(200, nobody)
		l.at("11-23 12:00:00")
		quick := l.refund(first, 100)
		l.at("11-23 12:00:01")
		l.finish(quick, trade.RefundSucceeded)
		l.at("11-23 23:59:59")
		l.refund(before, 500)
		l.at("11-24 00:00:00")
		l.paid(300, nobody)
		l.at("11-24 11:00:00")
		l.want("Monday", l.rows(l.query(monday)), "payment 200 fee 1", "refund 100 fee 1 succeeded", "refund 500 fee 3 processing")
		l.want("Sunday", l.rows(l.query("2026-11-22")), "payment 1000 fee 6")
		l.want("a day of rest", l.rows(l.query("2026-11-21")))
	})
}

func TestAnAlipayRefundIsInTheBillOfItsSuccess(t *testing.T) {
	bills(t, app.Alipay, func(l *ledger) {
		l.at("11-23 23:00:00")
		order := l.paid(1000, nobody)
		if _, err := l.PlanFault(context.Background(), trade.Plan{Channel: app.Alipay, Fault: trade.RefundDelay}); err != nil {
			l.t.Fatal(err)
		}
		late := l.refund(order, 400) // accepted on Monday, made on Tuesday
		l.at("11-24 00:00:30")
		l.finish(late, trade.RefundSucceeded)
		l.at("11-25 09:00:00")
		l.want("Monday", l.rows(l.query(monday)), "payment 1000 fee 6")
		l.want("Tuesday", l.rows(l.query("2026-11-24")), "refund 400 fee 2 succeeded")
		l.want("Tuesday's money", l.movements(l.query("2026-11-24")), "opening 994", "refund -400 = 594", "fee_back +2 = 596")
	})
}

func TestARefundStaysInTheFileAsItWasWhenWritten(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		order := l.paid(1000, nobody)
		broken, slow := l.refund(order, 100), l.refund(order, 200)
		l.finish(broken, trade.RefundAbnormal)
		l.at("11-24 10:00:01") // the file was written at 10:00
		want := []string{"payment 1000 fee 6", "refund 100 fee 1 abnormal", "refund 200 fee 1 processing"}
		l.want("before", l.rows(l.query(monday)), want...)
		l.finish(broken, trade.RefundSucceeded)
		l.finish(slow, trade.RefundSucceeded)
		l.want("after", l.rows(l.query(monday)), want...)
	})
}

func TestABalanceRunsThroughTheDays(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		ctx := context.Background()
		order := l.paid(1000, nobody)
		l.clock.advance(time.Minute)
		l.paid(10, nobody) // its fee is below half a fen
		l.clock.advance(time.Minute)
		back := l.refund(order, 400)
		l.clock.advance(time.Minute)
		if _, err := l.Withdraw(ctx, l.merchant.ID, 500); err != nil {
			t.Fatal(err)
		}
		l.at("11-24 12:00:00")
		l.finish(back, trade.RefundClosed)
		if _, err := l.Withdraw(ctx, l.merchant.ID, 505); reason(err) != trade.ReasonBalanceShort {
			t.Errorf("withdraw more than there is: %v", err)
		}
		if left, err := l.Balance(ctx, l.merchant.ID); err != nil || left != 504 {
			t.Errorf("balance %d (%v), want 504", left, err)
		}
		var taken atomic.Int32
		var all sync.WaitGroup
		for range 5 { // there is enough for one
			all.Go(func() {
				if _, err := l.Withdraw(ctx, l.merchant.ID, 300); err == nil {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 {
			l.t.Errorf("%d of 5 withdrawals at once", taken.Load())
		}
		l.at("11-25 12:00:00")
		l.want("Monday", l.movements(l.query(monday)), "opening 0",
			"payment +1000 = 1000", "fee -6 = 994", "payment +10 = 1004", "refund -400 = 604", "fee_back +2 = 606", "withdrawal -500 = 106")
		l.want("Tuesday", l.movements(l.query("2026-11-24")), "opening 106", "return +400 = 506", "fee_again -2 = 504", "withdrawal -300 = 204")
	})
}

func TestMerchantsUnderAProviderHaveBillsOfTheirOwn(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		ctx := context.Background()
		var subs [2]trade.SubMerchant
		for i := range subs {
			var err error
			if subs[i], err = l.OpenSubMerchant(ctx, app.WeChat, l.merchant.ID); err != nil {
				t.Fatal(err)
			}
		}
		l.paid(100, nobody)
		l.clock.advance(time.Second)
		l.paid(200, subs[0])
		l.clock.advance(time.Second)
		l.refund(l.paid(300, subs[1]), 300)
		l.at("11-24 10:00:00")
		q := l.query(monday)
		l.want("its own", l.rows(q), "payment 100 fee 1")
		q.WithSubs = true
		l.want("all", l.rows(q), "payment 100 fee 1", "payment 200 fee 1", "payment 300 fee 2", "refund 300 fee 2 processing")
		q.WithSubs, q.SubID = false, subs[1].ID
		l.want("the second's", l.rows(q), "payment 300 fee 2", "refund 300 fee 2 processing")
		l.want("the second's money", l.movements(q), "opening 0", "payment +300 = 300", "fee -2 = 298", "refund -300 = -2", "fee_back +2 = 0")
		q.SubID = subs[0].ID
		l.want("the first's money", l.movements(q), "opening 0", "payment +200 = 200", "fee -1 = 199")
		if left, err := l.Balance(ctx, subs[0].ID); err != nil || left != 199 {
			t.Errorf("the first has %d (%v), want 199", left, err)
		}
		q.SubID = "1799999999"
		if _, err := l.OpenBill(ctx, q); !app.Is(err, app.NotFound) {
			t.Errorf("a stranger's bill: %v", err)
		}
	})
}

func TestABillIsThereWhenTheChannelHasPublishedIt(t *testing.T) {
	for channel, hour := range map[app.Channel]string{app.WeChat: "10:00:00", app.Alipay: "09:00:00"} {
		bills(t, channel, func(l *ledger) {
			wants := []struct{ now, reason string }{
				{"11-22 23:59:59", trade.ReasonBillFuture},
				{"11-23 23:59:59", trade.ReasonBillTooEarly},
				{"11-24 08:59:59", trade.ReasonBillNotReady},
				{"11-24 " + hour, ""},
			}
			for _, w := range wants {
				l.at(w.now)
				if _, err := l.OpenBill(context.Background(), l.query(monday)); reason(err) != w.reason {
					t.Errorf("%s at %s: %v, want %q", channel, w.now, err, w.reason)
				}
			}
			if _, err := l.OpenBill(context.Background(), l.query("2026-08-24")); err != nil {
				t.Errorf("three months back: %v", err)
			}
			old := trade.ReasonBillTooOld
			if channel == app.Alipay { // it keeps them for years
				old = ""
			}
			if _, err := l.OpenBill(context.Background(), l.query("2026-08-23")); reason(err) != old {
				t.Errorf("further back: %v", err)
			}
			if _, err := l.OpenBill(context.Background(), l.query("2026-11-31")); !app.Is(err, app.Invalid) {
				t.Errorf("a day that there is not: %v", err)
			}
		})
	}
}

func TestABillOfTodayListsWhatHappenedUntilItWasOpened(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)}
	s, err := trade.New(trade.Config{DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: c, BaseURL: "https://pay.example", NewKey: sandboxtest.Keys(), SameDayBills: true, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Announce(app.WeChat, plain())
	l := &ledger{box: &box{Service: s, clock: c}, t: t}
	if l.merchant, err = s.OpenMerchantAt(t.Context(), app.WeChat, trade.PublicKey, 3800); err != nil {
		t.Fatal(err)
	}
	l.paid(10_000, nobody)
	q := l.query(monday)
	b, err := s.OpenBill(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	l.clock.advance(time.Second)
	l.paid(20_000, nobody)
	l.want("now", l.rows(q), "payment 10000 fee 38", "payment 20000 fee 76")
	q.At = b.At
	l.want("the file of before", l.rows(q), "payment 10000 fee 38")
	if _, err := s.OpenBill(t.Context(), l.query("2026-11-24")); reason(err) != trade.ReasonBillFuture {
		t.Errorf("tomorrow's bill: %v", err)
	}
}

// A day is read in pages; none may lose or repeat a row where many have one
// time.
func TestALongDayIsReadWhole(t *testing.T) {
	each(t, func(t *testing.T, b *box, d *db.DB) {
		ctx, n := context.Background(), 1203
		start := app.ToMillis(b.clock.Now())
		rows := make([][]any, n)
		for i := range rows {
			id, at := fmt.Sprintf("trd_%06d", (i*7919)%n), start+app.Millis(i/700*1000)
			rows[i] = []any{id, app.Alipay, b.merchant.ID, b.merchant.ID, id, id, "QR", "", "", 100, trade.Paid, 1, id, 0, "", "", "", "", 0, at, at, at, 0}
		}
		if err := db.InsertRows(ctx, d, `INSERT INTO sandbox_trades (id, channel, merchant_id, app_id, out_trade_no, channel_trade_no,
 trade_type, subject, attach, amount, state, scanned, code, code_expires_at, notify_url, payer_id, fingerprint, extra, expires_at,
 created_at, scanned_at, paid_at, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(24 * time.Hour)
		q := trade.BillQuery{Channel: app.Alipay, MerchantID: b.merchant.ID, Day: monday}
		read := func(yield func(trade.BillRow) error) error {
			bill, err := b.OpenBill(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			return bill.Rows(ctx, yield)
		}
		seen, last := map[string]bool{}, app.Millis(0)
		if err := read(func(r trade.BillRow) error {
			if r.At < last {
				t.Errorf("row %d of %d comes after one of %d", len(seen), r.At, last)
			}
			last, seen[r.Trade.ID] = r.At, true
			return nil
		}); err != nil || len(seen) != n {
			t.Errorf("%d rows (%v), want %d", len(seen), err, n)
		}
		stop := errors.New("stop")
		if err := read(func(trade.BillRow) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a reader that stops: %v", err)
		}
	})
}
