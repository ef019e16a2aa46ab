package wechat_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (b *box) payCode(t *testing.T, behaviour trade.Behaviour) string {
	t.Helper()
	c, err := b.trades.NewPayCode(t.Context(), trade.PayCodeOrder{Channel: app.WeChat, Behaviour: behaviour})
	if err != nil {
		t.Fatal(err)
	}
	return c.AuthCode
}

func (b *box) codeOrder(no, code string, fen int64) map[string]any {
	return map[string]any{
		"appid": b.merchant.AppID, "mchid": b.merchant.ID, "description": "山西老陈醋", "out_trade_no": no, "attach": "shelf 7",
		"payer": map[string]any{"auth_code": code}, "amount": map[string]any{"total": fen, "currency": "CNY"},
		"scene_info": map[string]any{"device_ip": "192.0.2.1", "store_info": map[string]any{"out_id": "till 1"}},
	}
}

// charge calls codepay, for which the SDK has no service of its own.
func (s sdk) charge(t *testing.T, order map[string]any) (*payments.Transaction, error) {
	t.Helper()
	return s.post(t, "/v3/pay/transactions/codepay", order)
}

func (s sdk) post(t *testing.T, path string, body any) (*payments.Transaction, error) {
	t.Helper()
	result, err := s.client.Post(t.Context(), consts.WechatPayAPIServer+path, body)
	if err != nil {
		return nil, err
	}
	var got payments.Transaction
	if err := core.UnMarshalResponse(result.Response, &got); err != nil {
		t.Fatal(err)
	}
	return &got, nil
}

func (s sdk) reverse(t *testing.T, b *box, no string) error {
	t.Helper()
	got, err := s.post(t, "/v3/pay/transactions/out-trade-no/"+no+"/reverse", map[string]any{"appid": b.merchant.AppID, "mchid": b.merchant.ID})
	if err == nil && (*got.OutTradeNo != no || *got.Mchid != b.merchant.ID || *got.Appid != b.merchant.AppID) {
		t.Errorf("reversed: %v", got)
	}
	return err
}

func TestAPaymentCodePaysInTheAnswer(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		s := newSDK(t, b)
		order := b.codeOrder("order-1", b.payCode(t, trade.PaysAtOnce), 999)
		got, err := s.charge(t, order)
		if err != nil || *got.TradeState != "SUCCESS" || *got.TradeType != "MICROPAY" || *got.Amount.PayerTotal != 999 || *got.Payer.Openid == "" ||
			*got.TransactionId == "" || *got.Attach != "shelf 7" || *got.SuccessTime == "" {
			t.Fatalf("charged: %v, %v", got, err)
		}
		if q := s.query(t, b, "order-1"); *q.TransactionId != *got.TransactionId || *q.TradeState != "SUCCESS" {
			t.Fatalf("the order: %v", q)
		}
		_, err = s.charge(t, order)
		wantAPIError(t, err, http.StatusBadRequest, "ORDERPAID")
		if n := len(b.deliver(t)); n != 0 {
			t.Errorf("%d notifications of an order that has no notify_url", n)
		}
	})
}

