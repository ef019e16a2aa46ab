// Package wechat speaks WeChat Pay's API v3 from the channel's side: it
// verifies merchants' requests as strictly as the real gateway, answers in its
// words, signs what it says and announces payments.
package wechat

import (
	"log/slog"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Config is what the gateway needs.
type Config struct {
	Trades *trade.Service
	// WalletURL is the wallet page, which H5 links lead to.
	WalletURL string
	// URL is where the gateway is reached from outside: its scheme is that of the
	// addresses of bills.
	URL string
	// RefundSpacing is how far apart two refunds of one order must be. WeChat
	// wants a minute; 0 lets them follow one another, so that trying things out
	// does not take minutes, until the fault refund_spacing is planned.
	RefundSpacing time.Duration
	// Unlimited takes any number of calls a second, instead of the channel's
	// quotas.
	Unlimited bool
	Logger    *slog.Logger
}

// Gateway is the simulated api.mch.weixin.qq.com. It is safe for concurrent use.
type Gateway struct {
	trades *trade.Service
	wallet string
	url    string
	logger *slog.Logger
	keys   keyring

	refundSpacing time.Duration
	forger        func() (*keys, error) // signs as nobody's platform
	unlimited     bool
	quotas        quotas
}

// New returns a gateway.
func New(cfg Config) *Gateway {
	logger := cfg.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Gateway{
		trades: cfg.Trades, wallet: cfg.WalletURL, url: cfg.URL, logger: logger, keys: keyring{parsed: map[string]*keys{}},
		refundSpacing: cfg.RefundSpacing, unlimited: cfg.Unlimited, forger: sync.OnceValues(newForger),
	}
}

// Routes mounts the API: r stands for the host api.mch.weixin.qq.com.
func (g *Gateway) Routes(r fiber.Router) {
	r.Get("/v3/certificates", g.signed(g.certificates))
	for _, l := range lines() {
		for _, p := range products() {
			r.Post(l.prefix+"/"+p.path, g.misbehaving(g.within(orderQuota, g.prepay(l, p))))
		}
		r.Post(l.prefix+"/codepay", g.misbehaving(g.within(orderQuota, g.codepay(l))))
		r.Get(l.prefix+"/id/:number", g.misbehaving(g.queryByID(l)))
		r.Get(l.prefix+"/out-trade-no/:number", g.misbehaving(g.queryByNumber(l)))
		r.Post(l.prefix+"/out-trade-no/:number/close", g.misbehaving(g.close(l)))
		r.Post(l.prefix+"/out-trade-no/:number/reverse", g.misbehaving(g.reverse(l)))
	}
	r.Post("/v3/refund/domestic/refunds", g.misbehaving(g.within(refundQuota, g.refund)))
	r.Get("/v3/refund/domestic/refunds/:number", g.misbehaving(g.within(refundQueryQuota, g.queryRefund)))
	r.Get("/v3/bill/tradebill", g.misbehaving(g.within(billQuota, g.tradeBill)))
	r.Get("/v3/bill/fundflowbill", g.misbehaving(g.within(billQuota, g.fundBill)))
	r.Get("/v3/billdownload/file", g.signed(g.within(billQuota, g.downloadBill)))
	r.All("/v3/*", g.signed(g.unknown))
}
