package trade

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
)

// FuzzBillPlan feeds plans as scripts send them: none may panic, and what is
// accepted must be fit for a bill and for the database.
func FuzzBillPlan(f *testing.F) {
	f.Add(`{"channel":"wechat","account":"1600000000","day":"2026-11-24","fault":"amount","count":1,"number":"att_1","delta":-5}`)
	f.Add(`{"channel":"alipay","day":"2026-02-30","fault":"extra_row","number":"a,b","delta":0}`)
	f.Add(`{"channel":"alipay","day":"2026-11-24","fault":"not_ready","count":1000000}`)
	f.Add(`{"fault":"rate","delta":9223372036854775807}`)
	f.Fuzz(func(t *testing.T, body string) {
		var p BillPlan
		if json.Unmarshal([]byte(body), &p) != nil || checkBillPlan(p) != nil {
			return
		}
		if len(p.Number) > 64 || strings.ContainsAny(p.Number, ",`\t\r\n") || !slices.Contains(BillFaultsOf(p.Channel), p.Fault) || p.Count < 1 || p.Count > maxPlanned {
			t.Fatalf("accepted %+v", p)
		}
		if p.Day.Start().IsZero() || app.DayOf(p.Day.Start()) != p.Day {
			t.Fatalf("accepted the day %q", p.Day)
		}
		extra := p
		if p.Fault != ExtraRow {
			extra.Delta = 0
		}
		r := extraRow(extra, 0, "holder", Merchant{ID: "holder", FeeRate: DefaultFeeRate})
		if r.Amount < 1 || r.Fee < 0 || !p.Day.Has(r.At.Time()) || len(r.Trade.ChannelTradeNo) != 28 || len(r.Trade.OutTradeNo) > 64 {
			t.Fatalf("%+v makes the row %+v", p, r)
		}
		kept := picks{r.key(), "trd_2"}
		var back picks
		if err := back.Scan(kept.text()); err != nil || !slices.Equal(back, kept) {
			t.Fatalf("%q is read as %q, %v", kept, back, err)
		}
		c := change{}.with(p)
		if c.possible(r) {
			if changed := c.apply(r); changed.Amount < 1 || changed.Fee < 0 || changed.Rate < 0 {
				t.Fatalf("%+v makes %+v of %+v", p, changed, r)
			}
		}
	})
}
