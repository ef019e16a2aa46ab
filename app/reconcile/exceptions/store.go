package exceptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// store is the room's SQL.
type store struct{}

const columns = `id, merchant_id, mode, identity_id, channel, identity, sub_identity, account_id, run_id, day, type, line_kind, object_key,
 number, order_no, channel_no, payment_id, refund_id, ours, theirs, difference, status, owner_id, owner_name, note,
 resolution, amount, linked_payment_id, reason, approval_id, batch_id, given_back_id, cleared_by, proposed_kind, proposed_id, proposed_name, proposed_at,
 opened_at, checked_at, closed_at, version`

type row struct {
	ID           string           `db:"id"`
	MerchantID   string           `db:"merchant_id"`
	Mode         app.Mode         `db:"mode"`
	IdentityID   string           `db:"identity_id"`
	Channel      app.Channel      `db:"channel"`
	Identity     string           `db:"identity"`
	SubIdentity  string           `db:"sub_identity"`
	AccountID    string           `db:"account_id"`
	RunID        string           `db:"run_id"`
	Day          app.Day          `db:"day"`
	Type         Type             `db:"type"`
	Kind         channel.LineKind `db:"line_kind"`
	Key          string           `db:"object_key"`
	Number       string           `db:"number"`
	OrderNo      string           `db:"order_no"`
	ChannelNo    string           `db:"channel_no"`
	PaymentID    string           `db:"payment_id"`
	RefundID     string           `db:"refund_id"`
	Ours         app.Money        `db:"ours"`
	Theirs       app.Money        `db:"theirs"`
	Difference   app.Money        `db:"difference"`
	Evidence     string           `db:"evidence"` // "" where it was not read
	Status       Status           `db:"status"`
	OwnerID      string           `db:"owner_id"`
	OwnerName    string           `db:"owner_name"`
	Note         string           `db:"note"`
	Resolution   Resolution       `db:"resolution"`
	Amount       app.Money        `db:"amount"`
	LinkedID     string           `db:"linked_payment_id"`
	Reason       string           `db:"reason"`
	ApprovalID   string           `db:"approval_id"`
	BatchID      string           `db:"batch_id"`
	GivenBackID  string           `db:"given_back_id"`
	ClearedBy    string           `db:"cleared_by"`
	ProposedKind string           `db:"proposed_kind"`
	ProposedID   string           `db:"proposed_id"`
	ProposedName string           `db:"proposed_name"`
	ProposedAt   app.Millis       `db:"proposed_at"`
	OpenedAt     app.Millis       `db:"opened_at"`
	CheckedAt    app.Millis       `db:"checked_at"`
	ClosedAt     app.Millis       `db:"closed_at"`
	Version      int64            `db:"version"`
}

func (r row) exception() (Exception, error) {
	e := Exception{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, IdentityID: r.IdentityID, Channel: r.Channel, Identity: r.Identity,
		SubIdentity: r.SubIdentity, AccountID: r.AccountID, RunID: r.RunID, Day: r.Day, Type: r.Type, Kind: r.Kind, Key: r.Key,
		Number: r.Number, OrderNo: r.OrderNo, ChannelNo: r.ChannelNo, PaymentID: r.PaymentID, RefundID: r.RefundID,
		Ours: r.Ours, Theirs: r.Theirs, Difference: r.Difference, Status: r.Status, OwnerID: r.OwnerID, OwnerName: r.OwnerName, Note: r.Note,
		Resolution: r.Resolution, Amount: r.Amount, LinkedID: r.LinkedID, Reason: r.Reason,
		ProposedBy: approvals.Person{Kind: r.ProposedKind, ID: r.ProposedID, Name: r.ProposedName}, ProposedAt: r.ProposedAt,
		ApprovalID: r.ApprovalID, BatchID: r.BatchID, GivenBackID: r.GivenBackID, ClearedBy: r.ClearedBy,
		OpenedAt: r.OpenedAt, CheckedAt: r.CheckedAt, ClosedAt: r.ClosedAt, Version: r.Version,
	}
	if r.Evidence == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(r.Evidence), &e.Evidence); err != nil {
		return e, app.Errorf(app.Internal, "read the evidence of %s: %w", r.ID, err)
	}
	return e, nil
}

