package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const billColumns = `id, run_id, merchant_id, kind, is_current, name, archive_key, size, format, hash_type, hash, line_count,
 problem_code, problem_line, problem_detail, fetched_at`

type billRow struct {
	ID            string             `db:"id"`
	RunID         string             `db:"run_id"`
	MerchantID    string             `db:"merchant_id"`
	Kind          channel.BillKind   `db:"kind"`
	Current       bool               `db:"is_current"`
	Name          string             `db:"name"`
	Key           string             `db:"archive_key"`
	Size          int64              `db:"size"`
	Format        channel.BillFormat `db:"format"`
	HashType      string             `db:"hash_type"`
	Hash          string             `db:"hash"`
	Lines         int64              `db:"line_count"`
	ProblemCode   string             `db:"problem_code"`
	ProblemLine   int                `db:"problem_line"`
	ProblemDetail string             `db:"problem_detail"`
	FetchedAt     app.Millis         `db:"fetched_at"`
}

func (r billRow) bill() Bill {
	b := Bill{
		ID: r.ID, RunID: r.RunID, MerchantID: r.MerchantID, Kind: r.Kind, Current: r.Current, Name: r.Name, Key: r.Key, Size: r.Size,
		Format: r.Format, HashType: r.HashType, Hash: r.Hash, Lines: r.Lines, FetchedAt: r.FetchedAt,
	}
	if r.ProblemCode != "" {
		b.Problem = Problem{Code: r.ProblemCode, Kind: r.Kind, Line: r.ProblemLine, Detail: r.ProblemDetail}
	}
	return b
}

// bills returns a run's originals, by kind and newest first.
func (store) bills(ctx context.Context, q db.Querier, merchantID, runID string) ([]Bill, error) {
	var rows []billRow
	err := q.Select(ctx, &rows, `SELECT `+billColumns+` FROM reconcile_bills WHERE run_id = ? AND merchant_id = ? ORDER BY kind DESC, fetched_at DESC, id DESC`, runID, merchantID)
	if err != nil {
		return nil, fmt.Errorf("list the bills of %s: %w", runID, err)
	}
	out := make([]Bill, len(rows))
	for i, r := range rows {
		out[i] = r.bill()
	}
	return out, nil
}

func (store) bill(ctx context.Context, q db.Querier, merchantID, id string) (Bill, error) {
	var row billRow
	err := q.Get(ctx, &row, `SELECT `+billColumns+` FROM reconcile_bills WHERE id = ? AND merchant_id = ?`, id, merchantID)
	if errors.Is(err, db.ErrNoRows) {
		return Bill{}, app.Errorf(app.NotFound, "no bill %s", id).WithReason("bill_not_found")
	}
	if err != nil {
		return Bill{}, fmt.Errorf("read bill %s: %w", id, err)
	}
	return row.bill(), nil
}
