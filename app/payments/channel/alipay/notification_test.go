package alipay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
)

// paidForm is a notification's parameters without its signature.
func paidForm() map[string]string {
	return map[string]string{
		"notify_time": "2026-01-02 03:04:06", "notify_type": "trade_status_sync", "notify_id": "n1",
		"app_id": appID, "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
		"trade_no": "2026010222001", "out_trade_no": number, "trade_status": "TRADE_SUCCESS",
		"total_amount": "10.00", "buyer_pay_amount": "7.00", "receipt_amount": "8.50",
		"buyer_id": "2088101117955611", "buyer_logon_id": "abc***@example.com", "seller_id": sellerID,
		"subject": "tea+cup 茶 100%", "body": "", "gmt_payment": "2026-01-02 03:04:05",
	}
}

// encode signs parameters as Alipay does and writes the form.
func encode(form map[string]string) []byte {
	values := url.Values{}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values.Set(name, form[name])
		if name != "sign" && name != "sign_type" && name != "alipay_cert_sn" {
			pairs = append(pairs, name+"="+form[name])
		}
	}
	if !values.Has("sign") {
		values.Set("sign", sign(alipayKey(), strings.Join(pairs, "&")))
	}
	return []byte(values.Encode())
}

func with(changes map[string]string) map[string]string {
	form := paidForm()
	maps.Copy(form, changes)
	return form
}

// offline opens a client that must not call anything.
func offline(t testing.TB) channel.Client { return openAt(t, uncalled(t)) }

func uncalled(t testing.TB) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("unexpected call of %s", r.URL)
	})
}

func parse(t *testing.T, c channel.Client, body []byte) (channel.Notice, error) {
	return c.ParseNotification(t.Context(), channel.Notification{Body: body})
}

func TestNotificationIsRead(t *testing.T) {
	c := offline(t)
	body := encode(paidForm())
	bare := []byte(strings.ReplaceAll(string(body), "%2B", "+")) // a relay that lost the escapes of the signature
	if strings.Contains(string(body), "tea%2Bcup") {
		bare = []byte(strings.Replace(string(bare), "tea+cup", "tea%2Bcup", 1))
	}
	for _, b := range [][]byte{body, bare} {
		n, err := parse(t, c, b)
		wantKind(t, err, "")
		if n.ID != "n1" || n.Type != "TRADE_SUCCESS" || !strings.HasPrefix(n.VerifiedBy, "sha256:") || n.Trade == nil {
			t.Fatalf("notice %+v", n)
		}
		if n.Trade.AppID != appID || n.Trade.Identity != sellerID || n.Trade.Amount != 1000 || n.Trade.PayerAmount != 700 ||
			n.Trade.SettlementAmount != 850 || n.Trade.State != channel.TradePaid || n.Trade.PayerID != "2088101117955611" {
			t.Errorf("trade %+v", n.Trade)
		}
		var plain map[string]string
		if err := json.Unmarshal(n.Plain, &plain); err != nil || plain["buyer_id"] != "2088****5611" ||
			plain["subject"] != "tea+cup 茶 100%" || plain["sign"] != "" {
			t.Errorf("plain %s: %v", n.Plain, err)
		}
	}
}

// TestNotifiedStates: refunds come as TRADE_SUCCESS or TRADE_CLOSED.
func TestNotifiedStates(t *testing.T) {
	c := offline(t)
	for name, k := range map[string]struct {
		changes map[string]string
		want    channel.TradeState
	}{
		"paid":              {nil, channel.TradePaid},
		"finished":          {map[string]string{"trade_status": "TRADE_FINISHED"}, channel.TradePaid},
		"partly refunded":   {map[string]string{"refund_fee": "1.00", "gmt_refund": "2026-01-03 03:04:05.123"}, channel.TradeRefunded},
		"fully refunded":    {map[string]string{"trade_status": "TRADE_CLOSED", "refund_fee": "10.00"}, channel.TradeRefunded},
		"ran out of time":   {map[string]string{"trade_status": "TRADE_CLOSED", "gmt_payment": ""}, channel.TradeClosed},
		"waiting for payer": {map[string]string{"trade_status": "WAIT_BUYER_PAY", "gmt_payment": ""}, channel.TradeUnpaid},
	} {
		n, err := parse(t, c, encode(with(k.changes)))
		wantKind(t, err, "")
		if n.Trade == nil || n.Trade.State != k.want {
			t.Errorf("%s: %+v, want %s", name, n.Trade, k.want)
		}
	}
	n, err := parse(t, c, encode(with(map[string]string{"notify_type": "dut_user_sign"})))
	wantKind(t, err, "")
	if n.Trade != nil || n.Type != "dut_user_sign" {
		t.Errorf("another type became %+v", n)
	}
}

