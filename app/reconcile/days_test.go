package reconcile_test

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestABillThatIsNotPublishedIsAskedForAgain(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range bothChannels {
			w.Paid("N-"+string(c), native(c))
			w.Plan(c, trade.NotReady, func(p *trade.BillPlan) { p.Count = 2 })
		}
		w.Tomorrow()
		for n := 1; n <= 2; n++ {
			w.RunDue()
			for _, c := range bothChannels {
				r := w.Run(c, today)
				if r.Status != reconcile.StatusWaiting || r.Problem.Code != reconcile.ProblemNotReady || r.Tries != int64(n) || r.NextAt <= app.ToMillis(w.Clock.Now()) {
					w.T.Errorf("%s: %s %+v, next at %v", c, r.Status, r.Problem, r.NextAt)
				}
			}
			if executed := w.RunDue(); executed != 0 {
				w.T.Errorf("%d runs were tried again at once", executed)
			}
			w.Clock.Advance(time.Hour)
		}
		w.RunDue()
		for _, c := range bothChannels {
			if r := w.ended(c); r.Problem.Code != "" || r.NextAt != 0 || r.Tries != 0 {
				w.T.Errorf("%s: %+v", c, r)
			}
		}
	})
}

// A channel without a bill had no business: what our books have of the day is
// missing there.
func TestADayWithoutABillIsComparedAllTheSame(t *testing.T) {
	each(t, func(w *world) {
		w.since(2)
		w.Tomorrow()
		w.RunDue()
		for _, c := range bothChannels { // Alipay says so from noon of the next day
			if r := w.Run(c, today.Add(-2)); r.Status != reconcile.StatusNoBill || r.Result.Exceptions != 0 {
				w.T.Errorf("%s: %s %+v %+v", c, r.Status, r.Problem, r.Result)
			}
		}
		p := w.Paid("B-1", channel.WeChatNative)
		w.backdate(p, 24*time.Hour)
		yesterday := today.Add(-1)
		if _, err := w.Reconcile.RunNow(w.Ctx, w.Scope, yesterday); err != nil {
			w.T.Fatal(err)
		}
		w.RunDue()
		r := w.Run(app.WeChat, yesterday)
		found := w.Found(app.WeChat, yesterday)
		if quiet := w.Run(app.Alipay, yesterday); r.NextAt <= app.ToMillis(w.Clock.Now()) || quiet.NextAt != 0 {
			w.T.Errorf("what may come late is looked for at %d, what nobody misses at %d", r.NextAt, quiet.NextAt)
		}
		if r.Status != reconcile.StatusNoBill || len(found) != 1 || found[0].PaymentID != p.ID || found[0].Difference != p.Amount {
			w.T.Errorf("%s: %+v", r.Status, found)
		}
		w.Sound()
	})
}

// backdate moves a payment in our books, and not at the channel.
func (w *world) backdate(p payments.Payment, d time.Duration) {
	w.T.Helper()
	if _, err := w.DB.Exec(w.Ctx, `UPDATE attempts SET paid_at = paid_at - ? WHERE id = ?`, d.Milliseconds(), p.PaidAttemptID); err != nil {
		w.T.Fatal(err)
	}
}

// paidAt moves a payment in our books to a moment.
func (w *world) paidAt(p payments.Payment, at time.Time) {
	w.T.Helper()
	if _, err := w.DB.Exec(w.Ctx, `UPDATE attempts SET paid_at = ? WHERE id = ?`, app.ToMillis(at), p.PaidAttemptID); err != nil {
		w.T.Fatal(err)
	}
}

// since makes the merchant's identities so many days old.
func (w *world) since(days int) {
	w.T.Helper()
	at := app.ToMillis(today.Add(-days).Start())
	if _, err := w.DB.Exec(w.Ctx, `UPDATE settlement_identities SET created_at = ? WHERE merchant_id = ?`, at, w.Scope.MerchantID); err != nil {
		w.T.Fatal(err)
	}
}

