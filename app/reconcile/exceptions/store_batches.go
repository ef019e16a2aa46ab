package exceptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

const batchColumns = `id, merchant_id, mode, status, file_name, sha256, size, by_kind, by_id, by_name, created_at, applied_at, decided_at, approval_id,
 changes, proposals, unchanged, stale, errors, amount, version`

type batchRow struct {
	ID         string      `db:"id"`
	MerchantID string      `db:"merchant_id"`
	Mode       app.Mode    `db:"mode"`
	Status     BatchStatus `db:"status"`
	FileName   string      `db:"file_name"`
	SHA256     string      `db:"sha256"`
	Size       int64       `db:"size"`
	ByKind     string      `db:"by_kind"`
	ByID       string      `db:"by_id"`
	ByName     string      `db:"by_name"`
	CreatedAt  app.Millis  `db:"created_at"`
	AppliedAt  app.Millis  `db:"applied_at"`
	DecidedAt  app.Millis  `db:"decided_at"`
	ApprovalID string      `db:"approval_id"`
	Changes    int64       `db:"changes"`
	Proposals  int64       `db:"proposals"`
	Unchanged  int64       `db:"unchanged"`
	Stale      int64       `db:"stale"`
	Errors     int64       `db:"errors"`
	Amount     app.Money   `db:"amount"`
	Version    int64       `db:"version"`
}

func (r batchRow) batch() Batch {
	return Batch{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Status: r.Status, FileName: r.FileName, SHA256: r.SHA256, Size: r.Size,
		By: approvals.Person{Kind: r.ByKind, ID: r.ByID, Name: r.ByName}, CreatedAt: r.CreatedAt, AppliedAt: r.AppliedAt, DecidedAt: r.DecidedAt,
		ApprovalID: r.ApprovalID, Changes: r.Changes, Proposals: r.Proposals, Unchanged: r.Unchanged, Stale: r.Stale, Errors: r.Errors,
		Amount: r.Amount, Version: r.Version,
	}
}

