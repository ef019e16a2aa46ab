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
	TradeID  string
	Code     string
	Back     string // where the merchant wants the payer back, "" for nowhere
	Cashier  string // what is open on the phone: the wallet, or a cashier's page
	Way      string // how the merchant takes the money
	Channel  app.Channel
	Merchant string
	Subject  string
	Amount   string
	Number   string
	Expires  string
	Status   badge
	Problem  string // why it cannot be paid now
	Payable  bool
	Password bool // a charged payment code waits for its payer's password
	Late     bool // only late money can reach it
}

type walletView struct {
	Code    string
	Back    string
	Problem string
	Order   *orderView
}

// wallet is the payer's phone. Opening a code is the scan: from then on an
// Alipay trade exists.
func (p *Pages) wallet(c *fiber.Ctx) error {
	f := p.frame(c)
	code, back := strings.TrimSpace(c.Query("code")), p.back(c.Query("back", c.Query("redirect_url")))
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
	return p.render(c, fiber.StatusOK, walletPage(f, walletView{Code: code, Order: p.order(f.W, t, or(back, p.cfg.Trades.QuitURL(t)))}))
}

// back keeps a return address that a payer may be led to.
func (p *Pages) back(raw string) string {
	if raw == "" || !p.cfg.Trades.MayReturn(raw) {
		return ""
	}
	return raw
}

func (p *Pages) order(w words, t trade.Trade, back string) *orderView {
	now := p.cfg.Trades.Now()
	expired := t.State == trade.Unpaid && (t.Expired(now) || t.CodeExpired(now))
	refused := t.State == trade.Unpaid && t.CodeState == trade.CodeRefused
	v := &orderView{
		TradeID: t.ID, Code: t.Code, Back: back, Cashier: or(w.Cashiers[t.TradeType], w.Wallet), Way: w.Ways[t.TradeType],
		Channel: t.Channel, Merchant: w.SandboxMerchant + " " + t.MerchantID, Subject: t.Subject,
		Amount: t.Amount.String(), Number: t.OutTradeNo, Expires: moment(min(t.ExpiresAt, t.CodeExpiresAt)),
		Status: w.tradeBadge(t, expired), Payable: t.State == trade.Unpaid && !expired && !refused,
		Password: t.CodeState == trade.CodeWaiting,
	}
	switch {
	case t.WasPaid():
		v.Problem = w.AlreadyPaid
	case t.State == trade.Closed:
		v.Problem, v.Late = w.OrderClosed, true
	case expired:
		v.Problem, v.Late = w.OrderExpired, true
	case refused:
		v.Problem = w.CodeRefused
	}
	return v
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// walletAct is the payer's decision: pay, enter the password, pay late or
// decline.
func (p *Pages) walletAct(c *fiber.Ctx) error {
	code, act := c.FormValue("code"), c.FormValue("act")
	acts := map[string]func(context.Context, string) (trade.Trade, error){
		"pay": p.cfg.Trades.Pay, "confirm": p.cfg.Trades.ConfirmPayCode,
		"late": p.cfg.Trades.PayLate, "decline": p.cfg.Trades.Decline,
	}
	run, ok := acts[act]
	if !ok {
		return p.fail(c, app.InvalidField("act", "unknown", "act %q: want pay, confirm, late or decline", act))
	}
	_, err := run(c.UserContext(), code)
	switch {
	case app.Is(err, app.Conflict):
		return p.walletConflict(c, code, err)
	case err != nil:
		return p.fail(c, err)
	}
	q := url.Values{"code": {code}, "did": {act}}
	if back := p.back(c.FormValue("back")); back != "" {
		q.Set("back", back)
	}
	return c.Redirect("/sandbox/wallet/result?"+q.Encode(), fiber.StatusSeeOther)
}

// walletConflict shows the order as it is now, and why it was not paid.
func (p *Pages) walletConflict(c *fiber.Ctx, code string, cause error) error {
	f := p.frame(c)
	t, err := p.cfg.Trades.ByCode(c.UserContext(), code)
	if err != nil {
		return p.fail(c, errors.Join(err, cause))
	}
	return p.render(c, fiber.StatusConflict, walletPage(f, walletView{Code: code, Order: p.order(f.W, t, p.back(c.FormValue("back")))}))
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
	back := or(p.back(c.Query("back")), p.cfg.Trades.QuitURL(t))
	// The merchant signed where to go: nobody else chose it.
	if signed, err := p.cfg.Trades.ReturnURL(c.UserContext(), t); err != nil {
		return p.fail(c, err)
	} else if signed != "" {
		back = signed
	}
	v := resultView{Order: p.order(f.W, t, back), TradeID: t.ID}
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