// Nobody was there for days: the runs come about by themselves, the oldest first.
func TestMissedDaysAreMadeUpFor(t *testing.T) {
	each(t, func(w *world) {
		w.since(5)
		w.Paid("M-1", channel.WeChatNative)
		w.Tomorrow()
		var order []app.Day
		w.Steps.Trip(func(r reconcile.Run, step string) {
			if step == reconcile.StepClaimed && r.Channel == app.WeChat {
				order = append(order, r.Day)
			}
		})
		server := w.Server(func(c *reconcile.Config) { c.Workers = 1 })
		if _, err := server.RunDue(w.Ctx); err != nil {
			w.T.Fatal(err)
		}
		if len(order) != 6 || order[0] != today.Add(-5) || order[5] != today {
			w.T.Errorf("executed %v", order)
		}
		for i := 1; i < len(order); i++ {
			if order[i] <= order[i-1] {
				w.T.Errorf("executed %v", order)
			}
		}
		w.since(200)
		if _, err := w.DB.Exec(w.Ctx, `DELETE FROM reconcile_runs`); err != nil {
			w.T.Fatal(err)
		}
		made, err := w.Reconcile.Plan(w.Ctx)
		if err != nil || made < 2*80 || made > 2*92 {
			w.T.Errorf("%d runs for an old merchant, %v", made, err)
		}
		if made, err := w.Reconcile.Plan(w.Ctx); err != nil || made != 0 {
			w.T.Errorf("%d more, %v", made, err)
		}
	})
}

// A payment seconds before midnight that the bill does not have is expected in the
// next ones for three days; then it is missing. Found later, it is settled.
func TestWhatCrossesMidnightIsCarriedOverForThreeDays(t *testing.T) {
	each(t, func(w *world) {
		w.since(6)
		first := today.Add(-4)
		lost, late := w.Paid("C-1", channel.WeChatNative), w.Paid("C-2", channel.WeChatNative)
		w.paidAt(lost, first.End().Add(-time.Second))
		w.paidAt(late, today.Start().Add(-time.Second)) // the sandbox has it today
		early := w.Paid("C-3", channel.WeChatNative)
		w.paidAt(early, today.Start().Add(time.Second)) // and this one yesterday
		if _, err := w.Box.Exec(w.Ctx, `UPDATE sandbox_trades SET paid_at = ? WHERE out_trade_no = ?`, app.ToMillis(today.Start().Add(-time.Second)), early.PaidAttemptID); err != nil {
			w.T.Fatal(err)
		}
		w.Tomorrow()
		plan := w.Plan(app.WeChat, trade.MissingRow, func(p *trade.BillPlan) { p.Number = lost.PaidAttemptID })
		w.RunDue()
		for day, want := range map[app.Day]int64{first: 1, first.Add(1): 1, first.Add(2): 1, today.Add(-1): 1} {
			if r := w.Run(app.WeChat, day); r.Result.Carried != want {
				w.T.Errorf("%s carries %d, want %d", day, r.Result.Carried, want)
			}
		}
		found := w.Found(app.WeChat, first)
		if len(found) != 1 || found[0].Type != "missing_at_channel" || found[0].PaymentID != lost.ID {
			w.T.Errorf("after three days: %+v", found)
		}
		if types, r := w.types(app.WeChat), w.Run(app.WeChat, today); types != "" || r.Result.Carried != 0 || r.Result.Matched != 2 {
			w.T.Errorf("today: %s, %+v", types, r.Result)
		}
		keys := map[app.Day]string{}
		for day := first; day <= today; day = day.Next() {
			keys[day] = w.Run(app.WeChat, day).Result.Key
			w.Again(w.Run(app.WeChat, day))
		}
		w.RunDue()
		for day, key := range keys {
			if r := w.Run(app.WeChat, day); r.Result.Key != key {
				w.T.Errorf("%s came to something else when it was run again", day)
			}
		}
		if len(w.Found(app.WeChat, first)) != 1 {
			w.T.Error("run again, the exception is not the same")
		}
		w.Cancel(plan) // the bill has it after all, four days late
		w.Again(w.Run(app.WeChat, today))
		if left := w.Found(app.WeChat, first); len(left) != 0 || w.types(app.WeChat) != "" {
			w.T.Errorf("found at last, and still %+v, %s", left, w.types(app.WeChat))
		}
		w.Sound()
	})
}

