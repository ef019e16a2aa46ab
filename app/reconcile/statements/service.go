package statements

import (
	"log/slog"

	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
)

// Config holds a Service's parts. All are required.
type Config struct {
	DB        *db.DB
	Events    *events.Log
	Audit     *audit.Log
	Approvals *approvals.Service
	Merchants *merchants.Service
	Payments  *payments.Service
	Logger    *slog.Logger
}

// Service keeps statements. Its methods are safe for concurrent use, by any
// number of servers on one database.
type Service struct {
	Config
	store store
}

// New returns a service.
func New(cfg Config) *Service { return &Service{Config: cfg} }
