package alipay

import (
	"crypto/hmac"
	"net/url"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// FuzzRequest feeds whatever strangers send through everything that reads it
// before and after the signature: nothing may panic, and what is accepted must
// keep its limits.
func FuzzRequest(f *testing.F) {
	f.Add("method=alipay.trade.precreate&app_id=1", `biz_content={"out_trade_no":"a","total_amount":0.01,"subject":"x"}`)
	f.Add("", `biz_content={"total_amount":"1e2","time_expire":"2026-01-01 00:00:00","timeout_express":"90m"}`)
	f.Add("a=1&a=2&=", "%zz")
	f.Add("method=alipay.trade.pay", `biz_content={"auth_code":281234567890123456,"scene":"bar_code"}`)
	f.Add("method=alipay.trade.refund", `biz_content={"refund_amount":1,"out_request_no":"r"}`)
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
		var pay payContent
		if decodeBiz(p, &pay) == nil && codePattern.MatchString(string(pay.AuthCode)) && (len(pay.AuthCode) < 16 || len(pay.AuthCode) > 24) {
			t.Fatalf("accepted the payment code %q", pay.AuthCode)
		}
		var refund refundContent
		if decodeBiz(p, &refund) == nil {
			made, err := refund.order(trade.Trade{OutTradeNo: "a", Amount: 100})
			if err == nil && (made.Amount < 1 || made.OutRefundNo == "" || len(made.OutRefundNo) > 64) {
				t.Fatalf("accepted the refund %+v", made)
			}
		}
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

// FuzzBillToken feeds addresses of bills that strangers make up: none may panic,
// and what is read must be what would be sealed.
func FuzzBillToken(f *testing.F) {
	m := trade.Merchant{Alipay: &trade.AlipayKeys{AlipayPrivateKey: "k"}}
	f.Add(billFile{AppID: "9021000000000001", Type: BillTrades, Day: "2026-11-24", At: 1, Expires: 2}.token(m))
	f.Add("e30.e30")
	f.Add(".")
	f.Fuzz(func(t *testing.T, token string) {
		got, body, seal, err := splitToken(token)
		if err != nil {
			return
		}
		if hmac.Equal(seal, seal256(m, body)) && got.token(m) != token {
			t.Fatalf("%q reads as %+v, whose token is another", token, got)
		}
	})
}
