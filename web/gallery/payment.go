package gallery

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const attemptID = "att_01KASJ3V6T8C0QW2N4R5X7YZAF"

func onePaymentPages() []Page {
	return []Page{
		{"payment-succeeded", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "succeeded")
			v.PaidAt, v.PayerAmount, v.SettlementAmount = noon.Add(-4*time.Minute), 118_00, 128_00
			v.ChannelTradeNo = "4200002341202611231234567890"
			v.Timeline = slices.Concat(started(noon.Add(-6*time.Minute)), paidStory(), billedStory(noon.Add(20*time.Hour)))
			v.Billed, v.Fee, v.Net, v.Rate = true, 77, 127_23, "0.60%"
			v.CanSync, v.RefundLeft = true, 128_00
			return pages.PaymentPage(v)
		}},
		{"payment-pending", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "pending")
			v.CodeURL, v.CanSync, v.CanClose = "weixin://wxpay/bizpayurl?pr=8kQzT1Rzz", true, true
			v.Timeline = started(noon.Add(-6 * time.Minute))
			return pages.PaymentPage(v)
		}},
		{"payment-late", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, live(s), "succeeded")
			v.Late, v.PaidAt, v.ClosedAt, v.Refunded = true, noon, noon.Add(-time.Hour), 128_00
			v.PayerAmount, v.SettlementAmount, v.ChannelTradeNo = 128_00, 128_00, "2026112322001412341400000001"
			v.CreatedAt, v.ExpiresAt = noon.Add(-26*time.Hour), noon.Add(-25*time.Hour)
			v.Timeline = slices.Concat(started(v.CreatedAt), lateStory())
			v.Refunds = []pages.PaymentRefund{{ID: refundID, Amount: 128_00, Status: "succeeded", RequestedBy: policy, SucceededAt: noon, Policy: true}}
			return pages.PaymentPage(v)
		}},
		{"payment-failed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "failed")
			v.Refusal = &app.Refusal{Name: "wechat", Code: "APPID_MCHID_NOT_MATCH", Message: "商户号与应用不匹配"}
			v.Timeline = slices.Concat(started(noon.Add(-6 * time.Minute))[:1], failedStory())
			return pages.PaymentPage(v)
		}},
		{"payment-created", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "created")
			v.Timeline = started(noon.Add(-6 * time.Minute))[:1]
			v.CloseRequested = true
			return pages.PaymentPage(v)
		}},
		{"payment-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "created")
			v.Refusal, v.Refused, v.CanClose = &app.Refusal{Name: "wechat", Code: "APPID_MCHID_NOT_MATCH", Message: "商户号与应用不匹配"}, true, true
			v.Timeline = slices.Concat(started(noon.Add(-6 * time.Minute))[:1], failedStory())
			return pages.PaymentPage(v)
		}},
		{"payment-closed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "closed")
			v.ClosedAt, v.Timeline = noon, started(v.CreatedAt)
			return pages.PaymentPage(v)
		}},
		{"payment-in-review", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "in_review")
			v.Timeline = started(v.CreatedAt)[:1]
			return pages.PaymentPage(v)
		}},
	}
}

func payment(ctx context.Context, s layout.Shell, status string) pages.Payment {
	s.Nav = layout.NavPayments
	return pages.Payment{
		Shell: s, ID: "pay_01KASJ3V6T8C0QW2N4R5X7YZAD", OrderNo: "JX20261123-084213", Status: status,
		Subject: word(ctx, "祁门红茶 250 克 礼盒", "Keemun black tea, 250 g gift box"),
		Channel: app.WeChat, Method: "wechat_native", Amount: 128_00, AttemptID: attemptID,
		AccountID: "acct_01KASJ3V6T8C0QW2N4R5X7YZAE", AccountName: word(ctx, "微信主账户", "WeChat main"),
		AppID:     "wx8888888888888888",
		Metadata:  []pages.Pair{{Name: "store", Value: "TY-03"}, {Name: "cashier_note", Value: "gift wrap"}},
		CreatedAt: noon.Add(-6 * time.Minute), ExpiresAt: noon.Add(24 * time.Minute),
	}
}

// started is the story until the payer may pay.
func started(at app.Millis) []components.Entry {
	return []components.Entry{
		{
			ID: "tml_1", At: at, Kind: "api", Message: "api.create", Result: "ok", ActorKind: "key", ActorName: "sk_test_4f9cQx",
			Args:      map[string]string{"order_no": "JX20261123-084213", "method": "wechat_native"},
			RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAG", Duration: 231 * time.Millisecond,
			Facts:   []components.StepFact{{Key: "timeline_meta.from", Value: "203.0.113.24"}, {Key: "timeline_meta.idempotency_key", Value: "JX20261123-084213"}},
			Request: "{\n  \"order_no\": \"JX20261123-084213\",\n  \"amount\": 12800,\n  \"currency\": \"CNY\",\n  \"method\": \"wechat_native\"\n}",
		},
		{
			ID: "tml_2", At: at.Add(12 * time.Millisecond), Kind: "channel_call", Message: "channel.pay", Result: "ok",
			ActorKind: "system", ActorName: "platform", Duration: 187 * time.Millisecond, RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAG",
			Args:     map[string]string{"endpoint": "POST /v3/pay/transactions/native", "status": "200"},
			Facts:    []components.StepFact{{Value: "POST /v3/pay/transactions/native"}, {Key: "timeline_meta.status", Value: "200"}},
			Request:  "POST /v3/pay/transactions/native\n\n{\"appid\":\"wx8888888888888888\",\"mchid\":\"1900000001\",\"out_trade_no\":\"" + attemptID + "\",\"amount\":{\"total\":12800,\"currency\":\"CNY\"}}",
			Response: "200 OK\n\n{\"code_url\":\"weixin://wxpay/bizpayurl?pr=8kQzT1Rzz\"}",
		},
		{
			ID: "tml_3", At: at.Add(204 * time.Millisecond), Kind: "state", Message: "state.pending", Result: "ok",
			ActorKind: "system", ActorName: "platform", Args: map[string]string{"from": "created", "to": "pending"},
		},
	}
}

