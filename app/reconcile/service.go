package reconcile

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// Channels reaches the channels and reads what they publish.
type Channels interface {
	// Client returns the account's client; one that downloads bills is a
	// channel.BillDownloader.
	Client(ctx context.Context, a merchants.Account) (channel.Client, error)
	// Reader reads the channel's bills, nil when there is none.
	Reader(c app.Channel) channel.BillReader
}

// Schedule says when bills are fetched. Of robfig/cron, it is a cron.Schedule.
type Schedule interface {
	// Next returns the first time after t.
	Next(t time.Time) time.Time
}

// Observer is told how runs go, for metrics. Its methods must not block.
type Observer interface {
	// Step is called when an execution has come to a step, one of Steps.
	Step(run Run, step string)
	// Ended is called when an execution has ended, well or not.
	Ended(run Run, took time.Duration)
}

// Periods knows which days are closed.
type Periods interface {
	// Locked reports whether the day's month is closed, so that nothing may change
	// in it.
	Locked(ctx context.Context, q db.Querier, scope payments.Scope, day app.Day) (bool, error)
}

// Config holds a Service's parts. All are required but where it says otherwise.
type Config struct {
	DB         *db.DB
	Audit      *audit.Log
	Merchants  *merchants.Service
	Payments   *payments.Service
	Exceptions *exceptions.Service
	Statements *statements.Service
	Periods    Periods
	Channels   Channels
	Archive    archive.Store
	Observer   Observer
	Logger     *slog.Logger
	// Schedules says when each channel's bills are fetched; a channel without one
	// is not reconciled.
	Schedules map[app.Channel]Schedule
	// Modes are those that this installation serves.
	Modes []app.Mode
	// ScratchDir is where a day is sorted outside of memory.
	ScratchDir string
	// Workers are the runs executed at a time; 0 means 2.
	Workers int
	// MaxDifferences is how many exceptions a run may have; 0 means 20,000.
	MaxDifferences int
	// MaxRepairs is how many payments and refunds one execution asks the channel
	// about; 0 means 1,000. What is left is the next one's, which follows at once as
	// long as our books change.
	MaxRepairs int
	// LeaseTime is how long a run stays with a server that was killed; 0 means 2
	// minutes. Whoever works renews it several times meanwhile.
	LeaseTime time.Duration
	// DownloadTimeout bounds the download of one bill; 0 means 10 minutes.
	DownloadTimeout time.Duration
}

// Service runs reconciliation. Its methods are safe for concurrent use, by any
// number of servers on one database.
type Service struct {
	Config
	store store
	wake  chan struct{} // there may be a run due now
	due   sync.Mutex    // held by RunDue, so that Workers bounds all of a server's runs

	results results
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.Workers == 0 {
		cfg.Workers = 2
	}
	if cfg.MaxDifferences == 0 {
		cfg.MaxDifferences = 20_000
	}
	if cfg.MaxRepairs == 0 {
		cfg.MaxRepairs = 1000
	}
	if cfg.DownloadTimeout == 0 {
		cfg.DownloadTimeout = 10 * time.Minute
	}
	if cfg.LeaseTime == 0 {
		cfg.LeaseTime = 2 * time.Minute
	}
	return &Service{Config: cfg, wake: make(chan struct{}, 1)}
}

// Wake tells that a run may be due now; RunDue's caller waits on it.
func (s *Service) Wake() <-chan struct{} { return s.wake }

func (s *Service) wakeRuns() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
