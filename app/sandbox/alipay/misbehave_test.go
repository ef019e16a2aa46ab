package alipay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// TestFaultsOfTheAPIHitOnceAndThenHeal: what the SDK sees of each fault, what
// has really happened, and that repeating the same order then works.
func TestFaultsOfTheAPIHitOnceAndThenHeal(t *testing.T) {
	for _, c := range []struct {
		fault    trade.Fault
		timeout  bool
		code     string // of the SDK's result; "" when it fails to read one
		happened bool
	}{
		{fault: trade.TimeoutBefore, timeout: true},
		{fault: trade.TimeoutAfterSuccess, timeout: true, happened: true},
		{fault: trade.HTTP500},
		{fault: trade.Garbage},
		{fault: trade.RateLimit, code: "40005"},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			b := setup(t, trade.PublicKey)
			client := b.client(t)
			b.plan(t, c.fault)
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			rsp, err := client.TradePreCreate(ctx, b.order("fault_1"))
			switch {
			case errors.Is(err, context.DeadlineExceeded) != c.timeout:
				t.Errorf("got %v, timeout wanted: %v", err, c.timeout)
			case c.code != "" && (err != nil || string(rsp.Code) != c.code):
				t.Errorf("got %+v, %v, want code %s", rsp, err, c.code)
			case c.code == "" && err == nil:
				t.Errorf("the fault did not happen: %+v", rsp)
			}
			_, err = b.trades.ByNumber(context.Background(), b.merchant.ID, "fault_1")
			if app.Is(err, app.NotFound) == c.happened {
				t.Errorf("happened: %v, want %v", err == nil, c.happened)
			}
			if rsp := b.precreate(t, client, b.order("fault_1")); rsp.Code != "10000" {
				t.Errorf("after the fault: %+v", rsp)
			}
		})
	}
}

// TestForgedRequestsUseUpNoFault: only who is known can make the gateway fail.
func TestForgedRequestsUseUpNoFault(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.plan(t, trade.RateLimit)
	r := b.request("alipay.trade.query", `{"out_trade_no":"x"}`).sign(t, b.merchant)
	r["biz_content"] = `{"out_trade_no":"y"}`
	if a := b.send(t, r); a.SubCode != "isv.invalid-signature" {
		t.Errorf("forged: %s", a.SubCode)
	}
	if a := b.send(t, b.request("alipay.trade.query", `{"out_trade_no":"x"}`).sign(t, b.merchant)); a.SubCode != "isv.app-call-limited" {
		t.Errorf("the planned fault: %s", a.SubCode)
	}
}