func paidStory() []components.Entry {
	at := noon.Add(-4 * time.Minute)
	return []components.Entry{
		{
			ID: "tml_4", At: at, Kind: "channel_call", Message: "channel.query", Result: "unknown", ActorKind: "system", ActorName: "query",
			Duration: 10012 * time.Millisecond, Args: map[string]string{"status": "0"}, Response: "context deadline exceeded",
		},
		{
			ID: "tml_4a", At: at.Add(600 * time.Millisecond), Kind: "notification", Message: "notification.probe", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", Facts: []components.StepFact{{Key: "timeline_meta.accepted", Value: "FAIL"}},
		},
		{
			ID: "tml_5", At: at.Add(900 * time.Millisecond), Kind: "notification", Message: "notification.verified", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH",
			Args:    map[string]string{"type": "TRANSACTION.SUCCESS", "verified_by": "PUB_KEY_ID_0119000000012026"},
			Facts:   []components.StepFact{{Key: "timeline_meta.accepted", Value: "204"}},
			Request: "{\"trade_state\":\"SUCCESS\",\"payer\":{\"openid\":\"oUpF8u…\"}}",
		},
		{
			ID: "tml_6", At: at.Add(930 * time.Millisecond), Kind: "state", Message: "state.succeeded", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", Args: map[string]string{"from": "pending", "to": "succeeded"},
		},
		{
			ID: "tml_7", At: at.Add(1100 * time.Millisecond), Kind: "webhook", Message: "webhook.failed", Result: "refused",
			Args:     map[string]string{"type": "payment.succeeded", "endpoint": "erp.jinxiang.example", "n": "1", "of": "10", "code": "502"},
			Duration: 342 * time.Millisecond, NextAt: at.Add(6 * time.Second), Quote: "<html>502 Bad Gateway</html>", Href: "/console",
			ToldOf: at.Add(930 * time.Millisecond),
		},
		{
			ID: "tml_8", At: at.Add(6200 * time.Millisecond), Kind: "webhook", Message: "webhook.delivered", Result: "ok",
			Args:     map[string]string{"type": "payment.succeeded", "endpoint": "erp.jinxiang.example", "n": "2", "of": "10", "code": "204"},
			Duration: 88 * time.Millisecond, Href: "/console", ToldOf: at.Add(930 * time.Millisecond),
			Resend: &components.Resend{Path: "/console", CSRF: "c3JmLXRva2Vu", Next: "/console"},
		},
		{
			ID: "tml_8a", At: at.Add(10 * time.Second), Kind: "notification", Message: "notification.known", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", Args: map[string]string{"type": "REFUND.SUCCESS", "verified_by": "PUB_KEY_ID_0119000000012026"},
			Facts: []components.StepFact{{Key: "timeline_meta.accepted", Value: "204"}},
		},
		{
			ID: "tml_9", At: at.Add(15 * time.Second), Kind: "notification", Message: "notification.repeated", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", Args: map[string]string{"type": "TRANSACTION.SUCCESS", "n": "1"},
			Facts: []components.StepFact{{Key: "timeline_meta.accepted", Value: "204"}},
		},
	}
}

func lateStory() []components.Entry {
	return []components.Entry{
		{
			ID: "tml_4", At: noon.Add(-time.Hour), Kind: "person", Message: "person.close", Result: "ok",
			ActorKind: "user", ActorName: "owner@jinxiang.example",
		},
		{
			ID: "tml_5", At: noon.Add(-time.Hour + time.Second), Kind: "state", Message: "state.closed", Result: "ok",
			ActorKind: "system", ActorName: "expiry", Args: map[string]string{"from": "pending", "to": "closed"},
		},
		{
			ID: "tml_6", At: noon.Add(-time.Minute), Kind: "notification", Message: "notification.quarantined", Result: "rejected",
			ActorKind: "channel", ActorName: "alipay", Args: map[string]string{"type": "trade_status_sync", "reason": "amount"},
			Facts: []components.StepFact{{Key: "timeline_meta.not_accepted", Value: "fail"}},
		},
		{
			ID: "tml_7", At: noon, Kind: "state", Message: "state.late", Result: "ok",
			ActorKind: "system", ActorName: "query", Args: map[string]string{"from": "closed", "to": "succeeded"},
		},
	}
}

func failedStory() []components.Entry {
	at := noon.Add(-6 * time.Minute)
	return []components.Entry{
		{
			ID: "tml_2", At: at.Add(12 * time.Millisecond), Kind: "channel_call", Message: "channel.pay", Result: "refused",
			ActorKind: "system", ActorName: "platform", Duration: 187 * time.Millisecond, Quote: "APPID_MCHID_NOT_MATCH 商户号与应用不匹配",
			Code:  "APPID_MCHID_NOT_MATCH",
			Facts: []components.StepFact{{Value: "POST /v3/pay/transactions/native"}, {Key: "timeline_meta.status", Value: "400"}},
		},
		{
			ID: "tml_3", At: at.Add(210 * time.Millisecond), Kind: "state", Message: "attempt.failed", Result: "refused",
			ActorKind: "system", ActorName: "platform", Args: map[string]string{"code": "APPID_MCHID_NOT_MATCH", "message": "商户号与应用不匹配"},
		},
	}
}
