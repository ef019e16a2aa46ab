package exceptions

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Members knows who works on a merchant's exceptions; *access.Service does.
type Members interface {
	Members(ctx context.Context, merchantID string) ([]access.Member, error)
	Allowed(ctx context.Context, userID, merchantID string, o access.Object, a access.Action) (bool, error)
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
