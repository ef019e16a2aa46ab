package statements

import (
	"log/slog"

	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// Config holds a Service's parts. All but Mailer are required.
type Config struct {
	DB        *db.DB
	Events    *events.Log
	Audit     *audit.Log
	Approvals *approvals.Service
	Merchants *merchants.Service
	Payments  *payments.Service
	Archive   archive.Store
	Logger    *slog.Logger
	// BaseURL is the platform's, for links in mails.
	BaseURL string
	// SmallLines is up to how many lines a day's file is made at once; 0 is 20,000.
	SmallLines int64
	// Dir is where files are made before they are kept; "" is the system's.
	Dir string
	// Mailer is nil where no mail is sent.
	Mailer Mailer
	// MailLocale is the language of mails; "" is zh-CN.
	MailLocale string
	// Owner names this process as the holder of leases.
	Owner string
}

// Service keeps statements. Its methods are safe for concurrent use, by any
// number of servers on one database.
type Service struct {
	Config
	store store
}

// New returns a service.
func New(cfg Config) *Service { return &Service{Config: cfg} }
