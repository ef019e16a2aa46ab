package statements

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// claimMail takes the next due mail of any merchant under a lease.
func (store) claimMail(ctx context.Context, d *db.DB, owner string, now, until app.Millis) (mailRow, bool, error) {
	var due []mailRow
	err := d.Select(ctx, &due, `SELECT `+mailColumns+` FROM statement_mails WHERE next_at > 0 AND next_at <= ? AND lease_until <= ? ORDER BY next_at, id LIMIT 10`, now, now)
	if err != nil {
		return mailRow{}, false, fmt.Errorf("read due mails: %w", err)
	}
	for _, m := range due {
		n, err := d.Exec(ctx, `UPDATE statement_mails SET lease_owner = ?, lease_until = ?, tries = tries + 1 WHERE id = ? AND lease_until = ? AND next_at = ? AND wanted_version = ?`,
			owner, until, m.ID, m.LeaseUntil, m.NextAt, m.WantedVersion)
		if err != nil {
			return mailRow{}, false, fmt.Errorf("claim the mail %s: %w", m.ID, err)
		}
		if n == 1 {
			m.LeaseOwner, m.LeaseUntil, m.Tries = owner, until, m.Tries+1
			return m, true, nil
		}
	}
	return mailRow{}, false, nil
}
