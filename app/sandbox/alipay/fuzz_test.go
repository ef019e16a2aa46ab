package alipay

import (
	"net/url"
	"testing"
	"time"
)

// FuzzRequest feeds whatever strangers send through everything that reads it
// before and after the signature: nothing may panic, and what is accepted must
// keep its limits.
func FuzzRequest(f *testing.F) {
	f.Add("method=alipay.trade.precreate&app_id=1", `biz_content={"out_trade_no":"a","total_amount":0.01,"subject":"x"}`)
	f.Add("", `biz_content={"total_amount":"1e2","time_expire":"2026-01-01 00:00:00","timeout_express":"90m"}`)
	f.Add("a=1&a=2&=", "%zz")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, query, form string) {
		q, _ := url.ParseQuery(query)
		b, _ := url.ParseQuery(form)
		p := mergeParams(q, b)
		again, err := url.ParseQuery(p.encode())
		if err != nil || mergeParams(again, nil).content("sign") != p.content("sign") {
			t.Fatalf("encoding changes what is signed: %q", p)
		}
		_ = checkCommon(p)
		var o orderContent
		if decodeBiz(p, &o) != nil {
			return
		}
		if amount, err := parseAmount("total_amount", string(o.TotalAmount)); err == nil && (amount < 1 || amount > 1e10) {
			t.Fatalf("accepted %d fen of %q", amount, o.TotalAmount)
		}
		if at, err := parseExpiry(o.TimeExpire, o.TimeoutExpress, now); err == nil && (!at.After(now) || at.Sub(now) > defaultLife) {
			t.Fatalf("accepted the expiry %s of %q %q", at, o.TimeExpire, o.TimeoutExpress)
		}
	})
}
