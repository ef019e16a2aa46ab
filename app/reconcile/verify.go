package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// Verify checks I10 over every day that has a result: the books equal the
// channel's bill, or a difference stands open or was decided by people. It
// compares each archived original anew with the books as they are now, trusts no
// stored total, and hands what is wrong to report. It changes nothing.
func (s *Service) Verify(ctx context.Context, report func(payments.Violation)) error {
	after := ""
	for {
		page, err := s.store.endedAfter(ctx, s.DB, after, planPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			if err := s.verifyRun(ctx, row, report); err != nil {
				return fmt.Errorf("verify the run %s: %w", row.ID, err)
			}
		}
		after = page[len(page)-1].ID
	}
}

// endedAfter returns a page of the runs of all merchants whose newest result is of
// a whole day, by id.
func (store) endedAfter(ctx context.Context, q db.Querier, after string, limit int) ([]runRow, error) {
	var rows []runRow
	err := q.Select(ctx, &rows, `SELECT `+runColumns+` FROM reconcile_runs WHERE id > ? AND ended_at > 0 AND partial = 0 ORDER BY id LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the runs with a result: %w", err)
	}
	return rows, nil
}

func (s *Service) verifyRun(ctx context.Context, row runRow, report func(payments.Violation)) error {
	bad := func(format string, args ...any) {
		report(payments.Violation{Invariant: "I10", Object: row.ID, Message: fmt.Sprintf("%s %s on %s: ", row.Channel, row.Identity, row.Day) + fmt.Sprintf(format, args...)})
	}
	stored, err := row.run()
	if err != nil {
		return err
	}
	c, err := s.recompute(ctx, row)
	var file *broken
	var lost *app.Error
	switch {
	case errors.As(err, &file):
		bad("the archived original cannot be read: %s", file.Error())
		return nil
	case errors.As(err, &lost) && (lost.Reason == "archive_missing" || lost.Reason == "archive_altered"):
		bad("%s", lost.Message)
		return nil
	case err != nil:
		return err
	}
	c.out.total()
	if now := c.out.result.Channel; now != stored.Result.Channel {
		bad("the original's lines come to %+v, the run says %+v", now, stored.Result.Channel)
	}
	ref := exceptions.RunRef{
		ID: row.ID, MerchantID: row.MerchantID, Mode: row.Mode, IdentityID: row.IdentityID,
		Channel: row.Channel, Identity: row.Identity, SubIdentity: row.SubIdentity, Day: row.Day,
	}
	missing, err := s.Exceptions.Unfiled(ctx, ref, c.out.findings)
	if err != nil {
		return err
	}
	for _, f := range missing {
		bad("%s differs (%s, ours %s, the channel's %s), and no exception stands", f.Key, f.Type, f.Ours.Yuan(), f.Channel.Yuan())
	}
	ok, err := s.Archive.Has(ctx, row.ResultKey)
	if err == nil && !ok {
		bad("the archive has no result file %s", row.ResultKey)
	}
	return err
}

// recompute compares the run's archived original with the books as they are.
// Contracted rates are left aside: they may have been agreed anew since.
func (s *Service) recompute(ctx context.Context, row runRow) (*comparison, error) {
	e := &execution{Service: s, row: row, looking: true}
	trades, found, err := e.current(ctx, channel.BillTrades)
	if err != nil {
		return nil, err
	}
	var o originals
	if found {
		o.trades = &trades
	}
	file, done, err := s.scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	return e.compare(ctx, o, file)
}
