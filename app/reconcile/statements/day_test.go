package statements_test

import (
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func TestADayShowsEveryIdentityThatShouldHaveARun(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		wechat := r.identity("wechat", "1600000001", "acct_A")
		alipay := r.identity("alipay", "2088000000000001", "acct_B")
		r.identity("alipay", "2088000000000002") // nobody takes money through it
		d := r.day(day)
		if len(d.Rows) != 2 || d.Status != statements.Waiting || d.Rows[0].Bill != statements.BillWaiting {
			t.Fatalf("%+v", d)
		}
		r.row(wechat, "failed", "column_missing")
		if d = r.day(day); d.Status != statements.Failed || d.Rows[0].Problem != "column_missing" || d.Rows[1].Status != statements.Waiting {
			t.Errorf("%+v", d)
		}
		r.row(wechat, "done", "")
		r.row(alipay, "no_bill", "")
		r.must(r.end(wechat, outcome(0, figures("acct_A", 3))))
		r.must(r.end(alipay, statements.Outcome{NoBill: true}))
		d = r.day(day)
		if d.Status != statements.Reconciled || d.Rows[0].Bill != statements.BillChecked || d.Rows[1].Bill != statements.BillNone || d.Rows[1].Balance != nil {
			t.Errorf("%+v", d)
		}
		r.exception(alipay, "acct_B", "payment:1", "proposed", 5)
		r.exception(alipay, "", "summary:amount", "open", -7)
		r.exception(alipay, "acct_B", "payment:2", "resolved", 100)
		r.exception(alipay, "acct_B", "payment:3", "cleared", 1000)
		r.adjust(alipay, "acct_B", exceptions.AdjustWriteOff, -40)
		d = r.day(day)
		if got := d.Rows[1].Exceptions; got != (statements.Open{Open: 2, Total: 3, OpenAmount: 12, Amount: 112}) || d.Status != statements.Exceptions {
			t.Errorf("%s, %+v", d.Status, got)
		}
		if got := d.Total.Adjustments; got != (statements.Adjusted{Count: 1, Amount: -40}) {
			t.Errorf("adjusted %+v", got)
		}
	})
}

func TestADayOfAnotherMerchantOrModeIsEmpty(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.must(r.end(run, outcome(0, figures("acct_A", 3))))
	for _, other := range []payments.Scope{{MerchantID: r.scope.MerchantID, Mode: app.Live}, {MerchantID: "mch_other", Mode: app.Test}} {
		d, err := r.Day(r.ctx, other, day)
		if err != nil || len(d.Rows) != 0 {
			t.Errorf("%+v: %+v, %v", other, d, err)
		}
	}
}

func TestADayThatHasNotEndedIsNotLate(t *testing.T) {
	r := lite(t)
	r.identity("wechat", "1600000001", "acct_A")
	r.clock.set(day.Start().Add(time.Hour))
	if d := r.day(day); d.Status != statements.Future {
		t.Errorf("%s", d.Status)
	}
}

func TestAMonthFollowsTheBalanceFromDayToDay(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	first := outcome(10_000, figures("acct_A", 3))
	r.must(r.end(on(run, "2026-10-01"), first))
	second := outcome(first.Balance.Closing, figures("acct_A", 2))
	second.Carried = 2
	r.must(r.end(on(run, "2026-10-02"), second))
	m := r.month("2026-10")
	if len(m.Days) != 31 || m.Days[0].Status != statements.Reconciled || m.Days[2].Status != statements.Waiting {
		t.Fatalf("%+v", m.Days[:3])
	}
	b := m.Balances[0]
	if !b.Checked() || b.Opening != 10_000 || b.Closing != second.Balance.Closing || b.Opening+b.Income-b.Outgoing != b.Closing || b.Days != 2 {
		t.Errorf("%+v", b)
	}
	if m.Carried != 2 || m.Total.Theirs.Payments != 5 || m.Total.Theirs.Gross != 5000 {
		t.Errorf("carried %d, %+v", m.Carried, m.Total)
	}
	// A day that does not begin where the last one ended, or does not add up, is named.
	r.must(r.end(on(run, "2026-10-03"), outcome(second.Balance.Closing+1, figures("acct_A", 1))))
	wrong := outcome(0, figures("acct_A", 1))
	wrong.Balance.Closing++
	r.must(r.end(on(run, "2026-10-04"), wrong))
	gone := outcome(0, figures("acct_A", 1))
	gone.Balance = nil
	r.must(r.end(on(run, "2026-10-05"), gone))
	b = r.month("2026-10").Balances[0]
	if b.Checked() || !slices.Equal(b.Broken, []app.Day{"2026-10-03", "2026-10-04"}) || !slices.Equal(b.Incomplete, []app.Day{"2026-10-05"}) {
		t.Errorf("%+v", b)
	}
}

func TestOnlyAMonthIsAMonth(t *testing.T) {
	r := lite(t)
	for _, s := range []string{"", "2026", "2026-13", "2026-1", "2026-10-01", "x"} {
		if _, err := r.Month(r.ctx, r.scope, s); !app.Is(err, app.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}
