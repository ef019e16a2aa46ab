package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

func (b *box) refundOf(no, refundNo string, fen, total int64) refunddomestic.CreateRequest {
	return refunddomestic.CreateRequest{
		OutTradeNo: core.String(no), OutRefundNo: core.String(refundNo), Reason: core.String("退货 <1>"),
		NotifyUrl: core.String(b.shop.URL + "/refunds"),
		Amount:    &refunddomestic.AmountReq{Refund: core.Int64(fen), Total: core.Int64(total), Currency: core.String("CNY")},
	}
}

func (s sdk) refund(t *testing.T, r refunddomestic.CreateRequest) *refunddomestic.Refund {
	t.Helper()
	got, _, err := (&refunddomestic.RefundsApiService{Client: s.client}).Create(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (s sdk) queryRefund(t *testing.T, no string) *refunddomestic.Refund {
	t.Helper()
	got, _, err := (&refunddomestic.RefundsApiService{Client: s.client}).QueryByOutRefundNo(context.Background(),
		refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String(no)})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// news is the content of a refund's notification; the SDK has no type for it.
type news struct {
	MchID       string `json:"mchid"`
	SpMchID     string `json:"sp_mchid"`
	SubMchID    string `json:"sub_mchid"`
	OutTradeNo  string `json:"out_trade_no"`
	Transaction string `json:"transaction_id"`
	OutRefundNo string `json:"out_refund_no"`
	RefundID    string `json:"refund_id"`
	Status      string `json:"refund_status"`
	SuccessTime string `json:"success_time"`
	Account     string `json:"user_received_account"`
	Amount      struct {
		Total       int64 `json:"total"`
		Refund      int64 `json:"refund"`
		PayerTotal  int64 `json:"payer_total"`
		PayerRefund int64 `json:"payer_refund"`
	} `json:"amount"`
}

func (s sdk) parseRefund(t *testing.T, b *box, r received) (*notify.Request, news) {
	t.Helper()
	handler, err := notify.NewRSANotifyHandler(b.merchant.WeChat.APIv3Key, s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.shop.URL, bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.header
	var n news
	envelope, err := handler.ParseNotifyRequest(context.Background(), req, &n)
	if err != nil {
		t.Fatal(err)
	}
	return envelope, n
}

// TestTheOfficialSDKRefunds walks two partial refunds through, in every mode,
// on both databases.
func TestTheOfficialSDKRefunds(t *testing.T) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate, trade.Both} {
		t.Run(string(mode), func(t *testing.T) {
			each(t, mode, func(t *testing.T, b *box) { lifeOfRefunds(t, b, newSDK(t, b)) })
		})
	}
}

func lifeOfRefunds(t *testing.T, b *box, s sdk) {
	paid := s.paid(t, b, "order-1") // 1234 fen
	first := b.refundOf("order-1", "rf|1*@-_", 3, 1234)
	got := s.refund(t, first)
	if *got.Status != "PROCESSING" || got.SuccessTime != nil || *got.Amount.Refund != 3 || *got.Amount.Total != 1234 || *got.Amount.PayerRefund != 3 ||
		*got.TransactionId != paid.ChannelTradeNo || *got.OutRefundNo != "rf|1*@-_" || *got.Channel != "ORIGINAL" || len(*got.RefundId) != 29 {
		t.Fatalf("accepted: %v", got)
	}
	if again := s.refund(t, first); *again.RefundId != *got.RefundId {
		t.Fatalf("the same refund again: %v", again)
	}
	if q := s.query(t, b, "order-1"); *q.TradeState != "REFUND" || *q.Amount.Total != 1234 {
		t.Fatalf("the order: %v", q)
	}
	b.clock.advance(time.Second)
	b.deliver(t)
	if q := s.queryRefund(t, "rf|1*@-_"); *q.Status != "SUCCESS" || !q.SuccessTime.Equal(b.clock.Now()) || *q.UserReceivedAccount == "" {
		t.Fatalf("a second later: %v", q)
	}
	// By the channel's number, to the order's own notify_url.
	byID := b.refundOf("", "refund-2", 1231, 1234)
	byID.OutTradeNo, byID.TransactionId, byID.NotifyUrl = nil, core.String(paid.ChannelTradeNo), nil
	second := s.refund(t, byID)
	b.clock.advance(time.Second)
	messages := b.deliver(t)
	if len(messages) != 3 {
		t.Fatalf("%d notifications, want the payment's and two refunds'", len(messages))
	}
	for i, want := range []*refunddomestic.Refund{got, second} {
		envelope, n := s.parseRefund(t, b, messages[i+1])
		if envelope.EventType != "REFUND.SUCCESS" || envelope.Resource.OriginalType != "refund" || envelope.Resource.AssociatedData != "refund" ||
			n.Status != "SUCCESS" || n.MchID != b.merchant.ID || n.RefundID != *want.RefundId || n.OutRefundNo != *want.OutRefundNo || n.Transaction != paid.ChannelTradeNo ||
			n.OutTradeNo != "order-1" || n.Amount.Refund != *want.Amount.Refund || n.Amount.Total != 1234 || n.Amount.PayerRefund != n.Amount.Refund || n.SuccessTime == "" || n.Account == "" {
			t.Fatalf("notification %d: %s %+v", i, envelope.EventType, n)
		}
	}
}

func TestRefundsAreRefusedInTheChannelsWords(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	s.paid(t, b, "order-1")
	if _, _, err := (&native.NativeApiService{Client: s.client}).Prepay(t.Context(), b.nativeOrder("order-2", 1234)); err != nil {
		t.Fatal(err)
	}
	api := &refunddomestic.RefundsApiService{Client: s.client}
	refused := func(r refunddomestic.CreateRequest, status int, code string) {
		t.Helper()
		_, _, err := api.Create(t.Context(), r)
		wantAPIError(t, err, status, code)
	}
	refused(b.refundOf("order-0", "refund-1", 1, 1234), 404, "RESOURCE_NOT_EXISTS")
	refused(b.refundOf("order-2", "refund-1", 1, 1234), 404, "RESOURCE_NOT_EXISTS")
	refused(b.refundOf("order-1", "refund-1", 1, 1235), 400, "INVALID_REQUEST") // the order is of 1234
	b.plan(t, trade.RefundNoBalance, 1)
	refused(b.refundOf("order-1", "refund-1", 3, 1234), 403, "NOT_ENOUGH")
	s.refund(t, b.refundOf("order-1", "refund-1", 3, 1234))
	refused(b.refundOf("order-1", "refund-1", 4, 1234), 400, "INVALID_REQUEST")
	refused(b.refundOf("order-1", "refund-2", 1232, 1234), 400, "INVALID_REQUEST")
	b.plan(t, trade.RefundTooSoon, 1)
	s.refund(t, b.refundOf("order-1", "refund-1", 3, 1234)) // a repetition is not too soon
	refused(b.refundOf("order-1", "refund-2", 1, 1234), 429, "FREQUENCY_LIMITED")
	s.refund(t, b.refundOf("order-1", "refund-2", 1, 1234))
	b.plan(t, trade.RefundTooSoon, 1)
	b.clock.advance(time.Minute + time.Second)
	s.refund(t, b.refundOf("order-1", "refund-3", 1, 1234))

	_, _, err := api.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String("refund-9")})
	wantAPIError(t, err, 404, "RESOURCE_NOT_EXISTS")
}

