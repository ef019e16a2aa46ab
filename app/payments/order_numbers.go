package payments

import (
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app/db"
)

// GetIn is Get, read through q: a transaction that decides by it.
func (s *Service) GetIn(ctx context.Context, q db.Querier, scope Scope, id string) (Payment, error) {
	return s.store.payment(ctx, q, scope, id)
}

// OrderNumbers returns the merchant's own numbers of the scope's payments among
// ids, read through q in chunks.
func (s *Service) OrderNumbers(ctx context.Context, q db.Querier, scope Scope, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for chunk := range slices.Chunk(ids, 200) {
		if err := s.store.orderNumbers(ctx, q, scope, chunk, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (store) orderNumbers(ctx context.Context, q db.Querier, scope Scope, ids []string, out map[string]string) error {
	var rows []struct {
		ID      string `db:"id"`
		OrderNo string `db:"order_no"`
	}
	err := q.Select(ctx, &rows, `SELECT id, order_no FROM payments WHERE id IN (?) AND merchant_id = ? AND mode = ?`, ids, scope.MerchantID, scope.Mode)
	if err != nil {
		return fmt.Errorf("read the order numbers of payments: %w", err)
	}
	for _, r := range rows {
		out[r.ID] = r.OrderNo
	}
	return nil
}
