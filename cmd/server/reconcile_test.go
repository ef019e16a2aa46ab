package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
)

// TestTheDemosFirstDayIsCompared: finance finds the day's differences, planted
// ones and no others, without waiting for tomorrow; and tomorrow the whole day is
// compared by itself.
func TestTheDemosFirstDayIsCompared(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	s := p.server
	day := app.DayOf(p.clock.Now())
	if left := time.Until(day.End()); left < time.Minute {
		time.Sleep(left)
		day = day.Next()
	}
	if err := s.tradeDemoDay(t.Context(), p.facts); err != nil {
		t.Fatal(err)
	}
	scope := payments.Scope{MerchantID: p.facts.Merchant, Mode: app.Test}
	differences := p.compared(scope, day, true)
	if differences < 4 {
		t.Errorf("%d differences are there to look at", differences)
	}
	p.clock.advance(day.End().Add(12 * time.Hour).Sub(p.clock.Now()))
	if _, err := s.reconcile.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := p.compared(scope, day, false); again != differences {
		t.Errorf("%d differences of the whole day, %d before it was over", again, differences)
	}
	var out bytes.Buffer
	if n, err := s.verify(t.Context(), func(v payments.Violation) { t.Errorf("%+v", v) }); n != 0 || err != nil {
		t.Errorf("%d violations, %v", n, err)
	}
	if err := s.printReconciliation(t.Context(), &out); err != nil || !strings.HasPrefix(out.String(), "0 runs without a result") {
		t.Errorf("%s, %v", out.String(), err)
	}
	if err := s.measureReconciliation(t.Context()); err != nil {
		t.Error(err)
	}
	if failed, err := s.reconcileDay(t.Context(), &out, day, chosen{account: "acct_unknown"}); !app.Is(err, app.NotFound) {
		t.Errorf("an unknown account: %d, %v", failed, err)
	}
	if _, err := s.reconcileDay(t.Context(), &out, day, chosen{merchant: "mch_unknown"}); err == nil {
		t.Error("a merchant that is not there was reconciled")
	}
	// What cannot be run now does not keep the others.
	for query, lines := range map[string]int{
		`UPDATE reconcile_runs SET lease_until = 9000000000000 WHERE channel = 'wechat'`:                                2,
		`UPDATE periods SET status = 'locked' WHERE merchant_id = (SELECT MIN(merchant_id) FROM settlement_identities)`: 1,
	} {
		if n, err := s.db.Exec(t.Context(), query); err != nil || n == 0 {
			t.Fatalf("%s: %d, %v", query, n, err)
		}
		out.Reset()
		if failed, err := s.reconcileDay(t.Context(), &out, day, chosen{}); err != nil || failed != 1 || strings.Count(out.String(), "\n") != lines {
			t.Errorf("%d failed, %v:\n%s", failed, err, out.String())
		}
		if _, err := s.db.Exec(t.Context(), `UPDATE periods SET status = 'open'`); err != nil {
			t.Fatal(err)
		}
	}
}

// compared waits for the day's runs, which the server executes by itself, and
// returns how many differences they found.
func (p *product) compared(scope payments.Scope, day app.Day, partial bool) int64 {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		list, err := p.server.reconcile.Runs(p.t.Context(), scope, day)
		if err != nil {
			p.t.Fatal(err)
		}
		var n int64
		done := 0
		for _, r := range list {
			if r.Status.Ended() && r.Partial == partial {
				done++
				n += r.Result.Exceptions
			}
		}
		if done == 2 {
			return n
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the runs of %s: %+v", day, list)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