func TestASpacingOfTheGatewaysOwnIsKept(t *testing.T) {
	b := one(t, trade.PublicKey, func(c *wechat.Config) { c.RefundSpacing = trade.RefundSpacing })
	s := newSDK(t, b)
	s.paid(t, b, "order-1")
	s.refund(t, b.refundOf("order-1", "refund-1", 1, 1234))
	_, _, err := (&refunddomestic.RefundsApiService{Client: s.client}).Create(t.Context(), b.refundOf("order-1", "refund-2", 1, 1234))
	wantAPIError(t, err, 429, "FREQUENCY_LIMITED")
	b.clock.advance(time.Minute)
	s.refund(t, b.refundOf("order-1", "refund-2", 1, 1234))
}

func TestAnOldOrderIsNotRefunded(t *testing.T) {
	b := one(t, trade.PublicKey)
	newSDK(t, b).paid(t, b, "order-1")
	b.clock.advance(367 * 24 * time.Hour) // the SDK keeps the machine's time
	body := `{"out_trade_no":"order-1","out_refund_no":"refund-1","amount":{"refund":1,"total":1234,"currency":"CNY"}}`
	if got := b.send(t, raw{uri: mount + "/v3/refund/domestic/refunds", body: body}); got.status != http.StatusBadRequest || got.Code != "INVALID_REQUEST" {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestWrongRefundsNameTheirField(t *testing.T) {
	b := one(t, trade.PublicKey)
	for name, c := range map[string]struct {
		changes map[string]any
		field   string
	}{
		"no order":             {map[string]any{"out_trade_no": nil}, "/transaction_id"},
		"no number":            {map[string]any{"out_refund_no": nil}, "/out_refund_no"},
		"a number of 65":       {map[string]any{"out_refund_no": strings.Repeat("1", 65)}, "/out_refund_no"},
		"a number with #":      {map[string]any{"out_refund_no": "refund#1"}, "/out_refund_no"},
		"a reason of 81":       {map[string]any{"reason": strings.Repeat("退", 81)}, "/reason"},
		"notify_url not https": {map[string]any{"notify_url": "http://shop.example/n"}, "/notify_url"},
		"no amount":            {map[string]any{"amount": nil}, "/amount"},
		"no refund":            {map[string]any{"amount": map[string]any{"total": 1, "currency": "CNY"}}, "/amount/refund"},
		"refund 0":             {map[string]any{"amount": map[string]any{"refund": 0, "total": 1, "currency": "CNY"}}, "/amount/refund"},
		"refund 1.5":           {map[string]any{"amount": map[string]any{"refund": 1.5, "total": 1, "currency": "CNY"}}, "/amount/refund"},
		"no total":             {map[string]any{"amount": map[string]any{"refund": 1, "currency": "CNY"}}, "/amount/total"},
		"no currency":          {map[string]any{"amount": map[string]any{"refund": 1, "total": 1}}, "/amount/currency"},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{
				"out_trade_no": "order-1", "out_refund_no": "refund-1", "amount": map[string]any{"refund": 1, "total": 1, "currency": "CNY"},
			}
			maps.Copy(body, c.changes)
			maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			got := b.send(t, raw{uri: mount + "/v3/refund/domestic/refunds", body: string(text)})
			if got.status != http.StatusBadRequest || got.Code != "PARAM_ERROR" || got.Detail.Field != c.field || !got.verified {
				t.Fatalf("%d %s, want PARAM_ERROR at %s", got.status, got.body, c.field)
			}
		})
	}
}

