package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// Update changes an endpoint's URL, description or event types. New types apply
// to events sequenced from now on. Codes: NotFound, Invalid, Conflict when it
// changed meanwhile.
func (s *Service) Update(ctx context.Context, merchantID string, mode app.Mode, id string, p Patch) (Endpoint, error) {
	return s.change(ctx, "webhook_endpoint.update", merchantID, mode, id, func(e *Endpoint, at int64) error {
		if p.URL != nil {
			if err := s.checkURL(*p.URL); err != nil {
				return err
			}
			e.URL, e.FailingSince = *p.URL, 0
		}
		if p.Description != nil {
			if err := checkDescription(*p.Description); err != nil {
				return err
			}
			e.Description = *p.Description
		}
		if p.EventTypes != nil {
			types, err := checkEventTypes(*p.EventTypes)
			if err != nil {
				return err
			}
			e.EventTypes = types
			if e.Status == Enabled {
				e.OwedFrom = at
			} else {
				e.OwedFrom, e.OwedUntil = at, at
			}
		}
		return nil
	})
}

// Enable lets an endpoint receive events again, those sequenced from now on;
// what it missed can be redelivered. Enabling an enabled one changes nothing.
func (s *Service) Enable(ctx context.Context, merchantID string, mode app.Mode, id string) (Endpoint, error) {
	return s.change(ctx, "webhook_endpoint.enable", merchantID, mode, id, func(e *Endpoint, at int64) error {
		if e.Status == Enabled {
			return errUnchanged
		}
		e.Status, e.Reason, e.FailingSince, e.OwedFrom, e.OwedUntil = Enabled, "", 0, at, 0
		return nil
	})
}

// Disable stops an endpoint; its waiting deliveries end as dead, to be seen and
// redelivered later. Disabling a disabled one changes nothing.
func (s *Service) Disable(ctx context.Context, merchantID string, mode app.Mode, id string) (Endpoint, error) {
	e, err := s.change(ctx, "webhook_endpoint.disable", merchantID, mode, id, func(e *Endpoint, at int64) error {
		if e.Status == Disabled {
			return errUnchanged
		}
		e.Status, e.Reason, e.OwedUntil = Disabled, ReasonManual, at
		return nil
	})
	if err != nil {
		return Endpoint{}, err
	}
	return e, s.bury(ctx, e)
}

// Delete removes an endpoint and its secrets; its deliveries stay readable.
func (s *Service) Delete(ctx context.Context, merchantID string, mode app.Mode, id string) error {
	e, err := s.change(ctx, "webhook_endpoint.delete", merchantID, mode, id, func(e *Endpoint, at int64) error {
		if e.Status == Enabled {
			e.OwedUntil = at
		}
		e.Status = deleted
		return nil
	})
	if err != nil {
		return err
	}
	return s.bury(ctx, e)
}

var errUnchanged = errors.New("the endpoint is so already")

// change reads an endpoint, lets apply alter it, and stores it if nobody else
// did in between, with its audit row. at is the Seq up to which events have
// been fanned out; it stands still until the change has committed.
func (s *Service) change(ctx context.Context, action, merchantID string, mode app.Mode, id string, apply func(e *Endpoint, at int64) error) (Endpoint, error) {
	var after Endpoint
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		at, err := s.events.HoldCursor(ctx, tx, consumer)
		if err != nil {
			return err
		}
		before, err := s.endpoint(ctx, tx, merchantID, mode, id)
		if err != nil {
			return err
		}
		after = before
		if err := apply(&after, at); err != nil {
			return err
		}
		after.UpdatedAt = app.ToMillis(s.clock.Now())
		after.Version++
		if err := s.store(ctx, tx, after); err != nil {
			return err
		}
		return s.record(ctx, tx, action, &before, &after)
	})
	if errors.Is(err, errUnchanged) {
		return after, nil
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("%s %s: %w", action, id, err)
	}
	return after, nil
}

func (s *Service) store(ctx context.Context, tx *db.Tx, e Endpoint) error {
	stored, err := updateEndpoint(ctx, tx, e)
	if err != nil {
		return err
	}
	if !stored {
		return app.Errorf(app.Conflict, "the endpoint was changed by someone else meanwhile").WithReason("changed_meanwhile")
	}
	if e.Status == deleted {
		return deleteSecrets(ctx, tx, e)
	}
	return nil
}

// disableFor switches an endpoint off because of its receiver's answers, and
// tells the merchant's other endpoints. It changes nothing unless the endpoint
// is enabled.
func (s *Service) disableFor(ctx context.Context, tx *db.Tx, e Endpoint, reason string) error {
	at, err := s.events.HoldCursor(ctx, tx, consumer)
	if err != nil {
		return err
	}
	before, err := s.endpoint(ctx, tx, e.MerchantID, e.Mode, e.ID)
	if app.Is(err, app.NotFound) || err == nil && before.Status != Enabled {
		return nil
	}
	if err != nil {
		return err
	}
	after := before
	after.Status, after.Reason, after.OwedUntil = Disabled, reason, at
	after.UpdatedAt = app.ToMillis(s.clock.Now())
	after.Version++
	if err := s.store(ctx, tx, after); err != nil {
		return err
	}
	_, err = s.events.Write(ctx, tx, events.New{
		Type: EventDisabled, MerchantID: e.MerchantID, Mode: e.Mode, ObjectID: e.ID, Data: after.View(),
	})
	if err != nil {
		return err
	}
	return s.record(ctx, tx, "webhook_endpoint.disable", &before, &after)
}
