package merchants

import (
	"context"

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

func (s *Service) now() app.Millis { return app.ToMillis(s.clock.Now()) }

// record audits a change to something of the merchant's own.
func (s *Service) record(ctx context.Context, tx *db.Tx, merchantID, action, target string, before, after any) error {
	return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: action, Target: target, Before: before, After: after})
}

// pageSize bounds a list: 20 unless asked otherwise, 100 at most.
func pageSize(asked int) int {
	if asked <= 0 {
		return 20
	}
	return min(asked, 100)
}
