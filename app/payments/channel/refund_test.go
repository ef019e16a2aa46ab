package channel_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestRefundsThatNoChannelTakes are named before anything is sent.
func TestRefundsThatNoChannelTakes(t *testing.T) {
	good := channel.RefundRequest{Number: "rfd_1", PaymentNumber: "att_1", Amount: 1, Total: 1, Currency: app.CNY}
	byTrade := good
	byTrade.PaymentNumber, byTrade.ChannelTradeNo = "", "42"
	for _, r := range []channel.RefundRequest{good, byTrade} {
		if err := r.Check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for name, spoil := range map[string]func(*channel.RefundRequest){
		"no number":        func(r *channel.RefundRequest) { r.Number = "" },
		"no payment":       func(r *channel.RefundRequest) { r.PaymentNumber = "" },
		"nothing":          func(r *channel.RefundRequest) { r.Amount = 0 },
		"negative":         func(r *channel.RefundRequest) { r.Amount = -1 },
		"above the total":  func(r *channel.RefundRequest) { r.Amount = 2 },
		"of nothing":       func(r *channel.RefundRequest) { r.Amount, r.Total = 0, 0 },
		"of too much":      func(r *channel.RefundRequest) { r.Total = app.MaxAmount + 1 },
		"another currency": func(r *channel.RefundRequest) { r.Currency = "USD" },
	} {
		r := good
		spoil(&r)
		if r.Check() == nil {
			t.Errorf("%s: %+v passes", name, r)
		}
	}
}
