package statements

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

const exportColumns = `id, merchant_id, mode, kind, object_id, digest, params, status, progress, total, name, archive_key, size, error,
 requested_kind, requested_id, requested_name, tries, next_at, lease_owner, lease_until, fence, created_at, updated_at, finished_at`

type exportRow struct {
	ID            string       `db:"id"`
	MerchantID    string       `db:"merchant_id"`
	Mode          app.Mode     `db:"mode"`
	Kind          string       `db:"kind"`
	ObjectID      string       `db:"object_id"`
	Digest        string       `db:"digest"`
	Params        string       `db:"params"`
	Status        ExportStatus `db:"status"`
	Progress      int64        `db:"progress"`
	Total         int64        `db:"total"`
	Name          string       `db:"name"`
	Key           string       `db:"archive_key"`
	Size          int64        `db:"size"`
	Error         string       `db:"error"`
	RequestedKind string       `db:"requested_kind"`
	RequestedID   string       `db:"requested_id"`
	RequestedName string       `db:"requested_name"`
	Tries         int64        `db:"tries"`
	NextAt        app.Millis   `db:"next_at"`
	LeaseOwner    string       `db:"lease_owner"`
	LeaseUntil    app.Millis   `db:"lease_until"`
	Fence         int64        `db:"fence"`
	CreatedAt     app.Millis   `db:"created_at"`
	UpdatedAt     app.Millis   `db:"updated_at"`
	FinishedAt    app.Millis   `db:"finished_at"`
}

func (r exportRow) export() (Export, error) {
	e := Export{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Kind: r.Kind, ObjectID: r.ObjectID, Status: r.Status, Progress: r.Progress, Total: r.Total,
		Name: r.Name, Size: r.Size, Error: r.Error, Requested: approvals.Person{Kind: r.RequestedKind, ID: r.RequestedID, Name: r.RequestedName},
		CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt, key: r.Key, fence: r.Fence, tries: r.Tries,
	}
	var p exportParams
	if err := json.Unmarshal([]byte(r.Params), &p); err != nil {
		return e, app.Errorf(app.Internal, "read the parameters of %s: %w", r.ID, err)
	}
	e.Format, e.Locale = p.Format, p.Locale
	return e, nil
}

func (store) insertExport(ctx context.Context, q db.Querier, e Export, digest string, now app.Millis) error {
	params, err := json.Marshal(exportParams{e.Format, e.Locale})
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO exports (`+exportColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, '', 0, '', ?, ?, ?, 0, ?, '', 0, 0, ?, ?, 0)`,
		e.ID, e.MerchantID, e.Mode, e.Kind, e.ObjectID, digest, string(params), e.Status, e.Name,
		e.Requested.Kind, e.Requested.ID, clip(e.Requested.Name), now, now, now)
	if err != nil {
		return fmt.Errorf("queue an export: %w", err)
	}
	return nil
}

// exportOf returns the export of the same content.
func (store) exportOf(ctx context.Context, q db.Querier, e Export, digest string) (Export, bool, error) {
	var r exportRow
	err := q.Get(ctx, &r, `SELECT `+exportColumns+` FROM exports WHERE merchant_id = ? AND kind = ? AND object_id = ? AND digest = ?`, e.MerchantID, e.Kind, e.ObjectID, digest)
	if errors.Is(err, db.ErrNoRows) {
		return Export{}, false, nil
	}
	if err != nil {
		return Export{}, false, fmt.Errorf("look for an export: %w", err)
	}
	out, err := r.export()
	return out, true, err
}

func (store) export(ctx context.Context, q db.Querier, scope payments.Scope, id string) (Export, error) {
	var r exportRow
	err := q.Get(ctx, &r, `SELECT `+exportColumns+` FROM exports WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return Export{}, app.Errorf(app.NotFound, "no export %s", id).WithReason("export_not_found")
	}
	if err != nil {
		return Export{}, fmt.Errorf("read export %s: %w", id, err)
	}
	return r.export()
}

func (store) exports(ctx context.Context, q db.Querier, scope payments.Scope, before string) ([]Export, error) {
	b := db.NewBuild(`SELECT `+exportColumns+` FROM exports WHERE merchant_id = ? AND mode = ? AND requested_id <> ''`, scope.MerchantID, scope.Mode)
	if before != "" {
		b.And(`id < ?`, before)
	}
	var rows []exportRow
	if err := b.Tail(`ORDER BY id DESC LIMIT 50`).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	out := make([]Export, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.export(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// requeue has a failed or lost export made again.
func (store) requeue(ctx context.Context, q db.Querier, e Export, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE exports SET status = 'queued', progress = 0, total = 0, archive_key = '', size = 0, error = '', tries = 0, next_at = ?, updated_at = ?, finished_at = 0
 WHERE id = ? AND merchant_id = ? AND status = ?`, now, now, e.ID, e.MerchantID, e.Status)
	if err != nil {
		return fmt.Errorf("queue %s again: %w", e.ID, err)
	}
	return nil
}

// claimThis takes a queued export under a lease.
func (s store) claimThis(ctx context.Context, q db.Querier, e Export, owner string, now, until app.Millis) (Export, bool, error) {
	n, err := q.Exec(ctx, `UPDATE exports SET status = 'running', lease_owner = ?, lease_until = ?, fence = fence + 1, tries = tries + 1, updated_at = ?
 WHERE id = ? AND merchant_id = ? AND fence = ? AND next_at > 0 AND lease_until <= ?`, owner, until, now, e.ID, e.MerchantID, e.fence, now)
	if err != nil {
		return e, false, fmt.Errorf("claim %s: %w", e.ID, err)
	}
	e.Status, e.fence, e.tries = ExportRunning, e.fence+1, e.tries+1
	return e, n == 1, nil
}

// renewExport prolongs the lease and says whether it is still held.
func (store) renewExport(ctx context.Context, q db.Querier, e Export, until app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE exports SET lease_until = ? WHERE id = ? AND merchant_id = ? AND fence = ? AND status = 'running'`, until, e.ID, e.MerchantID, e.fence)
	return n == 1, err
}

// progress notes how many parts are done.
func (store) progress(ctx context.Context, q db.Querier, e Export) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE exports SET progress = ?, total = ? WHERE id = ? AND merchant_id = ? AND fence = ? AND status = 'running'`, e.Progress, e.Total, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return false, fmt.Errorf("note the progress of %s: %w", e.ID, err)
	}
	return n == 1, nil
}

// noteExport writes what became of an export, unless another server has it.
func (store) noteExport(ctx context.Context, q db.Querier, e Export, next, now app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE exports SET status = ?, progress = ?, total = ?, archive_key = ?, size = ?, error = ?, tries = ?, next_at = ?, lease_until = 0, updated_at = ?, finished_at = ?
 WHERE id = ? AND merchant_id = ? AND fence = ?`,
		e.Status, e.Progress, e.Total, e.key, e.Size, e.Error, e.tries, next, now, e.FinishedAt, e.ID, e.MerchantID, e.fence)
	if err != nil {
		return false, fmt.Errorf("note %s: %w", e.ID, err)
	}
	return n == 1, nil
}
