package statements

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// ApprovalPeriod is the kind of approval that locking a month, or opening it
// again, waits for.
const ApprovalPeriod = "period"

// What happens to a month, in its history.
const (
	periodLockAsked    = "lock_asked"
	periodLocked       = "locked"
	periodLockRefused  = "lock_refused" // rejected or withdrawn
	periodReopenAsked  = "reopen_asked"
	periodReopened     = "reopened"
	periodReopenRefuse = "reopen_refused"
)

// PeriodWords lists what can stand in a month's history.
var PeriodWords = []string{periodLockAsked, periodLocked, periodLockRefused, periodReopenAsked, periodReopened, periodReopenRefuse}

// periodApprovals carries decisions about months out.
type periodApprovals struct{ s *Service }

// PeriodApprovals returns what carries decisions about months out, to be
// registered for ApprovalPeriod.
func (s *Service) PeriodApprovals() approvals.Handler { return periodApprovals{s} }

// Decided locks or opens the month in the transaction that decides. Approving a
// lock is a Conflict when the month's figures are no longer those that were put
// up for approval.
func (h periodApprovals) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	s := h.s
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	scope := payments.Scope{MerchantID: a.MerchantID, Mode: a.Mode}
	p, err := s.store.holdPeriodByID(ctx, tx, scope, a.ObjectID)
	if err != nil {
		return err
	}
	if p.ApprovalID != a.ID {
		return app.Errorf(app.Internal, "%s waits for %q, not for %s", p.Month, p.ApprovalID, a.ID)
	}
	locking, approved := p.Status == PeriodLocking, a.Status == approvals.Approved
	what := map[[2]bool]string{
		{true, true}: periodLocked, {true, false}: periodLockRefused, {false, true}: periodReopened, {false, false}: periodReopenRefuse,
	}[[2]bool{locking, approved}]
	if locking == approved {
		p.Status = PeriodLocked
	} else {
		p.Status = PeriodOpen
	}
	switch what {
	case periodLocked:
		err = s.lock(ctx, tx, scope, &p, a, now)
	case periodReopened:
		p.HandledKind, p.HandledID, p.HandledName, p.CheckedKind, p.CheckedID, p.CheckedName, p.LockedAt = "", "", "", "", "", "", 0
		err = s.store.thaw(ctx, tx, scope, p.Month)
	}
	if err != nil {
		return err
	}
	p.ApprovalID, p.AskedDigest, p.AskedKind, p.AskedID, p.AskedName, p.AskedAt = "", "", "", "", "", 0
	if err := s.movePeriod(ctx, tx, &p, now, what, a.DecidedBy, a.ID, a.Note); err != nil {
		return err
	}
	return s.recordPeriod(ctx, tx, p, what, a)
}

// lock freezes the month's statements as they stand.
func (s *Service) lock(ctx context.Context, tx *db.Tx, scope payments.Scope, p *periodRow, a approvals.Approval, now app.Millis) error {
	first, err := ParseMonth(p.Month)
	if err != nil {
		return err
	}
	m, digest, err := s.lockable(ctx, tx, scope, first, p.asOpen())
	if err != nil {
		return err
	}
	if digest != p.AskedDigest {
		return app.Errorf(app.Conflict, "the figures of %s changed after its lock was asked for: reject the request and have it asked for again", p.Month).
			WithReason("period_changed").WithDetail("month", p.Month)
	}
	p.HandledKind, p.HandledID, p.HandledName = p.AskedKind, p.AskedID, p.AskedName
	p.CheckedKind, p.CheckedID, p.CheckedName, p.LockedAt = a.DecidedBy.Kind, a.DecidedBy.ID, a.DecidedBy.Name, now
	for _, d := range m.Days {
		for _, r := range d.Rows {
			for _, st := range r.Statements {
				if err := s.store.freeze(ctx, tx, st, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// asOpen is the month as it was before its lock.
func (r periodRow) asOpen() Period {
	p := r.period()
	p.Status = PeriodLocking
	return p
}

// After has nothing to wake.
func (periodApprovals) After(context.Context, approvals.Approval) {}

func (s *Service) recordPeriod(ctx context.Context, tx *db.Tx, p periodRow, what string, a approvals.Approval) error {
	if what != periodLocked && what != periodReopened {
		return nil // the decision itself is recorded with the approval
	}
	action, before := "period.lock", PeriodOpen
	if what == periodReopened {
		action, before = "period.reopen", PeriodLocked
	}
	type facts struct {
		Month  string       `json:"month"`
		Mode   app.Mode     `json:"mode"`
		Status PeriodStatus `json:"status"`
		Reason string       `json:"reason,omitempty"`
	}
	return s.Audit.Record(ctx, tx, audit.Entry{
		Chain: p.MerchantID, Action: action, Target: p.ID,
		Before: facts{p.Month, p.Mode, before, ""}, After: facts{p.Month, p.Mode, p.Status, a.Summary["reason"]},
	})
}

// digest tells whether anything of the month's figures has changed.
func (b *book) digest(first app.Day) string {
	h := sha256.New()
	for day := first; day <= LastOf(first); day = day.Next() {
		for _, id := range b.identities {
			at := place{id.ID, day}
			d, ok := b.days[at]
			if !ok {
				continue
			}
			fmt.Fprintf(h, "%s %s %s %d\n", id.ID, day, d.Digest, d.Version)
			for _, st := range b.statements[at] {
				fmt.Fprintf(h, "%s %+v %+v\n", st.ID, st.Exceptions, st.Adjustments)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Periods knows which days are closed. Its zero value is ready.
type Periods struct{ store store }

// Locked reports whether the day's month is closed for the scope, so that nothing
// may be booked in it. Within a transaction it also keeps the month from being
// locked until the transaction ends.
func (p Periods) Locked(ctx context.Context, q db.Querier, scope payments.Scope, day app.Day) (bool, error) {
	if tx, ok := q.(*db.Tx); ok {
		if _, err := p.store.touchPeriod(ctx, tx, scope, day.Month()); err != nil {
			return false, fmt.Errorf("hold %s: %w", day.Month(), err)
		}
	}
	r, _, err := p.store.period(ctx, q, scope, day.Month())
	return r.Status.locked(), err
}

// Entry is one line of a month's history.
type Entry struct {
	At         app.Millis
	What       string // one of PeriodWords
	By         approvals.Person
	ApprovalID string
	Note       string
}

// PeriodHistory returns what happened to a month, the newest first, at most the
// last hundred entries. It is Invalid for what is no month.
func (s *Service) PeriodHistory(ctx context.Context, scope payments.Scope, month string) ([]Entry, error) {
	if _, err := ParseMonth(month); err != nil {
		return nil, err
	}
	p, found, err := s.store.period(ctx, s.DB, scope, month)
	if err != nil || !found {
		return nil, err
	}
	rows, err := s.store.periodHistory(ctx, s.DB, scope.MerchantID, p.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{r.At, r.What, approvals.Person{Kind: r.ActorKind, ID: r.ActorID, Name: r.ActorName}, r.ApprovalID, r.Note}
	}
	return out, nil
}
