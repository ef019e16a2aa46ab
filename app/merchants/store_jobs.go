package merchants

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The statements below serve jobs and callbacks, which begin with an account's
// or a key's id and know no merchant yet.

func selectAnyAccount(ctx context.Context, q db.Querier, id string) (Account, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.id = ? ORDER BY a.id, p.ordinal`, id)
	return oneAccount(id, rows, err)
}

type heardRow struct {
	LastSuccessAt app.Millis `db:"last_success_at"`
	DeafSince     app.Millis `db:"deaf_since"`
}

func selectHeard(ctx context.Context, q db.Querier, id string) (heardRow, error) {
	var row heardRow
	err := q.Get(ctx, &row, `SELECT last_success_at, deaf_since FROM accounts WHERE id = ?`, id)
	if errors.Is(err, db.ErrNoRows) {
		return row, errAccountNotFound(id)
	}
	if err != nil {
		return row, fmt.Errorf("read health of %s: %w", id, err)
	}
	return row, nil
}

func updateDeaf(ctx context.Context, q db.Querier, id string, from, to app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE accounts SET deaf_since = ? WHERE id = ? AND deaf_since = ?`, to, id, from)
	return n == 1, err
}

func updateLastSuccess(ctx context.Context, q db.Querier, id string, from, to app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE accounts SET last_success_at = ? WHERE id = ? AND last_success_at = ?`, to, id, from)
	return err
}

func updateLastUse(ctx context.Context, q db.Querier, id string, at app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE api_keys SET last_used_at = ? WHERE id = ? AND last_used_at < ?`, at, id, at)
	return err
}

// resealRow is a sealed value wherever it stands.
type resealRow struct {
	MerchantID string `db:"merchant_id"`
	AccountID  string `db:"account_id"`
	AppID      string `db:"app_id"`
	Sealed     []byte `db:"sealed"`
}

func selectCredentialsAfter(ctx context.Context, q db.Querier, after string, limit int) ([]resealRow, error) {
	var rows []resealRow
	err := q.Select(ctx, &rows, `SELECT merchant_id, id AS account_id, '' AS app_id, credentials AS sealed FROM accounts WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return rows, err
}

func selectAppSecretsAfter(ctx context.Context, q db.Querier, account, appID string, limit int) ([]resealRow, error) {
	var rows []resealRow
	err := q.Select(ctx, &rows, `SELECT merchant_id, account_id, app_id, app_secret AS sealed FROM account_app_ids
		WHERE app_secret IS NOT NULL AND (account_id > ? OR (account_id = ? AND app_id > ?)) ORDER BY account_id, app_id LIMIT ?`, account, account, appID, limit)
	return rows, err
}

// The next two replace exactly the sealed bytes that were read: a change in
// between wins.

func resealCredentials(ctx context.Context, q db.Querier, r resealRow, sealed []byte) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE accounts SET credentials = ? WHERE id = ? AND credentials = ?`, sealed, r.AccountID, r.Sealed)
	return n == 1, err
}

func resealAppSecret(ctx context.Context, q db.Querier, r resealRow, sealed []byte) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE account_app_ids SET app_secret = ? WHERE account_id = ? AND app_id = ? AND app_secret = ?`, sealed, r.AccountID, r.AppID, r.Sealed)
	return n == 1, err
}

func selectCircuit(ctx context.Context, q db.Querier, accountID string) (circuitRow, bool, error) {
	var row circuitRow
	err := q.Get(ctx, &row, circuitSelect+` WHERE account_id = ?`, accountID)
	if errors.Is(err, db.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, err
}

// selectEnabledAfter pages through the enabled accounts of all merchants by id.
func selectEnabledAfter(ctx context.Context, q db.Querier, after string, limit int) ([]Account, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM accounts WHERE id > ? AND enabled = 1 ORDER BY id LIMIT ?`, after, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var rows []accountRow
	if err := q.Select(ctx, &rows, accountSelect+` WHERE a.id IN (?) ORDER BY a.id, p.ordinal`, ids); err != nil {
		return nil, fmt.Errorf("read enabled accounts: %w", err)
	}
	return accounts(rows)
}

func deleteExpiredDrafts(ctx context.Context, q db.Querier, now app.Millis) (int64, error) {
	return q.Exec(ctx, `DELETE FROM account_drafts WHERE expires_at <= ?`, now)
}

func selectDraftsAfter(ctx context.Context, q db.Querier, after string, limit int) ([]resealRow, error) {
	var rows []resealRow
	err := q.Select(ctx, &rows, `SELECT merchant_id, id AS account_id, '' AS app_id, sealed FROM account_drafts WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return rows, err
}

func resealDraft(ctx context.Context, q db.Querier, r resealRow, sealed []byte) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE account_drafts SET sealed = ? WHERE id = ? AND sealed = ?`, sealed, r.AccountID, r.Sealed)
	return n == 1, err
}
