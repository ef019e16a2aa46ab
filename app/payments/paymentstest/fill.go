package paymentstest

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Filled are payments as Fill makes them, one for each number from 0: their
// statuses, methods, accounts and amounts take turns.
func Filled(scope payments.Scope, begin time.Time, step time.Duration, i int) payments.Payment {
	statuses := []payments.Status{payments.StatusSucceeded, payments.StatusSucceeded, payments.StatusClosed, payments.StatusSucceeded, payments.StatusFailed, payments.StatusPending, payments.StatusSucceeded}
	methods := []channel.Method{channel.WeChatNative, channel.AlipayQR, channel.WeChatJSAPI}
	at := begin.Add(time.Duration(i) * step)
	p := payments.Payment{
		ID: app.NewID(app.PrefixPayment, at), MerchantID: scope.MerchantID, Mode: scope.Mode, OrderNo: fmt.Sprintf("FILL-%09d", i),
		Status: statuses[i%len(statuses)], Amount: app.Money(100 + i%977*31), Currency: "CNY", Subject: fmt.Sprintf("祁门红茶 250 克 礼盒 %d", i%50),
		Method: methods[i%len(methods)], AccountID: fmt.Sprintf("acct_%d", i%2), Metadata: "{}", CreatedAt: app.ToMillis(at), UpdatedAt: app.ToMillis(at), Version: 1,
	}
	p.Channel = p.Method.Channel()
	if p.Status == payments.StatusSucceeded {
		p.PaidAt, p.PayerAmount, p.SettlementAmount = p.CreatedAt.Add(3*time.Second), p.Amount, p.Amount
		p.ChannelTradeNo, p.PaidAttemptID = fmt.Sprintf("42000023412026%014d", i), "att_"+p.ID[4:]
		if i%14 == 0 {
			p.AmountRefunded, p.RefundReserved = 100, 100
		}
	}
	return p
}

// Fill stores n payments at once, as many rows a second as the engine takes, with
// no attempts, events or keys beside them: what lists and exports read. It yields
// each to see, which may be nil.
func Fill(ctx context.Context, d *db.DB, scope payments.Scope, begin time.Time, step time.Duration, n int, see func(payments.Payment)) error {
	const piece = 4_000
	for from := 0; from < n; from += piece {
		var rows [][]any
		for i := from; i < min(from+piece, n); i++ {
			p := Filled(scope, begin, step, i)
			if see != nil {
				see(p)
			}
			rows = append(rows, []any{
				p.ID, p.MerchantID, p.Mode, p.OrderNo, p.Status, p.Amount, p.Currency, p.Subject, p.Method, p.Channel, p.AccountID,
				"", p.PaidAttemptID, p.ChannelTradeNo, p.PayerAmount, p.SettlementAmount, p.AmountRefunded, p.RefundReserved, false, p.Metadata,
				"", p.CreatedAt, p.CreatedAt, p.UpdatedAt, p.PaidAt, 0, 0, "", "", p.Version, false,
			})
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			return db.InsertRows(ctx, tx, `INSERT INTO payments (id, merchant_id, mode, order_no, status, amount, currency, subject, method, channel, account_id,
 open_attempt_id, paid_attempt_id, channel_trade_no, payer_amount, settlement_amount, amount_refunded, refund_reserved, late, metadata,
 return_url, expires_at, created_at, updated_at, paid_at, closed_at, close_requested_at, error_code, error_message, version, recovered)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
		})
		if err != nil {
			return fmt.Errorf("fill payments: %w", err)
		}
	}
	return nil
}
