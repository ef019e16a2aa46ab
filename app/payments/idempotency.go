package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const (
	idempotencyLease = 60 * time.Second
	idempotencyKept  = 24 * time.Hour
)

// Claim is a request's Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header), scoped to merchant and mode. The
// fingerprint covers method, path and body. A nil *Claim claims nothing.
type Claim struct {
	Scope       Scope
	Key         string
	Fingerprint string
	Owner       string // unique per request, so that a lapsed holder cannot finish
	// Answer renders an outcome as the surface will send it, and says whether it
	// may be frozen: 401, 429, 5xx and 202 may not.
	Answer func(out Outcome, err error) (Frozen, bool)

	unused bool // Replay found no record: there is none to take over
}

// Outcome is what a call that an Idempotency-Key protects came to: Created or
// Refunded.
type Outcome interface {
	// Shown returns the object as the API shows it, whether this call made it, and
	// whether nobody knows yet what the channel did.
	Shown() (view any, isNew, unknown bool)
}

// Frozen is a stored answer.
type Frozen struct {
	StatusCode  int    `db:"status_code"`
	ContentType string `db:"content_type"`
	Body        string `db:"body"`
}

// idempotencyRecord is a claim as stored.
type idempotencyRecord struct {
	Frozen
	Fingerprint string     `db:"fingerprint"`
	State       string     `db:"state"` // in_flight, done
	LeaseUntil  app.Millis `db:"lease_until"`
	ExpiresAt   app.Millis `db:"expires_at"`
}

// Replay looks a claim up. It returns the frozen answer of a finished request,
// nil when the request may go on, and a Conflict with reason
// idempotency_key_in_flight while the first is being served or Invalid with
// reason idempotency_key_reused when it was another request.
func (s *Service) Replay(ctx context.Context, c *Claim) (*Frozen, error) {
	if c == nil {
		return nil, nil
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.store.idempotency(ctx, s.DB, c)
	c.unused = errors.Is(err, db.ErrNoRows)
	if c.unused || (err == nil && r.ExpiresAt <= now) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case r.Fingerprint != c.Fingerprint:
		return nil, app.Errorf(app.Invalid, "Idempotency-Key %q was used for another request", c.Key).WithReason("idempotency_key_reused")
	case r.State == "done":
		return &r.Frozen, nil
	case r.LeaseUntil > now:
		return nil, inFlight(c)
	}
	return nil, nil
}

// Hold claims the key in a transaction of its own.
func (s *Service) Hold(ctx context.Context, c *Claim) error {
	if c == nil {
		return nil
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.claim(ctx, tx, c, now) })
}

// claim takes the key inside the caller's transaction: fresh, or from a holder
// whose lease or record has lapsed.
func (s *Service) claim(ctx context.Context, tx *db.Tx, c *Claim, now app.Millis) error {
	if c == nil {
		return nil
	}
	if !c.unused {
		taken, err := s.store.takeClaim(ctx, tx, c, now, now.Add(idempotencyLease), now.Add(idempotencyKept))
		if err != nil || taken {
			return err
		}
	}
	err := s.store.insertClaim(ctx, tx, c, now.Add(idempotencyLease), now.Add(idempotencyKept))
	if db.IsDuplicate(err) {
		return inFlight(c)
	}
	return err
}

// Freeze stores the answer of a finished request.
func (s *Service) Freeze(ctx context.Context, c *Claim, out Outcome, outErr error) error {
	if c == nil {
		return nil
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.freeze(ctx, s.DB, c, out, outErr, now)
}

func (s *Service) freeze(ctx context.Context, q db.Querier, c *Claim, out Outcome, outErr error, now app.Millis) error {
	if c == nil {
		return nil
	}
	answer, ok := c.Answer(out, outErr)
	if !ok {
		return s.store.releaseClaim(ctx, q, c)
	}
	return s.store.finishClaim(ctx, q, c, answer, now)
}

// Release lets the next request with the key go on at once: the outcome may not
// be frozen.
func (s *Service) Release(ctx context.Context, c *Claim) error {
	if c == nil {
		return nil
	}
	return s.store.releaseClaim(ctx, s.DB, c)
}

// ForgetClaims deletes records past their 24 hours, a bounded number, and
// returns how many.
func (s *Service) ForgetClaims(ctx context.Context) (int64, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, err
	}
	return s.store.forgetClaims(ctx, s.DB, now)
}

func inFlight(c *Claim) error {
	return app.Errorf(app.Conflict, "a request with Idempotency-Key %q is being served", c.Key).WithReason("idempotency_key_in_flight")
}