// TestNotifiedRefunds: the message about the trade names the refund that was
// the cause of it, and what was given back in all.
func TestNotifiedRefunds(t *testing.T) {
	c := offline(t)
	part := map[string]string{"refund_fee": "3.00", "gmt_refund": "2026-01-03 03:04:05.123", "out_biz_no": refundNumber}
	whole := map[string]string{"trade_status": "TRADE_CLOSED", "refund_fee": "10.00", "gmt_refund": "2026-01-03 03:04:05.123", "out_biz_no": refundNumber}
	for status, changes := range map[string]map[string]string{"TRADE_SUCCESS": part, "TRADE_CLOSED": whole} {
		n, err := parse(t, c, encode(with(changes)))
		wantKind(t, err, "")
		total, _ := app.ParseYuan(changes["refund_fee"])
		want := channel.Refund{
			Number: refundNumber, PaymentNumber: number, ChannelTradeNo: "2026010222001", Identity: sellerID,
			State: channel.RefundSucceeded, RawState: status, Total: 1000, RefundedTotal: total,
			At: time.Date(2026, 1, 2, 19, 4, 5, 123e6, time.UTC),
		}
		if n.Refund == nil || *n.Refund != want {
			t.Errorf("%s: refund %+v, want %+v", status, n.Refund, want)
		}
		if n.Trade == nil || n.Trade.State != channel.TradeRefunded || n.Trade.Number != number || n.Trade.Amount != 1000 {
			t.Errorf("%s: trade %+v", status, n.Trade)
		}
	}
	for name, changes := range map[string]map[string]string{
		"nothing given back": {"refund_fee": "0.00", "out_biz_no": refundNumber},
		"no fee":             {"out_biz_no": refundNumber},
		"no number":          {"refund_fee": "3.00", "gmt_refund": "2026-01-03 03:04:05.123"},
	} {
		n, err := parse(t, c, encode(with(changes)))
		wantKind(t, err, "")
		if n.Refund != nil || n.Trade == nil {
			t.Errorf("%s: refund %+v", name, n.Refund)
		}
	}
}

func TestForgedNotifications(t *testing.T) {
	c := offline(t)
	good := string(encode(paidForm()))
	for name, k := range map[string]struct{ body, code string }{
		"nothing":             {"", alipay.CodeUnsigned},
		"unsigned":            {string(encode(with(map[string]string{"sign": ""}))), alipay.CodeUnsigned},
		"not base64":          {string(encode(with(map[string]string{"sign": "???"}))), alipay.CodeSignature},
		"signed by the app":   {string(encode(with(map[string]string{"sign": sign(appKey(), "x")}))), alipay.CodeSignature},
		"other amount":        {strings.Replace(good, "10.00", "10.01", 1), alipay.CodeSignature},
		"parameter added":     {good + "&x=1", alipay.CodeSignature},
		"parameter repeated":  {good + "&total_amount=10.00", alipay.CodeMalformed},
		"broken escape":       {good + "&x=%zz", alipay.CodeMalformed},
		"SHA-1":               {string(encode(with(map[string]string{"sign_type": "RSA"}))), alipay.CodeSignature},
		"unknown certificate": {string(encode(with(map[string]string{"alipay_cert_sn": "0011"}))), alipay.CodeUnknownCert},
		"json":                {`{"app_id":"1"}`, alipay.CodeUnsigned},
	} {
		n, err := parse(t, c, []byte(k.body))
		wantKind(t, err, channel.KindForged)
		var e *channel.Error
		if !errors.As(err, &e) || e.Code != k.code || n.Trade != nil {
			t.Errorf("%s: %v, want code %s", name, err, k.code)
		}
	}
}

