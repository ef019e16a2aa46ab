package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// store is the room's SQL.
type store struct{}

const columns = `id, merchant_id, mode, kind, object_id, amount, summary, requested_kind, requested_id, requested_name, requested_maker, requested_at,
 status, decided_kind, decided_id, decided_name, decided_at, note, version, expires_at`

type row struct {
	ID            string     `db:"id"`
	MerchantID    string     `db:"merchant_id"`
	Mode          app.Mode   `db:"mode"`
	Kind          string     `db:"kind"`
	ObjectID      string     `db:"object_id"`
	Amount        app.Money  `db:"amount"`
	Summary       string     `db:"summary"`
	RequestedKind string     `db:"requested_kind"`
	RequestedID   string     `db:"requested_id"`
	RequestedName string     `db:"requested_name"`
	Maker         string     `db:"requested_maker"`
	RequestedAt   app.Millis `db:"requested_at"`
	Status        Status     `db:"status"`
	DecidedKind   string     `db:"decided_kind"`
	DecidedID     string     `db:"decided_id"`
	DecidedName   string     `db:"decided_name"`
	DecidedAt     app.Millis `db:"decided_at"`
	Note          string     `db:"note"`
	Version       int64      `db:"version"`
	ExpiresAt     app.Millis `db:"expires_at"`
}

func (r row) approval() (Approval, error) {
	a := Approval{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Kind: r.Kind, ObjectID: r.ObjectID, Amount: r.Amount,
		RequestedBy: Person{r.RequestedKind, r.RequestedID, r.RequestedName}, Maker: r.Maker, RequestedAt: r.RequestedAt, Status: r.Status,
		DecidedBy: Person{r.DecidedKind, r.DecidedID, r.DecidedName}, DecidedAt: r.DecidedAt, Note: r.Note, Version: r.Version, ExpiresAt: r.ExpiresAt,
	}
	if err := json.Unmarshal([]byte(r.Summary), &a.Summary); err != nil {
		return a, app.Errorf(app.Internal, "read the summary of %s: %w", r.ID, err)
	}
	return a, nil
}

func (store) insert(ctx context.Context, tx *db.Tx, a Approval) error {
	_, err := tx.Exec(ctx, `INSERT INTO approvals (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.MerchantID, a.Mode, a.Kind, a.ObjectID, a.Amount, encodeSummary(a.Summary),
		a.RequestedBy.Kind, a.RequestedBy.ID, clip(a.RequestedBy.Name), a.Maker, a.RequestedAt,
		a.Status, a.DecidedBy.Kind, a.DecidedBy.ID, clip(a.DecidedBy.Name), a.DecidedAt, a.Note, a.Version, a.ExpiresAt)
	if err != nil {
		return fmt.Errorf("insert approval: %w", err)
	}
	return nil
}

func (store) get(ctx context.Context, q db.Querier, scope Scope, id string) (Approval, error) {
	var r row
	err := q.Get(ctx, &r, `SELECT `+columns+` FROM approvals WHERE id = ? AND merchant_id = ? AND mode IN (?, 'any')`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return Approval{}, app.Errorf(app.NotFound, "no approval %s", id).WithReason("approval_not_found")
	}
	if err != nil {
		return Approval{}, fmt.Errorf("read approval %s: %w", id, err)
	}
	return r.approval()
}

// end writes the decision unless another was first, and reports whether it did.
func (store) end(ctx context.Context, tx *db.Tx, a Approval) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE approvals SET status = ?, decided_kind = ?, decided_id = ?, decided_name = ?, decided_at = ?, note = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND status = 'pending'`,
		a.Status, a.DecidedBy.Kind, a.DecidedBy.ID, clip(a.DecidedBy.Name), a.DecidedAt, a.Note, a.ID, a.MerchantID)
	if err != nil {
		return false, fmt.Errorf("decide approval %s: %w", a.ID, err)
	}
	return n == 1, nil
}

// list merges the mode's requests with those of both: each is read in the order
// of an index.
func (st store) list(ctx context.Context, q db.Querier, scope Scope, f Filter) ([]Approval, error) {
	found, err := st.listMode(ctx, q, scope, f)
	if err != nil {
		return nil, err
	}
	both, err := st.listMode(ctx, q, Scope{scope.MerchantID, AnyMode}, f)
	if err != nil || len(both) == 0 {
		return found, err
	}
	found = append(found, both...)
	slices.SortFunc(found, func(a, b Approval) int { return strings.Compare(b.ID, a.ID) })
	return found[:min(len(found), f.Limit)], nil
}

func (store) listMode(ctx context.Context, q db.Querier, scope Scope, f Filter) ([]Approval, error) {
	b := db.NewBuild(`SELECT `+columns+` FROM approvals WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Decided {
		b.And(`status <> 'pending'`)
	}
	if f.Kind != "" {
		b.And(`kind = ?`, f.Kind)
	}
	if f.Kinds != nil {
		b.And(`kind IN (?)`, f.Kinds)
	}
	if f.By != "" {
		b.And(`requested_id = ?`, f.By)
	}
	if f.ObjectID != "" {
		b.And(`object_id = ?`, f.ObjectID)
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var rows []row
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list approvals: %w", err)
	}
	return all(rows)
}

func (store) inbox(ctx context.Context, q db.Querier, merchantIDs []string, before string, limit int) ([]Approval, error) {
	b := db.NewBuild(`SELECT `+columns+` FROM approvals WHERE merchant_id IN (?) AND status = 'pending'`, merchantIDs)
	b.By("approvals_inbox")
	if before != "" {
		b.And(`id < ?`, before)
	}
	var rows []row
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list pending approvals: %w", err)
	}
	return all(rows)
}

func (store) byIDs(ctx context.Context, q db.Querier, scope Scope, ids []string) ([]Approval, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM approvals WHERE id IN (?) AND merchant_id = ? AND mode IN (?, 'any') ORDER BY id`, ids, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	return all(rows)
}

func all(rows []row) ([]Approval, error) {
	var out []Approval
	for _, r := range rows {
		a, err := r.approval()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (store) countPending(ctx context.Context, q db.Querier, scope Scope, kinds []string) (int, error) {
	b := db.NewBuild(`SELECT COUNT(*) FROM (SELECT id FROM approvals WHERE merchant_id = ? AND mode IN (?, 'any') AND status = 'pending'`, scope.MerchantID, scope.Mode)
	if kinds != nil {
		b.And(`kind IN (?)`, kinds)
	}
	var counts []int
	if err := b.Tail(`LIMIT 100) t`).Select(ctx, q, &counts); err != nil {
		return 0, fmt.Errorf("count pending approvals: %w", err)
	}
	return counts[0], nil
}

// clip keeps a name within its column.
func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 190)])
}
