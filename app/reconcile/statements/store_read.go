package statements

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// between returns the statements of the days from..to, both included.
func (store) between(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]row, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM statements WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ? ORDER BY day, account_id, id`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("read statements: %w", err)
	}
	return rows, nil
}

func (store) days(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]dayRow, error) {
	var rows []dayRow
	err := q.Select(ctx, &rows, `SELECT `+dayColumns+` FROM statement_days WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ? ORDER BY day, identity_id`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("read reconciled days: %w", err)
	}
	return rows, nil
}

type identityRow struct {
	ID          string      `db:"id"`
	Channel     app.Channel `db:"channel"`
	Identity    string      `db:"identity"`
	SubIdentity string      `db:"sub_identity"`
}

func (store) identities(ctx context.Context, q db.Querier, scope payments.Scope) ([]identityRow, error) {
	var rows []identityRow
	err := q.Select(ctx, &rows, `SELECT id, channel, identity, sub_identity FROM settlement_identities WHERE merchant_id = ? AND mode = ?
 ORDER BY channel DESC, identity, sub_identity`, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read settlement identities: %w", err)
	}
	return rows, nil
}

type accountRow struct {
	ID         string     `db:"id"`
	Name       string     `db:"name"`
	IdentityID string     `db:"identity_id"`
	Enabled    bool       `db:"enabled"`
	CreatedAt  app.Millis `db:"created_at"`
}

func (store) accounts(ctx context.Context, q db.Querier, scope payments.Scope) ([]accountRow, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, `SELECT id, name, identity_id, enabled, created_at FROM accounts WHERE merchant_id = ? AND mode = ? ORDER BY id`,
		scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return rows, nil
}

// runFailed is the word of a run that has no result.
const runFailed = "failed"

// runRow is what a day shows of its run.
type runRow struct {
	ID          string  `db:"id"`
	IdentityID  string  `db:"identity_id"`
	Day         app.Day `db:"bill_day"`
	Status      string  `db:"status"`
	ProblemCode string  `db:"problem_code"`
}

func (r runRow) working() bool {
	return r.Status == "fetching" || r.Status == "matching" || r.Status == "repairing"
}

// runs reads the runs' own table: a day is shown before its run has an outcome.
func (store) runs(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]runRow, error) {
	var rows []runRow
	err := q.Select(ctx, &rows, `SELECT id, identity_id, bill_day, status, problem_code FROM reconcile_runs
 WHERE merchant_id = ? AND mode = ? AND bill_day >= ? AND bill_day <= ? ORDER BY bill_day, id`, scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	return rows, nil
}

// bills returns the newest originals of some runs, trades first.
func (store) bills(ctx context.Context, q db.Querier, merchantID string, runIDs []string) (map[string][]Bill, error) {
	out := map[string][]Bill{}
	if len(runIDs) == 0 {
		return out, nil
	}
	var rows []Bill
	err := q.Select(ctx, &rows, `SELECT id, run_id, kind, name, archive_key, size, format, hash_type, hash, line_count, problem_code FROM reconcile_bills
 WHERE run_id IN (?) AND merchant_id = ? AND is_current = 1 ORDER BY run_id, kind DESC, id`, runIDs, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read bills: %w", err)
	}
	for _, b := range rows {
		out[b.RunID] = append(out[b.RunID], b)
	}
	return out, nil
}

type exceptionCount struct {
	IdentityID string    `db:"identity_id"`
	AccountID  string    `db:"account_id"`
	Day        app.Day   `db:"day"`
	Open       int64     `db:"open_count"`
	Total      int64     `db:"total_count"`
	OpenAmount app.Money `db:"open_amount"`
	Amount     app.Money `db:"total_amount"`
}

// exceptions counts what the exceptions' own table holds, by account and day.
func (store) exceptions(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]exceptionCount, error) {
	var rows []exceptionCount
	err := q.Select(ctx, &rows, `SELECT identity_id, account_id, day, COUNT(*) AS total_count, SUM(ABS(difference)) AS total_amount,
 SUM(CASE WHEN status IN ('open', 'proposed') THEN 1 ELSE 0 END) AS open_count,
 SUM(CASE WHEN status IN ('open', 'proposed') THEN ABS(difference) ELSE 0 END) AS open_amount
 FROM exceptions /*! FORCE INDEX (exceptions_sums) */ WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ? AND status <> 'cleared' GROUP BY identity_id, account_id, day ORDER BY day, account_id`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("count exceptions: %w", err)
	}
	return rows, nil
}

type adjustmentSum struct {
	IdentityID string    `db:"identity_id"`
	AccountID  string    `db:"account_id"`
	Day        app.Day   `db:"day"`
	Kind       string    `db:"kind"`
	Count      int64     `db:"booked_count"`
	Amount     app.Money `db:"booked_amount"`
}

func (store) adjustments(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]adjustmentSum, error) {
	var rows []adjustmentSum
	err := q.Select(ctx, &rows, `SELECT identity_id, account_id, day, kind, COUNT(*) AS booked_count, SUM(amount) AS booked_amount
 FROM exception_adjustments WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ? GROUP BY identity_id, account_id, day, kind ORDER BY day, account_id, kind`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("sum adjustments: %w", err)
	}
	return rows, nil
}
