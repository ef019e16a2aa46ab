package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// MarkDeaf records that a query found a success which no notification had
// announced. Nothing is written when the account was deaf already.
func (s *Service) MarkDeaf(ctx context.Context, accountID string) error {
	row, err := selectHeard(ctx, s.db, accountID)
	if err != nil || row.DeafSince != 0 {
		return err
	}
	return s.setDeaf(ctx, accountID, 0, s.now())
}

// MarkHeard records that a notification verified, so the account is not deaf
// (any more). Nothing is written when it was not.
func (s *Service) MarkHeard(ctx context.Context, accountID string) error {
	row, err := selectHeard(ctx, s.db, accountID)
	if err != nil || row.DeafSince == 0 {
		return err
	}
	return s.setDeaf(ctx, accountID, row.DeafSince, 0)
}

// setDeaf changes what was read; when another server was faster, its word stands.
func (s *Service) setDeaf(ctx context.Context, id string, from, to app.Millis) error {
	if err := updateDeaf(ctx, s.db, id, from, to); err != nil {
		return fmt.Errorf("note whether %s hears: %w", id, err)
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
