// Package applications keeps what people write who want to be merchants, and
// what an administrator answers. Whoever applies learns nothing about who has a
// user: nothing here looks for one.
package applications

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

// LinkLife is how long somebody has to show that an email is theirs. What they
// wrote is forgotten then.
const LinkLife = 72 * time.Hour

// The states of an application.
const (
	// Unverified ones wait for the link that was mailed; nobody sees them.
	Unverified = "unverified"
	Waiting    = "waiting" // for an administrator
	Approved   = "approved"
	Rejected   = "rejected"
)

// Application is somebody's wish to be a merchant.
type Application struct {
	ID           string     `db:"id"` // apl_…
	Company      string     `db:"company"`
	Contact      string     `db:"contact"`
	Email        string     `db:"email"`
	Note         string     `db:"note"` // what they sell
	Locale       string     `db:"locale"`
	Status       string     `db:"status"`
	VerifiedAt   app.Millis `db:"verified_at"`   // 0 where the email was not shown to be theirs
	Reason       string     `db:"reason"`        // of a rejection
	MerchantID   string     `db:"merchant_id"`   // once approved
	InvitationID string     `db:"invitation_id"` // of its owner, once approved
	CreatedAt    app.Millis `db:"created_at"`
	ExpiresAt    app.Millis `db:"expires_at"` // of the mailed link; 0 without one
	DecidedBy    string     `db:"decided_by"`
	DecidedName  string     `db:"decided_name"`
	DecidedAt    app.Millis `db:"decided_at"`
	Version      int64      `db:"version"`
}

// Config holds the room's parts; all are required.
type Config struct {
	DB        *db.DB
	Access    *access.Service
	Audit     *audit.Log
	Admin     *admin.Service
	Merchants *merchants.Service
	Clock     app.Clock
}

// Service keeps the applications.
type Service struct{ Config }

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg} }

func (s *Service) now() app.Millis { return app.ToMillis(s.Clock.Now()) }

// require asks whether the acting person may do this to merchants. Code: Forbidden.
func (s *Service) require(ctx context.Context, a access.Action) error {
	actor := audit.ActorFrom(ctx)
	if actor.Kind == audit.KindUser {
		ok, err := s.Access.Allowed(ctx, actor.ID, access.Platform, access.Merchants, a)
		if err != nil || ok {
			return err
		}
	}
	return app.Errorf(app.Forbidden, "your roles do not allow this")
}

// Filter selects applications of one status, newest first.
type Filter struct {
	Status string
	Before string // the last id of the page before
	Limit  int
}

// List returns a page of applications. It needs merchants:read on the platform.
// Codes: Forbidden, Invalid (an unknown status, or one that nobody sees).
func (s *Service) List(ctx context.Context, f Filter) ([]Application, error) {
	if err := s.require(ctx, access.Read); err != nil {
		return nil, err
	}
	if f.Status != Waiting && f.Status != Approved && f.Status != Rejected {
		return nil, app.InvalidField("status", "unknown", "applications are waiting, approved or rejected")
	}
	list, err := selectPage(ctx, s.DB, f)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	return list, nil
}

// Application returns one that an administrator may see. It needs merchants:read
// on the platform. Codes: Forbidden, NotFound.
func (s *Service) Application(ctx context.Context, id string) (Application, error) {
	if err := s.require(ctx, access.Read); err != nil {
		return Application{}, err
	}
	return find(ctx, s.DB, id)
}

func find(ctx context.Context, q db.Querier, id string) (Application, error) {
	a, err := selectOne(ctx, q, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && a.Status == Unverified {
		return Application{}, missing()
	}
	if err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	return a, nil
}

func missing() error {
	return app.Errorf(app.NotFound, "no such application").WithReason("application_not_found")
}

// Waiting returns how many wait for an answer, counting 100 at most.
func (s *Service) Waiting(ctx context.Context) (int, error) {
	n, err := countWaiting(ctx, s.DB)
	if err != nil {
		return 0, fmt.Errorf("count applications: %w", err)
	}
	return n, nil
}
