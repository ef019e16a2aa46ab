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
	err := s.DB.Select(ctx, &rows, `SELECT day, type, object_key FROM exceptions WHERE identity_id = ? AND merchant_id = ? AND day IN (?) AND (status <> 'cleared' OR cleared_by <> run_id)`, run.IdentityID, run.MerchantID, days)
	if err != nil {
		return nil, fmt.Errorf("read the exceptions of %s: %w", run.ID, err)
	}
	standing := standings{}
	for _, r := range rows {
		standing[naturalKey{r.Day, r.Type, r.Key}] = true
	}
	var out []Finding
	for _, n := range findings {
		if n.Day == "" {
			n.Day = run.Day
		}
		k, found := standing.of(n.Day, n)
		if !found { // its month was closed when it was found
			k, found = standing.of(run.Day, n)
		}
		if !found {
			out = append(out, n)
			continue
		}
		delete(standing, k)
	}
	return out, nil
}

// standings are exceptions that stand.
type standings map[naturalKey]bool

// of finds one that stands for the finding with a day.
func (s standings) of(day app.Day, n Finding) (naturalKey, bool) {
	key := objectKey(n.Key)
	k := naturalKey{day, n.Type, key}
	for repeat := 2; !s[k] && repeat < 4; repeat++ {
		k.key = key + "#" + strconv.Itoa(repeat)
	}
	return k, s[k]
}
