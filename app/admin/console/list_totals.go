package console

import (
	"context"

	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
)

// A small set is summed row by row, and so is as new as the list. Of a large one
// the figures know the sum, a second late; what they cannot say is summed as far
// as patience goes.
const (
	smallSum = 20_000
	largeSum = 100_000
)

func (c *Console) sumPayments(ctx context.Context, r *request, f payments.Browse) (payments.Figures, error) {
	out, err := c.Payments.Sum(ctx, r.scope(), f, smallSum)
	if err != nil || !out.Capped {
		return out, err
	}
	if (f.Amounts == payments.AmountRange{}) {
		known, ok, err := c.Figures.Totals(ctx, figures.Scope(r.scope()), figures.Filter{
			From: f.From, To: f.To, Channel: f.Channel, AccountID: f.AccountID, Method: string(f.Method), Status: string(f.Status),
		})
		if err != nil {
			return out, err
		}
		if ok {
			return payments.Figures{Count: known.Count, Succeeded: known.Succeeded, Amount: known.Amount, Refunded: known.Refunded}, nil
		}
	}
	return c.Payments.Sum(ctx, r.scope(), f, largeSum)
}

func (c *Console) sumRefunds(ctx context.Context, r *request, f payments.RefundBrowse) (payments.RefundFigures, error) {
	out, err := c.Payments.SumRefunds(ctx, r.scope(), f, smallSum)
	if err != nil || !out.Capped {
		return out, err
	}
	if f.PaymentID == "" && f.Source == "" && f.RequestedBy == "" && (f.Amounts == payments.AmountRange{}) {
		known, ok, err := c.Figures.RefundTotals(ctx, figures.Scope(r.scope()), figures.Filter{
			From: f.From, To: f.To, Channel: f.Channel, AccountID: f.AccountID, Method: string(f.Method), Status: string(f.Status),
		})
		if err != nil {
			return out, err
		}
		if ok {
			return payments.RefundFigures{Count: known.Count, Amount: known.Amount, Succeeded: known.Succeeded}, nil
		}
	}
	return c.Payments.SumRefunds(ctx, r.scope(), f, largeSum)
}
