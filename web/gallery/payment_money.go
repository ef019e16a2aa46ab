package gallery

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func paymentMoneyPages() []Page {
	return []Page{
		{"payment-refunded", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paidPayment(ctx, s)
			v.Refunded, v.RefundLeft = 30_00, 78_00
			v.Refunds = []pages.PaymentRefund{
				{
					ID: refundID, RefundNo: "TH20261123-008421", Amount: 30_00, Status: "succeeded", Reason: word(ctx, "礼盒破损", "The box was damaged"),
					RequestedBy: cashier, ApprovedBy: owner, AcceptedAt: noon, SucceededAt: noon, ChannelRefundNo: "50300702842026112349371234567",
				},
				{ID: refundID, Amount: 20_00, Status: "pending", Reason: word(ctx, "少发一件", "One was missing"), RequestedBy: backend, AcceptedAt: noon},
			}
			v.CreatedAt, v.ExpiresAt, v.PaidAt = noon.Add(-50*time.Minute), noon.Add(-20*time.Minute), noon.Add(-48*time.Minute)
			v.Timeline = slices.Concat(started(v.CreatedAt), refundStory(ctx))
			return pages.PaymentPage(v)
		}},
		{"payment-duplicate", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paidPayment(ctx, s)
			v.RefundLeft = 128_00
			v.Attempts = []pages.PaymentAttempt{
				{ID: attemptID, Method: "alipay_qr", Channel: app.Alipay, Status: "succeeded", CreatedAt: v.CreatedAt, Duplicate: true},
				{ID: "att_01KASJ3V6T8C0QW2N4R5X7YZAG", Method: "wechat_native", Channel: app.WeChat, Status: "succeeded", CreatedAt: noon, Counts: true},
			}
			v.Refunds = []pages.PaymentRefund{{ID: refundID, Amount: 128_00, Status: "succeeded", RequestedBy: policy, SucceededAt: noon, Duplicate: true, Policy: true}}
			v.Hints = []pages.PaymentHint{{Kind: "duplicate", Refunded: true, RefundID: refundID}}
			return pages.PaymentPage(v)
		}},
		{"payment-duplicate-kept", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paidPayment(ctx, s)
			v.Late, v.RefundLeft = true, 256_00
			v.Hints = []pages.PaymentHint{{Kind: "late"}, {Kind: "duplicate"}}
			return pages.PaymentPage(v)
		}},
		{"payment-jsapi", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "pending")
			v.Method, v.CanSync, v.CanClose = "wechat_jsapi", true, true
			v.Action = &pages.PaymentAction{Type: "jsapi", Params: "{\n  \"appId\": \"wx8888888888888888\",\n  \"package\": \"prepay_id=wx23060630\"\n}"}
			v.Timeline = started(noon.Add(-6 * time.Minute))
			return pages.PaymentPage(v)
		}},
		{"payment-h5", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "pending")
			v.Method = "wechat_h5"
			v.Action = &pages.PaymentAction{Type: "redirect", URL: "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx23060630412&package=1037687096"}
			return pages.PaymentPage(v)
		}},
		{"payment-app", func(ctx context.Context, s layout.Shell) templ.Component {
			v := payment(ctx, s, "pending")
			v.Method, v.Channel = "alipay_app", app.Alipay
			v.Action = &pages.PaymentAction{Type: "app", Params: "app_id=2021000000000000&method=alipay.trade.app.pay&sign_type=RSA2"}
			return pages.PaymentPage(v)
		}},
	}
}

func paidPayment(ctx context.Context, s layout.Shell) pages.Payment {
	v := payment(ctx, s, "succeeded")
	v.PaidAt, v.PayerAmount, v.SettlementAmount = noon.Add(-4*time.Minute), 128_00, 128_00
	v.ChannelTradeNo = "4200002341202611231234567890"
	v.Timeline = started(noon.Add(-6 * time.Minute))
	return v
}
