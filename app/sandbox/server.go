// Package sandbox is the simulator of both payment channels: their wire
// protocols with real signatures, a wallet to pay with, faults to plan, and
// pages to look at it all. It is a server in its own right: the platform meets
// it over HTTP only.
package sandbox

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/alipay"
	"github.com/piaohao/piaohao/app/sandbox/inbox"
	"github.com/piaohao/piaohao/app/sandbox/pages"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// Config is what the simulator needs.
type Config struct {
	DB    *db.DB
	Clock app.Clock
	// BaseURL is where the sandbox and, usually, the platform are reached:
	// gateway URLs begin with it and notifications may go to its host.
	BaseURL string
	// Loopback says that the sandbox listens on loopback only: then writes need
	// no token and notify_url may be plain http to loopback.
	Loopback bool
	// Exposed says that other machines may reach a sandbox whose BaseURL is on
	// loopback, as behind a container's published port: then writes need a token
	// or Allow all the same.
	Exposed bool
	// Token opens writes to others, as "Authorization: Bearer <token>".
	Token string
	// Allow opens writes to a request the host knows, such as one with a
	// console session; nil for none.
	Allow func(c *fiber.Ctx) bool
	// AllowNotify lists further hosts ("host" or "host:port") to notify.
	AllowNotify []string
	// RefundDelay is how long a refund at WeChat is under way, a second when 0.
	RefundDelay time.Duration
	// RefundSpacing is how far apart WeChat wants two refunds of one order. The
	// real one wants a minute; 0 asks for none, so that trying things out does not
	// take minutes, until the fault refund_spacing is planned.
	RefundSpacing time.Duration
	// SameDayBills publishes bills of any day up to now, instead of from the next
	// morning on.
	SameDayBills bool
	// Unlimited takes any number of calls a second, instead of WeChat's quotas.
	Unlimited bool
	// HTTP sends notifications; give one whose dialer is guarded.
	HTTP   *http.Client
	Logger *slog.Logger
	// NewKey makes the sandbox's keys; nil makes fresh ones.
	NewKey trade.KeySource
}

// Server is the simulator.
type Server struct {
	cfg    Config
	trades *trade.Service
	wechat *wechat.Gateway
	alipay *alipay.Gateway
	inbox  *inbox.Service
	pages  *pages.Pages
}

// private reports whether only this machine reaches the sandbox.
func (c Config) private() bool { return c.Loopback && !c.Exposed }

// New assembles the simulator. It opens nothing and starts nothing. Off
// loopback without a token or Allow it is Invalid.
func New(cfg Config) (*Server, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if !cfg.private() && cfg.Token == "" && cfg.Allow == nil {
		return nil, app.Errorf(app.Invalid, "a sandbox off loopback needs sandbox.token")
	}
	trades, err := trade.New(trade.Config{
		DB: cfg.DB, Clock: cfg.Clock, BaseURL: cfg.BaseURL, Loopback: cfg.Loopback,
		AllowNotify: cfg.AllowNotify, RefundDelay: cfg.RefundDelay, SameDayBills: cfg.SameDayBills, HTTP: cfg.HTTP, Logger: cfg.Logger, NewKey: cfg.NewKey,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, trades: trades}
	s.wechat = wechat.New(wechat.Config{
		Trades: trades, URL: s.gatewayURL(app.WeChat), WalletURL: cfg.BaseURL + "/sandbox/wallet",
		RefundSpacing: cfg.RefundSpacing, Unlimited: cfg.Unlimited, Logger: cfg.Logger,
	})
	s.alipay = alipay.New(alipay.Config{
		Trades: trades, CheckNotifyURL: trades.CheckNotifyURL, WalletURL: cfg.BaseURL + "/sandbox/wallet",
		BillsURL: cfg.BaseURL + "/sandbox/alipay" + alipayBills, Logger: cfg.Logger,
	})
	trades.Announce(app.WeChat, s.wechat.Announcer())
	trades.Announce(app.Alipay, s.alipay.Announcer())
	s.inbox = inbox.New(cfg.DB, cfg.Clock)
	s.pages = pages.New(pages.Config{
		Trades: trades, Inbox: s.inbox, BaseURL: cfg.BaseURL, Gateway: s.gatewayURL, Invoke: s.invoke,
		Loopback: cfg.private(), Allowed: s.MayWrite, Logger: cfg.Logger,
	})
	return s, nil
}

// Trades is the simulator's core, for pages and tests.
func (s *Server) Trades() *trade.Service { return s.trades }

// AlipayMethods lists the methods that Alipay's gateway and its clients know.
func (s *Server) AlipayMethods() []string { return s.alipay.Methods() }

// Inbox is the webhook receiver: the demo sets its secret here.
func (s *Server) Inbox() *inbox.Service { return s.inbox }

// Run ends refunds and sends notifications until ctx ends.
func (s *Server) Run(ctx context.Context) { s.trades.Run(ctx) }

// alipayBills is where Alipay's bills are fetched.
const alipayBills = "/downloadBillFile.resource"

// Routes mounts the simulator under /sandbox.
func (s *Server) Routes(r fiber.Router) {
	box := r.Group("/sandbox")
	s.wechat.Routes(box.Group("/wechat"))
	box.Get("/alipay/gateway.do", s.alipay.Handle)
	box.Post("/alipay/gateway.do", s.alipay.Handle)
	box.Get("/alipay"+alipayBills, s.alipay.Download)
	s.pages.Routes(box)
	s.scripts(box)
}

// Hosts mounts both gateways at the paths their real hosts have, for a sandbox
// that runs alone: a client only needs another host name.
func (s *Server) Hosts(r fiber.Router) {
	s.wechat.Routes(r)
	r.Get("/gateway.do", s.alipay.Handle)
	r.Post("/gateway.do", s.alipay.Handle)
}
