package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func insertFault(ctx context.Context, q db.Querier, p Plan) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_faults (id, channel, account, fault, remaining, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		p.ID, p.Channel, p.Account, p.Fault, p.Count, p.CreatedAt)
	return err
}

func selectPlanned(ctx context.Context, q db.Querier, channel app.Channel, account string, faults []Fault) (plans []Plan, err error) {
	if foreign(account) {
		return nil, nil
	}
	err = q.Select(ctx, &plans, `SELECT id, channel, account, fault, remaining, created_at FROM sandbox_faults
 WHERE channel = ? AND fault IN (?) AND account IN (?, '') AND remaining > 0 ORDER BY id`, channel, faults, account)
	return plans, err
}

func selectFaults(ctx context.Context, q db.Querier) (plans []Plan, err error) {
	err = q.Select(ctx, &plans, `SELECT id, channel, account, fault, remaining, created_at FROM sandbox_faults WHERE remaining > 0 ORDER BY id LIMIT 1000`)
	return plans, err
}

func updateFault(ctx context.Context, q db.Querier, id string) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_faults SET remaining = remaining - 1 WHERE id = ? AND remaining > 0`, id)
}

func deleteFaults(ctx context.Context, q db.Querier) (int64, error) {
	return q.Exec(ctx, `DELETE FROM sandbox_faults WHERE remaining > 0`)
}
