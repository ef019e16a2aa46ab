package payments

import (
	"context"
	"fmt"
	"slices"
)

// Violation is a broken invariant: which one, of which object, and what is
// wrong, in words an operator can act on.
type Violation struct {
	Invariant string
	Object    string
	Message   string
}

// Verify checks I1, I2, I3, I5, I6, I8 and I10 over every payment, refund and
// approval, offline and read-only, in pages by id, and hands each violation to
// report.
func (s *Service) Verify(ctx context.Context, report func(Violation)) error {
	after := ""
	for {
		page, err := s.store.attemptsAfter(ctx, s.DB, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := s.verifyAttempts(ctx, page, report); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
	after = ""
	for {
		page, err := s.store.paymentsAfter(ctx, s.DB, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := s.verifyPayments(ctx, page, report); err != nil {
			return err
		}
		if err := s.verifyPaymentRefunds(ctx, page, report); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
	if err := s.verifyRefunds(ctx, report); err != nil {
		return err
	}
	return s.verifyApprovals(ctx, report)
}

// verifyAttempts checks that a paid attempt has exactly one receipt (I3) and one
// effect (I2).
func (s *Service) verifyAttempts(ctx context.Context, page []Attempt, report func(Violation)) error {
	ids, payments, merchants := make([]string, len(page)), make([]string, len(page)), make([]string, len(page))
	for i, a := range page {
		ids[i], payments[i], merchants[i] = a.ID, a.PaymentID, a.MerchantID
	}
	posted, err := s.store.receiptsOf(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	paid, err := s.store.stateOf(ctx, s.DB, payments)
	if err != nil {
		return err
	}
	if err := s.verifyDuplicateRefunds(ctx, page, paid, report); err != nil {
		return err
	}
	if err := s.verifyTurns(ctx, ids, report); err != nil {
		return err
	}
	facts, err := s.Events.CountByObject(ctx, distinct(merchants), payments)
	if err != nil {
		return err
	}
	for _, a := range page {
		n := posted[a.ID].N
		p := paid[a.PaymentID]
		verifyOpen(a, p, report)
		switch {
		case a.Status == StatusSucceeded && n == 0:
			report(Violation{"I3", a.ID, "succeeded without a receipt of its channel transaction"})
		case a.Status != StatusSucceeded && n > 0:
			report(Violation{"I2", a.ID, fmt.Sprintf("a receipt proves that the channel was paid, but the attempt is %s", a.Status)})
		case n > 1:
			report(Violation{"I3", a.ID, fmt.Sprintf("%d receipts were posted for one attempt", n)})
		case n == 1 && posted[a.ID].Amount != a.Amount:
			report(Violation{"I3", a.ID, fmt.Sprintf("%d fen were ordered, but %d posted", a.Amount, posted[a.ID].Amount)})
		}
		if a.Status != StatusSucceeded {
			continue
		}
		switch {
		case p.ID == "":
			report(Violation{"I2", a.ID, "paid, but its payment is missing"})
		case p.Status != StatusSucceeded:
			report(Violation{"I2", a.ID, fmt.Sprintf("paid, but its payment %s is %s", p.ID, p.Status)})
		case p.PaidAttemptID != a.ID && facts[a.PaymentID]["payment.duplicate"] == 0:
			report(Violation{"I2", a.ID, fmt.Sprintf("a second success of payment %s that nobody was told of", p.ID)})
		}
	}
	return nil
}

// verifyPayments checks that each state has the event that goes with it (I6)
// and the attempt that explains it (I2, I5).
func (s *Service) verifyPayments(ctx context.Context, page []Payment, report func(Violation)) error {
	ids, merchants := make([]string, len(page)), make([]string, len(page))
	for i, p := range page {
		ids[i], merchants[i] = p.ID, p.MerchantID
	}
	facts, err := s.Events.CountByObject(ctx, distinct(merchants), ids)
	if err != nil {
		return err
	}
	attempts, err := s.store.paidAttempts(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	if err := s.verifyLooks(ctx, page, ids, report); err != nil {
		return err
	}
	for _, p := range page {
		verifyEvents(p, facts[p.ID], report)
		switch {
		case !p.Status.Valid():
			report(Violation{"I5", p.ID, fmt.Sprintf("unknown state %q", p.Status)})
		case p.Status == StatusSucceeded && attempts[p.ID] != nil && !attempts[p.ID][p.PaidAttemptID]:
			report(Violation{"I2", p.ID, fmt.Sprintf("succeeded by attempt %q, which is not paid", p.PaidAttemptID)})
		case p.Status == StatusSucceeded && attempts[p.ID] == nil:
			report(Violation{"I2", p.ID, "succeeded, but none of its attempts is paid"})
		}
	}
	return nil
}

func verifyEvents(p Payment, facts map[string]int, report func(Violation)) {
	succeeded, closed := facts["payment.succeeded"], facts["payment.closed"]
	switch {
	case p.Status == StatusSucceeded && succeeded != 1:
		report(Violation{"I6", p.ID, fmt.Sprintf("succeeded with %d payment.succeeded events, want 1", succeeded)})
	case p.Status != StatusSucceeded && succeeded > 0:
		report(Violation{"I6", p.ID, fmt.Sprintf("a payment.succeeded event stands, but the payment is %s", p.Status)})
	case p.Status == StatusClosed && closed != 1:
		report(Violation{"I6", p.ID, fmt.Sprintf("closed with %d payment.closed events, want 1", closed)})
	case (p.Status == StatusCreated || p.Status == StatusPending) && closed > 0:
		report(Violation{"I6", p.ID, fmt.Sprintf("a payment.closed event stands, but the payment is %s", p.Status)})
	}
}

// DuplicateTransactions reports channel transactions that stand in more than
// one attempt (I3).
func (s *Service) DuplicateTransactions(ctx context.Context, report func(Violation)) error {
	rows, err := s.store.sharedTransactions(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, r := range rows {
		report(Violation{"I3", r.TransactionNo, fmt.Sprintf("%d attempts at %s carry this transaction", r.Attempts, r.Identity)})
	}
	return nil
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
