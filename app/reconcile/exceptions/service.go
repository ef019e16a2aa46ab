package exceptions

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Members knows who can be made an owner.
type Members interface {
	// MemberName returns the name of a user who works on a merchant's exceptions,
	// or NotFound.
	MemberName(ctx context.Context, merchantID, userID string) (string, error)
}

// Periods knows which days are closed.
type Periods interface {
	// Locked reports whether the day's month is closed, so that nothing may be
	// booked in it.
	Locked(ctx context.Context, q db.Querier, scope Scope, day app.Day) (bool, error)
}

// Config holds a Service's parts. All but Periods are required.
type Config struct {
	DB        *db.DB
	Audit     *audit.Log
	Approvals *approvals.Service
	Payments  *payments.Service
	Members   Members
	// Periods is nil where no month can be closed.
	Periods Periods
}

// Service keeps the exceptions. Its methods are safe for concurrent use, by any
// number of servers on one database.
type Service struct {
	Config
	store store
}

// New returns a service.
func New(cfg Config) *Service { return &Service{Config: cfg} }
