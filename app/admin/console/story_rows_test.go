package console

import (
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/components"
)

// What a channel said to a call is read from its own answer: Alipay refuses with
// HTTP 200, and does not know a code that nobody has scanned.
func TestAChannelsAnswerIsToldByItsOwnCode(t *testing.T) {
	for name, tc := range map[string]struct {
		stored, response string
		want             answer
	}{
		"alipay did it":               {"ok", `{"alipay_trade_query_response":{"code":"10000","msg":"Success"},"sign":"x"}`, answer{result: "ok"}},
		"alipay refused":              {"ok", `{"alipay_trade_pay_response":{"code":"40004","msg":"Business Failed","sub_code":"ACQ.NO","sub_msg":"不行"},"sign":"x"}`, answer{"refused", "ACQ.NO", "ACQ.NO 不行"}},
		"alipay never saw":            {"ok", `{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST","sub_msg":"交易不存在"}}`, answer{"ok", "ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST 交易不存在"}},
		"alipay is busy":              {"ok", `{"error_response":{"code":"20000","msg":"Service Currently Unavailable"}}`, answer{"unknown", "20000", "20000 Service Currently Unavailable"}},
		"alipay's payer":              {"ok", `{"alipay_trade_pay_response":{"code":"10003","msg":"order success pay inprocess"}}`, answer{"ok", "10003", "10003 order success pay inprocess"}},
		"unsigned, unknown":           {"unknown", `{"alipay_trade_pay_response":{"code":"40004","sub_code":"ACQ.NO","sub_msg":"不行"}}`, answer{"unknown", "ACQ.NO", "ACQ.NO 不行"}},
		"wechat did it":               {"ok", `{"code_url":"weixin://x"}`, answer{result: "ok"}},
		"wechat refused":              {"refused", `{"code":"NO_AUTH","message":"无权限"}`, answer{"refused", "NO_AUTH", "NO_AUTH 无权限"}},
		"no answer that one can read": {"unknown", `<html>502`, answer{result: "unknown"}},
	} {
		if got := saidBy(payments.Entry{Result: tc.stored, Response: tc.response}); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestACallNamesWhatWasCalledAndItsStatus(t *testing.T) {
	for name, tc := range map[string]struct {
		request string
		args    map[string]string
		want    []components.StepFact
	}{
		"wechat": {`{"amount":1}`, map[string]string{"endpoint": "GET https://api.mch.weixin.qq.com/v3/pay/x?mchid=1", "status": "404"},
			[]components.StepFact{{Value: "GET /v3/pay/x"}, {Key: "timeline_meta.status", Value: "404"}}},
		"alipay": {"app_id=1\nmethod=alipay.trade.query\nversion=1.0", map[string]string{"endpoint": "POST https://openapi.alipay.com/gateway.do", "status": "200"},
			[]components.StepFact{{Value: "alipay.trade.query"}, {Key: "timeline_meta.status", Value: "200"}}},
		"no answer": {"", map[string]string{"endpoint": "GET https://x/y", "status": "0"}, []components.StepFact{{Value: "GET /y"}}},
	} {
		if got := called(payments.Entry{Request: tc.request}, tc.args); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestRepeatedNotificationsAreNumberedByWhatTheyAreAbout(t *testing.T) {
	row := func(message, about, refund string) components.Entry {
		return components.Entry{Message: message, Args: map[string]string{"type": about, "refund": refund}}
	}
	story := []components.Entry{
		row("notification.verified", "TRADE_SUCCESS", ""), row("notification.repeated", "TRADE_SUCCESS", ""),
		row("notification.repeated", "TRADE_SUCCESS", "rfd_1"), row("notification.repeated", "TRADE_SUCCESS", ""),
	}
	numberRepeats(story)
	for i, want := range []string{"", "1", "", "2"} {
		if got := story[i].Args["n"]; got != want {
			t.Errorf("row %d is duplicate %q, want %q", i, got, want)
		}
	}
	if story[2].Message != "notification.known" {
		t.Errorf("the first about a refund is %s", story[2].Message)
	}
}

// Alipay takes a form: what was recorded a parameter a line is sent so again.
func TestACallToAlipayIsRepeatedAsAForm(t *testing.T) {
	got := channelCurl("POST https://openapi.alipay.com/gateway.do", "app_id=1\nbiz_content={\"subject\":\"a'b\"}\nmethod=alipay.trade.pay\nsign=***")
	want := "curl -X POST 'https://openapi.alipay.com/gateway.do' \\\n  --data-urlencode 'app_id=1' \\\n  --data-urlencode 'biz_content={\"subject\":\"a'\\''b\"}' \\\n" +
		"  --data-urlencode 'method=alipay.trade.pay' \\\n  --data-urlencode \"sign=$SIGNATURE\""
	if got != want {
		t.Errorf("%s", got)
	}
}
