package alipay_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	refunded = `{"code":"10000","msg":"Success","out_trade_no":"` + number + `","trade_no":"2026010222001",` +
		`"fund_change":"Y","refund_fee":"3.01","gmt_refund_pay":"2026-01-03 03:04:05","buyer_user_id":"2088101117955611","send_back_fee":""}`
	refundFound = `{"code":"10000","msg":"Success","out_trade_no":"` + number + `","trade_no":"2026010222001","out_request_no":"` + refundNumber + `",` +
		`"refund_status":"REFUND_SUCCESS","refund_amount":"0.01","total_amount":10.00,"gmt_refund_pay":"2026-01-03 03:04:05"}`
	refundUnknown = `{"code":"10000","msg":"Success"}`
)

// TestRefund: fund_change Y means that the money moved now.
func TestRefund(t *testing.T) {
	c, s := script(t, "refund", refunded)
	got, err := c.Refund(t.Context(), refund())
	wantKind(t, err, "")
	want := channel.Refund{
		Number: refundNumber, PaymentNumber: number, ChannelTradeNo: "2026010222001", State: channel.RefundSucceeded,
		RawState: "REFUND_SUCCESS", Amount: 1, RefundedTotal: 301, At: time.Date(2026, 1, 2, 19, 4, 5, 0, time.UTC),
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	content := map[string]any{"out_trade_no": number, "refund_amount": "0.01", "out_request_no": refundNumber, "refund_reason": "size"}
	if sent := biz(t, s.sent[0]); !reflect.DeepEqual(sent, content) {
		t.Errorf("sent %v", sent)
	}
	// An order that another system placed is known by Alipay's number alone.
	r := refund()
	r.PaymentNumber, r.ChannelTradeNo, r.Reason = "", "2026010222001", ""
	_, err = c.Refund(t.Context(), r)
	wantKind(t, err, "")
	content = map[string]any{"trade_no": "2026010222001", "refund_amount": "0.01", "out_request_no": refundNumber}
	if sent := biz(t, s.sent[1]); !reflect.DeepEqual(sent, content) {
		t.Errorf("sent %v", sent)
	}
}

// TestRefundWithoutChange: fund_change N may mean that it was refunded before,
// or that it will be: the refund is asked for.
func TestRefundWithoutChange(t *testing.T) {
	for _, node := range []string{strings.Replace(refunded, `"Y"`, `"N"`, 1), strings.Replace(refunded, `"fund_change":"Y",`, "", 1)} {
		for found, want := range map[string]struct {
			kind  channel.Kind
			state channel.RefundState
		}{
			refundFound:        {"", channel.RefundSucceeded},
			refundUnknown:      {"", channel.RefundPending},
			`{"code":"20000"}`: {channel.KindUnknown, ""},
			`{"code":"40005"}`: {channel.KindUnknown, ""},
			strings.Replace(refundFound, "REFUND_SUCCESS", "REFUND_FAIL", 1): {"", channel.RefundClosed},
		} {
			c, s := script(t, "refund", node, "fastpay.refund.query", found)
			got, err := c.Refund(t.Context(), refund())
			wantKind(t, err, want.kind)
			if got.State != want.state || got.Number != refundNumber && want.kind == "" || len(s.sent) != 2 {
				t.Errorf("%s: %+v after %v", found, got, s.methods())
			}
		}
	}
}

// TestRefusedRefund: a refusal counts when no refund of that number exists; one
// that went through before may have closed the trade.
func TestRefusedRefund(t *testing.T) {
	for _, sub := range []string{
		"ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "ACQ.REASON_TRADE_REFUND_FEE_ERR", "ACQ.TRADE_STATUS_ERROR",
		"ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_FINISHED", "ACQ.TRADE_HAS_CLOSE",
	} {
		refusal := `{"code":"40004","msg":"Business Failed","sub_code":"` + sub + `","sub_msg":"说明"}`
		for found, want := range map[string]channel.Kind{
			refundUnknown: channel.KindRefused, notExist: channel.KindRefused, `{"code":"40006"}`: channel.KindRefused,
			refundFound: "", `{"code":"20000"}`: channel.KindUnknown, `{"code":"40005"}`: channel.KindUnknown,
		} {
			c, _ := script(t, "refund", refusal, "fastpay.refund.query", found)
			got, err := c.Refund(t.Context(), refund())
			wantKind(t, err, want)
			var e *channel.Error
			if errors.As(err, &e); want == channel.KindRefused && (e.Code != sub || e.Message != "说明") {
				t.Errorf("%s: %+v does not carry the channel's words", sub, e)
			}
			if want == "" && got.State != channel.RefundSucceeded {
				t.Errorf("%s: %+v", sub, got)
			}
		}
	}
	// What the gateway turns away never reached the refund.
	c, s := script(t, "refund", `{"code":"40002","sub_code":"isv.invalid-signature"}`)
	_, err := c.Refund(t.Context(), refund())
	wantKind(t, err, channel.KindRefused)
	if len(s.sent) != 1 {
		t.Errorf("called %v", s.methods())
	}
}

// TestRefundNumberOfAnother: the number stands for a refund of another amount.
func TestRefundNumberOfAnother(t *testing.T) {
	c, _ := script(t, "refund", `{"code":"40004","sub_code":"ACQ.DISCORDANT_REPEAT_REQUEST"}`)
	_, err := c.Refund(t.Context(), refund())
	wantKind(t, err, channel.KindNumberUsed)
}

// TestUnreadableRefund: a signed success must be about what was asked.
func TestUnreadableRefund(t *testing.T) {
	for _, replace := range [][2]string{
		{number, "other"}, {`"3.01"`, `"3.001"`}, {`"3.01"`, `"-3.01"`}, {`2026-01-03 03:04:05`, "yesterday"},
	} {
		c, _ := script(t, "refund", strings.Replace(refunded, replace[0], replace[1], 1))
		_, err := c.Refund(t.Context(), refund())
		wantKind(t, err, channel.KindUnknown)
	}
	c, _ := script(t, "refund", strings.Replace(refunded, `"3.01"`, `"0.01"`, 1))
	r := refund()
	r.Amount = 2 // more than everything that is said to be refunded
	_, err := c.Refund(t.Context(), r)
	wantKind(t, err, channel.KindUnknown)
}

// TestRefundIsNotSent: what no channel could do is refused without a call.
func TestRefundIsNotSent(t *testing.T) {
	for name, spoil := range map[string]func(*channel.RefundRequest){
		"no number":       func(r *channel.RefundRequest) { r.Number = "" },
		"no payment":      func(r *channel.RefundRequest) { r.PaymentNumber = "" },
		"no amount":       func(r *channel.RefundRequest) { r.Amount = 0 },
		"above the total": func(r *channel.RefundRequest) { r.Amount = r.Total + 1 },
		"other currency":  func(r *channel.RefundRequest) { r.Currency = "USD" },
	} {
		r := refund()
		spoil(&r)
		if _, err := offline(t).Refund(t.Context(), r); channel.KindOf(err) != channel.KindRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQueryRefund(t *testing.T) {
	c, s := script(t, "fastpay.refund.query", refundFound)
	got, err := c.QueryRefund(t.Context(), refundLookup)
	wantKind(t, err, "")
	want := channel.Refund{
		Number: refundNumber, PaymentNumber: number, ChannelTradeNo: "2026010222001", State: channel.RefundSucceeded,
		RawState: "REFUND_SUCCESS", Amount: 1, Total: 1000, At: time.Date(2026, 1, 2, 19, 4, 5, 0, time.UTC),
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	content := map[string]any{"out_trade_no": number, "out_request_no": refundNumber, "query_options": []any{"gmt_refund_pay"}}
	if sent := biz(t, s.sent[0]); !reflect.DeepEqual(sent, content) {
		t.Errorf("sent %v", sent)
	}
	for status, state := range map[string]channel.RefundState{"REFUND_PROCESSING": channel.RefundPending, "REFUND_FAIL": channel.RefundClosed} {
		c, _ := script(t, "fastpay.refund.query", strings.Replace(refundFound, "REFUND_SUCCESS", status, 1))
		got, err := c.QueryRefund(t.Context(), refundLookup)
		wantKind(t, err, "")
		if got.State != state || got.RawState != status {
			t.Errorf("%s is %+v", status, got)
		}
	}
}

// TestRefundDoesNotExist: without a refund_status there is no refund, though the
// answer is a success.
func TestRefundDoesNotExist(t *testing.T) {
	for _, node := range []string{
		refundUnknown, notExist, strings.Replace(refundFound, `"refund_status":"REFUND_SUCCESS",`, "", 1),
	} {
		c, _ := script(t, "fastpay.refund.query", node)
		_, err := c.QueryRefund(t.Context(), refundLookup)
		wantKind(t, err, channel.KindNotExist)
	}
	for _, replace := range [][2]string{
		{"REFUND_SUCCESS", "REFUND_DREAM"}, {refundNumber, "rfd_other"}, {number, "att_other"},
		{`"0.01"`, `"0.001"`}, {`10.00`, `"ten"`}, {`2026-01-03 03:04:05`, "yesterday"},
	} {
		c, _ := script(t, "fastpay.refund.query", strings.Replace(refundFound, replace[0], replace[1], 1))
		_, err := c.QueryRefund(t.Context(), refundLookup)
		wantKind(t, err, channel.KindUnknown)
	}
}