func (store) insertBatch(ctx context.Context, tx *db.Tx, b Batch, rows []BatchRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO exception_batches (`+batchColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.ID, b.MerchantID, b.Mode, b.Status, b.FileName, b.SHA256, b.Size, b.By.Kind, b.By.ID, clip(b.By.Name, 190), b.CreatedAt, 0, 0, "",
		b.Changes, b.Proposals, b.Unchanged, b.Stale, b.Errors, b.Amount, b.Version)
	if err != nil {
		return fmt.Errorf("insert batch: %w", err)
	}
	values := make([][]any, len(rows))
	for i, r := range rows {
		problems := "[]"
		if len(r.Problems) > 0 {
			problems = encode(r.Problems)
		}
		values[i] = []any{
			b.ID, r.Row, b.MerchantID, r.ExceptionID, r.Version, r.Outcome, flag(r.OwnerSet), r.Owner.ID, clip(r.Owner.Name, 190), r.Resolution, r.Amount,
			r.LinkedID, r.Note, problems, "", "",
		}
	}
	err = db.InsertRows(ctx, tx, `INSERT INTO exception_batch_rows (batch_id, sheet_row, merchant_id, exception_id, version, outcome, owner_set, owner_id, owner_name,
 resolution, amount, linked_payment_id, note, problems, result, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values)
	if err != nil {
		return fmt.Errorf("insert the rows of a batch: %w", err)
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (store) batch(ctx context.Context, q db.Querier, scope Scope, id string) (Batch, error) {
	var r batchRow
	err := q.Get(ctx, &r, `SELECT `+batchColumns+` FROM exception_batches WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return Batch{}, app.Errorf(app.NotFound, "no batch %s", id).WithReason("exception_batch_not_found")
	}
	if err != nil {
		return Batch{}, fmt.Errorf("read batch %s: %w", id, err)
	}
	return r.batch(), nil
}

// lockBatch keeps everybody else from a batch until tx ends, and reads it.
func (s store) lockBatch(ctx context.Context, tx *db.Tx, scope Scope, id string) (Batch, error) {
	_, err := tx.Exec(ctx, `UPDATE exception_batches SET version = version WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if err != nil {
		return Batch{}, fmt.Errorf("lock batch %s: %w", id, err)
	}
	return s.batch(ctx, tx, scope, id)
}

// updateBatch writes how far a batch is. It must have been locked.
func (store) updateBatch(ctx context.Context, tx *db.Tx, b *Batch) error {
	n, err := tx.Exec(ctx, `UPDATE exception_batches SET status = ?, applied_at = ?, decided_at = ?, approval_id = ?, proposals = ?, amount = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND version = ?`, b.Status, b.AppliedAt, b.DecidedAt, b.ApprovalID, b.Proposals, b.Amount, b.ID, b.MerchantID, b.Version)
	if err == nil && n == 0 {
		err = raced(b.ID)
	}
	if err != nil {
		return fmt.Errorf("change batch %s: %w", b.ID, err)
	}
	b.Version++
	return nil
}

func (store) batches(ctx context.Context, q db.Querier, scope Scope, before string, limit int) ([]Batch, error) {
	b := db.NewBuild(`SELECT `+batchColumns+` FROM exception_batches WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	if before != "" {
		b.And(`id < ?`, before)
	}
	var rows []batchRow
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	out := make([]Batch, len(rows))
	for i, r := range rows {
		out[i] = r.batch()
	}
	return out, nil
}

type rowFilter struct {
	outcome RowOutcome // "" is any
	result  RowResult  // "" is any
	after   int
	limit   int
}

type rowOf struct {
	BatchID     string     `db:"batch_id"`
	Row         int        `db:"sheet_row"`
	ExceptionID string     `db:"exception_id"`
	Version     int64      `db:"version"`
	Outcome     RowOutcome `db:"outcome"`
	OwnerSet    bool       `db:"owner_set"`
	OwnerID     string     `db:"owner_id"`
	OwnerName   string     `db:"owner_name"`
	Resolution  Resolution `db:"resolution"`
	Amount      app.Money  `db:"amount"`
	LinkedID    string     `db:"linked_payment_id"`
	Note        string     `db:"note"`
	Problems    string     `db:"problems"`
	Result      RowResult  `db:"result"`
	Detail      string     `db:"detail"`
}

func (store) batchRows(ctx context.Context, q db.Querier, b Batch, f rowFilter) ([]BatchRow, error) {
	s := db.NewBuild(`SELECT batch_id, sheet_row, exception_id, version, outcome, owner_set, owner_id, owner_name, resolution, amount, linked_payment_id, note,
 problems, result, detail FROM exception_batch_rows WHERE batch_id = ? AND merchant_id = ?`, b.ID, b.MerchantID)
	if f.outcome != "" {
		s.And(`outcome = ?`, f.outcome)
	}
	if f.result != "" {
		s.And(`result = ?`, f.result)
	}
	if f.after != 0 {
		s.And(`sheet_row > ?`, f.after)
	}
	var rows []rowOf
	if err := s.Tail(`ORDER BY sheet_row LIMIT ?`, f.limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("read the rows of %s: %w", b.ID, err)
	}
	out := make([]BatchRow, len(rows))
	for i, r := range rows {
		out[i] = BatchRow{
			BatchID: r.BatchID, Row: r.Row, ExceptionID: r.ExceptionID, Version: r.Version, Outcome: r.Outcome, OwnerSet: r.OwnerSet,
			Owner: Owner{ID: r.OwnerID, Name: r.OwnerName}, Resolution: r.Resolution, Amount: r.Amount, LinkedID: r.LinkedID, Note: r.Note,
			Result: r.Result, Detail: r.Detail,
		}
		if err := json.Unmarshal([]byte(r.Problems), &out[i].Problems); err != nil {
			return nil, app.Errorf(app.Internal, "read row %d of %s: %w", r.Row, b.ID, err)
		}
	}
	return out, nil
}

// results writes what became of rows: those alike together.
func (store) results(ctx context.Context, tx *db.Tx, b Batch, rows []BatchRow) error {
	type result struct {
		result RowResult
		detail string
	}
	alike := map[result][]int{}
	for _, r := range rows {
		k := result{r.Result, r.Detail}
		alike[k] = append(alike[k], r.Row)
	}
	for k, all := range alike {
		for some := range slices.Chunk(all, 200) {
			_, err := tx.Exec(ctx, `UPDATE exception_batch_rows SET result = ?, detail = ? WHERE batch_id = ? AND merchant_id = ? AND sheet_row IN (?)`,
				k.result, k.detail, b.ID, b.MerchantID, some)
			if err != nil {
				return fmt.Errorf("write the results of %s: %w", b.ID, err)
			}
		}
	}
	return nil
}

func (store) byIDs(ctx context.Context, q db.Querier, scope Scope, ids []string) ([]Exception, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM exceptions WHERE id IN (?) AND merchant_id = ? AND mode = ? ORDER BY id`, ids, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	return exceptionsOf(rows)
}
