package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// errLost means that the run's lease passed to somebody else: whatever this
// execution would still write is theirs to write.
var errLost = errors.New("the run was taken over by another server")

// The statements below write for whoever holds the run: each is about the fence
// with which it was claimed, and errLost when that is no longer the newest.

func held(n int64, err error) error {
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

// renew keeps the lease and shows how far the execution is.
func (store) renew(ctx context.Context, q db.Querier, r runRow, done, expected int64, until app.Millis) error {
	return held(q.Exec(ctx, `UPDATE reconcile_runs SET lease_until = ?, done_lines = ?, expected_lines = ? WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`,
		until, done, expected, r.ID, r.MerchantID, r.Fence, r.LeaseOwner))
}

// step shows what the execution is doing.
func (store) step(ctx context.Context, q db.Querier, r runRow, status Status) error {
	return held(q.Exec(ctx, `UPDATE reconcile_runs SET status = ?, version = version + 1 WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`,
		status, r.ID, r.MerchantID, r.Fence, r.LeaseOwner))
}

// hold locks the run for the rest of the transaction.
func (store) hold(ctx context.Context, tx *db.Tx, r runRow) error {
	return held(tx.Exec(ctx, `UPDATE reconcile_runs SET version = version + 1 WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`,
		r.ID, r.MerchantID, r.Fence, r.LeaseOwner))
}

// giveBack ends the lease of an execution that was broken off, so that it is
// taken up again at once.
func (store) giveBack(ctx context.Context, q db.Querier, r runRow) error {
	_, err := q.Exec(ctx, `UPDATE reconcile_runs SET lease_until = 0 WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`, r.ID, r.MerchantID, r.Fence, r.LeaseOwner)
	return err
}

// fail ends an execution without a result.
func (store) fail(ctx context.Context, q db.Querier, r runRow, status Status, p Problem, next app.Millis) error {
	return held(q.Exec(ctx, `UPDATE reconcile_runs SET status = ?, problem_code = ?, problem_kind = ?, problem_line = ?, problem_detail = ?, next_at = ?,
 lease_owner = '', lease_until = 0, version = version + 1 WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`,
		status, p.Code, p.Kind, p.Line, clip(p.Detail, 512), next, r.ID, r.MerchantID, r.Fence, r.LeaseOwner))
}

// end ends an execution with its result.
func (store) end(ctx context.Context, tx *db.Tx, r runRow, o *outcome, now, next app.Millis) error {
	text, err := json.Marshal(o.result)
	if err != nil {
		return err
	}
	return held(tx.Exec(ctx, `UPDATE reconcile_runs SET status = ?, partial = ?, done_lines = ?, expected_lines = ?, tries = 0, next_at = ?, lease_owner = '', lease_until = 0,
 problem_code = '', problem_kind = '', problem_line = 0, problem_detail = '', result = ?, result_key = ?, carried_in = ?, carried_out = ?,
 requested_kind = '', requested_id = '', requested_name = '', ended_at = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND fence = ? AND lease_owner = ?`,
		o.status, o.partial, o.lines, o.lines, next, string(text), o.result.Key, o.carriedIn, o.carriedOut, now, r.ID, r.MerchantID, r.Fence, r.LeaseOwner))
}

func clip(s string, limit int) string {
	r := []rune(s)
	return string(r[:min(len(r), limit)])
}

// insertBill keeps a fetched original, which becomes the current one of its kind.
// The same bytes once more are the same original, fetched later: what a day that
// was not over had may be all that there is of it.
func (store) insertBill(ctx context.Context, tx *db.Tx, b Bill) (Bill, error) {
	if _, err := tx.Exec(ctx, `UPDATE reconcile_bills SET is_current = 0 WHERE run_id = ? AND merchant_id = ? AND kind = ? AND archive_key <> ?`, b.RunID, b.MerchantID, b.Kind, b.Key); err != nil {
		return b, fmt.Errorf("keep a bill of %s: %w", b.RunID, err)
	}
	n, err := tx.Exec(ctx, `UPDATE reconcile_bills SET is_current = 1, fetched_at = ? WHERE run_id = ? AND merchant_id = ? AND kind = ? AND archive_key = ?`, b.FetchedAt, b.RunID, b.MerchantID, b.Kind, b.Key)
	if err == nil && n == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO reconcile_bills (`+billColumns+`) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 0, '', 0, '', ?)`,
			b.ID, b.RunID, b.MerchantID, b.Kind, clip(b.Name, 190), b.Key, b.Size, b.Format, b.HashType, b.Hash, b.FetchedAt)
	}
	if err != nil {
		return b, fmt.Errorf("keep a bill of %s: %w", b.RunID, err)
	}
	var row billRow
	err = tx.Get(ctx, &row, `SELECT `+billColumns+` FROM reconcile_bills WHERE run_id = ? AND merchant_id = ? AND kind = ? AND archive_key = ?`, b.RunID, b.MerchantID, b.Kind, b.Key)
	return row.bill(), err
}

// noBill says that the channel has no file of the kind (any more).
func (store) noBill(ctx context.Context, tx *db.Tx, r runRow, kind channel.BillKind) error {
	_, err := tx.Exec(ctx, `UPDATE reconcile_bills SET is_current = 0 WHERE run_id = ? AND merchant_id = ? AND kind = ?`, r.ID, r.MerchantID, kind)
	return err
}

// read keeps what came of reading a bill.
func (store) read(ctx context.Context, q db.Querier, b Bill) error {
	_, err := q.Exec(ctx, `UPDATE reconcile_bills SET line_count = ?, problem_code = ?, problem_line = ?, problem_detail = ? WHERE id = ? AND merchant_id = ?`,
		b.Lines, b.Problem.Code, b.Problem.Line, clip(b.Problem.Detail, 512), b.ID, b.MerchantID)
	if err != nil {
		return fmt.Errorf("keep what bill %s holds: %w", b.ID, err)
	}
	return nil
}
