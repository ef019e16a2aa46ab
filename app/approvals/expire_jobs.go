package approvals

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// expiry is the part of the program that ends what nobody decided in time.
const expiry = "expiry"

const expireAction = "approval.expire"

// ExpireDue ends the requests that nobody decided in time, a hundred at most,
// has the waiting rooms told, and returns how many.
func (s *Service) ExpireDue(ctx context.Context) (int, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return 0, err
	}
	due, err := s.store.due(ctx, s.db, now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, a := range due {
		_, err := s.end(ctx, Scope{a.MerchantID, a.Mode}, a.ID, expireAction, func(a *Approval) error {
			a.Status, a.DecidedBy = Withdrawn, Person{Kind: BySystem, Name: expiry}
			return nil
		})
		if app.Is(err, app.Conflict) { // somebody decided meanwhile, or another server was first
			continue
		}
		if err != nil {
			return n, fmt.Errorf("expire %s: %w", a.ID, err)
		}
		n++
	}
	return n, nil
}

func (store) due(ctx context.Context, q db.Querier, now app.Millis) ([]Approval, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM approvals WHERE status = 'pending' AND expires_at > 0 AND expires_at <= ? ORDER BY expires_at LIMIT 100`, now)
	if err != nil {
		return nil, fmt.Errorf("find expired approvals: %w", err)
	}
	return all(rows)
}
