package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
)

const (
	// keptDays is how far back channels still hand out bills: three months, less
	// what the shortest three have and a day in hand.
	keptDays = 88
	planPage = 200
)

// Plan makes the runs that are missing, of every settlement identity for every
// day from its first to yesterday, as far back as the channels keep bills. Days
// that nobody was there to reconcile come about that way. It returns how many it
// made. Running it on several servers at once is safe.
func (s *Service) Plan(ctx context.Context) (int, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, err
	}
	total, after := 0, ""
	for {
		page, err := s.Merchants.IdentitiesAfter(ctx, after, planPage)
		if err != nil || len(page) == 0 {
			return total, err
		}
		after = page[len(page)-1].ID
		n, err := s.plan(ctx, page, now)
		total += n
		if err != nil {
			return total, err
		}
	}
}

// plan makes the missing runs of the identities up to yesterday.
func (s *Service) plan(ctx context.Context, page []merchants.Identity, now app.Millis) (int, error) {
	yesterday := app.DayOf(now.Time()).Add(-1)
	ids := make([]string, len(page))
	for i, identity := range page {
		ids[i] = identity.ID
	}
	last, err := s.store.lastDays(ctx, s.DB, ids, yesterday)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, identity := range page {
		if s.Schedules[identity.Channel] == nil || !slices.Contains(s.Modes, identity.Mode) {
			continue
		}
		day := max(app.DayOf(identity.CreatedAt.Time()), yesterday.Add(-keptDays))
		if last[identity.ID] != "" {
			day = max(day, last[identity.ID].Next())
		}
		if day > yesterday {
			continue
		}
		if able, err := s.able(ctx, identity); err != nil || !able {
			if err != nil {
				return total, err
			}
			continue
		}
		n, err := s.planDays(ctx, identity, day, yesterday, now)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// planDays makes an identity's missing runs of the days from and to, both
// included, but for closed months: those had no business of it.
func (s *Service) planDays(ctx context.Context, identity merchants.Identity, from, to app.Day, now app.Millis) (int, error) {
	scope := payments.Scope{MerchantID: identity.MerchantID, Mode: identity.Mode}
	total, month, locked := 0, "", false
	for day := from; day <= to; day = day.Next() {
		if day.Month() != month {
			var err error
			if locked, err = s.Periods.Locked(ctx, s.DB, scope, day); err != nil {
				return total, err
			}
			month = day.Month()
		}
		if locked {
			continue
		}
		made, err := s.ensure(ctx, identity, day, now)
		if err != nil {
			return total, err
		}
		if made {
			total++
		}
	}
	return total, nil
}

// able reports whether any account of the identity has keys that worked once:
// without, it has had no business through us, and nobody could fetch its bills.
func (s *Service) able(ctx context.Context, identity merchants.Identity) (bool, error) {
	accounts, err := s.Merchants.AccountsOf(ctx, identity.MerchantID, identity.ID)
	return slices.ContainsFunc(accounts, proven), err
}

func proven(a merchants.Account) bool { return a.Enabled || a.Health.ProbedVersion > 0 }

// ensure makes the run of an identity's day unless it is there, due when the
// channel publishes the day.
func (s *Service) ensure(ctx context.Context, identity merchants.Identity, day app.Day, now app.Millis) (bool, error) {
	r := runRow{
		ID: app.NewID(app.PrefixRun, now.Time()), MerchantID: identity.MerchantID, Mode: identity.Mode, IdentityID: identity.ID,
		Channel: identity.Channel, Identity: identity.Identity, SubIdentity: identity.SubIdentity, Day: day, Status: StatusWaiting,
		NextAt: s.publishedAt(identity.Channel, day), CreatedAt: now, Version: 1,
	}
	err := s.store.insertRun(ctx, s.DB, r)
	if db.IsDuplicate(err) {
		return false, nil
	}
	return err == nil, err
}

// publishedAt is when the channel's bill of the day is fetched, by the schedule.
func (s *Service) publishedAt(c app.Channel, day app.Day) app.Millis {
	return app.ToMillis(s.Schedules[c].Next(day.End().Add(-time.Millisecond)))
}

func (store) insertRun(ctx context.Context, q db.Querier, r runRow) error {
	_, err := q.Exec(ctx, `INSERT INTO reconcile_runs (`+runColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?, '', 0, 0, '', '', '', '', '', 0, '', '', '', '', '', 0, 0, ?, ?)`,
		r.ID, r.MerchantID, r.Mode, r.IdentityID, r.Channel, r.Identity, r.SubIdentity, r.Day, r.Status, r.NextAt, r.CreatedAt, r.Version)
	if err != nil {
		return fmt.Errorf("insert the run of %s on %s: %w", r.IdentityID, r.Day, err)
	}
	return nil
}
