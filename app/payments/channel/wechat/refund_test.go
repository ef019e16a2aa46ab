package wechat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const refundNumber = "rfd_01JQ0000000000000000000000"

func refundRequest() channel.RefundRequest {
	return channel.RefundRequest{
		Number: refundNumber, PaymentNumber: number, ChannelTradeNo: "4200001", Amount: 30, Total: 100,
		Currency: app.CNY, Reason: "杯子碎了", NotifyURL: "https://example.com/n",
	}
}

func refundLookup() channel.RefundLookup {
	return channel.RefundLookup{Number: refundNumber, PaymentNumber: number, ChannelTradeNo: "4200001"}
}

const succeededRefund = `{"refund_id":"50000001","out_refund_no":"` + refundNumber + `","transaction_id":"4200001","out_trade_no":"` + number + `",
	"channel":"ORIGINAL","user_received_account":"招商银行信用卡0403尾号","success_time":"2026-01-02T03:04:05+08:00",
	"create_time":"2026-01-02T03:04:00+08:00","status":"SUCCESS","funds_account":"AVAILABLE",
	"amount":{"total":100,"refund":30,"payer_total":90,"payer_refund":27,"settlement_refund":30,"settlement_total":100,"discount_refund":3,"currency":"CNY"}}`

// TestRefundRequest: what a refund becomes on the wire, twice the same bytes.
func TestRefundRequest(t *testing.T) {
	good := genuine()
	for mode, open := range modes {
		var bodies, uris []string
		client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies, uris = append(bodies, string(body)), append(uris, r.RequestURI)
			reply(200, succeededRefund, &good).ServeHTTP(w, r)
		}))
		for range 2 {
			_, err := client.Refund(t.Context(), refundRequest())
			wantKind(t, err, "")
		}
		_, err := client.QueryRefund(t.Context(), refundLookup())
		wantKind(t, err, "")
		byTrade := refundRequest()
		byTrade.PaymentNumber, byTrade.Reason, byTrade.NotifyURL = "", strings.Repeat("杯", 81), ""
		_, err = client.Refund(t.Context(), byTrade)
		wantKind(t, err, "")
		var got, last map[string]any
		if json.Unmarshal([]byte(bodies[0]), &got) != nil || json.Unmarshal([]byte(bodies[3]), &last) != nil {
			t.Fatal(bodies)
		}
		amount := map[string]any{"refund": 30.0, "total": 100.0, "currency": "CNY"}
		want := map[string]any{
			"out_trade_no": number, "out_refund_no": refundNumber, "reason": "杯子碎了", "notify_url": "https://example.com/n", "amount": amount,
		}
		query := ""
		if mode == "partner" {
			want["sub_mchid"], query = subMchID, "?sub_mchid="+subMchID
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || bodies[0] != bodies[1] {
			t.Errorf("%s sent\n%s, then\n%s, want\n%v", mode, bodies[0], bodies[1], want)
		}
		if uris[0] != "/gw/v3/refund/domestic/refunds" || uris[2] != "/gw/v3/refund/domestic/refunds/"+refundNumber+query {
			t.Errorf("%s asked %v", mode, uris)
		}
		if last["transaction_id"] != "4200001" || last["out_trade_no"] != nil || last["reason"] != strings.Repeat("杯", 80) || last["notify_url"] != nil {
			t.Errorf("%s, by the channel's number, sent %v", mode, last)
		}
	}
}

// TestRefundIsRead: each status in our words, with the account masked.
func TestRefundIsRead(t *testing.T) {
	good := genuine()
	for word, want := range map[string]channel.RefundState{
		"SUCCESS": channel.RefundSucceeded, "PROCESSING": channel.RefundPending, "CLOSED": channel.RefundClosed, "ABNORMAL": channel.RefundAbnormal,
	} {
		for mode, open := range modes {
			client := open(t, reply(200, strings.Replace(succeededRefund, "SUCCESS", word, 1), &good))
			asked, err := client.QueryRefund(t.Context(), refundLookup())
			wantKind(t, err, "")
			made, err := client.Refund(t.Context(), refundRequest())
			wantKind(t, err, "")
			expected := channel.Refund{
				Number: refundNumber, PaymentNumber: number, ChannelRefundNo: "50000001", ChannelTradeNo: "4200001", Identity: mchID,
				State: want, RawState: word, Amount: 30, Total: 100, At: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC), Account: "招商银行****03尾号",
			}
			if mode == "partner" {
				expected.SubIdentity = subMchID
			}
			if asked != expected || made != expected {
				t.Errorf("%s\nasked %+v\nmade  %+v\nwant  %+v", mode, asked, made, expected)
			}
		}
	}
}

