package pages

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

type orderView struct {
	Code     string
	Channel  app.Channel
	Merchant string
	Subject  string
	Amount   string
	Number   string
	Expires  string
	Status   badge
	Problem  string // why it cannot be paid now
	Payable  bool
	Late     bool // only late money can reach it
}

type walletView struct {
	Code    string
	Problem string
	Order   *orderView
}

// wallet is the payer's phone. Opening a code is the scan: from then on an
// Alipay trade exists.
func (p *Pages) wallet(c *fiber.Ctx) error {
	f := p.frame(c)
	code := strings.TrimSpace(c.Query("code"))
	if code == "" {
		return p.render(c, fiber.StatusOK, walletPage(f, walletView{}))
	}
	t, err := p.cfg.Trades.Scan(c.UserContext(), code)
	if app.Is(err, app.NotFound) {
		return p.render(c, fiber.StatusNotFound, walletPage(f, walletView{Code: code, Problem: f.W.UnknownCode}))
	}
	if err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, walletPage(f, walletView{Code: code, Order: p.order(f.W, t)}))
}

func (p *Pages) order(w words, t trade.Trade) *orderView {
	now := p.cfg.Trades.Now()
	expired := t.State == trade.Unpaid && (t.Expired(now) || t.CodeExpired(now))
	v := &orderView{
		Code: t.Code, Channel: t.Channel, Merchant: w.SandboxMerchant + " " + t.MerchantID, Subject: t.Subject,
		Amount: t.Amount.String(), Number: t.OutTradeNo, Expires: moment(min(t.ExpiresAt, t.CodeExpiresAt)),
		Status: w.tradeBadge(t, expired), Payable: t.State == trade.Unpaid && !expired,
	}
	switch {
	case t.WasPaid():
		v.Problem = w.AlreadyPaid
	case t.State == trade.Closed:
		v.Problem, v.Late = w.OrderClosed, true
	case expired:
		v.Problem, v.Late = w.OrderExpired, true
	}
	return v
}

// walletAct is the payer's decision: pay, pay late or decline.
func (p *Pages) walletAct(c *fiber.Ctx) error {
	code, act := c.FormValue("code"), c.FormValue("act")
	acts := map[string]func(context.Context, string) (trade.Trade, error){
		"pay": p.cfg.Trades.Pay, "late": p.cfg.Trades.PayLate, "decline": p.cfg.Trades.Decline,
	}
	run, ok := acts[act]
	if !ok {
		return p.fail(c, app.InvalidField("act", "unknown", "act %q: want pay, late or decline", act))
	}
	_, err := run(c.UserContext(), code)
	switch {
	case app.Is(err, app.Conflict):
		return p.walletConflict(c, code, err)
	case err != nil:
		return p.fail(c, err)
	}
	q := url.Values{"code": {code}, "did": {act}}
	return c.Redirect("/sandbox/wallet/result?"+q.Encode(), fiber.StatusSeeOther)
}

// walletConflict shows the order as it is now, and why it was not paid.
func (p *Pages) walletConflict(c *fiber.Ctx, code string, cause error) error {
	f := p.frame(c)
	t, err := p.cfg.Trades.ByCode(c.UserContext(), code)
	if err != nil {
		return p.fail(c, errors.Join(err, cause))
	}
	return p.render(c, fiber.StatusConflict, walletPage(f, walletView{Code: code, Order: p.order(f.W, t)}))
}

type resultView struct {
	Order    *orderView
	Title    string
	Text     string
	Declined bool
	TradeID  string
}

func (p *Pages) walletResult(c *fiber.Ctx) error {
	f := p.frame(c)
	t, err := p.cfg.Trades.ByCode(c.UserContext(), c.Query("code"))
	if err != nil {
		return p.fail(c, err)
	}
	v := resultView{Order: p.order(f.W, t), TradeID: t.ID}
	switch {
	case t.WasPaid() && c.Query("did") == "late":
		v.Title, v.Text = f.W.PaidTitle, f.W.PaidLateText
	case t.WasPaid():
		v.Title, v.Text = f.W.PaidTitle, f.W.PaidText
	default:
		v.Title, v.Text, v.Declined = f.W.DeclinedTitle, f.W.DeclinedText, true
	}
	return p.render(c, fiber.StatusOK, walletResultPage(f, v))
}
