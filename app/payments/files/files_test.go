package files_test

import (
	"io"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/web/i18n"
)

var asker = approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "finance@example.com"}

// TestAFileSaysWhatThePageSays compares the words of a file with the console's, and
// its last row with the sum that the page shows.
func TestAFileSaysWhatThePageSays(t *testing.T) {
	clock := &paymentstest.Clock{}
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		scope := payments.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Test}
		s := payments.New(payments.Config{DB: d})
		if err := paymentstest.Fill(t.Context(), d, scope, clock.Now().Add(-48*time.Hour), time.Second, 5_000, nil); err != nil {
			t.Fatal(err)
		}
		source := files.Sources(s, merchants.New(d, nil, audit.New(d, make([]byte, 32), clock), clock))[files.Payments]
		f := payments.Browse{Filter: payments.Filter{Channel: app.WeChat}, Amounts: payments.AmountRange{Min: 5_000}}
		params, err := files.PaymentParams(f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.Sum(t.Context(), scope, f, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range []i18n.Lang{i18n.ZH, i18n.EN} {
			table, err := source.Open(t.Context(), exports.Export{
				Request: exports.Request{Scope: exports.Scope(scope), Kind: files.Payments, Params: params, Locale: string(lang)}, Bound: app.ToMillis(clock.Now()),
			})
			if err != nil {
				t.Fatal(err)
			}
			at := map[string]int{}
			for i, c := range table.Columns() {
				at[c.Title] = i
			}
			l := bundle.Localizer(lang)
			received, status, method := at[l.T("payments.total_amount")], at[l.T("payments.status")], at[l.T("payments.method")]
			refunded := max(at["已退金额"], at["Refunded"])
			var count int64
			seen := map[string]bool{}
			for {
				rows, err := table.Next(t.Context())
				if err != nil && err != io.EOF {
					t.Fatal(err)
				}
				for _, r := range rows {
					count++
					seen[r[status].(string)], seen[r[method].(string)] = true, true
				}
				if err == io.EOF {
					break
				}
			}
			if count != want.Count {
				t.Errorf("%s: %d rows, want %d", lang, count, want.Count)
			}
			totals := table.Totals()
			if totals[received] != any(want.Amount) || refunded == 0 || totals[refunded] != any(want.Refunded) {
				t.Errorf("%s: the file sums %v, the page %+v", lang, totals, want)
			}
			for _, key := range []string{"payment_status.succeeded", "payment_status.closed", "payment_status.failed", "payment_status.pending", "method.wechat_native", "method.wechat_jsapi"} {
				if !seen[l.T(key)] {
					t.Errorf("%s: the file does not call it %q: %v", lang, l.T(key), seen)
				}
			}
		}
	}, dbtest.WithClock(clock))
}
