package oracle

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-pay/gopay"
	gopayalipay "github.com/go-pay/gopay/alipay"
	"github.com/go-pay/gopay/pkg/xhttp"
	gopaywechat "github.com/go-pay/gopay/wechat/v3"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// redirect sends every request to one address, for a client whose host is a
// constant.
type redirect struct{ to *url.URL }

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.URL.Path, req.Host = r.to.Scheme, r.to.Host, r.to.Path, ""
	return http.DefaultTransport.RoundTrip(req)
}

// TestGopayAtAlipay takes one order through with go-pay/gopay, which verifies
// every answer: a second client in Go beside the one that the platform uses.
func TestGopayAtAlipay(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			box := sandboxtest.Start(t)
			gopayAlipay(t, box, open(t, box, "alipay", mode))
		})
	}
}

func gopayAlipayClient(t *testing.T, m map[string]string) *gopayalipay.Client {
	t.Helper()
	c, err := gopayalipay.NewClient(m["app_id"], m["app_private_key"], false)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := url.Parse(m["gateway_url"])
	if err != nil {
		t.Fatal(err)
	}
	c.SetHttpClient(xhttp.NewClient().SetTransport(redirect{gateway}))
	if m["mode"] == "certificate" {
		if err := c.SetCertSnByContent([]byte(m["app_cert"]), []byte(m["alipay_root_cert"]), []byte(m["alipay_cert"])); err != nil {
			t.Fatal(err)
		}
		c.AutoVerifySign([]byte(m["alipay_cert"]))
		return c
	}
	c.AutoVerifySign([]byte(m["alipay_public_key"]))
	return c
}

func gopayAlipay(t *testing.T, box *sandboxtest.Box, m map[string]string) {
	ctx, c := context.Background(), gopayAlipayClient(t, m)
	c.SetNotifyUrl(box.Shop.URL + "/alipay")
	key := gopay.BodyMap{"out_trade_no": "gopay_1"}
	made, err := c.TradePrecreate(ctx, gopay.BodyMap{"out_trade_no": "gopay_1", "total_amount": "88.88", "subject": "蛋糕 & coffee / 100%"})
	if err != nil || made.Response.QrCode == "" {
		t.Fatalf("precreate: %+v, %v", made, err)
	}
	pay(t, box, made.Response.QrCode)
	q, err := c.TradeQuery(ctx, key)
	if err != nil || q.Response.TradeStatus != "TRADE_SUCCESS" || q.Response.TotalAmount != "88.88" {
		t.Errorf("query: %+v, %v", q, err)
	}
	gopayAlipayNotified(t, box, m, "trade_status", "TRADE_SUCCESS")
	refund := gopay.BodyMap{"out_trade_no": "gopay_1", "out_request_no": "r1", "refund_amount": "0.88"}
	r, err := c.TradeRefund(ctx, refund)
	if err != nil || r.Response.FundChange != "Y" || r.Response.RefundFee != "0.88" {
		t.Errorf("refund: %+v, %v", r, err)
	}
	gopayAlipayNotified(t, box, m, "refund_fee", "0.88")
	got, err := c.TradeFastPayRefundQuery(ctx, gopay.BodyMap{"out_trade_no": "gopay_1", "out_request_no": "r1"})
	if err != nil || got.Response.RefundStatus != "REFUND_SUCCESS" || got.Response.RefundAmount != "0.88" {
		t.Errorf("refund query: %+v, %v", got, err)
	}
	if _, err := c.TradeQuery(ctx, gopay.BodyMap{"out_trade_no": "gopay_unknown"}); err == nil {
		t.Error("an unknown order is found")
	}
	c.AutoVerifySign([]byte(open(t, box, "alipay", "public_key")["alipay_public_key"]))
	if _, err := c.TradeQuery(ctx, key); err == nil {
		t.Error("an answer verifies with a foreign key")
	}
}

func gopayAlipayNotified(t *testing.T, box *sandboxtest.Box, m map[string]string, field, want string) {
	t.Helper()
	form, err := url.ParseQuery(string(box.Shop.Next(t).Body))
	if err != nil {
		t.Fatal(err)
	}
	if form.Get(field) != want || form.Get("out_trade_no") != "gopay_1" {
		t.Errorf("notification: %s %q, want %q", field, form.Get(field), want)
	}
	for _, tamper := range []bool{false, true} {
		if tamper {
			form.Set("total_amount", "0.01")
		}
		bm, err := gopayalipay.ParseNotifyByURLValues(form)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := gopayalipay.VerifySignWithCert([]byte(m["alipay_cert"]), bm); ok == tamper {
			t.Errorf("notification, tampered %v: verified %v, %v", tamper, ok, err)
		}
	}
}

// TestGopayAtWeChat is the same at WeChat Pay, verified by public key and by
// the certificates it downloads.
func TestGopayAtWeChat(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			box := sandboxtest.Start(t)
			gopayWeChat(t, box, open(t, box, "wechat", mode))
		})
	}
}

