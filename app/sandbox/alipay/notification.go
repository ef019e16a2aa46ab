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
			trade.BadSignature, trade.TamperAmount, trade.PayAfterClose),
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
	p, err := notificationParams(m)
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

func notificationParams(m trade.Message) (params, error) {
	t := m.Trade
	amount := t.Amount
	if m.Fault == trade.TamperAmount {
		amount++
	}
	var kept extra
	if t.Extra != "" {
		if err := json.Unmarshal([]byte(t.Extra), &kept); err != nil {
			return nil, fmt.Errorf("read trade %s: %w", t.ID, err)
		}
	}
	// Camel case here, snake case in the query's answer.
	bills, err := json.Marshal([]map[string]string{{"amount": yuan(amount), "fundChannel": fundChannel}})
	if err != nil {
		return nil, err
	}
	return params{
		"notify_time": m.Now.In(app.Beijing).Format(timeLayout), "notify_type": "trade_status_sync",
		"notify_id": m.Notification.ID, "app_id": m.Merchant.ID, "auth_app_id": m.Merchant.ID,
		"charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
		"trade_no": t.ChannelTradeNo, "out_trade_no": t.OutTradeNo, "trade_status": status(t, m.Now),
		"total_amount": yuan(amount), "receipt_amount": yuan(amount), "buyer_pay_amount": yuan(amount),
		"invoice_amount": yuan(amount), "point_amount": "0.00", "fund_bill_list": string(bills),
		"buyer_id": t.PayerID, "buyer_logon_id": maskedLogin, "seller_id": m.Merchant.SellerID,
		"subject": t.Subject, "body": kept.Body, "passback_params": kept.PassbackParams,
		"gmt_create": formatTime(t.ScannedAt), "gmt_payment": formatTime(t.PaidAt),
	}, nil
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
