package payments

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Accounts is what payments needs of the merchants' room.
type Accounts interface {
	// Choose returns the given account or the merchant's first suitable one, if
	// there is one with an app of the kinds.
	Choose(ctx context.Context, merchantID string, mode app.Mode, c app.Channel, accountID, appID string, kinds ...merchants.AppKind) (merchants.Account, error)
	// Account returns a merchant's account.
	Account(ctx context.Context, merchantID, accountID string) (merchants.Account, error)
	// AccountForCallback returns an account when only its id is known.
	AccountForCallback(ctx context.Context, accountID string) (merchants.Account, error)
	// MarkDeaf records that a success came without a notification.
	MarkDeaf(ctx context.Context, accountID string) error
	// MarkHeard records that a notification verified.
	MarkHeard(ctx context.Context, accountID string) error
	// RecordSuccess records that the account works.
	RecordSuccess(ctx context.Context, accountID string) error
	// SettingsIn returns the merchant's settings with their defaults, read through q.
	SettingsIn(ctx context.Context, q db.Querier, merchantID string) (merchants.Settings, error)
}

// Clients opens the channel's client for an account, from a cache.
type Clients interface {
	Client(ctx context.Context, a merchants.Account) (channel.Client, error)
	// Ready reports whether a new order may be sent for the account: nil, or
	// channel.KindHeld with the time to wait.
	Ready(a merchants.Account) error
	// Methods lists what payments can be taken by.
	Methods() []channel.Method
}

// Observer is told what happened, for metrics. Its methods must not block.
type Observer interface {
	ChannelCall(c app.Channel, operation string, kind channel.Kind, d time.Duration)
	Notification(c app.Channel, result string)
}

// Config holds a Service's parts. All are required.
type Config struct {
	DB        *db.DB
	Events    *events.Log
	Audit     *audit.Log
	Approvals *approvals.Service
	Accounts  Accounts
	Clients   Clients
	Observer  Observer
	Logger    *slog.Logger
	// BaseURL is where the channels reach us, without a trailing slash.
	BaseURL string
	// ChannelTimeout bounds one call to a channel; 0 means 10 s.
	ChannelTimeout time.Duration
	// DefaultExpiry is how long an order without expires_at may be paid; 0 means
	// 30 minutes.
	DefaultExpiry time.Duration
	// CodeWait is how long a payer may take to confirm a payment code before the
	// order is reversed; 0 means 45 s.
	CodeWait time.Duration
	// SumTime is after how long the summing of a list stops; 0 means 2 s.
	SumTime time.Duration
}

// Service runs the life of payments.
type Service struct {
	Config
	store store
	wake  chan struct{} // there may be a query due now

	wakeRefunds chan struct{} // there may be a refund due now
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.ChannelTimeout == 0 {
		cfg.ChannelTimeout = 10 * time.Second
	}
	if cfg.DefaultExpiry == 0 {
		cfg.DefaultExpiry = 30 * time.Minute
	}
	if cfg.CodeWait == 0 {
		cfg.CodeWait = 45 * time.Second
	}
	if cfg.SumTime == 0 {
		cfg.SumTime = 2 * time.Second
	}
	return &Service{Config: cfg, store: store{cfg.DB}, wake: make(chan struct{}, 1), wakeRefunds: make(chan struct{}, 1)}
}

// Get returns a payment of the scope, or NotFound.
func (s *Service) Get(ctx context.Context, scope Scope, id string) (Payment, error) {
	return s.store.payment(ctx, s.DB, scope, id)
}

// Wake tells that a query may be due now; QueryDue's caller waits on it.
func (s *Service) Wake() <-chan struct{} { return s.wake }

func (s *Service) wakeQueries() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// request decodes the order an attempt stored before it was sent.
func (a Attempt) request() (channel.PayRequest, error) {
	var r channel.PayRequest
	if err := json.Unmarshal([]byte(a.Request), &r); err != nil {
		return r, app.Errorf(app.Internal, "read the stored request of %s: %w", a.ID, err)
	}
	r.Payer.AuthCode = a.authCode
	return r, nil
}

// emit writes the payment's event in the transaction that changed it.
func (s *Service) emit(ctx context.Context, tx *db.Tx, kind string, p Payment, a Attempt) error {
	_, err := s.Events.Write(ctx, tx, events.New{
		Type: kind, MerchantID: p.MerchantID, Mode: p.Mode, ObjectID: p.ID, Data: NewView(p, a),
	})
	return err
}

// note writes what nobody is told of and the figures count by.
func (s *Service) note(ctx context.Context, tx *db.Tx, kind string, p Payment) error {
	return s.Events.Note(ctx, tx, kind, p.MerchantID, p.Mode, p.ID)
}

func (s *Service) noteRefund(ctx context.Context, tx *db.Tx, kind string, r Refund) error {
	return s.Events.Note(ctx, tx, kind, r.MerchantID, r.Mode, r.ID)
}

// insertRefund stores a new refund and notes it.
func (s *Service) insertRefund(ctx context.Context, tx *db.Tx, r Refund) error {
	if err := s.store.insertRefund(ctx, tx, r); err != nil {
		return err
	}
	return s.noteRefund(ctx, tx, events.RefundCreated, r)
}
