package alipay

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The trade statuses.
const (
	waitBuyerPay  = "WAIT_BUYER_PAY"
	tradeSuccess  = "TRADE_SUCCESS"
	tradeFinished = "TRADE_FINISHED"
	tradeClosed   = "TRADE_CLOSED"
)

// status is Alipay's word for a trade's state. Alipay closes what is unpaid at
// its expiry; and a full refund closes too.
func status(t trade.Trade, now time.Time) string {
	switch t.State {
	case trade.Paid:
		return tradeSuccess
	case trade.Finished:
		return tradeFinished
	case trade.Closed, trade.Refunded:
		return tradeClosed
	}
	if t.Expired(now) {
		return tradeClosed
	}
	return waitBuyerPay
}

// exists reports whether the gateway knows the trade: a code that nobody has
// scanned is not a trade yet.
func exists(t trade.Trade) bool { return t.Scanned }

func yuan(m app.Money) string { return m.Yuan() }

// maskedLogin is the wallet user's account as Alipay shows it to merchants.
const maskedLogin = "san***@sandbox.com"
