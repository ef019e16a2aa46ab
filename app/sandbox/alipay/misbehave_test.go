package alipay_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"

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
		{fault: trade.ForgeAnswer, happened: true},
		{fault: trade.UnsignedAnswer, happened: true},
		{fault: trade.Truncated, happened: true},
		{fault: trade.Slow, timeout: true}, // for who waits half a second
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

func TestASlowAnswerIsAnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, trade.PublicKey)
	b.plan(t, trade.Slow)
	began := time.Now()
	if rsp := b.precreate(t, b.client(t), b.order("slow_1")); rsp.Code != "10000" {
		t.Errorf("answer %+v", rsp)
	}
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestSpoiltAnswersOfEveryMethod: the effect is there, and the SDK believes no
// word of the answer.
func TestSpoiltAnswersOfEveryMethod(t *testing.T) {
	b := setup(t, trade.PublicKey)
	for _, fault := range []trade.Fault{trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated} {
		order := "spoilt_" + string(fault)
		for _, call := range []struct {
			method, biz, subCode string // subCode: of the repetition
		}{
			{"alipay.trade.pay", `{"out_trade_no":"` + order + `","total_amount":"1.00","subject":"x","scene":"bar_code","auth_code":"` + b.authCode(t, trade.PaysAtOnce) + `"}`, "ACQ.TRADE_HAS_SUCCESS"},
			{"alipay.trade.query", `{"out_trade_no":"` + order + `"}`, ""},
			{"alipay.trade.refund", `{"out_trade_no":"` + order + `","refund_amount":"0.40","out_request_no":"r"}`, ""},
			{"alipay.trade.fastpay.refund.query", `{"out_trade_no":"` + order + `","out_request_no":"r"}`, ""},
			{"alipay.trade.close", `{"out_trade_no":"` + order + `"}`, "ACQ.REASON_TRADE_STATUS_INVALID"},
			{"alipay.trade.cancel", `{"out_trade_no":"` + order + `"}`, ""},
			{"alipay.trade.create", `{"out_trade_no":"` + order + `c","total_amount":"1.00","subject":"x","buyer_id":"` + buyer + `"}`, ""},
			{"alipay.trade.precreate", `{"out_trade_no":"` + order + `p","total_amount":"1.00","subject":"x"}`, ""},
		} {
			b.plan(t, fault)
			p := smartwalle.NewPayload(call.method)
			var fields map[string]any
			if err := json.Unmarshal([]byte(call.biz), &fields); err != nil {
				t.Fatal(err)
			}
			for name, value := range fields {
				p.AddBizField(name, value)
			}
			var rsp struct{ smartwalle.Error }
			if err := b.client(t).Request(context.Background(), p, &rsp); err == nil {
				t.Errorf("%s of %s: the SDK believes %+v", fault, call.method, rsp)
			}
			if a := b.send(t, b.request(call.method, call.biz).sign(t, b.merchant)); !a.signed || a.SubCode != call.subCode {
				t.Errorf("%s of %s: then %s %s", fault, call.method, a.Code, a.SubCode)
			}
		}
	}
}
