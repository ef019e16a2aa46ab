package reconcile

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The statements below serve jobs, which take runs of any merchant.

// lastDays returns the newest day that each identity has a run of, up to a day.
func (store) lastDays(ctx context.Context, q db.Querier, identities []string, until app.Day) (map[string]app.Day, error) {
	var rows []struct {
		ID  string  `db:"identity_id"`
		Day app.Day `db:"last_day"`
	}
	err := q.Select(ctx, &rows, `SELECT identity_id, MAX(bill_day) AS last_day FROM reconcile_runs WHERE identity_id IN (?) AND bill_day <= ? GROUP BY identity_id`, identities, until)
	if err != nil {
		return nil, fmt.Errorf("read the newest runs: %w", err)
	}
	out := map[string]app.Day{}
	for _, r := range rows {
		out[r.ID] = r.Day
	}
	return out, nil
}

// candidate is a run that may be executed now.
type candidate struct {
	ID         string      `db:"id"`
	MerchantID string      `db:"merchant_id"`
	IdentityID string      `db:"identity_id"`
	Channel    app.Channel `db:"channel"`
	Day        app.Day     `db:"bill_day"`
}

// candidates returns due runs that nobody executes, the oldest days first.
func (store) candidates(ctx context.Context, q db.Querier, now app.Millis, limit int) ([]candidate, error) {
	var out []candidate
	err := q.Select(ctx, &out, `SELECT id, merchant_id, identity_id, channel, bill_day FROM reconcile_runs
 WHERE next_at > 0 AND next_at <= ? AND lease_until <= ? ORDER BY bill_day, id LIMIT ?`, now, now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for due runs: %w", err)
	}
	return out, nil
}

// ahead reports whether an earlier day of the identity, as far as anything is
// carried, is due or being executed: the later day builds on it.
func (store) ahead(ctx context.Context, q db.Querier, c candidate, now app.Millis) (bool, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM reconcile_runs WHERE identity_id = ? AND bill_day < ? AND bill_day >= ? AND ((next_at > 0 AND next_at <= ?) OR lease_until > ?)`,
		c.IdentityID, c.Day, c.Day.Add(-carryDays), now, now)
	if err != nil {
		return false, fmt.Errorf("look for earlier runs of %s: %w", c.IdentityID, err)
	}
	return n > 0, nil
}

// A claimed run is due until its execution has ended, whoever asked for it: one
// that is killed is taken up again.
const claimRun = `UPDATE reconcile_runs SET lease_owner = ?, lease_until = ?, fence = fence + 1, executions = executions + 1, tries = tries + 1,
 status = 'fetching', done_lines = 0, expected_lines = 0, started_at = ?, next_at = ?, version = version + 1 WHERE id = ? AND lease_until <= ?`

// claim takes the run for an execution, unless somebody else holds it.
func (store) claim(ctx context.Context, q db.Querier, id, owner string, now, until app.Millis) (bool, error) {
	n, err := q.Exec(ctx, claimRun, owner, until, now, now, id, now)
	if err != nil {
		return false, fmt.Errorf("claim run %s: %w", id, err)
	}
	return n == 1, nil
}

// claimDue takes it if it is still due: another server may have ended it since it
// was seen so.
func (store) claimDue(ctx context.Context, q db.Querier, id, owner string, now, until app.Millis) (bool, error) {
	n, err := q.Exec(ctx, claimRun+` AND next_at > 0 AND next_at <= ?`, owner, until, now, now, id, now, now)
	if err != nil {
		return false, fmt.Errorf("claim run %s: %w", id, err)
	}
	return n == 1, nil
}

// claimed returns the run that owner has claimed.
func (store) claimed(ctx context.Context, q db.Querier, id, owner string) (runRow, error) {
	var row runRow
	err := q.Get(ctx, &row, `SELECT `+runColumns+` FROM reconcile_runs WHERE id = ? AND lease_owner = ?`, id, owner)
	if err != nil {
		return row, fmt.Errorf("read the claimed run %s: %w", id, err)
	}
	return row, nil
}
