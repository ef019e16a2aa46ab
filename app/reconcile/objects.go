package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// CarriedItem is an object in transit.
type CarriedItem struct {
	match.Item
	From app.Day // the first bill in which it was looked for
	Last app.Day // missing in this bill too, it becomes an exception
}

// CarriedBy returns what a run carries over to the next days, up to limit objects
// by kind and number, and whether there are more. It is NotFound for a run that
// is not the scope's.
func (s *Service) CarriedBy(ctx context.Context, scope payments.Scope, runID string, limit int) ([]CarriedItem, bool, error) {
	row, err := s.store.row(ctx, s.DB, scope, runID)
	if err != nil || row.ResultKey == "" {
		return nil, false, err
	}
	list, err := s.store.carriedOf(ctx, s.DB, scope.MerchantID, runID)
	if err != nil {
		return nil, false, err
	}
	var out []CarriedItem
	err = s.with(ctx, row.ResultKey, func(r *match.Result) error {
		for _, c := range list[:min(limit, len(list))] {
			item, err := r.Lookup(match.Key(c.Kind, c.Number))
			if err != nil {
				return fmt.Errorf("look for %s in the result of %s: %w", c.Number, row.Day, err)
			}
			if item != nil && item.Record != nil {
				out = append(out, CarriedItem{*item, c.From, c.From.Add(carryDays)})
			}
		}
		return nil
	})
	return out, len(list) > limit, err
}

// errEnough ends the reading of a result early.
var errEnough = errors.New("enough")

// RecoveredBy returns the payments and refunds of a run that reconciliation itself
// brought to their state, up to limit. It is NotFound for a run that is not the
// scope's.
func (s *Service) RecoveredBy(ctx context.Context, scope payments.Scope, runID string, limit int) ([]match.Item, error) {
	row, err := s.store.row(ctx, s.DB, scope, runID)
	if err != nil || row.ResultKey == "" {
		return nil, err
	}
	var out []match.Item
	err = s.with(ctx, row.ResultKey, func(r *match.Result) error {
		err := r.Each(func(i *match.Item) error {
			if i.Record == nil || !i.Record.Recovered {
				return nil
			}
			if out = append(out, *i); len(out) == limit {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	return out, err
}
