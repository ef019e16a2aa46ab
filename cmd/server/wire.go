package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/admin/changes"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/observe"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/safedial"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/seal"
	"github.com/piaohao/piaohao/app/status"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/sql"
)

// platform is everything, wired. Nothing registers itself: what exists is made
// here.
type platform struct {
	config  config.Config
	logger  *slog.Logger
	metrics *observe.Metrics
	ready   *observe.Ready
	owner   string // this process, as the holder of leases
	clock   app.Clock

	db           *db.DB
	sealer       *seal.Sealer
	formKey      []byte // protects the console's forms before sign-in
	audit        *audit.Log
	events       *events.Log
	access       *access.Service
	admin        *admin.Service
	logins       *admin.Logins
	jobStates    *jobs.Service
	servers      *status.Servers
	approvals    *approvals.Service
	changes      *changes.Service
	applications *applications.Service
	merchants    *merchants.Service
	circuits     *merchants.CircuitLog
	clients      *clients
	payments     *payments.Service
	webhooks     *webhooks.Service
	figures      *figures.Service

	statements *statements.Service
	exceptions *exceptions.Service
	reconcile  *reconcile.Service
	exports    *exports.Service

	console   *console.Console
	shop      atomic.Pointer[fiber.Handler] // set once the demo is seeded
	sandboxDB *db.DB
	sandbox   *sandbox.Server // nil when this process does not serve it
}

