package reconcile

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// carryDays is for how many days after its own a record is looked for.
const carryDays = 3

// base is the result of the nearest day before that ended, as far as anything is
// carried: what the day builds on.
type base struct {
	runID  string
	day    app.Day
	hash   string // "" without one
	result Result
}

// baseOf returns what the day of the identity builds on.
func (store) baseOf(ctx context.Context, q db.Querier, r runRow) (base, error) {
	var rows []struct {
		ID     string  `db:"id"`
		Day    app.Day `db:"bill_day"`
		Hash   string  `db:"carried_out"`
		Result string  `db:"result"`
	}
	err := q.Select(ctx, &rows, `SELECT id, bill_day, carried_out, result FROM reconcile_runs WHERE identity_id = ? AND merchant_id = ? AND bill_day < ? AND bill_day >= ? AND ended_at > 0 AND partial = 0
 ORDER BY bill_day DESC LIMIT 1`, r.IdentityID, r.MerchantID, r.Day, r.Day.Add(-carryDays))
	if err != nil || len(rows) == 0 {
		return base{}, err
	}
	b := base{runID: rows[0].ID, day: rows[0].Day, hash: rows[0].Hash}
	if err := json.Unmarshal([]byte(rows[0].Result), &b.result); err != nil {
		return b, app.Errorf(app.Internal, "read the result of %s: %w", b.runID, err)
	}
	return b, nil
}

func (e *execution) readBase(ctx context.Context) (base, error) {
	b, err := e.store.baseOf(ctx, e.DB, e.row)
	if err != nil {
		return b, fmt.Errorf("read what %s builds on: %w", e.row.ID, err)
	}
	return b, nil
}

// leftBefore returns the balance that the day before left. It is not known when
// that day has no result.
func (e *execution) leftBefore(b base) (app.Money, app.Day, bool) {
	if b.day == "" || b.day.Next() != e.row.Day || !b.result.HasStanding {
		return 0, "", false
	}
	return b.result.Standing, b.day, true
}

// carriedOf returns what a run has carried over.
func (store) carriedOf(ctx context.Context, q db.Querier, merchantID, runID string) ([]carried, error) {
	var out []carried
	err := q.Select(ctx, &out, `SELECT kind, number, from_day FROM reconcile_carried WHERE run_id = ? AND merchant_id = ? ORDER BY kind, number`, runID, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read what %s carries over: %w", runID, err)
	}
	return out, nil
}

// carry replaces what a run carries over.
func (store) carry(ctx context.Context, tx *db.Tx, r runRow, list []carried) error {
	if _, err := tx.Exec(ctx, `DELETE FROM reconcile_carried WHERE run_id = ? AND merchant_id = ?`, r.ID, r.MerchantID); err != nil {
		return fmt.Errorf("carry over from %s: %w", r.ID, err)
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{r.ID, c.Kind, c.Number, r.MerchantID, c.From}
	}
	err := db.InsertRows(ctx, tx, `INSERT INTO reconcile_carried (run_id, kind, number, merchant_id, from_day) VALUES (?, ?, ?, ?, ?)`, rows)
	if err != nil {
		return fmt.Errorf("carry over from %s: %w", r.ID, err)
	}
	return nil
}

// moved reports whether what the day was compared on is no longer what the days
// before hand over: one of them has ended meanwhile. hold and ripple lock the
// later day's run, so that of two that end at once one sees the other.
func (e *execution) moved(ctx context.Context, tx *db.Tx, o *outcome) (bool, error) {
	b, err := e.store.baseOf(ctx, tx, e.row)
	if err != nil {
		return false, fmt.Errorf("read what %s builds on: %w", e.row.ID, err)
	}
	return b.hash != o.carriedIn, nil
}

// ripple makes the next day that has a result due again when it was built on
// something else than the run now hands over. It reports whether it did.
func (store) ripple(ctx context.Context, tx *db.Tx, r runRow, handed string, now app.Millis) (bool, error) {
	_, err := tx.Exec(ctx, `UPDATE reconcile_runs SET version = version WHERE identity_id = ? AND merchant_id = ? AND bill_day > ? AND bill_day <= ?`,
		r.IdentityID, r.MerchantID, r.Day, r.Day.Add(carryDays))
	if err != nil {
		return false, fmt.Errorf("lock the days after %s: %w", r.ID, err)
	}
	var next []struct {
		ID string `db:"id"`
		In string `db:"carried_in"`
	}
	err = tx.Select(ctx, &next, `SELECT id, carried_in FROM reconcile_runs WHERE identity_id = ? AND merchant_id = ? AND bill_day > ? AND bill_day <= ? AND ended_at > 0 ORDER BY bill_day LIMIT 1`,
		r.IdentityID, r.MerchantID, r.Day, r.Day.Add(carryDays))
	if err != nil || len(next) == 0 || next[0].In == handed {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE reconcile_runs SET next_at = ?, version = version + 1 WHERE id = ? AND merchant_id = ?`, now, next[0].ID, r.MerchantID)
	return n > 0, err
}
