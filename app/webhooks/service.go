package webhooks

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/safedial"
)

// Auditor records who changed what, in the change's transaction.
type Auditor interface {
	Record(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Sealer encrypts signing secrets for their row.
type Sealer interface {
	Seal(plain []byte, merchantID, rowID string) ([]byte, error)
	Open(sealed []byte, merchantID, rowID string) ([]byte, error)
}

// Observer counts deliveries: code is the HTTP status, 0 without an answer.
type Observer interface {
	Delivered(merchantID string, code int, took time.Duration)
}

// Config shapes the service; zero values mean the defaults.
type Config struct {
	AllowPrivate bool     // endpoints may be plain http and anywhere
	AllowHosts   []string // "host" or "host:port" that may be, though the rest may not
	InFlight     int      // attempts at once on this server, default 256
	PerEndpoint  int      // of them at one endpoint, default 4; 1 while it fails
	PerMerchant  int      // of them at one merchant's endpoints, default 32
	Timeout      time.Duration
	PollEvery    time.Duration  // how often to look for due retries, default 1 s
	Drain        time.Duration  // what attempts under way get at shutdown, default 5 s
	RootCAs      *x509.CertPool // nil means the machine's
	Observer     Observer       // nil means nobody
}

func (c Config) withDefaults() Config {
	setDefault(&c.InFlight, 256)
	setDefault(&c.PerEndpoint, 4)
	setDefault(&c.PerMerchant, 32)
	setDefault(&c.Timeout, 15*time.Second)
	setDefault(&c.PollEvery, time.Second)
	setDefault(&c.Drain, 5*time.Second)
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	return c
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

type nobody struct{}

func (nobody) Delivered(string, int, time.Duration) {}

// Service manages endpoints and sends deliveries. Its methods are safe for
// concurrent use; Run must run on at least one server.
type Service struct {
	db     *db.DB
	events *events.Log
	audit  Auditor
	sealer Sealer
	clock  app.Clock
	cfg    Config
	client *http.Client

	due   chan struct{} // rings when deliveries have become due
	slots *slots
}

// New returns the service.
func New(d *db.DB, log *events.Log, auditor Auditor, sealer Sealer, clock app.Clock, cfg Config) *Service {
	cfg = cfg.withDefaults()
	return &Service{
		db: d, events: log, audit: auditor, sealer: sealer, clock: clock, cfg: cfg,
		client: safedial.Client(safedial.Options{
			AllowPrivate: cfg.AllowPrivate, AllowHosts: cfg.AllowHosts, Timeout: cfg.Timeout, RootCAs: cfg.RootCAs,
		}),
		due:   make(chan struct{}, 1),
		slots: newSlots(cfg),
	}
}

// wake makes Run look for due deliveries now.
func (s *Service) wake() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}
