package statements

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

const periodColumns = `id, merchant_id, mode, month, status, approval_id, asked_digest, reason, asked_kind, asked_id, asked_name, asked_at,
 handled_kind, handled_id, handled_name, checked_kind, checked_id, checked_name, locked_at, version, created_at, updated_at`

type periodRow struct {
	ID          string       `db:"id"`
	MerchantID  string       `db:"merchant_id"`
	Mode        app.Mode     `db:"mode"`
	Month       string       `db:"month"`
	Status      PeriodStatus `db:"status"`
	ApprovalID  string       `db:"approval_id"`
	AskedDigest string       `db:"asked_digest"`
	Reason      string       `db:"reason"`
	AskedKind   string       `db:"asked_kind"`
	AskedID     string       `db:"asked_id"`
	AskedName   string       `db:"asked_name"`
	AskedAt     app.Millis   `db:"asked_at"`
	HandledKind string       `db:"handled_kind"`
	HandledID   string       `db:"handled_id"`
	HandledName string       `db:"handled_name"`
	CheckedKind string       `db:"checked_kind"`
	CheckedID   string       `db:"checked_id"`
	CheckedName string       `db:"checked_name"`
	LockedAt    app.Millis   `db:"locked_at"`
	Version     int64        `db:"version"`
	CreatedAt   app.Millis   `db:"created_at"`
	UpdatedAt   app.Millis   `db:"updated_at"`
}

func (r periodRow) period() Period {
	return Period{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Month: r.Month, Status: r.Status, ApprovalID: r.ApprovalID, Reason: r.Reason,
		Asked:    approvals.Person{Kind: r.AskedKind, ID: r.AskedID, Name: r.AskedName},
		AskedAt:  r.AskedAt,
		Handled:  approvals.Person{Kind: r.HandledKind, ID: r.HandledID, Name: r.HandledName},
		Checked:  approvals.Person{Kind: r.CheckedKind, ID: r.CheckedID, Name: r.CheckedName},
		LockedAt: r.LockedAt, Version: r.Version,
	}
}

// holdPeriod returns a month and keeps others from changing it until tx ends:
// it writes the row unchanged, or for the first time.
func (s store) holdPeriod(ctx context.Context, tx *db.Tx, scope payments.Scope, month string, now app.Millis) (periodRow, error) {
	n, err := s.touchPeriod(ctx, tx, scope, month)
	if err == nil && n == 0 {
		err = s.insertPeriod(ctx, tx, periodRow{
			ID: app.NewID(app.PrefixPeriod, now.Time()), MerchantID: scope.MerchantID, Mode: scope.Mode, Month: month,
			Status: PeriodOpen, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
		if db.IsDuplicate(err) { // another server wrote it meanwhile
			_, err = s.touchPeriod(ctx, tx, scope, month)
		}
	}
	if err != nil {
		return periodRow{}, fmt.Errorf("hold %s: %w", month, err)
	}
	p, _, err := s.period(ctx, tx, scope, month)
	return p, err
}

func (store) touchPeriod(ctx context.Context, tx *db.Tx, scope payments.Scope, month string) (int64, error) {
	return tx.Exec(ctx, `UPDATE periods SET version = version WHERE merchant_id = ? AND mode = ? AND month = ?`, scope.MerchantID, scope.Mode, month)
}

func (store) insertPeriod(ctx context.Context, tx *db.Tx, p periodRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO periods (`+periodColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.MerchantID, p.Mode, p.Month, p.Status, p.ApprovalID, p.AskedDigest, p.Reason, p.AskedKind, p.AskedID, p.AskedName, p.AskedAt,
		p.HandledKind, p.HandledID, p.HandledName, p.CheckedKind, p.CheckedID, p.CheckedName, p.LockedAt, p.Version, p.CreatedAt, p.UpdatedAt)
	return err
}

// period returns a month and whether anything was written in it yet.
func (store) period(ctx context.Context, q db.Querier, scope payments.Scope, month string) (periodRow, bool, error) {
	var p periodRow
	err := q.Get(ctx, &p, `SELECT `+periodColumns+` FROM periods WHERE merchant_id = ? AND mode = ? AND month = ?`, scope.MerchantID, scope.Mode, month)
	if errors.Is(err, db.ErrNoRows) {
		return periodRow{MerchantID: scope.MerchantID, Mode: scope.Mode, Month: month, Status: PeriodOpen}, false, nil
	}
	if err != nil {
		return periodRow{}, false, fmt.Errorf("read the period %s: %w", month, err)
	}
	return p, true, nil
}
