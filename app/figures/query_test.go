package figures_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

const hour = app.Millis(3_600_000)

func TestTotalsAreThoseOfTheLists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		paid := w.Paid("total-1", channel.WeChatNative)
		w.Create(paymentstest.Order("total-2", channel.AlipayQR))
		w.closeAndPayLate("total-3")
		w.refused("total-4")
		back := w.Refund(paid.ID, paymentstest.RefundInput("total-back", 34))
		w.WaitRefund(back.ID, payments.RefundSucceeded)
		w.count()
		from := figures.Hour.Of(app.ToMillis(w.Clock.Now())) - hour
		for _, f := range []payments.Filter{
			{}, {Status: payments.StatusSucceeded}, {Status: payments.StatusClosed}, {Status: payments.StatusFailed},
			{Channel: app.WeChat}, {Channel: app.Alipay, Status: payments.StatusSucceeded}, {Method: channel.AlipayQR}, {AccountID: w.WeChat.ID}, {AccountID: "acct_none"},
		} {
			for _, to := range []app.Millis{0, from + 2*hour, from} {
				f.From, f.To = from, to
				w.sameTotals(f)
			}
		}
		got, ok, err := w.figures.RefundTotals(w.Ctx, w.scope(), figures.Filter{From: from})
		want, wantErr := w.Payments.RefundFigures(w.Ctx, w.Scope, payments.RefundFilter{From: from})
		if !ok || err != nil || wantErr != nil || got.Count != want.Count || got.Amount != want.Amount || got.Succeeded != want.Succeeded {
			t.Errorf("refunds: %+v %v %v, want %+v %v", got, ok, err, want, wantErr)
		}
		for what, f := range map[string]figures.Filter{
			"no beginning": {}, "half an hour": {From: from + hour/2}, "half an hour at the end": {From: from, To: from + hour/2},
			"what is open": {From: from, Status: "pending"}, "backwards": {From: from, To: from - hour},
		} {
			if _, ok, err := w.figures.Totals(w.Ctx, w.scope(), f); ok || err != nil {
				t.Errorf("%s was answered, %v", what, err)
			}
		}
		if got, ok, err := w.figures.Totals(w.Ctx, figures.Scope{MerchantID: w.Scope.MerchantID, Mode: app.Live}, figures.Filter{From: from}); !ok || err != nil || got.Count != 0 {
			t.Errorf("the other mode: %+v %v %v", got, ok, err)
		}
	})
}

// sameTotals compares the figures with the sum of the list itself.
func (w *world) sameTotals(f payments.Filter) {
	w.T.Helper()
	got, ok, err := w.figures.Totals(w.Ctx, w.scope(), figures.Filter{
		From: f.From, To: f.To, Channel: f.Channel, AccountID: f.AccountID, Method: string(f.Method), Status: string(f.Status),
	})
	if !ok || err != nil {
		w.T.Fatalf("%+v: %v, %v", f, ok, err)
	}
	want, err := w.Payments.Figures(w.Ctx, w.Scope, f)
	if err != nil {
		w.T.Fatal(err)
	}
	if got != (figures.Totals{Count: want.Count, Succeeded: want.Succeeded, Amount: want.Amount, Refunded: want.Refunded}) {
		w.T.Errorf("%+v: the figures say %+v, the list %+v", f, got, want)
	}
}

