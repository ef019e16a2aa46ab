package approvals

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

// verifyPage is how many rows one step of a verification reads.
const verifyPage = 500

// Statuses returns the states of approvals, of any merchant, by their ids. It
// serves the verification of the books.
func (s *Service) Statuses(ctx context.Context, ids []string) (map[string]Status, error) {
	found := map[string]Status{}
	if len(ids) == 0 {
		return found, nil
	}
	rows, err := s.store.states(ctx, s.db, ids)
	for _, r := range rows {
		found[r.ID] = r.Status
	}
	return found, err
}

// PendingAfter returns the approvals of a kind that wait, of any merchant, with
// ids above after: the next 500 at most. It serves the verification of the books.
func (s *Service) PendingAfter(ctx context.Context, kind, after string) ([]Approval, error) {
	return s.store.pendingAfter(ctx, s.db, kind, after)
}

// SelfDecided returns the approvals that were given or refused by who asked for
// them or made the key that did, at most 100: there must be none.
func (s *Service) SelfDecided(ctx context.Context) ([]string, error) {
	return s.store.selfDecided(ctx, s.db)
}

type state struct {
	ID     string `db:"id"`
	Status Status `db:"status"`
}

func (store) states(ctx context.Context, q db.Querier, ids []string) ([]state, error) {
	var rows []state
	if err := q.Select(ctx, &rows, `SELECT id, status FROM approvals WHERE id IN (?)`, ids); err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	return rows, nil
}

func (store) pendingAfter(ctx context.Context, q db.Querier, kind, after string) ([]Approval, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM approvals WHERE kind = ? AND status = 'pending' AND id > ? ORDER BY id LIMIT ?`, kind, after, verifyPage)
	if err != nil {
		return nil, fmt.Errorf("read pending approvals: %w", err)
	}
	return all(rows)
}

func (store) selfDecided(ctx context.Context, q db.Querier) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM approvals WHERE status IN ('approved', 'rejected') AND (decided_kind = requested_kind AND decided_id = requested_id OR decided_kind = 'user' AND decided_id = requested_maker) ORDER BY id LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("find approvals by their own requester: %w", err)
	}
	return ids, nil
}
