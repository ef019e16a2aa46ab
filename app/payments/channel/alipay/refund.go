package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Reverse undoes a payment-code order.
func (c *client) Reverse(context.Context, string) error {
	return refused("UNSUPPORTED", "reverse")
}

// Refund asks for money back.
func (c *client) Refund(context.Context, channel.RefundRequest) (channel.Refund, error) {
	return channel.Refund{}, refused("UNSUPPORTED", "refund")
}

// QueryRefund asks about a refund.
func (c *client) QueryRefund(context.Context, channel.RefundLookup) (channel.Refund, error) {
	return channel.Refund{}, refused("UNSUPPORTED", "query refund")
}
