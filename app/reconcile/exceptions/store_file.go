package exceptions

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const filedColumns = `id, run_id, day, type, object_key, number, ours, theirs, difference, digest, status, cleared_by, version`

// lockFiled locks and returns the exceptions of a run, and those of its identity
// on the days. The updates come first: they take the locks, and at READ
// COMMITTED what is read after them is what was committed before.
func (store) lockFiled(ctx context.Context, tx *db.Tx, run RunRef, days []app.Day, now app.Millis) ([]filed, error) {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET checked_at = ? WHERE run_id = ? AND merchant_id = ?`, now, run.ID, run.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("lock the exceptions of %s: %w", run.ID, err)
	}
	_, err = tx.Exec(ctx, `UPDATE exceptions SET checked_at = ? WHERE identity_id = ? AND day IN (?) AND merchant_id = ?`, now, run.IdentityID, days, run.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("lock the exceptions of %s: %w", run.IdentityID, err)
	}
	var own, others []filed
	err = tx.Select(ctx, &own, `SELECT `+filedColumns+` FROM exceptions WHERE run_id = ? AND merchant_id = ? ORDER BY id`, run.ID, run.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("read the exceptions of %s: %w", run.ID, err)
	}
	err = tx.Select(ctx, &others, `SELECT `+filedColumns+` FROM exceptions WHERE identity_id = ? AND day IN (?) AND run_id <> ? AND merchant_id = ? ORDER BY id`,
		run.IdentityID, days, run.ID, run.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("read the exceptions of %s: %w", run.IdentityID, err)
	}
	return append(own, others...), nil
}

func (store) insert(ctx context.Context, tx *db.Tx, rows []newRow) error {
	values := make([][]any, len(rows))
	for i, e := range rows {
		values[i] = []any{
			e.ID, e.MerchantID, e.Mode, e.IdentityID, e.Channel, e.Identity, e.SubIdentity, e.AccountID, e.RunID, e.Day, e.Type, e.Kind, e.Key,
			e.Number, e.OrderNo, e.ChannelNo, e.PaymentID, e.RefundID, e.Ours, e.Theirs, e.Difference, e.Status, "", "", "",
			"", 0, "", "", "", "", "", "", "", "", "", 0,
			e.OpenedAt, e.CheckedAt, 0, e.Version, e.evidence, e.digest,
		}
	}
	err := db.InsertRows(ctx, tx, `INSERT INTO exceptions (`+columns+`, evidence, digest)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values)
	if err != nil {
		return fmt.Errorf("insert exceptions: %w", err)
	}
	return nil
}

// refresh replaces the evidence of an exception whose amounts are the same.
func (store) refresh(ctx context.Context, tx *db.Tx, merchantID, id, evidence, digest string) error {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET evidence = ?, digest = ?, version = version + 1 WHERE id = ? AND merchant_id = ?`, evidence, digest, id, merchantID)
	if err != nil {
		return fmt.Errorf("replace the evidence of %s: %w", id, err)
	}
	return nil
}

// amounts replaces both sides of an exception.
func (store) amounts(ctx context.Context, tx *db.Tx, merchantID, id string, n Finding, evidence, digest string) error {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET ours = ?, theirs = ?, difference = ?, evidence = ?, digest = ? WHERE id = ? AND merchant_id = ?`,
		n.Ours, n.Channel, n.Difference, evidence, digest, id, merchantID)
	if err != nil {
		return fmt.Errorf("replace the amounts of %s: %w", id, err)
	}
	return nil
}

// clearOpen ends exceptions about which nobody has proposed anything.
func (store) clearOpen(ctx context.Context, tx *db.Tx, run RunRef, ids []string, now app.Millis) error {
	n, err := tx.Exec(ctx, `UPDATE exceptions SET status = 'cleared', closed_at = ?, cleared_by = ?, version = version + 1
 WHERE id IN (?) AND merchant_id = ? AND status = 'open'`, now, run.ID, ids, run.MerchantID)
	if err == nil && n != int64(len(ids)) {
		err = raced(ids[0] + " or one after it")
	}
	if err != nil {
		return fmt.Errorf("clear exceptions: %w", err)
	}
	return nil
}

// lockMissing locks and returns what of the identity was missing at the channel
// by these numbers.
func (store) lockMissing(ctx context.Context, tx *db.Tx, run RunRef, numbers []string, now app.Millis) ([]filed, error) {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET checked_at = ? WHERE merchant_id = ? AND mode = ? AND number IN (?) AND identity_id = ? AND type = 'missing_at_channel'`,
		now, run.MerchantID, run.Mode, numbers, run.IdentityID)
	if err != nil {
		return nil, fmt.Errorf("lock what was missing: %w", err)
	}
	var rows []filed
	err = tx.Select(ctx, &rows, `SELECT `+filedColumns+` FROM exceptions WHERE merchant_id = ? AND mode = ? AND number IN (?) AND identity_id = ?
 AND type = 'missing_at_channel' AND status <> 'cleared' ORDER BY id`, run.MerchantID, run.Mode, numbers, run.IdentityID)
	if err != nil {
		return nil, fmt.Errorf("read what was missing: %w", err)
	}
	return rows, nil
}

// own makes an exception the run's, which may clear it from now on.
func (store) own(ctx context.Context, tx *db.Tx, run RunRef, id string) error {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET run_id = ? WHERE id = ? AND merchant_id = ?`, run.ID, id, run.MerchantID)
	if err != nil {
		return fmt.Errorf("take %s over: %w", id, err)
	}
	return nil
}

// settle says of what a later bill had cleared that the run's own bill has it now.
func (store) settle(ctx context.Context, tx *db.Tx, run RunRef, ids []string) error {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET cleared_by = ? WHERE id IN (?) AND merchant_id = ? AND status = 'cleared'`, run.ID, ids, run.MerchantID)
	if err != nil {
		return fmt.Errorf("settle exceptions: %w", err)
	}
	return nil
}

// foundDays is how far back a run looks for what it had found of earlier days.
const foundDays = 92

// lockFound locks and returns what a run cleared for others as it found it in its
// bill.
func (store) lockFound(ctx context.Context, tx *db.Tx, run RunRef, now app.Millis) ([]filed, error) {
	from := run.Day.Add(-foundDays)
	_, err := tx.Exec(ctx, `UPDATE exceptions SET checked_at = ? WHERE identity_id = ? AND day >= ? AND day <= ? AND merchant_id = ?
 AND type = 'missing_at_channel' AND status = 'cleared' AND cleared_by = ? AND run_id <> ?`, now, run.IdentityID, from, run.Day, run.MerchantID, run.ID, run.ID)
	if err != nil {
		return nil, fmt.Errorf("lock what was found: %w", err)
	}
	var rows []filed
	err = tx.Select(ctx, &rows, `SELECT `+filedColumns+` FROM exceptions WHERE identity_id = ? AND day >= ? AND day <= ? AND merchant_id = ?
 AND type = 'missing_at_channel' AND status = 'cleared' AND cleared_by = ? AND run_id <> ? ORDER BY id`, run.IdentityID, from, run.Day, run.MerchantID, run.ID, run.ID)
	if err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	return rows, nil
}
