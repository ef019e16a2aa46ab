package payments_test

import (
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// TestBrowsingFindsWhatTheFilterSelects compares pages, sums and walks with the
// rows themselves, over more rows than a window has.
func TestBrowsingFindsWhatTheFilterSelects(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := payments.New(payments.Config{DB: d})
		scope := payments.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Test}
		other := payments.Scope{MerchantID: "mch_01J0000000000000000000000B", Mode: app.Test}
		now := clock.Now()
		begin, step := now.Add(-20*24*time.Hour), 2*time.Minute
		var all []payments.Payment
		if err := paymentstest.Fill(t.Context(), d, scope, begin, step, 12_000, func(p payments.Payment) { all = append(all, p) }); err != nil {
			t.Fatal(err)
		}
		if err := paymentstest.Fill(t.Context(), d, other, begin, step, 50, nil); err != nil {
			t.Fatal(err)
		}
		day := 24 * time.Hour
		for name, f := range map[string]payments.Browse{
			"everything":        {},
			"a status":          {Filter: payments.Filter{Status: payments.StatusFailed}},
			"two conditions":    {Filter: payments.Filter{Status: payments.StatusClosed, Method: channel.AlipayQR}},
			"an account's rare": {Filter: payments.Filter{AccountID: "acct_1", Channel: app.Alipay}, Amounts: payments.AmountRange{Min: 30_000}},
			"one amount":        {Amounts: payments.AmountRange{Min: 100, Max: 100}},
			"nothing":           {Filter: payments.Filter{Status: payments.StatusClosed, AccountID: "acct_9"}},
			"nothing by amount": {Amounts: payments.AmountRange{Min: 1_000_000}},
			"days":              {Filter: payments.Filter{From: app.ToMillis(begin.Add(3 * day)), To: app.ToMillis(begin.Add(5 * day))}, Amounts: payments.AmountRange{Max: 5_000}},
		} {
			var want []string
			var sum payments.Figures
			for _, p := range slices.Backward(all) {
				if selects(f, p) {
					want = append(want, p.ID)
					sum.Count++
					sum.Refunded += p.AmountRefunded
					if p.Status == payments.StatusSucceeded {
						sum.Succeeded++
						sum.Amount += p.Amount
					}
				}
			}
			if got, err := s.Sum(t.Context(), scope, f, 100_000); err != nil || got != sum {
				t.Errorf("%s: the sum is %+v, want %+v, %v", name, got, sum, err)
			}
			if got := pagesOf(t, s, scope, f); !slices.Equal(got, want) {
				t.Errorf("%s: %d are listed, want %d", name, len(got), len(want))
			}
			f.Oldest = true
			slices.Reverse(want)
			if got := pagesOf(t, s, scope, f); !slices.Equal(got, want) {
				t.Errorf("%s, the oldest first: %d are listed, want %d", name, len(got), len(want))
			}
			slices.Reverse(want)
			if got := walked(t, s, scope, f, app.ToMillis(now)); !slices.Equal(got, want) {
				t.Errorf("%s: %d are walked, want %d", name, len(got), len(want))
			}
		}
		half := app.ToMillis(begin.Add(10 * day))
		if got := walked(t, s, scope, payments.Browse{}, half); len(got) != 10*24*30 {
			t.Errorf("%d were made before the bound", len(got))
		}
		for _, f := range []payments.Browse{
			{Filter: payments.Filter{Limit: 101}}, {Cursor: "x"}, {Filter: payments.Filter{From: app.ToMillis(now.Add(-100 * day))}},
		} {
			if _, err := s.Browse(t.Context(), scope, f); !app.Is(err, app.Invalid) {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}, dbtest.WithClock(clock))
}

func selects(f payments.Browse, p payments.Payment) bool {
	return (f.Status == "" || f.Status == p.Status) && (f.Method == "" || f.Method == p.Method) && (f.Channel == "" || f.Channel == p.Channel) &&
		(f.AccountID == "" || f.AccountID == p.AccountID) && p.Amount >= f.Amounts.Min && (f.Amounts.Max == 0 || p.Amount <= f.Amounts.Max) &&
		(f.From == 0 || p.CreatedAt >= f.From) && (f.To == 0 || p.CreatedAt < f.To)
}

func pagesOf(t *testing.T, s *payments.Service, scope payments.Scope, f payments.Browse) []string {
	t.Helper()
	f.Limit = 100
	var out []string
	for range 1000 {
		page, err := s.Browse(t.Context(), scope, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Payments {
			out = append(out, p.ID)
		}
		if page.Next == "" {
			return out
		}
		f.Cursor = page.Next
	}
	t.Fatal("the list does not end")
	return nil
}

func walked(t *testing.T, s *payments.Service, scope payments.Scope, f payments.Browse, until app.Millis) []string {
	t.Helper()
	var out []string
	walk := payments.NewWalk(f, until)
	for {
		piece, more, err := s.WalkOn(t.Context(), scope, walk)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range piece {
			out = append(out, p.ID)
		}
		if !more {
			return out
		}
	}
}

// TestAListThatIsLongLookedThroughGoesOn: what no index serves is looked for in
// 50,000 rows a page.
func TestAListThatIsLongLookedThroughGoesOn(t *testing.T) {
	clock := &paymentstest.Clock{}
	d := dbtest.OpenSQLite(t, dbtest.WithClock(clock))
	s := payments.New(payments.Config{DB: d, SumTime: time.Hour}) // it ends by rows, on any machine
	scope := payments.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Test}
	if err := paymentstest.Fill(t.Context(), d, scope, clock.Now().Add(-24*time.Hour), time.Second, 60_000, nil); err != nil {
		t.Fatal(err)
	}
	rare := payments.Browse{Amounts: payments.AmountRange{Min: 1_000_000}}
	page, err := s.Browse(t.Context(), scope, rare)
	if err != nil || len(page.Payments) != 0 || page.Next == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	rare.Cursor = page.Next
	if page, err = s.Browse(t.Context(), scope, rare); err != nil || page.Next != "" {
		t.Errorf("%+v, %v", page, err)
	}
	if sum, err := s.Sum(t.Context(), scope, payments.Browse{}, 100_000); err != nil || sum.Capped || sum.Count != 60_000 {
		t.Errorf("%+v, %v", sum, err)
	}
	if err := paymentstest.Fill(t.Context(), d, scope, clock.Now().Add(-48*time.Hour), time.Second, 45_000, nil); err != nil {
		t.Fatal(err)
	}
	if sum, err := s.Sum(t.Context(), scope, payments.Browse{}, 100_000); err != nil || !sum.Capped || sum.Count < 100_000 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestNumbersAreUnderstoodAsTheyWereCopied(t *testing.T) {
	for from, want := range map[string]string{
		" 4200 0023 41 ": "4200002341", "'4200": "4200", `="4200"`: "4200", "4200\t": "4200", "“4200”": "4200", "4200，": "4200", "\ufeff4200\u200b": "4200",
		"\u00a04200\u3000": "4200", "JX_2026-1": "JX_2026-1", "": "", "'--": "--", "=4200": "4200",
	} {
		if got := payments.CleanNumber(from); got != want {
			t.Errorf("%q is taken for %q, want %q", from, got, want)
		}
	}
}
