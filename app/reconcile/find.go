package reconcile

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// Object is an attempt or a refund as its channel's bills know it.
type Object struct {
	Channel     app.Channel
	Identity    string
	SubIdentity string
	Kind        channel.LineKind
	Number      string  // an attempt's id, a refund's number
	Day         app.Day // whose bill should have it: paid, accepted, or at Alipay given back
}

// Place is where an object stands in reconciliation.
type Place struct {
	Object
	// Run is the day's that has the Item, or else the one that will; nil when none
	// is made yet.
	Run *Run
	// Item has both sides as they were compared; nil before that.
	Item *match.Item
	// ExpectedAt is when the bill is fetched, or fetched again; 0 once there is an
	// Item, and where nothing is expected.
	ExpectedAt app.Millis
}

// maxFind is how many objects are looked for at once: more than one payment has.
const maxFind = 200

// Find tells where objects stand, in their order: of each the bill's line that it
// was matched with, or what came of looking for it. Objects of other scopes are
// not found.
func (s *Service) Find(ctx context.Context, scope payments.Scope, objects []Object) ([]Place, error) {
	if len(objects) > maxFind {
		return nil, app.Errorf(app.Invalid, "at most %d objects can be looked for at once", maxFind)
	}
	identities, err := s.Merchants.Identities(ctx, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, err
	}
	out := make([]Place, len(objects))
	for i, o := range objects {
		out[i] = Place{Object: o}
		for _, identity := range identities {
			if identity.Channel != o.Channel || identity.Identity != o.Identity || identity.SubIdentity != o.SubIdentity {
				continue
			}
			if err := s.find(ctx, scope.MerchantID, identity.ID, &out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// find looks through the days in whose bills the object may stand.
func (s *Service) find(ctx context.Context, merchantID, identityID string, p *Place) error {
	if p.Day == "" {
		return nil
	}
	rows, err := s.store.runsOf(ctx, s.DB, merchantID, identityID, p.Day.Add(-1), p.Day.Add(carryDays))
	if err != nil {
		return err
	}
	for _, row := range rows {
		run, err := row.run()
		if err != nil {
			return err
		}
		if row.Day == p.Day && p.Run == nil {
			p.Run, p.ExpectedAt = &run, row.NextAt
		}
		if row.ResultKey == "" {
			continue
		}
		var item *match.Item
		err = s.with(ctx, row.ResultKey, func(r *match.Result) error {
			var err error
			item, err = r.Lookup(match.Key(p.Kind, p.Number))
			return err
		})
		if err != nil {
			return fmt.Errorf("look for %s in the result of %s: %w", p.Number, row.Day, err)
		}
		if item == nil || (item.Line == nil && p.Item != nil && item.Class == match.Matched) {
			continue
		}
		p.Run, p.Item, p.ExpectedAt = &run, item, 0
		if item.Class == match.InTransit {
			p.ExpectedAt = s.publishedAt(p.Channel, row.Day.Next())
		}
		if item.Line != nil {
			return nil
		}
	}
	if p.Run == nil && s.Schedules[p.Channel] != nil {
		p.ExpectedAt = s.publishedAt(p.Channel, p.Day)
	}
	return nil
}

// runsOf returns an identity's runs of the days, both included, by day.
func (store) runsOf(ctx context.Context, q db.Querier, merchantID, identityID string, from, to app.Day) ([]runRow, error) {
	var rows []runRow
	err := q.Select(ctx, &rows, `SELECT `+runColumns+` FROM reconcile_runs WHERE identity_id = ? AND merchant_id = ? AND bill_day >= ? AND bill_day <= ? ORDER BY bill_day`,
		identityID, merchantID, from, to)
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", identityID, err)
	}
	return rows, nil
}