func TestDaysAndHoursOfARangeAddUpToIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		start := figures.Day.Of(app.ToMillis(w.Clock.Now()))
		for i := range 3 {
			w.Clock.Advance(14 * time.Hour) // on two days at least, whatever the time
			w.Paid(fmt.Sprintf("spread-%d", i), channel.WeChatNative)
		}
		w.count()
		total := func(from, to app.Millis) int64 {
			t.Helper()
			rows, err := w.figures.Rows(w.Ctx, w.scope(), figures.Range{From: from, To: to})
			if err != nil {
				t.Fatal(err)
			}
			sum, err := w.figures.Sum(w.Ctx, w.scope(), figures.Range{From: from, To: to})
			if err != nil || sum != figures.Sum(rows) {
				t.Errorf("the sum is %+v, but the rows make %+v, %v", sum, figures.Sum(rows), err)
			}
			all, err := w.figures.Sum(w.Ctx, figures.Scope{Mode: app.Test}, figures.Range{From: from, To: to})
			if err != nil || all != sum {
				t.Errorf("the platform's %+v differ from the only merchant's %+v, %v", all, sum, err)
			}
			merchants, err := w.figures.Rows(w.Ctx, figures.Scope{Mode: app.Test}, figures.Range{From: from, To: to})
			listed := figures.Sum(merchants)
			if err != nil || listed.Created != sum.Created || listed.Succeeded != sum.Succeeded || listed.SucceededAmount != sum.SucceededAmount {
				t.Errorf("the merchants' %+v make not %+v, %v", listed, sum, err)
			}
			return figures.Sum(rows).Created
		}
		end := figures.Hour.Of(app.ToMillis(w.Clock.Now())) + hour
		for cut := start; cut <= end; cut += 5 * hour {
			if a, b := total(start, cut), total(cut, end); a+b != 3 {
				t.Errorf("%d before and %d after hour %d make not 3", a, b, (cut-start)/hour)
			}
		}
		points, err := w.figures.Series(w.Ctx, w.scope(), figures.Range{From: start, To: end}, figures.Hour)
		if err != nil || withPayments(points) != 3 {
			t.Errorf("%+v, %v", points, err)
		}
		days, err := w.figures.Series(w.Ctx, figures.Scope{Mode: app.Test}, figures.Range{From: start, To: end}, figures.Day)
		if n := withPayments(days); err != nil || n < 2 || n > 3 {
			t.Errorf("%+v, %v", days, err)
		}
	})
}

// withPayments counts the points in which a payment was created: its money may
// lie in another one, by the payer's clock.
func withPayments(points []figures.Point) int {
	n := 0
	for _, p := range points {
		if p.Created > 0 {
			n++
		}
	}
	return n
}

func TestRefusalsLeadToTheAttemptsBehindThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 3 {
			w.refused(fmt.Sprintf("refused-%d", i))
		}
		w.count()
		from := figures.Hour.Of(app.ToMillis(w.Clock.Now())) - hour
		days := figures.Range{From: from, To: from + 3*hour}
		codes, err := w.figures.Refusals(w.Ctx, w.scope(), days)
		if err != nil || len(codes) != 1 || codes[0].Count != 3 || codes[0].Channel != app.WeChat || codes[0].Code == "" {
			t.Fatalf("%+v, %v", codes, err)
		}
		everybodys, err := w.figures.Refusals(w.Ctx, figures.Scope{Mode: app.Test}, days)
		if err != nil || len(everybodys) != 1 || everybodys[0] != codes[0] {
			t.Errorf("the platform's: %+v, %v", everybodys, err)
		}
		by, err := w.figures.RefusedBy(w.Ctx, app.Test, days, app.WeChat, codes[0].Code)
		if err != nil || len(by) != 1 || by[0] != (figures.RefusedBy{MerchantID: w.Scope.MerchantID, Count: 3}) {
			t.Errorf("by merchant: %+v, %v", by, err)
		}
		f := figures.RefusedFilter{Channel: app.WeChat, Code: codes[0].Code, From: days.From, To: days.To, Limit: 2}
		first, err := w.figures.RefusedAttempts(w.Ctx, w.scope(), f)
		if err != nil || len(first) != 2 || first[0].OrderNo != "refused-2" || first[0].Code != codes[0].Code || first[0].Status != "created" {
			t.Fatalf("%+v, %v", first, err)
		}
		f.Before = first[1].AttemptID
		rest, err := w.figures.RefusedAttempts(w.Ctx, w.scope(), f)
		if err != nil || len(rest) != 1 || rest[0].OrderNo != "refused-0" {
			t.Fatalf("%+v, %v", rest, err)
		}
		f.Before, f.To = "", days.From
		if none, err := w.figures.RefusedAttempts(w.Ctx, w.scope(), f); err != nil || len(none) != 0 {
			t.Errorf("before the first: %+v, %v", none, err)
		}
		other := figures.Scope{MerchantID: "mch_other", Mode: app.Test}
		if none, err := w.figures.RefusedAttempts(w.Ctx, other, figures.RefusedFilter{Limit: 2}); err != nil || len(none) != 0 {
			t.Errorf("another merchant's: %+v, %v", none, err)
		}
	})
}
