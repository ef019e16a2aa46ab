package exceptions

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const verifyPage = 500

// after returns the exceptions of any merchant with ids above id.
func (store) after(ctx context.Context, q db.Querier, id string) ([]Exception, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM exceptions WHERE id > ? ORDER BY id LIMIT ?`, id, verifyPage)
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	return exceptionsOf(rows)
}

// bookedFor sums what stands booked for exceptions, by kind; what was reversed is
// left out.
func (store) bookedFor(ctx context.Context, q db.Querier, ids []string) (map[string]map[AdjustmentKind]app.Money, error) {
	var rows []struct {
		ID     string         `db:"exception_id"`
		Kind   AdjustmentKind `db:"kind"`
		Amount app.Money      `db:"amount"`
	}
	err := q.Select(ctx, &rows, `SELECT exception_id, kind, SUM(amount) AS amount FROM exception_adjustments WHERE exception_id IN (?)
 GROUP BY exception_id, kind HAVING SUM(amount) <> 0`, ids)
	if err != nil {
		return nil, fmt.Errorf("sum what is booked: %w", err)
	}
	out := map[string]map[AdjustmentKind]app.Money{}
	for _, r := range rows {
		if out[r.ID] == nil {
			out[r.ID] = map[AdjustmentKind]app.Money{}
		}
		out[r.ID][r.Kind] = r.Amount
	}
	return out, nil
}
