package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Created is a new endpoint with what is shown only now.
type Created struct {
	Endpoint  Endpoint
	Secret    string // "whsec_…"
	PublicKey string // "whpk_…" when Asymmetric was asked for
}

// Create registers an endpoint; it receives the events that are sequenced from
// now on. Codes: Invalid for a field, Conflict (reason "too_many_endpoints").
func (s *Service) Create(ctx context.Context, merchantID string, mode app.Mode, in Input) (Created, error) {
	e, err := s.newEndpoint(merchantID, mode, in)
	if err != nil {
		return Created{}, err
	}
	out := Created{Endpoint: e}
	secrets, err := s.newSecrets(&out, in)
	if err != nil {
		return Created{}, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		// With the cursor held, no event can pass between the endpoint's
		// absence and its presence, and no two creations count at once.
		from, err := s.events.HoldCursor(ctx, tx, consumer)
		if err != nil {
			return err
		}
		out.Endpoint.OwedFrom = from
		n, err := countEndpoints(ctx, tx, merchantID, mode)
		if err != nil {
			return err
		}
		if n >= maxEndpoints {
			return app.Errorf(app.Conflict, "a merchant has at most %d endpoints in a mode", maxEndpoints).WithReason("too_many_endpoints")
		}
		if err := insertEndpoint(ctx, tx, out.Endpoint); err != nil {
			return err
		}
		for _, secret := range secrets {
			if err := insertSecret(ctx, tx, secret); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, "webhook_endpoint.create", nil, &out.Endpoint)
	})
	if err != nil {
		return Created{}, fmt.Errorf("create endpoint: %w", err)
	}
	return out, nil
}

func (s *Service) newEndpoint(merchantID string, mode app.Mode, in Input) (Endpoint, error) {
	if merchantID == "" || !mode.Valid() {
		return Endpoint{}, app.Errorf(app.Internal, "an endpoint needs a merchant and a mode")
	}
	if err := s.checkURL(in.URL); err != nil {
		return Endpoint{}, err
	}
	if err := checkDescription(in.Description); err != nil {
		return Endpoint{}, err
	}
	types, err := checkEventTypes(in.EventTypes)
	if err != nil {
		return Endpoint{}, err
	}
	at := s.clock.Now()
	return Endpoint{
		ID: app.NewID(app.PrefixEndpoint, at), MerchantID: merchantID, Mode: mode, URL: in.URL,
		Description: in.Description, EventTypes: types, Status: Enabled, Version: 1,
		CreatedAt: app.ToMillis(at), UpdatedAt: app.ToMillis(at),
	}, nil
}

func (s *Service) newSecrets(out *Created, in Input) ([]Secret, error) {
	schemes := []Scheme{HMAC}
	if in.Asymmetric {
		schemes = append(schemes, Ed25519)
	}
	var rows []Secret
	for _, scheme := range schemes {
		m, err := newMaterial(scheme)
		if err != nil {
			return nil, err
		}
		if scheme == HMAC && in.Secret != "" {
			if m.key, err = ParseSecret(in.Secret); err != nil {
				return nil, err
			}
			m.shown = in.Secret
		}
		row, err := s.seal(out.Endpoint, scheme, m, out.Endpoint.CreatedAt)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
		if scheme == HMAC {
			out.Secret = m.shown
		} else {
			out.PublicKey = m.public
		}
	}
	return rows, nil
}

// Endpoint returns one endpoint of the merchant and mode, or NotFound.
func (s *Service) Endpoint(ctx context.Context, merchantID string, mode app.Mode, id string) (Endpoint, error) {
	return s.endpoint(ctx, s.db, merchantID, mode, id)
}

func (s *Service) endpoint(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Endpoint, error) {
	e, err := selectEndpoint(ctx, q, merchantID, mode, id)
	if errors.Is(err, db.ErrNoRows) {
		return Endpoint{}, app.Errorf(app.NotFound, "no webhook endpoint %s", id)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("read endpoint %s: %w", id, err)
	}
	return e, nil
}

// Endpoints returns a page of the merchant's endpoints, newest first, those
// with an id below before ("" for the first page).
func (s *Service) Endpoints(ctx context.Context, merchantID string, mode app.Mode, before string, limit int) ([]Endpoint, error) {
	out, err := selectEndpoints(ctx, s.db, merchantID, mode, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return out, nil
}

// Secrets returns the endpoint's signing keys that have not expired, newest
// first, without the keys themselves.
func (s *Service) Secrets(ctx context.Context, merchantID string, mode app.Mode, id string) ([]Secret, error) {
	e, err := s.Endpoint(ctx, merchantID, mode, id)
	if err != nil {
		return nil, err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	out, err := selectSecrets(ctx, s.db, []string{e.ID}, now)
	if err != nil {
		return nil, fmt.Errorf("read secrets of %s: %w", id, err)
	}
	for i := range out {
		out[i].Sealed = nil
	}
	return out, nil
}

// record writes the audit row of a change of an endpoint.
func (s *Service) record(ctx context.Context, tx *db.Tx, action string, before, after *Endpoint) error {
	entry := audit.Entry{Action: action}
	if before != nil {
		entry.Chain, entry.Target, entry.Before = before.MerchantID, before.ID, before
	}
	if after != nil {
		entry.Chain, entry.Target, entry.After = after.MerchantID, after.ID, after
	}
	return s.audit.Record(ctx, tx, entry)
}
