package exceptions

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/piaohao/piaohao/app"
)

// Unfiled returns those of a run's findings that no exception stands for, decided
// or not: what was never filed, or cleared although no later bill had it. It reads
// only, and is for those who check the books.
func (s *Service) Unfiled(ctx context.Context, run RunRef, findings []Finding) ([]Finding, error) {
	days := []app.Day{run.Day}
	for _, n := range findings {
		if n.Day != "" && !slices.Contains(days, n.Day) {
			days = append(days, n.Day)
		}
	}
	var rows []struct {
		Day  app.Day `db:"day"`
		Type Type    `db:"type"`
		Key  string  `db:"object_key"`
	}
	err := s.DB.Select(ctx, &rows, `SELECT day, type, object_key FROM exceptions WHERE identity_id = ? AND merchant_id = ? AND day IN (?) AND (status <> 'cleared' OR cleared_by <> ?)`, run.IdentityID, run.MerchantID, days, run.ID)
	if err != nil {
		return nil, fmt.Errorf("read the exceptions of %s: %w", run.ID, err)
	}
	standing := map[naturalKey]bool{}
	for _, r := range rows {
		standing[naturalKey{r.Day, r.Type, r.Key}] = true
	}
	var out []Finding
	for _, n := range findings {
		if n.Day == "" {
			n.Day = run.Day
		}
		key := objectKey(n.Key)
		k := naturalKey{n.Day, n.Type, key}
		for repeat := 2; !standing[k] && repeat < 4; repeat++ {
			k.key = key + "#" + strconv.Itoa(repeat)
		}
		if !standing[k] {
			out = append(out, n)
			continue
		}
		delete(standing, k)
	}
	return out, nil
}
