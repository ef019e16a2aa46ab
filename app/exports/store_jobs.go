package exports

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// claim takes the next due export of any merchant under a lease. One whose server
// was killed is due again when its lease ends.
func (store) claim(ctx context.Context, d *db.DB, owner string, now, until app.Millis) (Export, bool, error) {
	var due []row
	err := d.Select(ctx, &due, `SELECT `+columns+` FROM list_exports WHERE next_at > 0 AND next_at <= ? AND lease_until <= ? ORDER BY next_at, id LIMIT 10`, now, now)
	if err != nil {
		return Export{}, false, fmt.Errorf("read due exports: %w", err)
	}
	for _, r := range due {
		n, err := d.Exec(ctx, `UPDATE list_exports SET status = 'running', row_count = 0, progress = 0, lease_owner = ?, lease_until = ?, fence = fence + 1, tries = tries + 1, updated_at = ?
 WHERE id = ? AND merchant_id = ? AND fence = ? AND next_at > 0 AND lease_until <= ?`, owner, until, now, r.ID, r.MerchantID, r.Fence, now)
		if err != nil {
			return Export{}, false, fmt.Errorf("claim %s: %w", r.ID, err)
		}
		if n == 1 {
			e := r.export()
			e.Status, e.fence, e.Rows, e.Progress = Running, e.fence+1, 0, 0
			e.Tries++
			return e, true, nil
		}
	}
	return Export{}, false, nil
}

// expired returns exports of any merchant whose files have had their time.
func (store) expired(ctx context.Context, d *db.DB, now app.Millis) ([]Export, error) {
	var rows []row
	err := d.Select(ctx, &rows, `SELECT `+columns+` FROM list_exports WHERE expires_at > 0 AND expires_at <= ? ORDER BY expires_at, id LIMIT 100`, now)
	if err != nil {
		return nil, fmt.Errorf("read expired exports: %w", err)
	}
	return exportsOf(rows), nil
}

// forget notes that an export's file is gone.
func (store) forget(ctx context.Context, d *db.DB, e Export, now app.Millis) error {
	_, err := d.Exec(ctx, `UPDATE list_exports SET status = CASE WHEN status = 'done' THEN 'expired' ELSE status END, expires_at = 0, updated_at = ?
 WHERE id = ? AND merchant_id = ? AND fence = ?`, now, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return fmt.Errorf("note that %s has expired: %w", e.ID, err)
	}
	return nil
}
