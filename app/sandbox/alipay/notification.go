package alipay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Announcer is how Alipay notifies merchants.
func (g *Gateway) Announcer() trade.Announcer {
	return trade.Announcer{
		Build:   g.build,
		Accepts: accepts,
		Retries: []time.Duration{
			4 * time.Minute, 10 * time.Minute, 10 * time.Minute,
			time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour,
		},
		Timeout: 5 * time.Second,
		Faults: append(misbehaviour(),
			trade.DropNotification, trade.DuplicateNotification, trade.DelayNotification,
			trade.BadSignature, trade.TamperAmount, trade.PayAfterClose,
			trade.RefundDelay, trade.RefundNoBalance),
		Ending: []string{productPage, productWAP, productApp},
		Return: g.returnURL,
		Quit:   quitURL,
	}
}

// accepts is true for the literal word alone, as Alipay demands.
func accepts(status int, body []byte) bool {
	return status == http.StatusOK && strings.TrimSpace(string(body)) == "success"
}

// build signs the notification at sending time. The notify_id stays the same
// over all retries; notify_time does not. It carries no alipay_cert_sn, in
// neither mode: alipay-sdk would take it as signed, smartwalle as not signed.
func (g *Gateway) build(ctx context.Context, m trade.Message) (*http.Request, error) {
	k, err := g.keys.of(m.Merchant)
	if err != nil {
		return nil, err
	}
	p, err := g.notificationParams(ctx, m)
	if err != nil {
		return nil, err
	}
	if p["sign"], err = sign(k.alipay, []byte(p.content("sign", "sign_type"))); err != nil {
		return nil, err
	}
	if m.Fault == trade.BadSignature {
		p["sign"] = spoil(p["sign"])
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Notification.NotifyURL, strings.NewReader(p.encode()))
	if err != nil {
		return nil, fmt.Errorf("notify %s: %w", m.Notification.ID, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	return req, nil
}

func (g *Gateway) notificationParams(ctx context.Context, m trade.Message) (params, error) {
	t := m.Trade
	amount := t.Amount
	if m.Fault == trade.TamperAmount {
		amount++
	}
	kept, err := extraOf(t)
	if err != nil {
		return nil, err
	}
	p := params{
		"notify_time": m.Now.In(app.Beijing).Format(timeLayout), "notify_type": "trade_status_sync",
		"notify_id": m.Notification.ID, "app_id": m.Merchant.ID, "auth_app_id": authAppID(m),
		"charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
		"trade_no": t.ChannelTradeNo, "out_trade_no": t.OutTradeNo, "total_amount": yuan(amount),
		"buyer_logon_id": maskedLogin, "seller_id": sellerID(m),
		"subject": t.Subject, "body": kept.Body, "passback_params": kept.PassbackParams,
		"gmt_create": formatTime(t.ScannedAt), "gmt_payment": formatTime(t.PaidAt),
	}
	p[buyerField(kept)] = t.PayerID
	switch m.Notification.Kind {
	case trade.KindClose:
		p["trade_status"], p["gmt_close"], p["gmt_payment"] = tradeClosed, formatTime(t.ClosedAt), ""
		return p, nil
	case trade.KindRefund:
		err = g.addRefund(ctx, p, m)
	default:
		// What is said is that it was paid, whatever was given back since.
		p["trade_status"] = tradeSuccess
		if t.State == trade.Finished {
			p["trade_status"] = tradeFinished
		}
	}
	if err != nil {
		return nil, err
	}
	// Camel case here, snake case in the query's answer.
	bills, err := json.Marshal([]map[string]string{{"amount": yuan(amount), "fundChannel": fundChannel}})
	if err != nil {
		return nil, err
	}
	p["receipt_amount"], p["buyer_pay_amount"], p["invoice_amount"] = yuan(amount), yuan(amount), yuan(amount)
	p["point_amount"], p["fund_bill_list"] = "0.00", string(bills)
	return p, nil
}

// refundTimeLayout is how a notification dates a refund, alone with fractions.
const refundTimeLayout = "2006-01-02 15:04:05.000"

// addRefund says what was given back of the trade in all, up to the refund that
// the notification is about. The refund of a cancelled trade has no number of
// the merchant's.
func (g *Gateway) addRefund(ctx context.Context, p params, m trade.Message) error {
	all, err := g.trades.RefundsOf(ctx, m.Trade.ID, "", trade.MaxRefunds)
	if err != nil {
		return err
	}
	r := *m.Refund
	sum := r.Amount
	for _, other := range all {
		before := other.SucceededAt < r.SucceededAt || other.SucceededAt == r.SucceededAt && other.ID < r.ID
		if other.State == trade.RefundSucceeded && before && other.ID != r.ID {
			sum += other.Amount
		}
	}
	p["refund_fee"], p["gmt_refund"] = yuan(sum), r.SucceededAt.Time().In(app.Beijing).Format(refundTimeLayout)
	if !isReversal(r) {
		p["out_biz_no"] = r.OutRefundNo
	}
	p["trade_status"] = tradeSuccess
	if sum == m.Trade.Amount {
		p["trade_status"], p["gmt_close"] = tradeClosed, formatTime(r.SucceededAt)
	}
	return nil
}

// isReversal tells a cancelled trade's refund: the merchant gave no number, and
// none stands for it in trade.refund either.
func isReversal(r trade.Refund) bool {
	return r.Source == trade.FromAPI && r.OutRefundNo == r.ChannelRefundNo
}

// authAppID is the app whose trade it is: a provider's merchant's own.
func authAppID(m trade.Message) string {
	if m.Sub != nil {
		return m.Sub.AppID
	}
	return m.Merchant.ID
}

func sellerID(m trade.Message) string {
	if m.Sub != nil {
		return m.Sub.SellerID
	}
	return m.Merchant.SellerID
}

func buyerField(kept extra) string {
	if kept.BuyerIsOpenID {
		return "buyer_open_id"
	}
	return "buyer_id"
}

// spoil changes a signature but keeps its shape, so that only verifying it
// can tell.
func spoil(signature string) string {
	swap := byte('A')
	if signature[0] == 'A' {
		swap = 'B'
	}
	return string(swap) + signature[1:]
}
