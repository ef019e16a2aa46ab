package views

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

const columns = `id, merchant_id, mode, user_id, list, name, filter_query, shared, created_at, updated_at`

func selectOwn(ctx context.Context, q db.Querier, p Place) ([]View, error) {
	var out []View
	err := q.Select(ctx, &out, `SELECT `+columns+` FROM saved_views WHERE merchant_id = ? AND mode = ? AND list = ? AND user_id = ? ORDER BY id LIMIT ?`,
		p.MerchantID, p.Mode, p.List, p.UserID, 2*Limit)
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	return out, nil
}

func selectShared(ctx context.Context, q db.Querier, p Place) ([]View, error) {
	var out []View
	err := q.Select(ctx, &out, `SELECT `+columns+` FROM saved_views WHERE merchant_id = ? AND mode = ? AND list = ? AND shared = 1 ORDER BY id LIMIT ?`,
		p.MerchantID, p.Mode, p.List, 2*Limit)
	if err != nil {
		return nil, fmt.Errorf("read shared views: %w", err)
	}
	return out, nil
}

func selectOne(ctx context.Context, q db.Querier, p Place, id string) (View, error) {
	var v View
	err := q.Get(ctx, &v, `SELECT `+columns+` FROM saved_views WHERE id = ? AND merchant_id = ? AND mode = ? AND list = ?`, id, p.MerchantID, p.Mode, p.List)
	if errors.Is(err, db.ErrNoRows) {
		return v, missing(id)
	}
	if err != nil {
		return v, fmt.Errorf("read the view %s: %w", id, err)
	}
	return v, nil
}

func insert(ctx context.Context, tx *db.Tx, v View) error {
	_, err := tx.Exec(ctx, `INSERT INTO saved_views (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.MerchantID, v.Mode, v.UserID, v.List, v.Name, v.Query, v.Shared, v.CreatedAt, v.UpdatedAt)
	return err
}

func update(ctx context.Context, tx *db.Tx, v View) error {
	_, err := tx.Exec(ctx, `UPDATE saved_views SET name = ?, shared = ?, updated_at = ? WHERE id = ? AND merchant_id = ?`, v.Name, v.Shared, v.UpdatedAt, v.ID, v.MerchantID)
	return err
}

func remove(ctx context.Context, tx *db.Tx, v View) error {
	_, err := tx.Exec(ctx, `DELETE FROM saved_views WHERE id = ? AND merchant_id = ?`, v.ID, v.MerchantID)
	return err
}
