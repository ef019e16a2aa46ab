package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Merchant returns a merchant, or NotFound.
func (s *Service) Merchant(ctx context.Context, id string) (Merchant, error) {
	return selectMerchant(ctx, s.db, id)
}

// Merchants returns a page of the platform's merchants, newest first; the cursor
// of the next page is the last one's id.
func (s *Service) Merchants(ctx context.Context, f MerchantFilter) ([]Merchant, error) {
	f.Limit = pageSize(f.Limit)
	return selectMerchants(ctx, s.db, f)
}

// CreateMerchant adds an active merchant with default settings. Errors: Invalid.
func (s *Service) CreateMerchant(ctx context.Context, name string) (Merchant, error) {
	name, err := checkName("name", name)
	if err != nil {
		return Merchant{}, err
	}
	now := s.clock.Now()
	m := Merchant{
		ID: app.NewID(app.PrefixMerchant, now), Name: name, Status: Active,
		CreatedAt: app.ToMillis(now), UpdatedAt: app.ToMillis(now),
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := insertMerchant(ctx, tx, m); err != nil {
			return err
		}
		return s.recordMerchant(ctx, tx, audit.Platform, "merchant.create", nil, &m)
	})
	if err != nil {
		return Merchant{}, fmt.Errorf("create merchant: %w", err)
	}
	return m, nil
}

// RenameMerchant changes the name. Errors: Invalid, NotFound, Conflict.
func (s *Service) RenameMerchant(ctx context.Context, id, name string) (Merchant, error) {
	name, err := checkName("name", name)
	if err != nil {
		return Merchant{}, err
	}
	return s.changeMerchant(ctx, id, id, "merchant.rename", func(m *Merchant) { m.Name = name })
}

// SuspendMerchant makes all the merchant's API keys refused. Errors: NotFound,
// Conflict.
func (s *Service) SuspendMerchant(ctx context.Context, id string) (Merchant, error) {
	return s.changeMerchant(ctx, id, audit.Platform, "merchant.suspend", func(m *Merchant) { m.Status = Suspended })
}

// ReactivateMerchant undoes SuspendMerchant. Errors: NotFound, Conflict.
func (s *Service) ReactivateMerchant(ctx context.Context, id string) (Merchant, error) {
	return s.changeMerchant(ctx, id, audit.Platform, "merchant.reactivate", func(m *Merchant) { m.Status = Active })
}

// changeMerchant applies one change; what stands so already is left alone.
func (s *Service) changeMerchant(ctx context.Context, id, chain, action string, apply func(*Merchant)) (Merchant, error) {
	var after Merchant
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		after, err = s.changeMerchantIn(ctx, tx, id, chain, action, func(m *Merchant) error { apply(m); return nil })
		return err
	})
	if err != nil {
		return Merchant{}, fmt.Errorf("%s %s: %w", action, id, err)
	}
	return after, nil
}

func (s *Service) changeMerchantIn(ctx context.Context, tx *db.Tx, id, chain, action string, apply func(*Merchant) error) (Merchant, error) {
	before, err := selectMerchant(ctx, tx, id)
	if err != nil {
		return Merchant{}, err
	}
	after := before
	if err := apply(&after); err != nil {
		return Merchant{}, err
	}
	if after == before {
		return after, nil
	}
	after.UpdatedAt = s.now()
	changed, err := updateMerchant(ctx, tx, before, after)
	if err != nil {
		return Merchant{}, err
	}
	if !changed {
		return Merchant{}, app.Errorf(app.Conflict, "merchant %s was changed at the same time: look at it again", id).WithReason("merchant_changed")
	}
	return after, s.recordMerchant(ctx, tx, chain, action, &before, &after)
}

// merchantFacts is what an audit row says about a merchant.
type merchantFacts struct {
	Name     string   `json:"name"`
	Status   Status   `json:"status"`
	Settings Settings `json:"settings"`
}

func (s *Service) recordMerchant(ctx context.Context, tx *db.Tx, chain, action string, before, after *Merchant) error {
	e := audit.Entry{Chain: chain, Action: action, Target: after.ID, After: merchantFacts{after.Name, after.Status, after.Settings}}
	if before != nil {
		e.Before = merchantFacts{before.Name, before.Status, before.Settings}
	}
	return s.audit.Record(ctx, tx, e)
}
