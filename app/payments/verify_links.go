package payments

import (
	"context"
	"fmt"
)

// verifyOpen checks that an attempt that may still be paid has a next look (I2),
// and that a payment waits for one attempt alone (I5).
func verifyOpen(a Attempt, p Payment, report func(Violation)) {
	switch {
	case p.ID != "" && (p.MerchantID != a.MerchantID || p.Mode != a.Mode):
		report(Violation{"I10", a.ID, fmt.Sprintf("its payment %s is another merchant's or of another mode", p.ID)})
	case !a.Status.Open():
	case a.NextQueryAt == 0:
		report(Violation{"I2", a.ID, "it can still be paid, and nobody will ask the channel about it"})
	case p.Status.Open() && p.OpenAttemptID != a.ID:
		report(Violation{"I5", a.ID, fmt.Sprintf("open, while its payment %s waits for %q", p.ID, p.OpenAttemptID)})
	}
}

// verifyLooks checks that each unpaid payment comes to an end by itself: one of
// its attempts, the open one if there is one, is to be looked at (I2).
func (s *Service) verifyLooks(ctx context.Context, page []Payment, ids []string, report func(Violation)) error {
	due, err := s.store.attemptsDue(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	unclaimed, err := s.store.withoutPaymentKey(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	for _, id := range unclaimed {
		report(Violation{"I8", id, "its order_no is not claimed for it: it could be used again"})
	}
	for _, p := range page {
		looked := due[p.ID]
		switch {
		case p.Status != StatusCreated && p.Status != StatusPending:
		case p.OpenAttemptID == "" && len(looked) == 0:
			report(Violation{"I2", p.ID, "unpaid without an open attempt, and nobody will close it"})
		case p.OpenAttemptID != "" && !looked[p.OpenAttemptID]:
			report(Violation{"I2", p.ID, fmt.Sprintf("waits for attempt %s, which nobody will ask about", p.OpenAttemptID)})
		}
	}
	return nil
}

// verifyTurns checks that no order's line of refunds waits for one that has been
// answered (I2).
func (s *Service) verifyTurns(ctx context.Context, ids []string, report func(Violation)) error {
	stuck, err := s.store.stuckTurns(ctx, s.DB, ids)
	for _, id := range stuck {
		report(Violation{"I2", id, "its next refund waits for one that is not on its way"})
	}
	return err
}

// verifyRefundLinks checks that refunds are of their own merchant's paid orders
// (I10), that their refund_no is claimed (I8), that adopted ones are adopted once
// (I3), and that those who had to ask a second person did (I5).
func (s *Service) verifyRefundLinks(ctx context.Context, page []Refund, ids []string, report func(Violation)) error {
	strays, err := s.store.strayRefunds(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	for _, id := range strays {
		report(Violation{"I10", id, "its payment, attempt and account do not belong together"})
	}
	unclaimed, err := s.store.withoutRefundKey(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	for _, id := range unclaimed {
		report(Violation{"I8", id, "its refund_no is not claimed for it: it could be used again"})
	}
	loose, err := s.store.looseAdopted(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	for _, id := range loose {
		report(Violation{"I3", id, "adopted, but its number is not claimed for it: it could be adopted again"})
	}
	var asked []string
	for _, r := range page {
		if r.ApprovalID != "" {
			asked = append(asked, r.ApprovalID)
		}
	}
	states, err := s.Approvals.Statuses(ctx, asked)
	if err != nil {
		return err
	}
	for _, r := range page {
		verifySent(r, report)
		if status := string(states[r.ApprovalID]); !agreed(r, status) {
			report(Violation{"I5", r.ID, fmt.Sprintf("%s, while its approval %q is %q", r.Status, r.ApprovalID, status)})
		}
	}
	return nil
}

// verifySent checks that a refund will come to an end (I2), and that its number
// and request stood before the channel had it (I8).
func verifySent(r Refund, report func(Violation)) {
	ours := r.Source != SourceChannel
	switch {
	case (r.Status == RefundPending || r.Status == RefundAbnormal) && r.NextQueryAt == 0:
		report(Violation{"I2", r.ID, fmt.Sprintf("%s, and nobody will send it or ask about it", r.Status)})
	case ours && (r.Number != r.ID || r.Request == ""):
		report(Violation{"I8", r.ID, "its number or its request was not stored before it was sent"})
	case ours && r.AcceptedAt != 0 && r.Sends == 0:
		report(Violation{"I8", r.ID, "the channel has it, but no send was noted before"})
	}
}

// agreed reports whether a refund stands where its approval puts it; "" is no
// approval.
func agreed(r Refund, approval string) bool {
	switch approval {
	case "":
		return r.ApprovalID == "" && r.Status != RefundAwaiting && r.Status != RefundRejected
	case "pending":
		return r.Status == RefundAwaiting
	case "approved":
		return r.Status != RefundAwaiting && r.Status != RefundRejected
	}
	return r.Status == RefundRejected
}

// verifyApprovals checks that nobody decided what they had asked for, and that
// every open question about a refund is one that a refund waits for (I5).
func (s *Service) verifyApprovals(ctx context.Context, report func(Violation)) error {
	own, err := s.Approvals.SelfDecided(ctx)
	if err != nil {
		return err
	}
	for _, id := range own {
		report(Violation{"I5", id, "decided by who asked for it"})
	}
	for after := ""; ; {
		page, err := s.Approvals.PendingAfter(ctx, ApprovalRefund, after)
		if err != nil || len(page) == 0 {
			return err
		}
		ids := make([]string, len(page))
		for i, a := range page {
			ids[i] = a.ID
		}
		waiting, err := s.store.waitingFor(ctx, s.DB, ids)
		if err != nil {
			return err
		}
		for _, a := range page {
			if waiting[a.ID] != a.ObjectID {
				report(Violation{"I5", a.ID, fmt.Sprintf("asks about refund %s, which does not wait for it", a.ObjectID)})
			}
		}
		after = page[len(page)-1].ID
	}
}
