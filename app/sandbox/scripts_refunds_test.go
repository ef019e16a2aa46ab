package sandbox_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox"
)

// TestScriptsRefundAsTheChannelsConsoleDoes and decide what becomes of a refund
// that an SDK asked for.
func TestScriptsRefundAsTheChannelsConsoleDoes(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), func(c *sandbox.Config) {
		c.RefundDelay, c.RefundSpacing = time.Hour, time.Hour
	})
	s := script{t: t, origin: origin}
	m := s.call("POST", "/sandbox/merchants", map[string]any{"channel": "wechat", "mode": "public_key"}, 201)
	api := client(t, origin, m)
	made, _, err := api.Prepay(context.Background(), native.PrepayRequest{
		Appid: core.String(m["appid"].(string)), Mchid: core.String(m["mchid"].(string)), Description: core.String("vinegar"),
		OutTradeNo: core.String("order-1"), NotifyUrl: core.String(newShop(t).URL), Amount: &native.Amount{Total: core.Int64(88)},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := s.call("POST", "/sandbox/wallet/pay", map[string]any{"code": *made.CodeUrl}, 200)["id"].(string)

	refunds := refunddomestic.RefundsApiService{Client: api.Client}
	ask := refunddomestic.CreateRequest{
		OutTradeNo: core.String("order-1"), OutRefundNo: core.String("refund-1"),
		Amount: &refunddomestic.AmountReq{Refund: core.Int64(8), Total: core.Int64(88), Currency: core.String("CNY")},
	}
	if _, _, err := refunds.Create(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	asked := first(t, s.call("GET", "/sandbox/refunds?trade="+id, nil, 200), 1)
	if asked["state"] != "processing" || asked["source"] != "api" || asked["out_refund_no"] != "refund-1" || asked["due_at"] == nil {
		t.Fatalf("asked for: %v", asked)
	}
	ask.OutRefundNo = core.String("refund-2")
	if _, result, err := refunds.Create(t.Context(), ask); err == nil || result.Response.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("within the configured spacing: %v", err)
	}
	finish := "/sandbox/refunds/" + asked["id"].(string) + "/finish"
	for _, state := range []string{"abnormal", "closed"} {
		if got := s.call("POST", finish, map[string]any{"state": state}, 200); got["state"] != state || got["due_at"] != nil {
			t.Fatalf("finished as %s: %v", state, got)
		}
	}
	if got := s.call("POST", finish, map[string]any{"state": "succeeded"}, 409); got["code"] != "refund_final" {
		t.Fatalf("finished again: %v", got)
	}

	at := "/sandbox/trades/" + id + "/refund"
	part := s.call("POST", at, map[string]any{"amount": 30}, 201)
	rest := s.call("POST", at, map[string]any{}, 201)
	if part["source"] != "console" || part["amount"] != 30.0 || rest["amount"] != 58.0 {
		t.Fatalf("by the console: %v, %v", part, rest)
	}
	if got := s.call("POST", at, map[string]any{"amount": 1}, 409); got["code"] != "refund_exceeds" {
		t.Fatalf("more than there is: %v", got)
	}
	if got := first(t, s.call("GET", "/sandbox/trades", nil, 200), 1); got["state"] != "refunded" || got["refunded"] != 88.0 {
		t.Fatalf("the trade: %v", got)
	}
	s.call("POST", "/sandbox/trades/trd_none/refund", map[string]any{"amount": 1}, 404)
	s.call("POST", "/sandbox/refunds/rfx_none/finish", map[string]any{"state": "closed"}, 404)
}
