package jobs

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const stateColumns = `name, result, server, started_at, ended_at, duration_ms, next_at, failures, succeeded_at, failed_at, error, running_server, running_since`

func insertState(ctx context.Context, q db.Querier, job string) error {
	_, err := q.Exec(ctx, `INSERT INTO job_states (`+stateColumns+`) VALUES (?, '', '', 0, 0, 0, 0, 0, 0, 0, '', '', 0)`, job)
	return err
}

func markRunning(ctx context.Context, q db.Querier, job, server string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE job_states SET running_server = ?, running_since = ? WHERE name = ?`, server, now, job)
}

func endState(ctx context.Context, q db.Querier, o Outcome) (int64, error) {
	took := int64(o.Ended - o.Started)
	if o.Result == OK {
		return q.Exec(ctx, `UPDATE job_states SET result = ?, server = ?, started_at = ?, ended_at = ?, duration_ms = ?, next_at = ?,
			failures = 0, succeeded_at = ?, running_server = '', running_since = 0 WHERE name = ?`,
			o.Result, o.Server, o.Started, o.Ended, took, o.Next, o.Ended, o.Job)
	}
	return q.Exec(ctx, `UPDATE job_states SET result = ?, server = ?, started_at = ?, ended_at = ?, duration_ms = ?, next_at = ?,
		failures = failures + 1, failed_at = ?, error = ?, running_server = '', running_since = 0 WHERE name = ?`,
		o.Result, o.Server, o.Started, o.Ended, took, o.Next, o.Ended, o.Error, o.Job)
}

func listStates(ctx context.Context, q db.Querier) ([]State, error) {
	var list []State
	err := q.Select(ctx, &list, `SELECT `+stateColumns+` FROM job_states ORDER BY name`)
	return list, err
}

const runColumns = `id, job, state, cause, asked_by, asked_name, asked_at, server, lease_until, started_at, ended_at, error`

func insertRun(ctx context.Context, q db.Querier, r Run) error {
	_, err := q.Exec(ctx, `INSERT INTO job_runs (`+runColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Job, r.State, r.Cause, r.AskedBy, r.AskedName, r.AskedAt, r.Server, r.LeaseUntil, r.StartedAt, r.EndedAt, r.Error)
	return err
}

func askedRuns(ctx context.Context, q db.Querier, job string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM job_runs WHERE state = 'asked' AND job = ? ORDER BY id LIMIT 1`, job)
	return ids, err
}

func waitingRuns(ctx context.Context, q db.Querier) ([]Run, error) {
	var runs []Run
	err := q.Select(ctx, &runs, `SELECT `+runColumns+` FROM job_runs WHERE state = 'asked' ORDER BY asked_at LIMIT 20`)
	return runs, err
}

func takeRun(ctx context.Context, q db.Querier, id, server string, now, until app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE job_runs SET state = 'running', server = ?, started_at = ?, lease_until = ? WHERE id = ? AND state = 'asked'`, server, now, until, id)
}

func finishRun(ctx context.Context, q db.Querier, id, server, result string, now app.Millis, text string) (int64, error) {
	return q.Exec(ctx, `UPDATE job_runs SET state = ?, ended_at = ?, error = ? WHERE id = ? AND server = ? AND state IN ('running', 'lost')`, result, now, text, id, server)
}

func loseRuns(ctx context.Context, q db.Querier, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE job_runs SET state = 'lost', ended_at = ? WHERE state = 'running' AND lease_until < ?`, now, now)
	return err
}

// deleteRuns goes by the id, which carries the time.
func deleteRuns(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM job_runs WHERE id < ?`, app.NewID(app.PrefixJobRun, before.Time()))
	return err
}

func latestRuns(ctx context.Context, q db.Querier, job string) ([]Run, error) {
	var runs []Run
	err := q.Select(ctx, &runs, `SELECT `+runColumns+` FROM job_runs WHERE job = ? ORDER BY id DESC LIMIT 50`, job)
	return runs, err
}

func heldLeases(ctx context.Context, q db.Querier, now app.Millis) ([]Holder, error) {
	var list []Holder
	err := q.Select(ctx, &list, `SELECT name, owner, lease_until FROM job_leases WHERE lease_until > ? ORDER BY name`, now)
	return list, err
}
