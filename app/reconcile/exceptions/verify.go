package exceptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
)

// Verify checks, over every merchant's exceptions, offline and read-only, that
// each proposal waits for a pending approval and each resolution for an approved
// one (I5), and that what is booked is exactly what the resolutions say (I10).
func (s *Service) Verify(ctx context.Context, tell func(payments.Violation)) error {
	for after := ""; ; {
		page, err := s.store.after(ctx, s.DB, after)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := s.verifyPage(ctx, page, tell); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

func (s *Service) verifyPage(ctx context.Context, page []Exception, tell func(payments.Violation)) error {
	ids := make([]string, len(page))
	var asked []string
	for i, e := range page {
		ids[i] = e.ID
		if e.ApprovalID != "" {
			asked = append(asked, e.ApprovalID)
		}
	}
	states, err := s.Approvals.Statuses(ctx, asked)
	if err != nil {
		return err
	}
	booked, err := s.store.bookedFor(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	want := map[Status]approvals.Status{Proposed: approvals.Pending, Resolved: approvals.Approved}
	for _, e := range page {
		if got := states[e.ApprovalID]; got != want[e.Status] {
			tell(payments.Violation{Invariant: "I5", Object: e.ID, Message: fmt.Sprintf("%s, while its approval %q is %q", e.Status, e.ApprovalID, got)})
		}
		expected := map[AdjustmentKind]app.Money{}
		if e.Status == Resolved {
			for _, a := range e.bookings(e.Resolution, e.Amount) {
				expected[a.Kind] += a.Amount
			}
		}
		if !maps.Equal(expected, booked[e.ID]) && len(expected)+len(booked[e.ID]) > 0 {
			tell(payments.Violation{Invariant: "I10", Object: e.ID, Message: fmt.Sprintf("%s as %q, which books %v, but %v is booked", e.Status, e.Resolution, expected, booked[e.ID])})
		}
	}
	return nil
}

// digestOf identifies evidence by its text.
func digestOf(evidence string) string {
	sum := sha256.Sum256([]byte(evidence))
	return hex.EncodeToString(sum[:16])
}