func exceptionsOf(rows []row) ([]Exception, error) {
	out := make([]Exception, 0, len(rows))
	for _, r := range rows {
		e, err := r.exception()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (store) get(ctx context.Context, q db.Querier, scope Scope, id string) (Exception, error) {
	var r row
	err := q.Get(ctx, &r, `SELECT `+columns+`, evidence FROM exceptions WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return Exception{}, app.Errorf(app.NotFound, "no exception %s", id).WithReason("exception_not_found")
	}
	if err != nil {
		return Exception{}, fmt.Errorf("read exception %s: %w", id, err)
	}
	return r.exception()
}

// lock keeps everybody else from changing an exception until tx ends, and reads
// it as it was last committed.
func (s store) lock(ctx context.Context, tx *db.Tx, scope Scope, id string) (Exception, error) {
	_, err := tx.Exec(ctx, `UPDATE exceptions SET version = version WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if err != nil {
		return Exception{}, fmt.Errorf("lock exception %s: %w", id, err)
	}
	return s.get(ctx, tx, scope, id)
}

// update writes everything of e that changes after it was filed, if its version
// is still the one that was read, and raises the version. It reports whether it
// was.
func (store) update(ctx context.Context, tx *db.Tx, e *Exception) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE exceptions SET status = ?, owner_id = ?, owner_name = ?, note = ?, resolution = ?, amount = ?, linked_payment_id = ?,
 reason = ?, approval_id = ?, batch_id = ?, given_back_id = ?, cleared_by = ?, proposed_kind = ?, proposed_id = ?, proposed_name = ?, proposed_at = ?,
 closed_at = ?, version = version + 1 WHERE id = ? AND merchant_id = ? AND version = ?`,
		e.Status, e.OwnerID, clip(e.OwnerName, 190), e.Note, e.Resolution, e.Amount, e.LinkedID,
		e.Reason, e.ApprovalID, e.BatchID, e.GivenBackID, e.ClearedBy, e.ProposedBy.Kind, e.ProposedBy.ID, clip(e.ProposedBy.Name, 190), e.ProposedAt,
		e.ClosedAt, e.ID, e.MerchantID, e.Version)
	if err != nil {
		return false, fmt.Errorf("change exception %s: %w", e.ID, err)
	}
	if n == 0 {
		return false, nil
	}
	e.Version++
	return true, nil
}

func (store) insertHistory(ctx context.Context, tx *db.Tx, merchantID string, entries []Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		args := "{}"
		if len(e.Args) > 0 {
			args = encode(e.Args)
		}
		rows[i] = []any{
			e.ID, e.ExceptionID, merchantID, e.Version, e.At, e.Event, e.Actor.Kind, clip(e.Actor.ID, 40), clip(e.Actor.Name, 190),
			e.RequestID, e.From, e.To, e.Note, args,
		}
	}
	err := db.InsertRows(ctx, tx, `INSERT INTO exception_history (id, exception_id, merchant_id, version, at, kind, actor_kind, actor_id, actor_name,
 request_id, from_status, to_status, note, args) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

type historyRow struct {
	ID          string     `db:"id"`
	ExceptionID string     `db:"exception_id"`
	Version     int64      `db:"version"`
	At          app.Millis `db:"at"`
	Event       Event      `db:"kind"`
	ActorKind   string     `db:"actor_kind"`
	ActorID     string     `db:"actor_id"`
	ActorName   string     `db:"actor_name"`
	RequestID   string     `db:"request_id"`
	From        Status     `db:"from_status"`
	To          Status     `db:"to_status"`
	Note        string     `db:"note"`
	Args        string     `db:"args"`
}

// history reads the newest rows of an exception, oldest first.
func (store) history(ctx context.Context, q db.Querier, merchantID, id string, limit int) ([]Entry, error) {
	var rows []historyRow
	err := q.Select(ctx, &rows, `SELECT id, exception_id, version, at, kind, actor_kind, actor_id, actor_name, request_id, from_status, to_status, note, args
 FROM exception_history WHERE exception_id = ? AND merchant_id = ? ORDER BY version DESC, id DESC LIMIT ?`, id, merchantID, limit)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", id, err)
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		e := Entry{
			ID: r.ID, ExceptionID: r.ExceptionID, Version: r.Version, At: r.At, Event: r.Event, Actor: audit.Actor{Kind: r.ActorKind, ID: r.ActorID, Name: r.ActorName},
			RequestID: r.RequestID, From: r.From, To: r.To, Note: r.Note,
		}
		if err := json.Unmarshal([]byte(r.Args), &e.Args); err != nil {
			return nil, app.Errorf(app.Internal, "read %s of the history of %s: %w", r.ID, id, err)
		}
		out[len(rows)-1-i] = e
	}
	return out, nil
}
