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

const periodColumns = `id, merchant_id, mode, month, status, approval_id, asked_digest, reason, requested_kind, requested_id, requested_name, requested_at,
 locked_by_kind, locked_by_id, locked_by_name, locked_at, version, created_at, updated_at`

type periodRow struct {
	ID            string       `db:"id"`
	MerchantID    string       `db:"merchant_id"`
	Mode          app.Mode     `db:"mode"`
	Month         string       `db:"month"`
	Status        PeriodStatus `db:"status"`
	ApprovalID    string       `db:"approval_id"`
	AskedDigest   string       `db:"asked_digest"`
	Reason        string       `db:"reason"`
	RequestedKind string       `db:"requested_kind"`
	RequestedID   string       `db:"requested_id"`
	RequestedName string       `db:"requested_name"`
	RequestedAt   app.Millis   `db:"requested_at"`
	LockedByKind  string       `db:"locked_by_kind"`
	LockedByID    string       `db:"locked_by_id"`
	LockedByName  string       `db:"locked_by_name"`
	LockedAt      app.Millis   `db:"locked_at"`
	Version       int64        `db:"version"`
	CreatedAt     app.Millis   `db:"created_at"`
	UpdatedAt     app.Millis   `db:"updated_at"`
}

func (r periodRow) period() Period {
	return Period{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Month: r.Month, Status: r.Status, ApprovalID: r.ApprovalID, Reason: r.Reason,
		Requested:   approvals.Person{Kind: r.RequestedKind, ID: r.RequestedID, Name: r.RequestedName},
		RequestedAt: r.RequestedAt,
		Locked:      approvals.Person{Kind: r.LockedByKind, ID: r.LockedByID, Name: r.LockedByName},
		LockedAt:    r.LockedAt, Version: r.Version,
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
	_, err := tx.Exec(ctx, `INSERT INTO periods (`+periodColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.MerchantID, p.Mode, p.Month, p.Status, p.ApprovalID, p.AskedDigest, p.Reason, p.RequestedKind, p.RequestedID, p.RequestedName, p.RequestedAt,
		p.LockedByKind, p.LockedByID, p.LockedByName, p.LockedAt, p.Version, p.CreatedAt, p.UpdatedAt)
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
