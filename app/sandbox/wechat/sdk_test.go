package wechat_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// sdk is the official SDK as a merchant would set it up from the credentials
// alone: its client, and a verifier for notifications.
type sdk struct {
	client   *core.Client
	verifier auth.Verifier
	manager  *downloader.CertificateDownloaderMgr
}

func newSDK(t testing.TB, b *box) sdk {
	t.Helper()
	ctx := context.Background()
	k := b.merchant.WeChat
	key, err := utils.LoadPrivateKey(k.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: rewriter{b.origin}, Timeout: 5 * time.Second}
	if b.merchant.Mode == trade.PublicKey {
		public := publicKey(t, k.PublicKey)
		client, err := core.NewClient(ctx, option.WithHTTPClient(hc),
			option.WithWechatPayPublicKeyAuthCipher(b.merchant.ID, k.SerialNo, key, k.PublicKeyID, public))
		if err != nil {
			t.Fatal(err)
		}
		return sdk{client: client, verifier: verifiers.NewSHA256WithRSAPubkeyVerifier(k.PublicKeyID, *public)}
	}
	boot, err := core.NewClient(ctx, option.WithMerchantCredential(b.merchant.ID, k.SerialNo, key), option.WithoutValidator(), option.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	m := downloader.NewCertificateDownloaderMgr(ctx)
	t.Cleanup(m.Stop)
	if err := m.RegisterDownloaderWithClient(ctx, boot, b.merchant.ID, k.APIv3Key); err != nil {
		t.Fatal(err)
	}
	client, err := core.NewClient(ctx, option.WithHTTPClient(hc),
		option.WithWechatPayAutoAuthCipherUsingDownloaderMgr(b.merchant.ID, k.SerialNo, key, m))
	if err != nil {
		t.Fatal(err)
	}
	visitor := m.GetCertificateVisitor(b.merchant.ID)
	if b.merchant.Mode == trade.Both { // as the SDK wants it during the migration
		return sdk{client: client, verifier: verifiers.NewSHA256WithRSACombinedVerifier(visitor, k.PublicKeyID, *publicKey(t, k.PublicKey)), manager: m}
	}
	return sdk{client: client, verifier: verifiers.NewSHA256WithRSAVerifier(visitor), manager: m}
}

func publicKey(t testing.TB, text string) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PublicKey)
}

func (b *box) nativeOrder(no string, fen int64) native.PrepayRequest {
	return native.PrepayRequest{
		Appid: core.String(b.merchant.AppID), Mchid: core.String(b.merchant.ID),
		Description: core.String("山西老陈醋 <500ml> & 更多"), OutTradeNo: core.String(no),
		NotifyUrl: core.String(b.shop.URL + "/callbacks"), Attach: core.String("shelf 7"),
		TimeExpire: core.Time(b.clock.Now().In(time.FixedZone("", 8*3600)).Add(30 * time.Minute)),
		Amount:     &native.Amount{Total: core.Int64(fen), Currency: core.String("CNY")},
	}
}

// TestTheOfficialSDKTakesAPayment walks one order through its whole life with
// the SDK verifying every answer, in both modes, on both databases.
func TestTheOfficialSDKTakesAPayment(t *testing.T) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
		t.Run(string(mode), func(t *testing.T) {
			each(t, mode, func(t *testing.T, b *box) { lifeOfAPayment(t, b, newSDK(t, b)) })
		})
	}
}

func lifeOfAPayment(t *testing.T, b *box, s sdk) {
	ctx := context.Background()
	api := native.NativeApiService{Client: s.client}
	const no = "att_01*A-x" // the asterisk travels escaped
	order := b.nativeOrder(no, 1234)

	_, _, err := api.QueryOrderByOutTradeNo(ctx, native.QueryOrderByOutTradeNoRequest{OutTradeNo: core.String(no), Mchid: core.String(b.merchant.ID)})
	wantAPIError(t, err, http.StatusNotFound, "ORDER_NOT_EXIST")

	made, _, err := api.Prepay(ctx, order)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := api.Prepay(ctx, order)
	if err != nil || *again.CodeUrl != *made.CodeUrl {
		t.Fatalf("the same order again: %v, %v; want the code %s", again, err, *made.CodeUrl)
	}
	changed := order
	changed.Amount = &native.Amount{Total: core.Int64(1235), Currency: core.String("CNY")}
	_, _, err = api.Prepay(ctx, changed)
	wantAPIError(t, err, http.StatusForbidden, "OUT_TRADE_NO_USED")

	unpaid := s.query(t, b, no)
	if *unpaid.TradeState != "NOTPAY" || unpaid.TransactionId != nil || *unpaid.Amount.Total != 1234 {
		t.Fatalf("before payment: %v", unpaid)
	}

	// The number is reserved, but nobody could know it before the payment.
	reserved, err := b.trades.ByNumber(ctx, b.merchant.ID, no)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = api.QueryOrderById(ctx, native.QueryOrderByIdRequest{TransactionId: core.String(reserved.ChannelTradeNo), Mchid: core.String(b.merchant.ID)})
	wantAPIError(t, err, http.StatusNotFound, "ORDER_NOT_EXIST")

	paid := b.pay(t, *made.CodeUrl)
	byNumber := s.query(t, b, no)
	byID, _, err := api.QueryOrderById(ctx, native.QueryOrderByIdRequest{TransactionId: byNumber.TransactionId, Mchid: core.String(b.merchant.ID)})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*payments.Transaction{byNumber, byID} {
		if *got.TradeState != "SUCCESS" || *got.TradeType != "NATIVE" || *got.Amount.PayerTotal != 1234 || *got.Attach != "shelf 7" ||
			*got.Payer.Openid != paid.PayerID || *got.Appid != b.merchant.AppID || *got.Mchid != b.merchant.ID || *got.OutTradeNo != no {
			t.Fatalf("after payment: %v", got)
		}
		if at, err := time.Parse(time.RFC3339, *got.SuccessTime); err != nil || !at.Equal(b.clock.Now()) {
			t.Fatalf("success_time %s (%v), want %s", *got.SuccessTime, err, b.clock.Now())
		}
	}
	_, _, err = api.Prepay(ctx, order)
	wantAPIError(t, err, http.StatusBadRequest, "ORDERPAID")
	_, err = api.CloseOrder(ctx, native.CloseOrderRequest{OutTradeNo: core.String(no), Mchid: core.String(b.merchant.ID)})
	wantAPIError(t, err, http.StatusBadRequest, "ORDERPAID")
}

