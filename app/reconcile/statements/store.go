package statements

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// store is the room's SQL.
type store struct{}

const columns = `id, merchant_id, mode, account_id, identity_id, channel, identity, sub_identity, day, run_id, status, partial,
 our_payments, our_amount, our_refunds, our_refunded, payments, amount, settlement, refunds, refunded, refunded_settlement, fee,
 matched, in_transit, differences, frozen_open, frozen_total, frozen_open_amount, frozen_amount, frozen_adjustments, frozen_adjusted,
 locked_at, version, created_at, updated_at`

func (store) insert(ctx context.Context, tx *db.Tx, r row) error {
	_, err := tx.Exec(ctx, `INSERT INTO statements (`+columns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.MerchantID, r.Mode, r.AccountID, r.IdentityID, r.Channel, r.Identity, r.SubIdentity, r.Day, r.RunID, r.Status, r.Partial,
		r.OurPayments, r.OurAmount, r.OurRefunds, r.OurRefunded, r.Payments, r.Amount, r.Settlement, r.Refunds, r.Refunded, r.RefundedSettlement, r.Fee,
		r.Matched, r.InTransit, r.Differences, r.FrozenOpen, r.FrozenTotal, r.FrozenOpenAmount, r.FrozenAmount, r.FrozenAdjustments, r.FrozenAdjusted,
		r.LockedAt, r.Version, r.CreatedAt, r.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert statement: %w", err)
	}
	return nil
}

// update replaces a statement's figures. A locked one is not touched: it is an
// error that holdOpen lets nobody see.
func (store) update(ctx context.Context, tx *db.Tx, r row) error {
	n, err := tx.Exec(ctx, `UPDATE statements SET run_id = ?, status = ?, partial = ?, our_payments = ?, our_amount = ?, our_refunds = ?, our_refunded = ?,
 payments = ?, amount = ?, settlement = ?, refunds = ?, refunded = ?, refunded_settlement = ?, fee = ?, matched = ?, in_transit = ?, differences = ?,
 version = version + 1, updated_at = ?
 WHERE id = ? AND merchant_id = ? AND locked_at = 0`,
		r.RunID, r.Status, r.Partial, r.OurPayments, r.OurAmount, r.OurRefunds, r.OurRefunded,
		r.Payments, r.Amount, r.Settlement, r.Refunds, r.Refunded, r.RefundedSettlement, r.Fee, r.Matched, r.InTransit, r.Differences,
		r.UpdatedAt, r.ID, r.MerchantID)
	if err != nil {
		return fmt.Errorf("update statement %s: %w", r.ID, err)
	}
	if n != 1 {
		return app.Errorf(app.Internal, "statement %s is locked though its month is open", r.ID)
	}
	return nil
}

// ofRun returns the statements of a run's identity and day.
func (store) ofRun(ctx context.Context, q db.Querier, run RunRef) ([]row, error) {
	var rows []row
	err := q.Select(ctx, &rows, `SELECT `+columns+` FROM statements WHERE identity_id = ? AND day = ? AND merchant_id = ? ORDER BY account_id`,
		run.IdentityID, run.Day, run.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("read the statements of %s: %w", run.ID, err)
	}
	return rows, nil
}

// accountsOf returns the accounts that settle through an identity.
func (store) accountsOf(ctx context.Context, q db.Querier, scope payments.Scope, identityID string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM accounts WHERE merchant_id = ? AND mode = ? AND identity_id = ? ORDER BY id`,
		scope.MerchantID, scope.Mode, identityID)
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %s: %w", identityID, err)
	}
	return ids, nil
}

const dayColumns = `identity_id, day, merchant_id, mode, channel, identity, sub_identity, run_id, status, partial,
 opening, closing, income, outgoing, carried, line_count, result_key, digest, completed_version, version, created_at, updated_at`

// dayOf returns the identity's day as the last outcome left it.
func (store) dayOf(ctx context.Context, q db.Querier, run RunRef) (dayRow, bool, error) {
	var d dayRow
	err := q.Get(ctx, &d, `SELECT `+dayColumns+` FROM statement_days WHERE identity_id = ? AND day = ? AND merchant_id = ?`,
		run.IdentityID, run.Day, run.MerchantID)
	if errors.Is(err, db.ErrNoRows) {
		return dayRow{}, false, nil
	}
	if err != nil {
		return dayRow{}, false, fmt.Errorf("read %s of %s: %w", run.Day, run.IdentityID, err)
	}
	return d, true, nil
}

func (store) insertDay(ctx context.Context, tx *db.Tx, d dayRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO statement_days (`+dayColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.IdentityID, d.Day, d.MerchantID, d.Mode, d.Channel, d.Identity, d.SubIdentity, d.RunID, d.Status, d.Partial,
		d.Opening, d.Closing, d.Income, d.Outgoing, d.Carried, d.LineCount, d.ResultKey, d.Digest, d.CompletedVersion, d.Version, d.CreatedAt, d.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert %s of %s: %w", d.Day, d.IdentityID, err)
	}
	return nil
}

func (store) updateDay(ctx context.Context, tx *db.Tx, d dayRow) error {
	_, err := tx.Exec(ctx, `UPDATE statement_days SET run_id = ?, status = ?, partial = ?, opening = ?, closing = ?, income = ?, outgoing = ?,
 carried = ?, line_count = ?, result_key = ?, digest = ?, version = ?, updated_at = ? WHERE identity_id = ? AND day = ? AND merchant_id = ?`,
		d.RunID, d.Status, d.Partial, d.Opening, d.Closing, d.Income, d.Outgoing,
		d.Carried, d.LineCount, d.ResultKey, d.Digest, d.Version, d.UpdatedAt, d.IdentityID, d.Day, d.MerchantID)
	if err != nil {
		return fmt.Errorf("update %s of %s: %w", d.Day, d.IdentityID, err)
	}
	return nil
}

// completed notes up to which version the day has been told of.
func (store) completed(ctx context.Context, tx *db.Tx, run RunRef, version int64) error {
	_, err := tx.Exec(ctx, `UPDATE statement_days SET completed_version = ? WHERE identity_id = ? AND day = ? AND merchant_id = ?`,
		version, run.IdentityID, run.Day, run.MerchantID)
	if err != nil {
		return fmt.Errorf("note that %s was told of: %w", run.ID, err)
	}
	return nil
}
