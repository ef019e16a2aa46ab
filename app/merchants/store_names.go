package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func selectNames(ctx context.Context, q db.Querier, ids []string) ([]Name, error) {
	var out []Name
	if err := q.Select(ctx, &out, `SELECT id, name FROM merchants WHERE id IN (?) ORDER BY name, id LIMIT 100`, ids); err != nil {
		return nil, fmt.Errorf("read merchants' names: %w", err)
	}
	return out, nil
}

// existsEnabled is served by accounts_choice, whose first columns it names.
func existsEnabled(ctx context.Context, q db.Querier, merchantID string, mode app.Mode) (bool, error) {
	var found []string
	err := q.Select(ctx, &found, `SELECT id FROM accounts WHERE merchant_id = ? AND mode = ? AND channel IN ('wechat', 'alipay') AND enabled = 1 LIMIT 1`, merchantID, mode)
	if err != nil {
		return false, fmt.Errorf("look for an enabled account of %s: %w", merchantID, err)
	}
	return len(found) > 0, nil
}
