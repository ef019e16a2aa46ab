package exceptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
)

// Unfiled returns those of a run's findings for which no exception stands or
// ever stood: I10 wants none. One that people have resolved, or that a later
// bill explained, counts as filed.
func (s *Service) Unfiled(ctx context.Context, run RunRef, findings []Finding) ([]Finding, error) {
	var out []Finding
	for chunk := range slices.Chunk(findings, 200) {
		keys := make([]string, len(chunk))
		days := []app.Day{run.Day}
		for i, f := range chunk {
			keys[i] = objectKey(f.Key)
			if f.Day != "" && !slices.Contains(days, f.Day) {
				days = append(days, f.Day)
			}
		}
		filed, err := s.store.filedAs(ctx, s.DB, run, days, keys)
		if err != nil {
			return nil, err
		}
		for i, f := range chunk {
			if f.Day == "" {
				f.Day = run.Day
			}
			if !slices.Contains(filed, naturalKey{f.Day, f.Type, keys[i]}) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

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
