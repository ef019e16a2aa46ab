package merchants

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

type circuitRow struct {
	AccountID  string       `db:"account_id"`
	MerchantID string       `db:"merchant_id"`
	Mode       app.Mode     `db:"mode"`
	State      CircuitState `db:"state"`
	Since      app.Millis   `db:"since"`
	RetryAt    app.Millis   `db:"retry_at"`
	Reason     string       `db:"reason"`
	Server     string       `db:"server"`
	Version    int64        `db:"version"`
}

func (r circuitRow) circuit() Circuit {
	return Circuit{State: r.State, Since: r.Since, RetryAt: r.RetryAt, Reason: r.Reason, Server: r.Server}
}

func (r circuitRow) with(c Circuit) circuitRow {
	r.State, r.Since, r.RetryAt, r.Reason, r.Server = c.State, c.Since, c.RetryAt, c.Reason, c.Server
	return r
}

const circuitSelect = `SELECT account_id, merchant_id, mode, state, since, retry_at, reason, server, version FROM account_circuits`

func selectCircuits(ctx context.Context, q db.Querier, merchantID string, mode app.Mode) ([]circuitRow, error) {
	var rows []circuitRow
	err := q.Select(ctx, &rows, circuitSelect+` WHERE merchant_id = ? AND mode = ? ORDER BY account_id`, merchantID, mode)
	return rows, err
}

// saveCircuit inserts the first word about an account, or replaces the one that
// r was read from; false means that somebody else did.
func saveCircuit(ctx context.Context, tx *db.Tx, r circuitRow, found bool) (bool, error) {
	if !found {
		_, err := tx.Exec(ctx, `INSERT INTO account_circuits (account_id, merchant_id, mode, state, since, retry_at, reason, server, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)`, r.AccountID, r.MerchantID, r.Mode, r.State, r.Since, r.RetryAt, r.Reason, r.Server)
		if db.IsDuplicate(err) {
			return false, nil
		}
		return true, err
	}
	n, err := tx.Exec(ctx, `UPDATE account_circuits SET state = ?, since = ?, retry_at = ?, reason = ?, server = ?, version = version + 1
		WHERE account_id = ? AND merchant_id = ? AND version = ?`,
		r.State, r.Since, r.RetryAt, r.Reason, r.Server, r.AccountID, r.MerchantID, r.Version)
	return n == 1, err
}
