package reconcile

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// earlier looks into the results of the days before, opened as they are needed:
// the first bill that has a line of a record is the one that counts.
type earlier struct {
	s    *Service
	row  runRow
	keys map[app.Day]string  // of results, once asked for; "" for a day without one
	open map[app.Day]*opened // nil for a day without a result
}

// opened is a result file of the archive.
type opened struct {
	*match.Result
	blob archive.Blob
}

func newEarlier(s *Service, row runRow) *earlier {
	return &earlier{s: s, row: row, keys: map[app.Day]string{}, open: map[app.Day]*opened{}}
}

// foresee asks which results there are of the days in whose bills the day's own
// records may stand: while those are streamed, the database is not to be used.
func (e *earlier) foresee(ctx context.Context) error {
	for day := e.row.Day.Add(-carryDays); day < e.row.Day; day = day.Next() {
		if _, err := e.key(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

func (e *earlier) key(ctx context.Context, day app.Day) (string, error) {
	if key, known := e.keys[day]; known {
		return key, nil
	}
	key, err := e.s.store.resultKey(ctx, e.s.DB, e.row.MerchantID, e.row.IdentityID, day)
	if err == nil {
		e.keys[day] = key
	}
	return key, err
}

func (e *earlier) close() {
	for _, o := range e.open {
		if o != nil {
			_ = o.blob.Close()
		}
	}
}

// foundOn returns the earlier day in whose bill the record was found, "" when in
// none: of the day before its own to the last on which it was looked for. We may
// hear of a refund days after the channel took it.
func (e *earlier) foundOn(ctx context.Context, kind channel.LineKind, number string, own app.Day) (app.Day, error) {
	if number == "" {
		return "", nil
	}
	first := own.Add(-1)
	if kind == channel.LineRefund {
		first = own.Add(-carryDays)
	}
	for day := first; day < e.row.Day && day <= own.Add(carryDays); day = day.Next() {
		o, err := e.result(ctx, day)
		if err != nil {
			return "", err
		}
		if o == nil {
			continue
		}
		found, err := o.Found(match.Key(kind, number))
		if err != nil {
			return "", fmt.Errorf("look into the result of %s: %w", day, err)
		}
		if found {
			return day, nil
		}
	}
	return "", nil
}

func (e *earlier) result(ctx context.Context, day app.Day) (*opened, error) {
	if o, known := e.open[day]; known {
		return o, nil
	}
	key, err := e.key(ctx, day)
	if err != nil {
		return nil, err
	}
	if key == "" {
		e.open[day] = nil
		return nil, nil
	}
	o, err := e.s.openResult(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open the result of %s: %w", day, err)
	}
	e.open[day] = o
	return o, nil
}

// openResult opens a result file; the caller closes its blob.
func (s *Service) openResult(ctx context.Context, key string) (*opened, error) {
	blob, err := s.Archive.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	r, err := match.OpenResult(blob, blob.Size())
	if err != nil {
		_ = blob.Close()
		return nil, err
	}
	return &opened{r, blob}, nil
}

// resultKey returns the result of an identity's day, "" when it has none.
func (store) resultKey(ctx context.Context, q db.Querier, merchantID, identityID string, day app.Day) (string, error) {
	var keys []string
	err := q.Select(ctx, &keys, `SELECT result_key FROM reconcile_runs WHERE identity_id = ? AND merchant_id = ? AND bill_day = ? AND ended_at > 0 AND partial = 0`, identityID, merchantID, day)
	if err != nil {
		return "", fmt.Errorf("look for the result of %s on %s: %w", identityID, day, err)
	}
	if len(keys) == 0 {
		return "", nil
	}
	return keys[0], nil
}