// What an earlier day hands over has changed: the days that build on it follow.
func TestALaterDayFollowsWhenAnEarlierOneChanges(t *testing.T) {
	each(t, func(w *world) {
		w.since(2)
		p := w.Paid("O-1", channel.WeChatNative)
		w.Tomorrow()
		w.RunDue()
		before := w.ended(app.WeChat)
		w.paidAt(p, today.Start().Add(-time.Second))
		w.Again(w.Run(app.WeChat, today.Add(-1)))
		if r := w.Run(app.WeChat, today); r.NextAt == 0 {
			w.T.Fatal("today does not follow")
		}
		w.RunDue()
		after := w.ended(app.WeChat)
		if after.Executions != before.Executions+1 || after.Result.Matched != 1 || w.types(app.WeChat) != "" || after.NextAt != 0 {
			w.T.Errorf("%+v %s", after, w.types(app.WeChat))
		}
	})
}

func TestABillOfADayThatGoesOnIsRunAgainWhenItIsOver(t *testing.T) {
	each(t, func(w *world) {
		w.Paid("P-1", channel.WeChatNative)
		list, err := w.Reconcile.RunNow(w.Ctx, w.Scope, today)
		if err != nil || len(list) != 2 {
			w.T.Fatalf("%+v, %v", list, err)
		}
		w.RunDue()
		r := w.ended(app.WeChat)
		if !r.Partial || r.Result.Matched != 1 || r.NextAt <= app.ToMillis(today.End()) {
			w.T.Errorf("%+v", r)
		}
		w.Paid("P-2", channel.WeChatNative)
		w.Tomorrow()
		w.RunDue()
		if r := w.ended(app.WeChat); r.Partial || r.Result.Matched != 2 || r.NextAt != 0 || w.types(app.WeChat) != "" {
			w.T.Errorf("%+v", r)
		}
		for day, code := range map[app.Day]string{today.Add(2): "in_future", today.Add(-120): "too_old", "2026-02-30": "bad_date"} {
			_, err := w.Reconcile.RunNow(w.Ctx, w.Scope, day)
			if !app.Is(err, app.Invalid) {
				w.T.Errorf("%s: %v, want %s", day, err, code)
			}
		}
	})
}

// age moves what was paid and given back so far into the past, at the channels and
// in our books: days pass that the machine's clock cannot.
func (w *world) age(by time.Duration) {
	w.T.Helper()
	ms := by.Milliseconds()
	for query, at := range map[string]*db.DB{
		`UPDATE sandbox_trades SET paid_at = paid_at - ? WHERE paid_at > 0`:                 w.Box,
		`UPDATE sandbox_refunds SET created_at = created_at - ?`:                            w.Box,
		`UPDATE sandbox_refunds SET succeeded_at = succeeded_at - ? WHERE succeeded_at > 0`: w.Box,
		`UPDATE attempts SET paid_at = paid_at - ? WHERE paid_at > 0`:                       w.DB,
		`UPDATE refunds SET booked_at = booked_at - ? WHERE booked_at > 0`:                  w.DB,
		`UPDATE refunds SET succeeded_at = succeeded_at - ? WHERE succeeded_at > 0`:         w.DB,
	} {
		if _, err := at.Exec(w.Ctx, query, ms); err != nil {
			w.T.Fatal(err)
		}
	}
}

// What one day leaves is what the next begins with, days without business
// between them included.
func TestTheBalanceLeadsFromDayToDay(t *testing.T) {
	each(t, func(w *world) {
		w.since(5)
		p := w.Paid("E-1", channel.WeChatNative)
		w.WaitRefund(w.Refund(p.ID, paymentstest.RefundInput("E-1", 200)).ID, payments.RefundSucceeded)
		w.age(24 * time.Hour)
		w.Paid("E-2", channel.WeChatNative)
		w.age(48 * time.Hour) // three days ago and two; yesterday nothing
		w.Paid("E-3", channel.WeChatNative)
		w.Tomorrow()
		w.RunDue()
		r := w.ended(app.WeChat)
		before := w.Run(app.WeChat, today.Add(-2)).Result
		quiet := w.Run(app.WeChat, today.Add(-1))
		if !before.HasBalance || before.Opening != w.Run(app.WeChat, today.Add(-3)).Result.Closing || before.Opening == 0 {
			w.T.Errorf("two days ago %+v", before)
		}
		if quiet.Status != reconcile.StatusNoBill || !quiet.Result.HasStanding || quiet.Result.Standing != before.Closing || r.Result.Opening != before.Closing {
			w.T.Errorf("yesterday %+v, today %+v", quiet.Result, r.Result)
		}
		if types := w.types(app.WeChat); types != "" {
			w.T.Errorf("found %s", types)
		}
		w.Plan(app.WeChat, trade.FundsAmount)
		w.Again(r)
		if types := w.types(app.WeChat); types != "balance funds" {
			w.T.Errorf("a movement that does not fit: %q", types)
		}
		w.Sound()
	})
}

