package statements

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// maxReason is the longest reason, in characters.
const maxReason = 200

// Period returns a month's lock. It is Invalid for what is no month.
func (s *Service) Period(ctx context.Context, scope payments.Scope, month string) (Period, error) {
	if _, err := ParseMonth(month); err != nil {
		return Period{}, err
	}
	p, _, err := s.store.period(ctx, s.DB, scope, month)
	return p.period(), err
}

// AskLock asks a second person to lock a month, so that nothing changes its
// statements any more. Errors: Invalid for what is no month; Conflict with
// reason period_blocked while days have no result or exceptions stand open (the
// message says which), period_pending while something is asked for already,
// period_locked.
func (s *Service) AskLock(ctx context.Context, scope payments.Scope, month string, by approvals.Person) (Period, error) {
	return s.ask(ctx, scope, month, func(tx *db.Tx, p *periodRow, now app.Millis) error {
		if p.Status.locked() {
			return app.Errorf(app.Conflict, "the statements of %s are locked already", month).WithReason("period_locked").WithDetail("month", month)
		}
		first, _ := ParseMonth(month)
		m, digest, err := s.lockable(ctx, tx, scope, first, p.period())
		if err != nil {
			return err
		}
		p.Status, p.AskedDigest = PeriodLocking, digest
		return s.request(ctx, tx, p, by, now, periodLockAsked, "", m.Total.Theirs.Net(), lockSummary(m))
	})
}

// AskReopen asks a second person to open a locked month again, so that runs and
// resolutions may change its statements. Errors: Invalid without a reason;
// Conflict with reason period_not_locked or period_pending.
func (s *Service) AskReopen(ctx context.Context, scope payments.Scope, month, reason string, by approvals.Person) (Period, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return Period{}, app.InvalidField("reason", "required", "say why %s must be opened again", month)
	case !utf8.ValidString(reason), utf8.RuneCountInString(reason) > maxReason:
		return Period{}, app.InvalidField("reason", "too_long", "the reason may have %d characters at most", maxReason)
	}
	return s.ask(ctx, scope, month, func(tx *db.Tx, p *periodRow, now app.Millis) error {
		if p.Status != PeriodLocked {
			return app.Errorf(app.Conflict, "the statements of %s are not locked", month).WithReason("period_not_locked").WithDetail("month", month)
		}
		p.Status, p.Reason = PeriodReopening, reason
		return s.request(ctx, tx, p, by, now, periodReopenAsked, reason, 0, map[string]string{"month": month, "change": "reopen", "reason": reason})
	})
}

// ask changes a month that nothing is asked for yet.
func (s *Service) ask(ctx context.Context, scope payments.Scope, month string, change func(tx *db.Tx, p *periodRow, now app.Millis) error) (Period, error) {
	if _, err := ParseMonth(month); err != nil {
		return Period{}, err
	}
	var p periodRow
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		if p, err = s.store.holdPeriod(ctx, tx, scope, month, now); err != nil {
			return err
		}
		if p.ApprovalID != "" {
			return app.Errorf(app.Conflict, "a decision about %s is waited for already", month).
				WithReason("period_pending").WithDetail("month", month).WithDetail("approval_id", p.ApprovalID)
		}
		return change(tx, &p, now)
	})
	if err != nil {
		return Period{}, err
	}
	return p.period(), nil
}

// request asks for the approval and writes the month with it.
func (s *Service) request(ctx context.Context, tx *db.Tx, p *periodRow, by approvals.Person, now app.Millis, what, note string, net app.Money, summary map[string]string) error {
	a, err := s.Approvals.Request(ctx, tx, approvals.New{
		MerchantID: p.MerchantID, Mode: p.Mode, Kind: ApprovalPeriod, ObjectID: p.ID, Amount: net, Summary: summary, RequestedBy: by,
	})
	if err != nil {
		return err
	}
	p.ApprovalID, p.AskedKind, p.AskedID, p.AskedName, p.AskedAt = a.ID, by.Kind, by.ID, by.Name, now
	return s.movePeriod(ctx, tx, p, now, what, by, a.ID, note)
}

// movePeriod writes a month that tx holds, and what happened to its history.
func (s *Service) movePeriod(ctx context.Context, tx *db.Tx, p *periodRow, now app.Millis, what string, by approvals.Person, approvalID, note string) error {
	p.UpdatedAt = now
	if err := s.store.updatePeriod(ctx, tx, *p); err != nil {
		return err
	}
	p.Version++
	return s.store.insertPeriodEntry(ctx, tx, periodEntryRow{
		ID: app.NewID(app.PrefixTimeline, now.Time()), PeriodID: p.ID, MerchantID: p.MerchantID, At: now, What: what,
		ActorKind: by.Kind, ActorID: by.ID, ActorName: by.Name, ApprovalID: approvalID, Note: note,
	})
}

// lockable returns the month as tx sees it and a digest of its figures, or the
// Conflict that keeps it from being locked.
func (s *Service) lockable(ctx context.Context, tx *db.Tx, scope payments.Scope, first app.Day, p Period) (Month, string, error) {
	b, err := s.load(ctx, tx, scope, first, LastOf(first))
	if err != nil {
		return Month{}, "", err
	}
	m := b.month(first, p)
	if len(m.Blockers) > 0 {
		return m, "", blocked(m)
	}
	return m, b.digest(first), nil
}

// blocked says which days keep a month open; the first few in words.
func blocked(m Month) error {
	const shown = 5
	var words []string
	for _, b := range m.Blockers[:min(shown, len(m.Blockers))] {
		words = append(words, b.sentence())
	}
	more := ""
	if n := len(m.Blockers) - shown; n > 0 {
		more = fmt.Sprintf("; and %d more", n)
	}
	return app.Errorf(app.Conflict, "%s cannot be locked: %s%s", m.Month, strings.Join(words, "; "), more).
		WithReason("period_blocked").WithDetail("month", m.Month)
}

func (b Blocker) sentence() string {
	of := string(b.Day) + " of " + string(b.Channel) + " " + b.Identity
	switch b.Code {
	case BlockNotEnded:
		return "it has not ended"
	case BlockFailed:
		return "the run of " + of + " failed"
	case BlockPartial:
		return of + " was compared before it had ended"
	case BlockExceptions:
		return strconv.FormatInt(b.Count, 10) + " exceptions of " + of + " are open"
	case BlockRunning:
		return of + " is being compared again"
	}
	return of + " has no result yet"
}

// lockSummary are the facts to decide by.
func lockSummary(m Month) map[string]string {
	return map[string]string{
		"month": m.Month, "change": "lock",
		"payments": strconv.FormatInt(m.Total.Theirs.Payments, 10), "gross": m.Total.Theirs.Gross.String(),
		"refunds": strconv.FormatInt(m.Total.Theirs.Refunds, 10), "refunded": m.Total.Theirs.Refunded.String(),
		"fee": m.Total.Theirs.Fee.Round().String(), "net": m.Total.Theirs.Net().String(),
		"adjustments": m.Total.Adjustments.Amount.String(), "exceptions": strconv.FormatInt(m.Total.Exceptions.Total, 10),
		"carried": strconv.FormatInt(m.Carried, 10),
	}
}
