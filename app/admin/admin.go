// Package admin holds the administrators' services: signing in, users, and who
// holds which role. Each act commits together with its audit row, and each asks
// who acts: the context's audit.Actor must be a user who may, or the program
// itself. A context without an actor may nothing.
package admin

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Service is the administrators' door to access and audit.
type Service struct {
	db     *db.DB
	access *access.Service
	audit  *audit.Log
	clock  app.Clock
	// twoPeople says whether a merchant wants a second person's yes before a role
	// is given that could do harm; nil for never.
	twoPeople func(ctx context.Context, q db.Querier, merchantID string) (bool, error)
	notices   Notices
}

// New returns a Service on the same database as a and l.
func New(d *db.DB, a *access.Service, l *audit.Log) *Service {
	return &Service{db: d, access: a, audit: l, clock: app.SystemClock{}}
}

// At makes the service take its time from clock; the system's otherwise.
func (s *Service) At(clock app.Clock) *Service {
	s.clock = clock
	return s
}

// Guarded makes the service ask, for each merchant, whether giving a role needs
// a second person. It belongs to wiring.
func (s *Service) Guarded(twoPeople func(ctx context.Context, q db.Querier, merchantID string) (bool, error)) *Service {
	s.twoPeople = twoPeople
	return s
}

func (s *Service) now() app.Millis { return app.ToMillis(s.clock.Now()) }

func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// require is for acts that one permission covers. Code: Forbidden.
func (s *Service) require(ctx context.Context, domain string, o access.Object, a access.Action) error {
	actor := audit.ActorFrom(ctx)
	switch actor.Kind {
	case audit.KindSystem:
		return nil
	case audit.KindUser:
		ok, err := s.access.Allowed(ctx, actor.ID, domain, o, a)
		if err != nil || ok {
			return err
		}
	}
	return forbidden()
}

func forbidden() error {
	return app.Errorf(app.Forbidden, "your roles do not allow this")
}

// actingUser is for what people do to their own account. Code: Forbidden.
func actingUser(ctx context.Context) (string, error) {
	if actor := audit.ActorFrom(ctx); actor.Kind == audit.KindUser && actor.ID != "" {
		return actor.ID, nil
	}
	return "", forbidden()
}
