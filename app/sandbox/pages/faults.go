package pages

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// faultGroup is a list of faults of one subject; Name keys its title.
type faultGroup struct {
	Name   string
	Faults []trade.Fault
}

// faultGroups sorts every fault by what misbehaves. A test holds it together
// with the list.
func faultGroups() []faultGroup {
	return []faultGroup{
		{"answer", []trade.Fault{
			trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.Slow, trade.HTTP500, trade.RateLimit,
			trade.Garbage, trade.Truncated, trade.UnsignedAnswer, trade.ForgeAnswer,
		}},
		{"notification", []trade.Fault{
			trade.DropNotification, trade.DelayNotification, trade.DuplicateNotification,
			trade.BadSignature, trade.SignTest, trade.TamperAmount,
		}},
		{"order", []trade.Fault{trade.PayAfterClose}},
		{"refund", []trade.Fault{
			trade.RefundDelay, trade.RefundFailsAbnormal, trade.RefundFailsClosed, trade.RefundNoBalance, trade.RefundTooSoon,
		}},
		{"keys", []trade.Fault{trade.RotateCertificate, trade.SignWithPublicKey}},
	}
}

type faultsView struct {
	Channel  app.Channel
	Groups   []faultGroup // what the channel can do
	Accounts []string
	Account  string // chosen before
	Planned  []trade.Plan
}

func (p *Pages) faults(c *fiber.Ctx) error {
	ctx, v := c.UserContext(), faultsView{Channel: channelOf(c.Query("channel")), Account: c.Query("account")}
	can := p.cfg.Trades.FaultsOf(v.Channel)
	for _, g := range faultGroups() {
		g.Faults = slices.DeleteFunc(g.Faults, func(f trade.Fault) bool { return !slices.Contains(can, f) })
		if len(g.Faults) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	merchants, err := p.cfg.Trades.Merchants(ctx, merchantsShown)
	if err != nil {
		return p.fail(c, err)
	}
	for _, m := range merchants {
		if m.Channel == v.Channel {
			v.Accounts = append(v.Accounts, m.ID)
		}
	}
	if v.Planned, err = p.cfg.Trades.Planned(ctx); err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, faultsPage(p.frame(c), v))
}

func channelOf(name string) app.Channel {
	if name == string(app.Alipay) {
		return app.Alipay
	}
	return app.WeChat
}

func (p *Pages) planFault(c *fiber.Ctx) error {
	count, err := strconv.ParseInt(c.FormValue("count", "1"), 10, 64)
	if err != nil {
		return p.fail(c, app.InvalidField("count", "malformed", "count %q is not a number", c.FormValue("count")))
	}
	plan := trade.Plan{
		Channel: app.Channel(c.FormValue("channel")), Fault: trade.Fault(c.FormValue("fault")), Account: c.FormValue("account"), Count: count,
	}
	if _, err := p.cfg.Trades.PlanFault(c.UserContext(), plan); err != nil {
		return p.fail(c, err)
	}
	q := url.Values{"channel": {string(plan.Channel)}, "account": {plan.Account}}
	return c.Redirect("/sandbox/faults?"+q.Encode(), fiber.StatusSeeOther)
}

func (p *Pages) cancelFaults(c *fiber.Ctx) error {
	if _, err := p.cfg.Trades.CancelFaults(c.UserContext()); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/faults", fiber.StatusSeeOther)
}