// TestResplitParameters: the signature joins unescaped values with "&", so a
// value could be cut into parameters that were never sent.
func TestResplitParameters(t *testing.T) {
	c := offline(t)
	form := with(map[string]string{"subject": "tea&total_amount=0.01"})
	body, err := url.ParseQuery(string(encode(form)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse(t, c, []byte(body.Encode())); err != nil {
		t.Fatalf("the genuine message: %v", err)
	}
	body.Set("subject", "tea")
	body.Add("total_amount", "0.01")
	body["total_amount"] = []string{"0.01", "10.00"}
	_, err = parse(t, c, []byte(body.Encode()))
	wantKind(t, err, channel.KindForged)
}

func TestUnreadableNotifications(t *testing.T) {
	c := offline(t)
	for name, changes := range map[string]map[string]string{
		"gbk":           {"charset": "GBK"},
		"unknown state": {"trade_status": "SOLD"},
		"no number":     {"out_trade_no": ""},
		"no trade":      {"trade_no": ""},
		"no app":        {"app_id": ""},
		"no seller":     {"seller_id": ""},
		"no amount":     {"total_amount": ""},
		"fine amount":   {"total_amount": "10.001"},
		"odd refund":    {"refund_fee": "all"},
		"odd time":      {"gmt_payment": "yesterday"},
		"no time":       {"gmt_payment": ""},
		"odd refunded":  {"refund_fee": "1.00", "out_biz_no": refundNumber, "gmt_refund": "yesterday"},
	} {
		n, err := parse(t, c, encode(with(changes)))
		wantKind(t, err, channel.KindUnknown)
		if !errors.Is(err, channel.ErrUnreadable) || n.Trade != nil {
			t.Errorf("%s: %+v %v", name, n, err)
		}
	}
}

// FuzzParseNotification signs half of its inputs itself, to get behind the
// signature. Signatures differ from run to run, so run it with
// -fuzzminimizetime=1x: minimising never ends otherwise.
func FuzzParseNotification(f *testing.F) {
	c := offline(f)
	good := encode(paidForm())
	f.Add(good, false)
	f.Add(good, true)
	f.Add([]byte("notify_type=trade_status_sync&total_amount=1&trade_status=TRADE_CLOSED"), true)
	f.Add(encode(with(map[string]string{"refund_fee": "3.00", "gmt_refund": "2026-01-03 03:04:05.123", "out_biz_no": refundNumber})), true)
	f.Add([]byte("a=%zz&sign=+"), false)
	f.Add([]byte(`{"sign":"x"}`), true)
	f.Fuzz(func(t *testing.T, body []byte, resign bool) {
		if resign { // reach what stands behind the signature
			form := map[string]string{}
			values, err := url.ParseQuery(string(body))
			if err != nil {
				return
			}
			for name := range values {
				form[name] = values.Get(name)
			}
			delete(form, "sign")
			body = encode(form)
		}
		n, err := parse(t, c, body)
		kind := channel.KindOf(err)
		switch {
		case kind != "" && kind != channel.KindForged && kind != channel.KindUnknown:
			t.Errorf("kind %s", kind)
		case kind == "" && !json.Valid(n.Plain):
			t.Errorf("plain %q is not JSON", n.Plain)
		case kind == "" && n.Refund != nil && (n.Trade == nil || n.Refund.Number == "" || n.Refund.RefundedTotal <= 0):
			t.Errorf("refund %+v", *n.Refund)
		case kind == "" && n.Trade != nil && (n.Trade.Amount <= 0 || n.Trade.Number == ""):
			t.Errorf("trade %s", fmt.Sprint(*n.Trade))
		}
	})
}