func gopayWeChatClient(t *testing.T, m map[string]string) *gopaywechat.ClientV3 {
	t.Helper()
	c, err := gopaywechat.NewClientV3(m["mchid"], m["serial_no"], m["api_v3_key"], m["private_key"])
	if err != nil {
		t.Fatal(err)
	}
	c.SetProxyHost(m["gateway_url"])
	if m["mode"] == "certificate" {
		err = c.AutoVerifySign(false)
	} else {
		err = c.AutoVerifySignByPublicKey([]byte(m["public_key"]), m["public_key_id"])
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func gopayWeChat(t *testing.T, box *sandboxtest.Box, m map[string]string) {
	ctx, c := context.Background(), gopayWeChatClient(t, m)
	made, err := c.V3TransactionNative(ctx, gopay.BodyMap{
		"appid": m["appid"], "description": "蛋糕 <b> & coffee", "out_trade_no": "gopay_1", "notify_url": box.Shop.URL + "/wechat",
		"amount": gopay.BodyMap{"total": 8888, "currency": "CNY"},
	})
	if err != nil || made.Code != gopaywechat.Success || made.Response.CodeUrl == "" {
		t.Fatalf("native: %+v, %v", made, err)
	}
	pay(t, box, made.Response.CodeUrl)
	q, err := c.V3TransactionQueryOrder(ctx, gopaywechat.OutTradeNo, "gopay_1")
	if err != nil || q.Code != gopaywechat.Success || q.Response.TradeState != "SUCCESS" || q.Response.Amount.Total != 8888 {
		t.Fatalf("query: %+v, %v", q, err)
	}
	paid, err := gopayNotice(t, box, c).DecryptPayCipherText(m["api_v3_key"])
	if err != nil || paid.TransactionId != q.Response.TransactionId || paid.TradeState != "SUCCESS" {
		t.Errorf("notification: %+v, %v", paid, err)
	}
	gopayWeChatRefund(t, box, m, c)
	if none, err := c.V3TransactionQueryOrder(ctx, gopaywechat.OutTradeNo, "gopay_unknown"); err != nil || none.Code != http.StatusNotFound {
		t.Errorf("query of an unknown order: %+v, %v", none, err)
	}
	other := open(t, box, "wechat", "public_key")
	if err := c.AutoVerifySignByPublicKey([]byte(other["public_key"]), q.SignInfo.HeaderSerial); err != nil {
		t.Fatal(err)
	}
	if _, err := c.V3TransactionQueryOrder(ctx, gopaywechat.OutTradeNo, "gopay_1"); err == nil {
		t.Error("an answer verifies with a foreign key")
	}
}

// gopayWeChatRefund: accepted is not arrived, the notification and the query
// say when it has.
func gopayWeChatRefund(t *testing.T, box *sandboxtest.Box, m map[string]string, c *gopaywechat.ClientV3) {
	ctx := context.Background()
	r, err := c.V3Refund(ctx, gopay.BodyMap{
		"out_trade_no": "gopay_1", "out_refund_no": "r1", "reason": "不想要了", "notify_url": box.Shop.URL + "/wechat",
		"amount": gopay.BodyMap{"refund": 88, "total": 8888, "currency": "CNY"},
	})
	if err != nil || r.Code != gopaywechat.Success || r.Response.Status != "PROCESSING" || r.Response.Amount.Refund != 88 {
		t.Fatalf("refund: %+v, %v", r, err)
	}
	arrived, err := gopayNotice(t, box, c).DecryptRefundCipherText(m["api_v3_key"])
	if err != nil || arrived.RefundId != r.Response.RefundId || arrived.RefundStatus != "SUCCESS" || arrived.Amount.Refund != 88 {
		t.Errorf("notification of the refund: %+v, %v", arrived, err)
	}
	got, err := c.V3RefundQuery(ctx, "r1", nil)
	if err != nil || got.Code != gopaywechat.Success || got.Response.Status != "SUCCESS" || got.Response.OutTradeNo != "gopay_1" {
		t.Errorf("refund query: %+v, %v", got, err)
	}
	if q, err := c.V3TransactionQueryOrder(ctx, gopaywechat.OutTradeNo, "gopay_1"); err != nil || q.Response.TradeState != "REFUND" {
		t.Errorf("query after a refund: %+v, %v", q, err)
	}
}

// gopayNotice takes the next notification, which must verify.
func gopayNotice(t *testing.T, box *sandboxtest.Box, c *gopaywechat.ClientV3) *gopaywechat.V3NotifyReq {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	message := box.Shop.Next(t)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/wechat", bytes.NewReader(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = message.Header
	notice, err := gopaywechat.V3ParseNotify(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := notice.VerifySignByPKMap(c.WxPublicKeyMap()); err != nil {
		t.Errorf("the notification does not verify: %v", err)
	}
	return notice
}