// TestUnreadableRefunds: a verified answer must say which refund, of how much.
func TestUnreadableRefunds(t *testing.T) {
	good := genuine()
	for name, body := range map[string]string{
		"unknown status":    strings.Replace(succeededRefund, "SUCCESS", "SENT", 1),
		"no status":         strings.Replace(succeededRefund, `"status":"SUCCESS",`, "", 1),
		"another number":    strings.Replace(succeededRefund, refundNumber, "rfd_other", 1),
		"another payment":   strings.Replace(succeededRefund, number, "att_other", 1),
		"no refund_id":      strings.Replace(succeededRefund, `"refund_id":"50000001",`, "", 1),
		"no transaction_id": strings.Replace(succeededRefund, `"transaction_id":"4200001",`, "", 1),
		"no time":           strings.Replace(succeededRefund, `"success_time":"2026-01-02T03:04:05+08:00",`, "", 1),
		"another time":      strings.Replace(succeededRefund, "2026-01-02T03:04:05+08:00", "yesterday", 1),
		"nothing":           strings.Replace(succeededRefund, `"refund":30`, `"refund":0`, 1),
		"negative":          strings.Replace(succeededRefund, `"refund":30`, `"refund":-30`, 1),
		"above the total":   strings.Replace(succeededRefund, `"refund":30`, `"refund":101`, 1),
		"fractional":        strings.Replace(succeededRefund, `"refund":30`, `"refund":30.5`, 1),
		"no amount":         strings.Replace(succeededRefund, `"amount"`, `"amounts"`, 1),
		"truncated":         succeededRefund[:len(succeededRefund)-1],
	} {
		for mode, open := range modes {
			client := open(t, reply(200, body, &good))
			for _, operation := range []string{"refund", "query refund"} {
				err := operations[operation](t.Context(), client)
				if channel.KindOf(err) != channel.KindUnknown {
					t.Errorf("%s, %s, %s: %v, want unknown", mode, operation, name, err)
				}
			}
		}
	}
	// The amount is only known to who asks for it.
	_, err := openAt(t, reply(200, strings.Replace(succeededRefund, `"refund":30`, `"refund":29`, 1), &good)).Refund(t.Context(), refundRequest())
	wantKind(t, err, channel.KindUnknown)
}

const refundPlain = `{"mchid":"` + mchID + `","out_trade_no":"` + number + `","transaction_id":"4200001","out_refund_no":"` + refundNumber + `",
	"refund_id":"50000001","refund_status":"SUCCESS","success_time":"2026-01-02T03:04:05+08:00","user_received_account":"招商银行信用卡0403尾号",
	"amount":{"total":100,"refund":30,"payer_total":90,"payer_refund":27}}`

// TestRefundNotifications: the resource says refund_status, and both merchants
// under a provider.
func TestRefundNotifications(t *testing.T) {
	for event, c := range map[string]struct {
		word string
		want channel.RefundState
	}{
		"REFUND.SUCCESS": {"SUCCESS", channel.RefundSucceeded}, "REFUND.ABNORMAL": {"ABNORMAL", channel.RefundAbnormal}, "REFUND.CLOSED": {"CLOSED", channel.RefundClosed},
	} {
		for mode, open := range modes {
			plain := strings.Replace(refundPlain, "SUCCESS", c.word, 1)
			expected := channel.Refund{
				Number: refundNumber, PaymentNumber: number, ChannelRefundNo: "50000001", ChannelTradeNo: "4200001", Identity: mchID,
				State: c.want, RawState: c.word, Amount: 30, Total: 100, At: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC), Account: "招商银行****03尾号",
			}
			if mode == "partner" {
				plain = strings.Replace(plain, `"mchid"`, `"sub_mchid":"`+subMchID+`","sp_mchid"`, 1)
				expected.SubIdentity = subMchID
			}
			notice, err := open(t, http.NotFoundHandler()).ParseNotification(t.Context(), signed(genuine(), message(event, plain)))
			wantKind(t, err, "")
			if notice.Type != event || notice.Trade != nil || notice.Refund == nil || *notice.Refund != expected {
				t.Errorf("%s, %s became %+v", mode, event, notice)
			}
			if strings.Contains(string(notice.Plain), "信用卡0403") {
				t.Errorf("the plain text shows the account: %s", notice.Plain)
			}
		}
	}
}

func TestUnreadableRefundNotifications(t *testing.T) {
	for name, plain := range map[string]string{
		"status":       strings.Replace(refundPlain, `"refund_status"`, `"status"`, 1),
		"no merchant":  strings.Replace(refundPlain, `"mchid"`, `"id"`, 1),
		"two":          strings.Replace(refundPlain, `"mchid"`, `"sp_mchid":"1","mchid"`, 1),
		"no number":    strings.Replace(refundPlain, `"out_refund_no"`, `"x"`, 1),
		"no amount":    strings.Replace(refundPlain, `"refund":30,`, ``, 1),
		"float amount": strings.Replace(refundPlain, `"refund":30`, `"refund":3e-1`, 1),
		"too much":     strings.Replace(refundPlain, `"refund":30`, `"refund":101`, 1),
		"no time":      strings.Replace(refundPlain, `"success_time"`, `"x"`, 1),
		"another time": strings.Replace(refundPlain, `2026-01-02T`, `2026-01-02 `, 1),
		"array":        `[]`,
	} {
		n, err := offline(t).ParseNotification(t.Context(), signed(genuine(), message("REFUND.SUCCESS", plain)))
		if channel.KindOf(err) != channel.KindUnknown || n.Refund != nil {
			t.Errorf("%s: %+v %v", name, n, err)
		}
	}
}
