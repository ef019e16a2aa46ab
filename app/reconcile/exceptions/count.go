package exceptions

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// CountStanding returns how many exceptions of all merchants nobody has settled
// yet, by mode, for metrics.
func (s *Service) CountStanding(ctx context.Context) (map[app.Mode]int64, error) {
	var rows []struct {
		Mode app.Mode `db:"mode"`
		N    int64    `db:"n"`
	}
	err := s.DB.Select(ctx, &rows, `SELECT mode, COUNT(*) AS n FROM exceptions WHERE status IN ('open', 'proposed') GROUP BY mode`)
	if err != nil {
		return nil, fmt.Errorf("count open exceptions: %w", err)
	}
	out := map[app.Mode]int64{}
	for _, r := range rows {
		out[r.Mode] = r.N
	}
	return out, nil
}