// TestARefundsNotificationSaysWhatBecameOfItThen: an abnormal refund that a
// person finishes is announced twice, each time with its own state, in
// whichever order; and a late notification of the payment still says SUCCESS.
func TestARefundsNotificationSaysWhatBecameOfItThen(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	b.plan(t, trade.DelayNotification, 1)
	s.paid(t, b, "order-1")
	b.plan(t, trade.RefundFailsAbnormal, 1)
	b.plan(t, trade.DelayNotification, 1)
	s.refund(t, b.refundOf("order-1", "refund-1", 1234, 1234))
	b.clock.advance(time.Second)
	b.deliver(t)
	if q := s.queryRefund(t, "refund-1"); *q.Status != "ABNORMAL" {
		t.Fatalf("status %s, want ABNORMAL", *q.Status)
	}
	r, err := b.trades.RefundByNumber(t.Context(), b.merchant.ID, "refund-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.trades.FinishRefund(t.Context(), r.ID, trade.RefundSucceeded); err != nil {
		t.Fatal(err)
	}
	if got := b.deliver(t); len(got) != 1 {
		t.Fatalf("%d notifications before the delayed ones", len(got))
	}
	b.clock.advance(2 * time.Minute)
	messages := b.deliver(t)
	if len(messages) != 3 {
		t.Fatalf("%d notifications, want 3", len(messages))
	}
	var events []string
	for _, m := range messages {
		envelope, _ := s.parseRefund(t, b, m)
		var state struct {
			Refund string `json:"refund_status"`
			Trade  string `json:"trade_state"`
		}
		if err := json.Unmarshal([]byte(envelope.Resource.Plaintext), &state); err != nil {
			t.Fatal(err)
		}
		events = append(events, envelope.EventType+" "+state.Refund+state.Trade)
	}
	if got := strings.Join(events, ", "); got != "REFUND.SUCCESS SUCCESS, TRANSACTION.SUCCESS SUCCESS, REFUND.ABNORMAL ABNORMAL" {
		t.Fatalf("announced: %s", got)
	}
}

func TestAClosedRefundIsAnnounced(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	s.paid(t, b, "order-1")
	b.plan(t, trade.RefundFailsClosed, 1)
	s.refund(t, b.refundOf("order-1", "refund-1", 1234, 1234))
	b.clock.advance(time.Second)
	messages := b.deliver(t)
	envelope, n := s.parseRefund(t, b, messages[len(messages)-1])
	if envelope.EventType != "REFUND.CLOSED" || n.Status != "CLOSED" || n.SuccessTime != "" {
		t.Fatalf("%s %+v", envelope.EventType, n)
	}
	// What was closed can be refunded under another number.
	s.refund(t, b.refundOf("order-1", "refund-2", 1234, 1234))
}

// TestARefundNumberTravelsEscaped: the query's path holds characters that the
// SDK escapes.
func TestARefundNumberTravelsEscaped(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	s.paid(t, b, "order-1")
	s.refund(t, b.refundOf("order-1", "a|b*c@d", 1, 1234))
	uri := mount + "/v3/refund/domestic/refunds/" + url.PathEscape("a|b*c@d")
	if got := b.send(t, raw{method: http.MethodGet, uri: uri}); got.status != http.StatusOK || !got.verified {
		t.Fatalf("%d %s", got.status, got.body)
	}
}
