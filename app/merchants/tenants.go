package merchants

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

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
	if f.Name = strings.TrimSpace(f.Name); f.Name != "" {
		return selectMerchantsByName(ctx, s.db, f)
	}
	return selectMerchants(ctx, s.db, f)
}

// CreateMerchant adds an active merchant with the platform's settings for new
// ones. Errors: Invalid.
func (s *Service) CreateMerchant(ctx context.Context, name string) (Merchant, error) {
	m, err := s.NewMerchant(ctx, name)
	if err != nil {
		return Merchant{}, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error { return s.AddMerchant(ctx, tx, m) })
	if err != nil {
		return Merchant{}, fmt.Errorf("create merchant: %w", err)
	}
	return m, nil
}

// NewMerchant is what AddMerchant adds: nothing is stored yet. Errors: Invalid.
func (s *Service) NewMerchant(ctx context.Context, name string) (Merchant, error) {
	name, err := checkName("name", name)
	if err != nil {
		return Merchant{}, err
	}
	now := s.clock.Now()
	settings, err := s.newSettings(ctx)
	if err != nil {
		return Merchant{}, err
	}
	return Merchant{
		ID: app.NewID(app.PrefixMerchant, now), Name: name, Status: Active, Settings: settings,
		CreatedAt: app.ToMillis(now), UpdatedAt: app.ToMillis(now),
	}, nil
}

// AddMerchant stores a new merchant with its audit row, inside whatever else
// the opening of a merchant is.
func (s *Service) AddMerchant(ctx context.Context, tx *db.Tx, m Merchant) error {
	if err := insertMerchant(ctx, tx, m); err != nil {
		return err
	}
	return s.recordMerchant(ctx, tx, audit.Platform, "merchant.create", nil, &m)
}

// RenameMerchant changes the name. Errors: Invalid, NotFound, Conflict.
func (s *Service) RenameMerchant(ctx context.Context, id, name string) (Merchant, error) {
	name, err := checkName("name", name)
	if err != nil {
		return Merchant{}, err
	}
	return s.changeMerchant(ctx, id, id, "merchant.rename", func(m *Merchant) { m.Name = name })
}

// SuspendMerchant makes all the merchant's API keys refused, for a reason that
// the merchant is told. Errors: Invalid (reason), NotFound, Conflict.
func (s *Service) SuspendMerchant(ctx context.Context, id, reason string) (Merchant, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 {
		return Merchant{}, app.InvalidField("reason", "required", "say why the merchant is suspended: it reads the reason")
	} else if n > 300 || !utf8.ValidString(reason) {
		return Merchant{}, app.InvalidField("reason", "too_long", "a reason has at most 300 characters")
	}
	now := s.now()
	return s.changeMerchant(ctx, id, audit.Platform, "merchant.suspend", func(m *Merchant) {
		if m.Status != Suspended {
			m.Status, m.SuspendedReason, m.SuspendedAt = Suspended, reason, now
		}
	})
}

// ReactivateMerchant undoes SuspendMerchant. Errors: NotFound, Conflict.
func (s *Service) ReactivateMerchant(ctx context.Context, id string) (Merchant, error) {
	return s.changeMerchant(ctx, id, audit.Platform, "merchant.reactivate", func(m *Merchant) {
		m.Status, m.SuspendedReason, m.SuspendedAt = Active, "", 0
	})
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
	if err := s.recordMerchant(ctx, tx, chain, action, &before, &after); err != nil || before.Status == after.Status {
		return after, err
	}
	// The merchant reads in its own log that it was suspended, and why.
	return after, s.recordMerchant(ctx, tx, id, action, &before, &after)
}

// merchantFacts is what an audit row says about a merchant.
type merchantFacts struct {
	Name     string   `json:"name"`
	Status   Status   `json:"status"`
	Settings Settings `json:"settings"`
	Reason   string   `json:"suspended_reason,omitempty"`
}

func merchantFactsOf(m *Merchant) merchantFacts {
	return merchantFacts{m.Name, m.Status, m.Settings, m.SuspendedReason}
}

func (s *Service) recordMerchant(ctx context.Context, tx *db.Tx, chain, action string, before, after *Merchant) error {
	e := audit.Entry{Chain: chain, Action: action, Target: after.ID, After: merchantFactsOf(after)}
	if before != nil {
		e.Before = merchantFactsOf(before)
	}
	return s.audit.Record(ctx, tx, e)
}
