package approvals

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// BySystem is the kind of person that the program itself is, when it takes a
// request back.
const BySystem = "system"

// Cancel takes back, inside tx, a request whose reason has gone; part names what
// of the program does so. The waiting room calls it about its own object, and is
// told nothing. Errors: NotFound, Conflict with reason already_decided.
func (s *Service) Cancel(ctx context.Context, tx *db.Tx, scope Scope, id, part string) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	a, err := s.store.get(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if a.Status != Pending {
		return alreadyDecided(a)
	}
	a.Status, a.DecidedBy, a.DecidedAt = Withdrawn, Person{Kind: BySystem, Name: part}, now
	moved, err := s.store.end(ctx, tx, a)
	if err != nil {
		return err
	}
	if !moved {
		return app.Errorf(app.Conflict, "approval %s has just been decided", id).WithReason("already_decided").WithDetail("approval_id", id)
	}
	return s.record(ctx, tx, "approval.withdraw", a)
}
