package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const merchantColumns = `id, name, status, settings, suspended_reason, suspended_at, created_at, updated_at`

type merchantRow struct {
	ID        string     `db:"id"`
	Name      string     `db:"name"`
	Status    Status     `db:"status"`
	Settings  string     `db:"settings"`
	Reason    string     `db:"suspended_reason"`
	Suspended app.Millis `db:"suspended_at"`
	CreatedAt app.Millis `db:"created_at"`
	UpdatedAt app.Millis `db:"updated_at"`
}

func (r merchantRow) merchant() (Merchant, error) {
	m := Merchant{ID: r.ID, Name: r.Name, Status: r.Status, SuspendedReason: r.Reason, SuspendedAt: r.Suspended, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if err := json.Unmarshal([]byte(r.Settings), &m.Settings); err != nil {
		return Merchant{}, fmt.Errorf("settings of %s: %w", r.ID, err)
	}
	return m, nil
}

func selectMerchant(ctx context.Context, q db.Querier, id string) (Merchant, error) {
	var row merchantRow
	err := q.Get(ctx, &row, `SELECT `+merchantColumns+` FROM merchants WHERE id = ?`, id)
	if errors.Is(err, db.ErrNoRows) {
		return Merchant{}, app.Errorf(app.NotFound, "no merchant %s", id)
	}
	if err != nil {
		return Merchant{}, fmt.Errorf("read merchant %s: %w", id, err)
	}
	return row.merchant()
}

func insertMerchant(ctx context.Context, tx *db.Tx, m Merchant) error {
	settings, err := json.Marshal(m.Settings)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO merchants (id, name, status, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
		m.ID, m.Name, m.Status, string(settings), m.CreatedAt, m.UpdatedAt)
	return err
}

// updateMerchant writes what can change, unless somebody else changed the
// merchant since old was read.
func updateMerchant(ctx context.Context, tx *db.Tx, old, m Merchant) (bool, error) {
	before, err := json.Marshal(old.Settings)
	if err != nil {
		return false, err
	}
	after, err := json.Marshal(m.Settings)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE merchants SET name = ?, status = ?, settings = ?, suspended_reason = ?, suspended_at = ?, updated_at = ?
		WHERE id = ? AND name = ? AND status = ? AND settings = ?`,
		m.Name, m.Status, string(after), m.SuspendedReason, m.SuspendedAt, m.UpdatedAt, m.ID, old.Name, old.Status, string(before))
	return n == 1, err
}

// MerchantFilter selects merchants for the platform's list, newest first.
type MerchantFilter struct {
	Status Status // "" means all
	// Name selects those whose name begins so, by name; the cursor is then After.
	Name, After string
	Before      string // only ids below it; "" for the first page
	Limit       int    // 1 to 100; 0 means 20
}

func selectMerchants(ctx context.Context, q db.Querier, f MerchantFilter) ([]Merchant, error) {
	b := db.NewBuild(`SELECT ` + merchantColumns + ` FROM merchants WHERE id > ''`)
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var rows []merchantRow
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list merchants: %w", err)
	}
	out := make([]Merchant, len(rows))
	for i, row := range rows {
		m, err := row.merchant()
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}
