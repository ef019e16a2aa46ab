package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// store is the room's SQL.
type store struct{}

const runColumns = `id, merchant_id, mode, identity_id, channel, identity, sub_identity, bill_day, status, partial, done_lines, expected_lines,
 executions, tries, next_at, lease_owner, lease_until, fence, requested_kind, requested_id, requested_name, problem_code, problem_kind,
 problem_line, problem_detail, result, result_key, carried_in, carried_out, started_at, ended_at, created_at, version`

type runRow struct {
	ID            string           `db:"id"`
	MerchantID    string           `db:"merchant_id"`
	Mode          app.Mode         `db:"mode"`
	IdentityID    string           `db:"identity_id"`
	Channel       app.Channel      `db:"channel"`
	Identity      string           `db:"identity"`
	SubIdentity   string           `db:"sub_identity"`
	Day           app.Day          `db:"bill_day"`
	Status        Status           `db:"status"`
	Partial       bool             `db:"partial"`
	DoneLines     int64            `db:"done_lines"`
	ExpectedLines int64            `db:"expected_lines"`
	Executions    int64            `db:"executions"`
	Tries         int64            `db:"tries"`
	NextAt        app.Millis       `db:"next_at"`
	LeaseOwner    string           `db:"lease_owner"`
	LeaseUntil    app.Millis       `db:"lease_until"`
	Fence         int64            `db:"fence"`
	RequestedKind string           `db:"requested_kind"`
	RequestedID   string           `db:"requested_id"`
	RequestedName string           `db:"requested_name"`
	ProblemCode   string           `db:"problem_code"`
	ProblemKind   channel.BillKind `db:"problem_kind"`
	ProblemLine   int              `db:"problem_line"`
	ProblemDetail string           `db:"problem_detail"`
	Result        string           `db:"result"`
	ResultKey     string           `db:"result_key"`
	CarriedIn     string           `db:"carried_in"`
	CarriedOut    string           `db:"carried_out"`
	StartedAt     app.Millis       `db:"started_at"`
	EndedAt       app.Millis       `db:"ended_at"`
	CreatedAt     app.Millis       `db:"created_at"`
	Version       int64            `db:"version"`
}

func (r runRow) run() (Run, error) {
	out := Run{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, IdentityID: r.IdentityID, Channel: r.Channel, Identity: r.Identity,
		SubIdentity: r.SubIdentity, Day: r.Day, Status: r.Status, Partial: r.Partial, DoneLines: r.DoneLines, ExpectedLines: r.ExpectedLines,
		Executions: r.Executions, Tries: r.Tries, NextAt: r.NextAt,
		Requested: approvals.Person{Kind: r.RequestedKind, ID: r.RequestedID, Name: r.RequestedName},
		Problem:   Problem{Code: r.ProblemCode, Kind: r.ProblemKind, Line: r.ProblemLine, Detail: r.ProblemDetail},
		StartedAt: r.StartedAt, EndedAt: r.EndedAt, CreatedAt: r.CreatedAt, Version: r.Version,
	}
	if r.Result != "" {
		if err := json.Unmarshal([]byte(r.Result), &out.Result); err != nil {
			return out, app.Errorf(app.Internal, "read the result of %s: %w", r.ID, err)
		}
	}
	out.Result.Key = r.ResultKey
	return out, nil
}

func runsOf(rows []runRow) ([]Run, error) {
	out := make([]Run, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.run(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func errRunNotFound(id string) error {
	return app.Errorf(app.NotFound, "no reconciliation run %s", id).WithReason("run_not_found")
}

func (store) row(ctx context.Context, q db.Querier, scope payments.Scope, id string) (runRow, error) {
	var row runRow
	err := q.Get(ctx, &row, `SELECT `+runColumns+` FROM reconcile_runs WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return row, errRunNotFound(id)
	}
	if err != nil {
		return row, fmt.Errorf("read run %s: %w", id, err)
	}
	return row, nil
}

// between returns the runs of the days, both included, by day and id.
func (store) between(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) ([]Run, error) {
	var rows []runRow
	err := q.Select(ctx, &rows, `SELECT `+runColumns+` FROM reconcile_runs WHERE merchant_id = ? AND mode = ? AND bill_day >= ? AND bill_day <= ? ORDER BY bill_day, id`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runsOf(rows)
}
