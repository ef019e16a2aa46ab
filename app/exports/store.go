package exports

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

// store is the room's SQL.
type store struct{}

const columns = `id, merchant_id, mode, kind, filter_query, params, bound, format, locale, status, row_count, progress, name, archive_key, size, error,
 requested_kind, requested_id, requested_name, tries, next_at, lease_owner, lease_until, fence, created_at, updated_at, finished_at, expires_at`

type row struct {
	ID            string     `db:"id"`
	MerchantID    string     `db:"merchant_id"`
	Mode          app.Mode   `db:"mode"`
	Kind          string     `db:"kind"`
	Query         string     `db:"filter_query"`
	Params        string     `db:"params"`
	Bound         app.Millis `db:"bound"`
	Format        Format     `db:"format"`
	Locale        string     `db:"locale"`
	Status        Status     `db:"status"`
	Rows          int64      `db:"row_count"`
	Progress      int64      `db:"progress"`
	Name          string     `db:"name"`
	Key           string     `db:"archive_key"`
	Size          int64      `db:"size"`
	Error         string     `db:"error"`
	RequestedKind string     `db:"requested_kind"`
	RequestedID   string     `db:"requested_id"`
	RequestedName string     `db:"requested_name"`
	Tries         int64      `db:"tries"`
	NextAt        app.Millis `db:"next_at"`
	LeaseOwner    string     `db:"lease_owner"`
	LeaseUntil    app.Millis `db:"lease_until"`
	Fence         int64      `db:"fence"`
	CreatedAt     app.Millis `db:"created_at"`
	UpdatedAt     app.Millis `db:"updated_at"`
	FinishedAt    app.Millis `db:"finished_at"`
	ExpiresAt     app.Millis `db:"expires_at"`
}

func (r row) export() Export {
	return Export{
		ID: r.ID, Bound: r.Bound, Status: r.Status, Rows: r.Rows, Progress: r.Progress, Size: r.Size, SHA256: r.Key, Error: r.Error, Tries: r.Tries,
		CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt, ExpiresAt: r.ExpiresAt, fence: r.Fence,
		Request: Request{
			Scope: Scope{r.MerchantID, r.Mode}, Kind: r.Kind, Params: r.Params, Query: r.Query, Format: r.Format, Locale: r.Locale, Name: r.Name,
			By: approvals.Person{Kind: r.RequestedKind, ID: r.RequestedID, Name: r.RequestedName},
		},
	}
}

func exportsOf(rows []row) []Export {
	out := make([]Export, len(rows))
	for i, r := range rows {
		out[i] = r.export()
	}
	return out
}

func (store) insert(ctx context.Context, q db.Querier, e Export, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO list_exports (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0, 0, ?, '', 0, '', ?, ?, ?, 0, ?, '', 0, 0, ?, ?, 0, 0)`,
		e.ID, e.MerchantID, e.Mode, e.Kind, e.Query, e.Params, e.Bound, e.Format, e.Locale, e.Name, e.By.Kind, e.By.ID, e.By.Name, now, now, now)
	if err != nil {
		return fmt.Errorf("queue an export: %w", err)
	}
	return nil
}

func (store) get(ctx context.Context, q db.Querier, scope Scope, kind, id string) (Export, error) {
	var r row
	err := q.Get(ctx, &r, `SELECT `+columns+` FROM list_exports WHERE id = ? AND merchant_id = ? AND mode = ? AND kind = ?`, id, scope.MerchantID, scope.Mode, kind)
	if errors.Is(err, db.ErrNoRows) {
		return Export{}, app.Errorf(app.NotFound, "no export %s", id).WithReason("export_not_found")
	}
	if err != nil {
		return Export{}, fmt.Errorf("read export %s: %w", id, err)
	}
	return r.export(), nil
}

func (store) list(ctx context.Context, q db.Querier, scope Scope, kinds []string, before string) ([]Export, error) {
	b := db.NewBuild(`SELECT `+columns+` FROM list_exports WHERE merchant_id = ? AND mode = ? AND kind IN (?)`, scope.MerchantID, scope.Mode, kinds)
	if before != "" {
		b.And(`id < ?`, before)
	}
	var rows []row
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, Listed).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	return exportsOf(rows), nil
}

// unfinished returns the scope's exports whose files are still to come.
func (store) unfinished(ctx context.Context, q db.Querier, scope Scope, limit int) ([]Export, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM list_exports WHERE merchant_id = ? AND mode = ? AND status IN ('queued', 'running') ORDER BY id LIMIT ?`,
		scope.MerchantID, scope.Mode, limit)
	if err != nil {
		return nil, fmt.Errorf("read unfinished exports: %w", err)
	}
	return exportsOf(rows), nil
}

// cancel ends an unfinished export; its fence tells whoever makes it to stop.
func (store) cancel(ctx context.Context, q db.Querier, e Export, now, expires app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE list_exports SET status = 'cancelled', next_at = 0, lease_until = 0, fence = fence + 1, updated_at = ?, finished_at = ?, expires_at = ?
 WHERE id = ? AND merchant_id = ? AND fence = ? AND status IN ('queued', 'running')`, now, now, expires, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return false, fmt.Errorf("cancel %s: %w", e.ID, err)
	}
	return n == 1, nil
}

// requeue has an export made again.
func (store) requeue(ctx context.Context, q db.Querier, e Export, now app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE list_exports SET status = 'queued', row_count = 0, progress = 0, archive_key = '', size = 0, error = '', tries = 0, next_at = ?,
 fence = fence + 1, updated_at = ?, finished_at = 0, expires_at = 0 WHERE id = ? AND merchant_id = ? AND status = ?`, now, now, e.ID, e.MerchantID, e.Status)
	if err != nil {
		return false, fmt.Errorf("queue %s again: %w", e.ID, err)
	}
	return n == 1, nil
}

// renew prolongs the lease and notes the progress; false says that the export is
// somebody else's by now, or nobody's.
func (store) renew(ctx context.Context, q db.Querier, e Export, until, now app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE list_exports SET row_count = ?, progress = ?, lease_until = ?, updated_at = ? WHERE id = ? AND merchant_id = ? AND fence = ? AND status = 'running'`,
		e.Rows, e.Progress, until, now, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return false, fmt.Errorf("note the progress of %s: %w", e.ID, err)
	}
	return n == 1, nil
}

// finish writes what became of an export, unless it was taken away.
func (store) finish(ctx context.Context, q db.Querier, e Export, next, now app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE list_exports SET status = ?, row_count = ?, progress = ?, archive_key = ?, size = ?, error = ?, tries = ?, next_at = ?, lease_until = 0,
 updated_at = ?, finished_at = ?, expires_at = ? WHERE id = ? AND merchant_id = ? AND fence = ? AND status = 'running'`,
		e.Status, e.Rows, e.Progress, e.SHA256, e.Size, e.Error, e.Tries, next, now, e.FinishedAt, e.ExpiresAt, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return false, fmt.Errorf("note %s: %w", e.ID, err)
	}
	return n == 1, nil
}