// wire opens the database, migrates it and builds every room. The caller
// closes the platform. Without a clock, the machine's and the database's serve.
func wire(ctx context.Context, cfg config.Config, logger *slog.Logger, clock app.Clock) (*platform, error) {
	start := time.Now()
	p := &platform{config: cfg, logger: logger, metrics: observe.NewMetrics(version), owner: app.NewID("srv_", start), clock: clock}
	p.ready = observe.NewReady(2*time.Second, logger)
	if err := p.wireBase(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.wireRooms()
	if err := errors.Join(p.wireNotices(), p.wireLogins(), p.wireReconcile()); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if cfg.Sandbox.Enabled {
		if err := p.wireSandbox(ctx); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	// A database that answers but takes no writes can serve nobody.
	p.ready.Add("database", p.db.Writable)
	return p, nil
}

// wireBase opens what everything stands on: the database and the keys.
func (p *platform) wireBase(ctx context.Context) error {
	var err error
	database := db.Config{URL: p.config.Database.URL, MaxConns: p.config.Database.MaxConns, Clock: p.clock}
	if p.db, err = openMigrated(ctx, database, sql.Platform()); err != nil {
		return err
	}
	if p.clock == nil {
		p.clock = app.SystemClock{}
	}
	if p.sealer, err = openSealer(p.config.Secrets); err != nil {
		return err
	}
	auditKey, err := openAuditKey(p.config.Secrets)
	if err != nil {
		return err
	}
	p.audit = audit.New(p.db, auditKey, p.clock)
	p.formKey = formKeyOf(auditKey)
	return nil
}

func (p *platform) wireRooms() {
	clock := p.clock
	p.events = events.NewLog(p.db, clock)
	p.figures = figures.New(p.db, p.events)
	p.access = access.New(p.db, clock, access.Config{
		IdleLimit: p.config.Sessions.Idle.Duration, AbsoluteLimit: p.config.Sessions.Absolute.Duration,
		FreshFor: p.config.Access.FreshFor.Duration, Require: access.Require(p.config.Access.RequireSecondFactor), Sealer: p.sealer,
	})
	p.admin = admin.New(p.db, p.access, p.audit)
	p.jobStates, p.servers = jobs.New(p.db, p.audit), status.NewServers(p.db)
	p.merchants = merchants.New(p.db, p.sealer, p.audit, clock).Announcing(p.events)
	p.approvals = approvals.NewService(p.db, p.audit, p.merchants)
	p.merchants.Beginning(func(ctx context.Context) (merchants.Settings, error) {
		v, err := p.admin.Settings(ctx)
		return merchants.Settings{RefundApprovalAbove: v.Settings.RefundApprovalAbove}, err
	})

	p.wireChanges()

	transport := channel.NewTransport()
	p.clients = &clients{
		pool:      channel.NewPool(channel.DefaultPoolSize, wechat.New(transport, app.SystemClock{}), alipay.New(transport, app.SystemClock{})),
		guard:     p.newGuard(),
		merchants: p.merchants,
		gateways:  gatewaysOf(p.config),
		baseURL:   strings.TrimSuffix(p.config.Server.BaseURL, "/"),
	}
	p.payments = payments.New(payments.Config{
		DB: p.db, Events: p.events, Audit: p.audit, Approvals: p.approvals, Accounts: p.merchants, Clients: p.clients,
		Observer: channelMetrics{p.metrics}, Logger: p.logger, BaseURL: p.config.Server.BaseURL,
		ChannelTimeout: p.config.Channels.Timeout.Duration, DefaultExpiry: p.config.Payments.DefaultExpiry.Duration,
		CodeWait: p.config.Payments.CodeWait.Duration,
	})
	p.approvals.Register(payments.ApprovalRefund, p.payments.RefundApprovals())
	p.wireExceptions()
	p.webhooks = webhooks.New(p.db, p.events, p.audit, p.sealer, clock, webhooks.Config{
		AllowPrivate: p.config.Webhooks.AllowPrivate, InFlight: p.config.Webhooks.Workers,
		PerEndpoint: p.config.Webhooks.InFlightPerEndpoint, Observer: deliveryMetrics{p.metrics},
	})
}

// wireChanges keeps what a merchant wants two people for: keys, credentials and
// the roles that reach them.
func (p *platform) wireChanges() {
	p.admin.At(p.clock).Guarded(p.merchants.TwoPeople)
	p.changes = changes.New(changes.Config{DB: p.db, Audit: p.audit, Approvals: p.approvals, Merchants: p.merchants, Admin: p.admin, Sealer: p.sealer})
	p.applications = applications.New(applications.Config{DB: p.db, Access: p.access, Audit: p.audit, Admin: p.admin, Merchants: p.merchants, Clock: p.clock})
	for _, kind := range changes.Kinds() {
		p.approvals.Register(kind, p.changes)
	}
}

// wireExceptions keeps what reconciliation cannot explain; a second person
// decides how each ends.
func (p *platform) wireExceptions() {
	p.exceptions = exceptions.New(exceptions.Config{
		DB: p.db, Audit: p.audit, Approvals: p.approvals, Payments: p.payments, Members: p.access, Periods: statements.Periods{},
	})
	p.approvals.Register(exceptions.ApprovalException, p.exceptions.Decisions())
	p.approvals.Register(exceptions.ApprovalBatch, p.exceptions.BatchDecisions())
}

func (p *platform) wireSandbox(ctx context.Context) error {
	var err error
	if p.sandboxDB, err = openMigrated(ctx, db.Config{URL: p.config.Sandbox.DatabaseURL, MaxConns: 4}, sql.Sandbox()); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	p.sandbox, err = newSandbox(p.config, p.sandboxDB, p.logger, p.mayUseSandbox)
	return err
}

func gatewaysOf(c config.Config) gateways {
	g := gateways{
		app.Live: {app.WeChat: wechatLive, app.Alipay: alipayLive},
		app.Test: {app.WeChat: c.WeChatTestGateway(), app.Alipay: c.AlipayTestGateway()},
	}
	if c.Channels.LiveOnly {
		g[app.Test] = nil
	}
	return g
}

// newSandbox builds the simulator. On loopback its notifications may go to
// loopback, where the platform under test is.
func newSandbox(c config.Config, d *db.DB, logger *slog.Logger, allow func(*fiber.Ctx) bool) (*sandbox.Server, error) {
	onLoopback := loopbackURL(c.Server.BaseURL)
	return sandbox.New(sandbox.Config{
		DB: d, Clock: app.SystemClock{}, BaseURL: c.Server.BaseURL, Loopback: onLoopback, Exposed: !loopbackAddress(c.Server.Listen),
		Token: c.Sandbox.Token.Reveal(), Allow: allow, AllowNotify: c.Sandbox.AllowNotify,
		RefundDelay: c.Sandbox.RefundDelay.Duration, RefundSpacing: c.Sandbox.RefundSpacing.Duration, Unlimited: !c.Sandbox.Quotas, SameDayBills: c.Sandbox.SameDayBills,
		HTTP:   safedial.Client(safedial.Options{AllowPrivate: onLoopback, AllowHosts: c.Sandbox.AllowNotify, Timeout: 5 * time.Second}),
		Logger: logger,
	})
}

func openMigrated(ctx context.Context, c db.Config, m db.Migrations) (*db.DB, error) {
	d, err := db.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, err := d.Migrate(ctx, m); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// close releases what wire opened.
func (p *platform) close() error {
	var errs []error
	if p.reconcile != nil {
		p.reconcile.Close()
	}
	if p.admin != nil {
		p.admin.WaitForNotices()
	}
	for _, d := range []*db.DB{p.sandboxDB, p.db} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

func loopbackURL(url string) bool {
	for _, host := range []string{"http://127.0.0.1", "http://localhost", "http://[::1]"} {
		if url == host || strings.HasPrefix(url, host+":") {
			return true
		}
	}
	return false
}

// loopbackAddress reports whether only this machine can reach what listens on
// the address.
func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || (ip != nil && ip.IsLoopback()))
}
