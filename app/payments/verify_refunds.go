package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// refundSums are what the refunds of one attempt come to.
type refundSums struct {
	Reserved  app.Money `db:"reserved"`  // of all that count
	Succeeded app.Money `db:"succeeded"` // of those that arrived
}

// verifyPaymentRefunds checks that what a payment says is given back is what its
// refunds come to, and no more than was paid (I1).
func (s *Service) verifyPaymentRefunds(ctx context.Context, page []Payment, report func(Violation)) error {
	ids := make([]string, len(page))
	for i, p := range page {
		ids[i] = p.ID
	}
	sums, err := s.store.refundSums(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	for _, p := range page {
		sum := sums[p.PaidAttemptID]
		if p.PaidAttemptID == "" {
			sum = refundSums{}
		}
		switch {
		case sum.Reserved > p.Amount:
			report(Violation{"I1", p.ID, fmt.Sprintf("%d fen are given back or being given back of %d", sum.Reserved, p.Amount)})
		case sum.Reserved != p.RefundReserved:
			report(Violation{"I1", p.ID, fmt.Sprintf("its refunds come to %d fen, but %d are reserved", sum.Reserved, p.RefundReserved)})
		case sum.Succeeded != p.AmountRefunded:
			report(Violation{"I1", p.ID, fmt.Sprintf("refunds of %d fen arrived, but %d are counted", sum.Succeeded, p.AmountRefunded)})
		}
	}
	return nil
}

// verifyDuplicateRefunds checks the same for attempts that paid an order twice
// (I1); paid tells which attempt paid each payment.
func (s *Service) verifyDuplicateRefunds(ctx context.Context, page []Attempt, paid map[string]Payment, report func(Violation)) error {
	payments := make([]string, len(page))
	for i, a := range page {
		payments[i] = a.PaymentID
	}
	sums, err := s.store.refundSums(ctx, s.DB, payments)
	if err != nil {
		return err
	}
	reserved, err := s.store.attemptsReserved(ctx, s.DB, payments)
	if err != nil {
		return err
	}
	for _, a := range page {
		want := sums[a.ID].Reserved
		if paid[a.PaymentID].PaidAttemptID == a.ID {
			want = 0 // the payment's own column counts these
		}
		switch {
		case want > 0 && a.Status != StatusSucceeded:
			report(Violation{"I1", a.ID, fmt.Sprintf("%d fen are given back of an attempt that is %s", want, a.Status)})
		case want > a.Amount:
			report(Violation{"I1", a.ID, fmt.Sprintf("%d fen are given back or being given back of %d", want, a.Amount)})
		case want != reserved[a.ID]:
			report(Violation{"I1", a.ID, fmt.Sprintf("its refunds come to %d fen, but %d are reserved", want, reserved[a.ID])})
		}
	}
	return nil
}

// verifyRefunds checks that money that arrived was posted once (I3), that states
// are states (I5) and that each has its event (I6).
func (s *Service) verifyRefunds(ctx context.Context, report func(Violation)) error {
	after := ""
	for {
		page, err := s.store.refundsAfter(ctx, s.DB, after)
		if err != nil || len(page) == 0 {
			return err
		}
		ids, merchants := make([]string, len(page)), make([]string, len(page))
		for i, r := range page {
			ids[i], merchants[i] = r.ID, r.MerchantID
		}
		posted, err := s.store.receiptsOf(ctx, s.DB, ids)
		if err != nil {
			return err
		}
		facts, err := s.Events.CountByObject(ctx, distinct(merchants), ids)
		if err != nil {
			return err
		}
		if err := s.verifyRefundLinks(ctx, page, ids, report); err != nil {
			return err
		}
		for _, r := range page {
			verifyRefund(r, posted[r.ID], facts[r.ID], report)
		}
		after = page[len(page)-1].ID
	}
}

func verifyRefund(r Refund, posted receipts, facts map[string]int, report func(Violation)) {
	switch {
	case !r.Status.Valid():
		report(Violation{"I5", r.ID, fmt.Sprintf("unknown state %q", r.Status)})
	case r.Status == RefundSucceeded && posted.N != 1:
		report(Violation{"I3", r.ID, fmt.Sprintf("arrived with %d receipts, want 1", posted.N)})
	case r.Status == RefundSucceeded && posted.Amount != r.Amount:
		report(Violation{"I3", r.ID, fmt.Sprintf("%d fen arrived, but %d were posted", r.Amount, posted.Amount)})
	case r.Status != RefundSucceeded && posted.N > 0:
		report(Violation{"I3", r.ID, fmt.Sprintf("a receipt proves that the money arrived, but the refund is %s", r.Status)})
	}
	for _, status := range []RefundStatus{RefundSucceeded, RefundFailed, RefundAbnormal} {
		kind := refundEvents[status]
		switch n := facts[kind]; {
		case r.Status == status && n != 1:
			report(Violation{"I6", r.ID, fmt.Sprintf("%s with %d %s events, want 1", status, n, kind)})
		case r.Status != status && n > 0 && (status != RefundAbnormal || !CanRefundMove(RefundAbnormal, r.Status)):
			report(Violation{"I6", r.ID, fmt.Sprintf("a %s event stands, but the refund is %s", kind, r.Status)})
		}
	}
}
