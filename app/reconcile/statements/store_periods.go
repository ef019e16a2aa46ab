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

// holdPeriodByID is holdPeriod of a month that is known to exist.
func (s store) holdPeriodByID(ctx context.Context, tx *db.Tx, scope payments.Scope, id string) (periodRow, error) {
	n, err := tx.Exec(ctx, `UPDATE periods SET version = version WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if err != nil {
		return periodRow{}, fmt.Errorf("hold %s: %w", id, err)
	}
	if n == 0 {
		return periodRow{}, app.Errorf(app.NotFound, "no period %s", id)
	}
	var p periodRow
	if err := tx.Get(ctx, &p, `SELECT `+periodColumns+` FROM periods WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode); err != nil {
		return periodRow{}, fmt.Errorf("read %s: %w", id, err)
	}
	return p, nil
}

func (store) updatePeriod(ctx context.Context, tx *db.Tx, p periodRow) error {
	_, err := tx.Exec(ctx, `UPDATE periods SET status = ?, approval_id = ?, asked_digest = ?, reason = ?, asked_kind = ?, asked_id = ?, asked_name = ?, asked_at = ?,
 handled_kind = ?, handled_id = ?, handled_name = ?, checked_kind = ?, checked_id = ?, checked_name = ?, locked_at = ?, version = version + 1, updated_at = ?
 WHERE id = ? AND merchant_id = ?`,
		p.Status, p.ApprovalID, p.AskedDigest, p.Reason, p.AskedKind, p.AskedID, clip(p.AskedName), p.AskedAt,
		p.HandledKind, p.HandledID, clip(p.HandledName), p.CheckedKind, p.CheckedID, clip(p.CheckedName), p.LockedAt, p.UpdatedAt, p.ID, p.MerchantID)
	if err != nil {
		return fmt.Errorf("update %s: %w", p.ID, err)
	}
	return nil
}

// freeze keeps a statement's exceptions and adjustments as they stand.
func (store) freeze(ctx context.Context, tx *db.Tx, st Statement, now app.Millis) error {
	n, err := tx.Exec(ctx, `UPDATE statements SET frozen_open = ?, frozen_total = ?, frozen_open_amount = ?, frozen_amount = ?, frozen_adjustments = ?, frozen_adjusted = ?,
 locked_at = ? WHERE id = ? AND merchant_id = ? AND locked_at = 0`,
		st.Exceptions.Open, st.Exceptions.Total, st.Exceptions.OpenAmount, st.Exceptions.Amount, st.Adjustments.Count, st.Adjustments.Amount, now, st.ID, st.MerchantID)
	if err == nil && n != 1 {
		err = app.Errorf(app.Internal, "it is locked already")
	}
	if err != nil {
		return fmt.Errorf("lock statement %s: %w", st.ID, err)
	}
	return nil
}

// thaw lets a month's statements change again.
func (store) thaw(ctx context.Context, tx *db.Tx, scope payments.Scope, month string) error {
	_, err := tx.Exec(ctx, `UPDATE statements SET frozen_open = 0, frozen_total = 0, frozen_open_amount = 0, frozen_amount = 0, frozen_adjustments = 0, frozen_adjusted = 0,
 locked_at = 0 WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ?`, scope.MerchantID, scope.Mode, month+"-01", month+"-31")
	if err != nil {
		return fmt.Errorf("open the statements of %s: %w", month, err)
	}
	return nil
}

const periodEntryColumns = `id, period_id, merchant_id, at, what, actor_kind, actor_id, actor_name, approval_id, note`

type periodEntryRow struct {
	ID         string     `db:"id"`
	PeriodID   string     `db:"period_id"`
	MerchantID string     `db:"merchant_id"`
	At         app.Millis `db:"at"`
	What       string     `db:"what"`
	ActorKind  string     `db:"actor_kind"`
	ActorID    string     `db:"actor_id"`
	ActorName  string     `db:"actor_name"`
	ApprovalID string     `db:"approval_id"`
	Note       string     `db:"note"`
}

func (store) insertPeriodEntry(ctx context.Context, tx *db.Tx, e periodEntryRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO period_history (`+periodEntryColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.PeriodID, e.MerchantID, e.At, e.What, e.ActorKind, e.ActorID, clip(e.ActorName), e.ApprovalID, e.Note)
	if err != nil {
		return fmt.Errorf("write the history of %s: %w", e.PeriodID, err)
	}
	return nil
}

func (store) periodHistory(ctx context.Context, q db.Querier, merchantID, periodID string) ([]periodEntryRow, error) {
	var rows []periodEntryRow
	err := q.Select(ctx, &rows, `SELECT `+periodEntryColumns+` FROM period_history WHERE period_id = ? AND merchant_id = ? ORDER BY id DESC LIMIT 100`, periodID, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", periodID, err)
	}
	return rows, nil
}

// clip keeps a name within its column.
func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 190)])
}
