package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/seal"
)

// Service keeps merchants, their accounts and their keys. Its methods are safe
// for concurrent use, by any number of servers on one database.
type Service struct {
	db    *db.DB
	seal  *seal.Sealer
	audit *audit.Log
	clock app.Clock
	uses  *keyUses
	told  *events.Log // nil tells nobody
	first FirstSettings
}

// New returns the service. Every change it makes is recorded in log, within the
// change's own transaction.
func New(d *db.DB, sealer *seal.Sealer, log *audit.Log, clock app.Clock) *Service {
	return &Service{db: d, seal: sealer, audit: log, clock: clock, uses: newKeyUses()}
}

// Announcing makes the service raise the account.* events in l, and returns it.
func (s *Service) Announcing(l *events.Log) *Service {
	s.told = l
	return s
}

// FirstSettings tells what a new merchant begins with.
type FirstSettings func(ctx context.Context) (Settings, error)

// Beginning has new merchants begin with other settings than the program's own,
// and returns the service.
func (s *Service) Beginning(with FirstSettings) *Service {
	s.first = with
	return s
}

func (s *Service) newSettings(ctx context.Context) (Settings, error) {
	if s.first == nil {
		return Settings{}, nil
	}
	return s.first(ctx)
}

func (s *Service) now() app.Millis { return app.ToMillis(s.clock.Now()) }

// record audits a change to something of the merchant's own.
func (s *Service) record(ctx context.Context, tx *db.Tx, merchantID, action, target string, before, after any) error {
	return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: action, Target: target, Before: before, After: after})
}

// asking records an act that only asks a channel about something of that name, in
// a transaction of its own, before the question is sent.
func (s *Service) asking(ctx context.Context, merchantID, action, target, name string) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.record(ctx, tx, merchantID, action, target, nil, map[string]string{"name": name})
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, target, err)
	}
	return nil
}

// pageSize bounds a list: 20 unless asked otherwise, 100 at most.
func pageSize(asked int) int {
	if asked <= 0 {
		return 20
	}
	return min(asked, 100)
}