func TestAPayerWhoMustConfirmIsWaitedFor(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	code := b.payCode(t, trade.AsksPassword)
	for range 2 { // asking again changes nothing
		_, err := s.charge(t, b.codeOrder("order-1", code, 5))
		wantAPIError(t, err, http.StatusBadRequest, "USERPAYING")
	}
	if q := s.query(t, b, "order-1"); *q.TradeState != "USERPAYING" || q.TransactionId != nil {
		t.Fatalf("waiting: %v", q)
	}
	if _, err := b.trades.ConfirmPayCode(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	if q := s.query(t, b, "order-1"); *q.TradeState != "SUCCESS" {
		t.Fatalf("confirmed: %v", q)
	}

	_, err := s.charge(t, b.codeOrder("order-2", b.payCode(t, trade.PaysAtOnce), 1_000_01))
	wantAPIError(t, err, http.StatusBadRequest, "USERPAYING") // above 1,000 yuan
	b.clock.advance(5*time.Minute - 10*time.Second)
	if q := s.query(t, b, "order-2"); *q.TradeState != "USERPAYING" {
		t.Fatalf("still waiting: %v", q)
	}
	b.clock.advance(11 * time.Second)
	if got := b.send(t, raw{method: http.MethodGet, uri: mount + "/v3/pay/transactions/out-trade-no/order-2?mchid=" + b.merchant.ID}); stateOf(t, got) != "PAYERROR" {
		t.Fatalf("the payer never confirmed: %s", got.body)
	}
}

func stateOf(t *testing.T, a answer) string {
	t.Helper()
	var in struct {
		State string `json:"trade_state"`
	}
	if err := json.Unmarshal(a.body, &in); err != nil {
		t.Fatal(err)
	}
	return in.State
}

func TestACodeIsRefusedInTheChannelsWords(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	stale := b.payCode(t, trade.PaysAtOnce)
	b.clock.advance(trade.PayCodeLife + time.Second)
	used, shy := b.payCode(t, trade.PaysAtOnce), b.payCode(t, trade.AsksPassword)
	if _, err := s.charge(t, b.codeOrder("order-1", used, 5)); err != nil {
		t.Fatal(err)
	}
	_, err := s.charge(t, b.codeOrder("order-2", shy, 5))
	wantAPIError(t, err, http.StatusBadRequest, "USERPAYING")
	if _, err := b.trades.Decline(t.Context(), shy); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		no, code string
		status   int
		want     string
	}{
		"expired":        {"order-3", stale, 400, "AUTHCODEEXPIRE"},
		"used":           {"order-3", used, 400, "AUTH_CODE_INVALID"},
		"unknown":        {"order-3", "130000000000000000", 400, "AUTH_CODE_INVALID"},
		"Alipay's":       {"order-3", "280000000000000000", 400, "AUTH_CODE_INVALID"},
		"too short":      {"order-3", "13", 400, "AUTH_CODE_INVALID"},
		"no balance":     {"order-4", b.payCode(t, trade.HasNoBalance), 403, "NOTENOUGH"},
		"declined":       {"order-2", shy, 403, "TRADE_ERROR"},
		"another number": {"order-2", b.payCode(t, trade.PaysAtOnce), 403, "OUT_TRADE_NO_USED"}, // another code wants another number
	} {
		_, err := s.charge(t, b.codeOrder(c.no, c.code, 5))
		t.Run(name, func(t *testing.T) { wantAPIError(t, err, c.status, c.want) })
	}
	if q := s.query(t, b, "order-2"); *q.TradeState != "PAYERROR" {
		t.Errorf("declined: %v", q)
	}
	for name, change := range map[string]func(o map[string]any){
		"no code":     func(o map[string]any) { delete(o, "payer") },
		"no scene":    func(o map[string]any) { delete(o, "scene_info") },
		"no number":   func(o map[string]any) { delete(o, "out_trade_no") },
		"no merchant": func(o map[string]any) { delete(o, "mchid") },
	} {
		o := b.codeOrder("order-5", used, 5)
		change(o)
		_, err := s.charge(t, o)
		t.Run(name, func(t *testing.T) { wantAPIError(t, err, 400, "PARAM_ERROR") })
	}
}

func TestReversing(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		s := newSDK(t, b)
		wantAPIError(t, s.reverse(t, b, "order-0"), http.StatusNotFound, "ORDER_NOT_EXIST")
		waiting := b.codeOrder("order-1", b.payCode(t, trade.AsksPassword), 5)
		if _, err := s.charge(t, waiting); err == nil {
			t.Fatal("paid without a password")
		}
		if _, err := s.charge(t, b.codeOrder("order-2", b.payCode(t, trade.PaysAtOnce), 5)); err != nil {
			t.Fatal(err)
		}
		for _, no := range []string{"order-1", "order-2"} {
			for range 2 { // the answer to the first may be lost
				if err := s.reverse(t, b, no); err != nil {
					t.Fatalf("reverse %s: %v", no, err)
				}
			}
			if q := s.query(t, b, no); *q.TradeState != "REVOKED" {
				t.Errorf("%s: %v", no, q)
			}
		}
		paid, err := b.trades.ByNumber(t.Context(), b.merchant.ID, "order-2")
		if err != nil || paid.Refunded != 5 {
			t.Errorf("the paid one gave %d fen back, %v", paid.Refunded, err)
		}
		_, err = s.charge(t, waiting)
		wantAPIError(t, err, http.StatusBadRequest, "ORDERREVERSED")

		s.paid(t, b, "order-3") // scanned by the payer
		wantAPIError(t, s.reverse(t, b, "order-3"), http.StatusBadRequest, "INVALID_REQUEST")
	})
}

func TestAnUnpaidCodeOrderCanBeClosed(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	waiting := b.codeOrder("order-1", b.payCode(t, trade.AsksPassword), 5)
	_, err := s.charge(t, waiting)
	wantAPIError(t, err, http.StatusBadRequest, "USERPAYING")
	if got := b.send(t, raw{uri: mount + "/v3/pay/transactions/out-trade-no/order-1/close", body: `{"mchid":"` + b.merchant.ID + `"}`}); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if q := s.query(t, b, "order-1"); *q.TradeState != "CLOSED" {
		t.Errorf("closed: %v", q)
	}
	_, err = s.charge(t, waiting)
	wantAPIError(t, err, http.StatusBadRequest, "ORDER_CLOSED")
}
