package approvals

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const maxNote = 200

// Decide approves or rejects what somebody else asked for, and has the waiting
// room carry it out in the same transaction. Of several decisions at once one
// counts. Errors: NotFound; Conflict with reason approval_expired; Forbidden
// with reason own_request when the decider asked for it, own_key when they made
// the API key that did, not_a_user when an API key decides; Conflict with reason
// already_decided; Invalid for a rejection without a note.
func (s *Service) Decide(ctx context.Context, scope Scope, id string, d Decision) (Approval, error) {
	d.Note = strings.TrimSpace(d.Note)
	if err := d.check(); err != nil {
		return Approval{}, err
	}
	to, action := Approved, "approval.approve"
	if !d.Approve {
		to, action = Rejected, "approval.reject"
	}
	return s.end(ctx, scope, id, action, func(a *Approval) error {
		if d.By.is(a.RequestedBy) {
			return app.Errorf(app.Forbidden, "who asks for an approval cannot give it: another person must decide").WithReason("own_request")
		}
		if a.IsOfKeyBy(d.By.ID) {
			return app.Errorf(app.Forbidden, "who made the API key that asks for an approval cannot give it: another person must decide").WithReason("own_key")
		}
		a.Status, a.DecidedBy, a.Note = to, d.By, d.Note
		return nil
	})
}

func (d Decision) check() error {
	switch {
	case d.By.Kind != ByUser || d.By.ID == "":
		return app.Errorf(app.Forbidden, "only a signed-in person decides").WithReason("not_a_user")
	case !d.Approve && d.Note == "":
		return app.InvalidField("note", "required", "say why it is rejected")
	case !utf8.ValidString(d.Note), utf8.RuneCountInString(d.Note) > maxNote:
		return app.InvalidField("note", "too_long", "the note may have %d characters at most", maxNote)
	}
	return nil
}

// Withdraw takes a request back; only who asked for it may. Errors: NotFound,
// Forbidden with reason not_requester, Conflict with reason already_decided.
func (s *Service) Withdraw(ctx context.Context, scope Scope, id string, by Person) (Approval, error) {
	return s.end(ctx, scope, id, "approval.withdraw", func(a *Approval) error {
		if !by.is(a.RequestedBy) {
			return app.Errorf(app.Forbidden, "only who asked for an approval may withdraw it").WithReason("not_requester")
		}
		a.Status, a.DecidedBy = Withdrawn, by
		return nil
	})
}

// end moves a pending approval to where decide puts it, with the audit row and
// what the waiting room does about it.
func (s *Service) end(ctx context.Context, scope Scope, id, action string, decide func(*Approval) error) (Approval, error) {
	var a Approval
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		if a, err = s.store.get(ctx, tx, scope, id); err != nil {
			return err
		}
		if a.Status != Pending {
			return alreadyDecided(a)
		}
		if a.ExpiresAt != 0 && now >= a.ExpiresAt && action != expireAction {
			return app.Errorf(app.Conflict, "approval %s was not decided in time: ask again", a.ID).WithReason("approval_expired")
		}
		if err := decide(&a); err != nil {
			return err
		}
		a.DecidedAt = now
		moved, err := s.store.end(ctx, tx, a)
		if err != nil {
			return err
		}
		if !moved {
			return alreadyDecided(a)
		}
		a.Version++
		if err := s.handlers[a.Kind].Decided(ctx, tx, a); err != nil {
			return fmt.Errorf("carry out %s: %w", a.ID, err)
		}
		return s.record(ctx, tx, action, a)
	})
	if err != nil {
		return Approval{}, err
	}
	s.handlers[a.Kind].After(ctx, a)
	return a, nil
}

func alreadyDecided(a Approval) error {
	return app.Errorf(app.Conflict, "approval %s has been decided", a.ID).WithReason("already_decided").WithDetail("approval_id", a.ID)
}
