package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

// MarkDeaf records that a query found a success which no notification had
// announced, and raises account.deaf. Nothing is written when the account was
// deaf already.
func (s *Service) MarkDeaf(ctx context.Context, accountID string) error {
	row, err := selectHeard(ctx, s.db, accountID)
	if err != nil || row.DeafSince != 0 {
		return err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		// When another server was faster, it has told.
		marked, err := updateDeaf(ctx, tx, accountID, 0, s.now())
		if err != nil || !marked {
			return err
		}
		a, err := selectAnyAccount(ctx, tx, accountID)
		if err != nil {
			return err
		}
		issue := deafIssue(a)
		return s.announce(ctx, tx, EventDeaf, a, &issue)
	})
	if err != nil {
		return fmt.Errorf("note that %s is deaf: %w", accountID, err)
	}
	return nil
}

// MarkHeard records that a notification verified, so the account is not deaf
// (any more). Nothing is written when it was not.
func (s *Service) MarkHeard(ctx context.Context, accountID string) error {
	row, err := selectHeard(ctx, s.db, accountID)
	if err != nil || row.DeafSince == 0 {
		return err
	}
	// When another server was faster, its word stands.
	if _, err := updateDeaf(ctx, s.db, accountID, row.DeafSince, 0); err != nil {
		return fmt.Errorf("note that %s hears: %w", accountID, err)
	}
	return nil
}

// RecordSuccess records that the account works: a payment of it succeeded. It
// writes at most once a minute and account.
func (s *Service) RecordSuccess(ctx context.Context, accountID string) error {
	row, err := selectHeard(ctx, s.db, accountID)
	if err != nil {
		return err
	}
	now := s.now()
	if now < row.LastSuccessAt.Add(touchEvery) {
		return nil
	}
	if err := updateLastSuccess(ctx, s.db, accountID, row.LastSuccessAt, now); err != nil {
		return fmt.Errorf("note success of %s: %w", accountID, err)
	}
	return nil
}
