package statements

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// claimExport takes the next due export of any merchant under a lease.
func (s store) claimExport(ctx context.Context, d *db.DB, owner string, now, until app.Millis) (Export, bool, error) {
	var due []exportRow
	err := d.Select(ctx, &due, `SELECT `+exportColumns+` FROM exports WHERE next_at > 0 AND next_at <= ? AND lease_until <= ? ORDER BY next_at, id LIMIT 10`, now, now)
	if err != nil {
		return Export{}, false, fmt.Errorf("read due exports: %w", err)
	}
	for _, r := range due {
		e, err := r.export()
		if err != nil {
			return Export{}, false, err
		}
		claimed, ok, err := s.claimThis(ctx, d, e, owner, now, until)
		if err != nil || ok {
			return claimed, ok, err
		}
	}
	return Export{}, false, nil
}
