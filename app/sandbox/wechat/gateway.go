// Package wechat speaks WeChat Pay's API v3 from the channel's side: it
// verifies merchants' requests as strictly as the real gateway, answers in its
// words, signs what it says and announces payments.
package wechat

import (
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Config is what the gateway needs.
type Config struct {
	Trades *trade.Service
	// WalletURL is the wallet page, which H5 links lead to.
	WalletURL string
	Logger    *slog.Logger
}

// Gateway is the simulated api.mch.weixin.qq.com. It is safe for concurrent use.
type Gateway struct {
	trades *trade.Service
	wallet string
	logger *slog.Logger
	keys   keyring
}

// New returns a gateway.
func New(cfg Config) *Gateway {
	logger := cfg.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Gateway{trades: cfg.Trades, wallet: cfg.WalletURL, logger: logger, keys: keyring{parsed: map[string]*keys{}}}
}

// Routes mounts the API: r stands for the host api.mch.weixin.qq.com.
func (g *Gateway) Routes(r fiber.Router) {
	r.Get("/v3/certificates", g.signed(g.certificates))
	for _, p := range products() {
		r.Post("/v3/pay/transactions/"+p.path, g.misbehaving(g.prepay(p)))
	}
	r.Get("/v3/pay/transactions/id/:number", g.misbehaving(g.queryByID))
	r.Get("/v3/pay/transactions/out-trade-no/:number", g.misbehaving(g.queryByNumber))
	r.Post("/v3/pay/transactions/out-trade-no/:number/close", g.misbehaving(g.close))
	r.All("/v3/*", g.signed(g.unknown))
}