func (s sdk) query(t *testing.T, b *box, no string) *payments.Transaction {
	t.Helper()
	api := native.NativeApiService{Client: s.client}
	got, _, err := api.QueryOrderByOutTradeNo(context.Background(), native.QueryOrderByOutTradeNoRequest{OutTradeNo: core.String(no), Mchid: core.String(b.merchant.ID)})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantAPIError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var e *core.APIError
	if !errors.As(err, &e) || e.StatusCode != status || e.Code != code {
		t.Fatalf("got %v, want %d %s", err, status, code)
	}
}

func TestAClosedOrderStaysClosed(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		ctx := context.Background()
		s := newSDK(t, b)
		api := native.NativeApiService{Client: s.client}
		closing := native.CloseOrderRequest{OutTradeNo: core.String("order-1"), Mchid: core.String(b.merchant.ID)}
		_, err := api.CloseOrder(ctx, closing)
		wantAPIError(t, err, http.StatusNotFound, "ORDER_NOT_EXIST")

		order := b.nativeOrder("order-1", 1)
		made, _, err := api.Prepay(ctx, order)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a repeated close is 204 as well
			result, err := api.CloseOrder(ctx, closing)
			if err != nil || result.Response.StatusCode != http.StatusNoContent {
				t.Fatalf("close: %v", err)
			}
		}
		if got := s.query(t, b, "order-1"); *got.TradeState != "CLOSED" {
			t.Fatalf("state %s, want CLOSED", *got.TradeState)
		}
		_, _, err = api.Prepay(ctx, order)
		wantAPIError(t, err, http.StatusBadRequest, "ORDER_CLOSED")
		if _, err := b.trades.Pay(ctx, *made.CodeUrl); err == nil {
			t.Fatal("a closed order was paid")
		}
	})
}

func TestOtherProductsPrepay(t *testing.T) {
	b := one(t, trade.PublicKey)
	ctx := context.Background()
	client := newSDK(t, b).client
	inPage, _, err := (&jsapi.JsapiApiService{Client: client}).Prepay(ctx, jsapi.PrepayRequest{
		Appid: core.String(b.merchant.AppID), Mchid: core.String(b.merchant.ID), Description: core.String("tea"),
		OutTradeNo: core.String("jsapi-1"), NotifyUrl: core.String("https://shop.example/n"),
		Amount: &jsapi.Amount{Total: core.Int64(5)}, Payer: &jsapi.Payer{Openid: core.String("oSomebody")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.pay(t, *inPage.PrepayId); got.PayerID != "oSomebody" || got.TradeType != "JSAPI" {
		t.Fatalf("paid by %s as %s", got.PayerID, got.TradeType)
	}
	mobile, _, err := (&h5.H5ApiService{Client: client}).Prepay(ctx, h5.PrepayRequest{
		Appid: core.String(b.merchant.AppID), Mchid: core.String(b.merchant.ID), Description: core.String("tea"),
		OutTradeNo: core.String("h5-00001"), NotifyUrl: core.String("https://shop.example/n"), Amount: &h5.Amount{Total: core.Int64(5)},
		SceneInfo: &h5.SceneInfo{PayerClientIp: core.String("192.0.2.1"), H5Info: &h5.H5Info{Type: core.String("Wap")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://127.0.0.1/sandbox/wallet?code=wx"; len(*mobile.H5Url) < len(want) || (*mobile.H5Url)[:len(want)] != want {
		t.Fatalf("h5_url %s, want the wallet", *mobile.H5Url)
	}
	_, _, err = (&jsapi.JsapiApiService{Client: client}).Prepay(ctx, jsapi.PrepayRequest{
		Appid: core.String(b.merchant.AppID), Mchid: core.String(b.merchant.ID), Description: core.String("tea"),
		OutTradeNo: core.String("jsapi-2"), NotifyUrl: core.String("https://shop.example/n"),
		Amount: &jsapi.Amount{Total: core.Int64(5)}, Payer: &jsapi.Payer{Openid: core.String("")},
	})
	wantAPIError(t, err, http.StatusBadRequest, "PARAM_ERROR")
}
