package pages

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/web/qr"
)

// behaviours are how a payer may react to being charged by code.
func behaviours() []trade.Behaviour {
	return []trade.Behaviour{trade.PaysAtOnce, trade.AsksPassword, trade.HasNoBalance}
}

type payCodeView struct {
	Channel app.Channel
	Code    trade.PayCode
	Digits  string // in groups, for reading out
	QR      qr.Code
	Left    string // seconds until it expires
	Expired bool
	Waiting bool // neither charged nor expired
}

// payCode shows the payer's code; without one, it asks for how the payer
// behaves. Once the code is charged the phone shows the order.
func (p *Pages) payCode(c *fiber.Ctx) error {
	ctx, v := c.UserContext(), payCodeView{Channel: app.WeChat}
	if c.Query("channel") == string(app.Alipay) {
		v.Channel = app.Alipay
	}
	f, shown := p.frame(c), c.Query("shown")
	if shown == "" {
		return p.render(c, fiber.StatusOK, payCodePage(f, v))
	}
	code, err := p.cfg.Trades.PayCode(ctx, shown)
	if err != nil {
		return p.fail(c, err)
	}
	if code.TradeID != "" {
		t, err := p.cfg.Trades.ByID(ctx, code.TradeID)
		if err != nil {
			return p.fail(c, err)
		}
		return c.Redirect("/sandbox/wallet?"+url.Values{"code": {t.Code}}.Encode(), fiber.StatusSeeOther)
	}
	left := code.ExpiresAt.Time().Sub(p.cfg.Trades.Now())
	v.Channel, v.Code, v.Digits, v.Expired = code.Channel, code, grouped(code.AuthCode), left <= 0
	v.Waiting, v.Left = !v.Expired, strconv.Itoa(max(0, int(left.Seconds())))
	if v.QR, err = qr.Of(code.AuthCode); err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, payCodePage(f, v))
}

// showPayCode asks the wallet for a fresh code.
func (p *Pages) showPayCode(c *fiber.Ctx) error {
	code, err := p.cfg.Trades.NewPayCode(c.UserContext(), trade.PayCodeOrder{
		Channel: app.Channel(c.FormValue("channel")), Behaviour: trade.Behaviour(c.FormValue("behaviour")),
	})
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/wallet/code?shown="+code.AuthCode, fiber.StatusSeeOther)
}

// grouped writes digits in fours.
func grouped(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(d)
	}
	return b.String()
}
