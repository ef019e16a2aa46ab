package wechat

import (
	"cmp"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// prepay: POST …/transactions/{product}. The same order again returns its
// current code; anything else under its number is refused.
func (g *Gateway) prepay(l line, p product) handler {
	return func(c *call) (answer, error) {
		now := g.trades.Now()
		o, sub, err := g.readOrder(c, l, p, now)
		if err != nil {
			return answer{}, err
		}
		wanted, err := c.wanted(l, p, o, sub)
		if err != nil {
			return answer{}, err
		}
		wanted.Code = p.newCode(now.In(app.Beijing).Format("20060102150405"))
		t, err := g.place(c, wanted, now)
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: p.result(g, t.Code)}, nil
	}
}

// wanted is the order in the core's words, without a code.
func (c *call) wanted(l line, p product, o *order, sub trade.SubMerchant) (trade.Order, error) {
	fingerprint, err := o.fingerprint(p.tradeType)
	if err != nil {
		return trade.Order{}, err
	}
	wanted := trade.Order{
		Merchant: c.merchant, Sub: sub, AppID: o.AppID, OutTradeNo: o.OutTradeNo, TradeType: p.tradeType,
		Subject: o.Description, Attach: o.Attach, Amount: app.Money(*o.Amount.Total), NotifyURL: o.NotifyURL,
		Fingerprint: fingerprint, ExpiresAt: o.expiresAt,
	}
	if o.Payer != nil {
		wanted.PayerID = cmp.Or(o.Payer.OpenID, o.Payer.SubOpenID, o.Payer.SpOpenID)
	}
	if !l.partner {
		return wanted, nil
	}
	wanted.AppID = cmp.Or(o.SubAppID, o.SpAppID)
	if o.Payer != nil && o.Payer.SpOpenID != "" && o.Payer.SubOpenID == "" {
		wanted.AppID = o.SpAppID // the payer is in the provider's app
	}
	wanted.Extra, err = ordered{SpAppID: o.SpAppID, SubAppID: o.SubAppID}.text()
	return wanted, err
}

func (g *Gateway) readOrder(c *call, l line, p product, now time.Time) (*order, trade.SubMerchant, error) {
	o := &order{}
	if err := c.decode(o); err != nil {
		return nil, trade.SubMerchant{}, err
	}
	sub, err := g.admit(c, l, "body", o.parties())
	if err != nil {
		return nil, sub, err
	}
	if err := g.check(o, l, p, now); err != nil {
		return nil, sub, err
	}
	if err := p.check(o, l); err != nil {
		return nil, sub, err
	}
	return o, sub, c.checkApps(l, o.parties(), sub, false)
}

// place finds or creates the trade. An order that is too near its expiry can be
// repeated but not begun.
func (g *Gateway) place(c *call, wanted trade.Order, now time.Time) (trade.Trade, error) {
	ctx := c.UserContext()
	if wanted.ExpiresAt.Sub(now) < minLife {
		old, err := g.trades.ByNumber(ctx, cmp.Or(wanted.Sub.ID, c.merchant.ID), wanted.OutTradeNo)
		if app.Is(err, app.NotFound) {
			return trade.Trade{}, paramError("body", "/time_expire", stamp(app.ToMillis(wanted.ExpiresAt)), "距当前时间不足1分钟")
		}
		if err != nil {
			return trade.Trade{}, err
		}
		return g.again(c, old, wanted, now)
	}
	t, created, err := g.trades.Create(ctx, wanted)
	if err != nil || created {
		return t, err
	}
	return g.again(c, t, wanted, now)
}

// again answers an order whose number the merchant has used before.
func (g *Gateway) again(c *call, old trade.Trade, wanted trade.Order, now time.Time) (trade.Trade, error) {
	switch {
	case old.WasPaid():
		return old, orderPaid()
	case old.Fingerprint != wanted.Fingerprint:
		return old, numberUsed()
	case old.State == trade.Closed:
		return old, orderClosed()
	case old.Expired(now):
		return old, numberExpired()
	case !old.CodeExpired(now):
		return old, nil
	}
	wanted.ExpiresAt = old.ExpiresAt.Time()
	t, err := g.trades.Reissue(c.UserContext(), old, wanted)
	if reasonOf(err) != trade.ReasonMoved {
		return t, err
	}
	// Another request reissued it, or somebody paid: what stands now counts.
	current, err := g.trades.ByNumber(c.UserContext(), old.MerchantID, wanted.OutTradeNo)
	if err != nil || current.CodeExpired(now) {
		return current, err
	}
	return g.again(c, current, wanted, now)
}