// We hear of a refund of the channel's console hours after the channel took it:
// it stands in the bill of the day before, and is missing on none.
func TestARefundThatWeHearOfADayLateIsMissingOnNoDay(t *testing.T) {
	each(t, func(w *world) {
		w.since(2)
		p := w.Paid("H-1", channel.WeChatNative)
		w.ConsoleRefund(app.WeChat, p.PaidAttemptID, 200)
		w.Adopted(p.ID, 1)
		w.backdate(p, 24*time.Hour)
		day := (24 * time.Hour).Milliseconds()
		for _, query := range []string{
			`UPDATE sandbox_trades SET paid_at = paid_at - ? WHERE paid_at > 0`,
			`UPDATE sandbox_refunds SET created_at = created_at - ?`,
		} {
			if _, err := w.Box.Exec(w.Ctx, query, day); err != nil {
				w.T.Fatal(err)
			}
		}
		w.Tomorrow()
		w.RunDue()
		if r := w.Run(app.WeChat, today.Add(-1)); r.Result.Matched != 2 || r.Result.Exceptions != 0 {
			w.T.Errorf("yesterday: %s %+v", r.Status, r.Result)
		}
		if found := w.types(app.WeChat); found != "" {
			w.T.Errorf("today %s was found", found)
		}
		w.Again(w.Run(app.WeChat, today))
		if found := w.types(app.WeChat); found != "" {
			w.T.Errorf("today %s was found when it was run again", found)
		}
	})
}

// A refund that the channel accepted and closed stands in the trades' bill, and
// went out and came back in the balance.
func TestARefundThatTheChannelClosedIsNoDifference(t *testing.T) {
	w := one(t)
	p := w.Paid("G-1", channel.WeChatNative)
	w.Fault(app.WeChat, trade.RefundFailsClosed, 1)
	r := w.Refund(p.ID, paymentstest.RefundInput("G-1", 200))
	w.WaitRefund(r.ID, payments.RefundFailed)
	w.Tomorrow()
	w.RunDue()
	w.ended(app.WeChat)
	if found := w.types(app.WeChat); found != "" {
		w.T.Errorf("%s was found: %+v", found, w.Found(app.WeChat, today))
	}
	w.Sound()
}

// What a notification settles while the day is compared is no difference, nor is
// a refund that was only waiting for its number.
func TestWhatIsSettledMeanwhileIsComparedAnew(t *testing.T) {
	w := one(t)
	v := w.Create(paymentstest.Order("S-1", channel.WeChatNative))
	w.Fault(app.WeChat, trade.DropNotification, 1)
	w.Pay(v.Action.CodeURL)

	p := w.Paid("S-2", channel.AlipayQR)
	facts := w.AlipayFacts(w.viewOf(p))
	facts.Set("trade_no", p.ChannelTradeNo)
	facts.Set("refund_fee", "2.00")
	w.Deliver(w.SignAlipay(w.Alipay, facts))
	if r := w.Adopted(p.ID, 1); r.Number != "" {
		t.Fatalf("%+v", r)
	}
	if _, err := w.DB.Exec(w.Ctx, `UPDATE refunds SET booked_at = booked_at + 86400000`); err != nil { // seen on the next day
		t.Fatal(err)
	}
	w.Fault(app.Alipay, trade.DropNotification, 1)
	w.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)

	w.Tomorrow()
	w.Steps.Trip(func(r reconcile.Run, step string) {
		if step == reconcile.StepMatched && r.Channel == app.WeChat && r.Day == today {
			if _, err := w.Payments.Sync(w.Ctx, w.Scope, v.ID); err != nil {
				t.Error(err)
			}
		}
	})
	w.RunDue()
	for _, c := range bothChannels {
		if r := w.ended(c); w.types(c) != "" || r.Result.Repaired != 0 {
			t.Errorf("%s: %q was found, %+v", c, w.types(c), r.Result)
		}
	}
	w.Sound()
}

func (w *world) viewOf(p payments.Payment) payments.View {
	w.T.Helper()
	v, err := w.Payments.ViewOf(w.Ctx, p)
	if err != nil {
		w.T.Fatal(err)
	}
	return v
}
