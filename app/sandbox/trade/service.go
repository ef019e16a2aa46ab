// Package trade is what both simulated channels have in common: sandbox
// merchants and their keys, trades and their lives, planned faults, and the
// queue of notifications. It knows no wire format; the channels' packages
// translate.
package trade

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Config is what the simulator's core needs.
type Config struct {
	DB    *db.DB
	Clock app.Clock
	// BaseURL is where the platform under test listens; notifications go to its
	// host, and to the hosts of AllowNotify ("host" or "host:port").
	BaseURL     string
	AllowNotify []string
	// Loopback says that the sandbox listens on loopback only: then notify_url
	// may be plain http to loopback.
	Loopback bool
	// RefundDelay is how long a refund at WeChat is under way, a second when 0.
	RefundDelay time.Duration
	// SameDayBills publishes a day's bill while the day still goes on.
	SameDayBills bool
	// HTTP sends notifications; give one whose dialer is guarded.
	HTTP   *http.Client
	Logger *slog.Logger
	// NewKey makes the keys of merchants and of the channels; nil makes fresh ones.
	NewKey KeySource
}

// refundDelay is how long a refund is under way unless Config says otherwise:
// long enough to be seen as accepted and not arrived.
const refundDelay = time.Second

// Service is the simulator's core. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	clock  app.Clock
	logger *slog.Logger
	http   *http.Client
	allow  []string
	local  bool
	newKey KeySource
	// refundDelay is how long a refund is under way.
	refundDelay time.Duration
	sameDay     bool

	announcers map[app.Channel]Announcer
	wake       chan struct{}

	// withdrawing lets withdrawals go one after another, so that together they take
	// no more than there is: a sandbox is one process.
	withdrawing sync.Mutex

	mu        sync.RWMutex
	merchants map[string]Merchant
}

// New builds the core. Announce must register every channel before Run.
func New(cfg Config) (*Service, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" {
		return nil, app.Errorf(app.Invalid, "sandbox base url %q is not an absolute URL", cfg.BaseURL)
	}
	if cfg.DB == nil || cfg.Clock == nil {
		return nil, errors.New("sandbox: a database and a clock are needed")
	}
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: sendersMax, IdleConnTimeout: 30 * time.Second, // and no proxy from the environment
	}}
	if cfg.HTTP != nil {
		client = *cfg.HTTP
	}
	// Neither channel follows redirects.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	logger := cfg.Logger
	if logger == nil {
		logger = slog.Default()
	}
	newKey := cfg.NewKey
	if newKey == nil {
		newKey = freshKey
	}
	return &Service{
		db: cfg.DB, clock: cfg.Clock, logger: logger, http: &client,
		allow:       append([]string{base.Host}, cfg.AllowNotify...),
		refundDelay: cmp.Or(cfg.RefundDelay, refundDelay),
		sameDay:     cfg.SameDayBills,
		local:       cfg.Loopback,
		newKey:      newKey,
		announcers:  map[app.Channel]Announcer{},
		wake:        make(chan struct{}, 1),
		merchants:   map[string]Merchant{},
	}, nil
}

// Now returns the simulated channels' time.
func (s *Service) Now() time.Time { return s.clock.Now() }
