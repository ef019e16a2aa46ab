// Package pages is what a person sees of the simulator: the payer's phone, the
// merchants and their credentials, the trades with every notification, and the
// webhook inboxes. Everything works without JavaScript.
package pages

import (
	"context"
	"embed"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/inbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Config is what the pages need.
type Config struct {
	Trades *trade.Service
	Inbox  *inbox.Service
	// BaseURL is the sandbox's own address, without a trailing slash.
	BaseURL string
	// Gateway returns the address a channel's SDK must be pointed to.
	Gateway func(app.Channel) string
	// Invoke is what a channel's client on the phone does with the parameters of
	// a page or an app: it verifies them and returns their order. A refusal is
	// Invalid with one of package trade's ReasonInvoke….
	Invoke func(ctx context.Context, channel app.Channel, params map[string]string) (trade.Trade, error)
	// Loopback says that only this machine reaches the sandbox.
	Loopback bool
	// Allowed reports whether a visitor may use the pages; off loopback that is
	// one with the token or a console session.
	Allowed func(c *fiber.Ctx) bool
	Logger  *slog.Logger
}

// Pages serves the pages.
type Pages struct{ cfg Config }

// New returns the pages.
func New(cfg Config) *Pages { return &Pages{cfg: cfg} }

//go:embed assets
var assets embed.FS

// Routes mounts the pages on the group /sandbox. Mount them before the script
// endpoints: where both share a path, a page takes only what a browser asks
// for, and no write mounted later can come from another site's page.
func (p *Pages) Routes(r fiber.Router) {
	r.Use(p.sameOrigin)
	r.Get("/assets/:file", p.asset)
	r.Get("", p.guard, p.home)

	r.Get("/wallet", p.guard, p.wallet)
	r.Post("/wallet", p.guard, p.walletAct)
	r.Get("/wallet/result", p.guard, p.walletResult)
	r.Post("/wallet/invoke", p.invoke)
	r.Get("/wallet/code", p.guard, p.payCode)
	r.Post("/wallet/code/show", p.guard, p.showPayCode)

	r.Get("/merchants", p.forBrowsers(p.merchants))
	r.Post("/merchants/open", p.guard, p.openMerchant)
	r.Get("/merchants/:channel/:id", p.guard, p.merchant)
	r.Post("/merchants/:channel/:id/join", p.guard, p.joinMerchant)
	r.Post("/merchants/:channel/:id/app-key", p.guard, p.uploadAppKey)
	r.Get("/merchants/:channel/:id/credentials.zip", p.guard, p.download)

	r.Get("/trades", p.forBrowsers(p.trades))
	r.Post("/trades/replay", p.guard, p.replay)
	r.Post("/trades/refund", p.guard, p.consoleRefund)
	r.Post("/refunds/finish", p.guard, p.finishRefund)
	r.Get("/faults", p.forBrowsers(p.faults))
	r.Post("/faults/plan", p.guard, p.planFault)
	r.Post("/faults/cancel", p.guard, p.cancelFaults)

	r.Get("/bills", p.guard, p.bills)
	r.Get("/bills/file", p.guard, p.billFile)
	r.Post("/bills/faults/plan", p.guard, p.planBillFault)
	r.Post("/bills/faults/cancel", p.guard, p.cancelBillFault)

	r.Get("/inbox", p.guard, p.openInbox)
	r.Post("/inbox/:name/secret", p.guard, p.setSecret)
	r.Get("/inbox/:name.json", p.guard, p.inboxJSON)
	r.Get("/inbox/:name", p.guard, p.inbox)
	r.Post("/inbox/:name", p.receive)
}
