package pages

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const tradesShown = 20

type tradeRow struct {
	Trade   trade.Trade
	Status  badge
	Notices []noticeRow
	Open    bool
}

type noticeRow struct {
	Notification trade.Notification
	Status       badge
	Attempts     []trade.Attempt
}

type tradesView struct {
	Rows   []tradeRow
	Single bool // one trade, asked for by its id
	More   string
	Faults []trade.Plan
	Offer  []trade.Fault
}

func (p *Pages) trades(c *fiber.Ctx) error {
	ctx := c.UserContext()
	f := p.frame(c)
	v := tradesView{Single: c.Query("trade") != "", Offer: trade.Faults()}
	found, err := p.page(ctx, c.Query("trade"), c.Query("before"))
	if err != nil {
		return p.fail(c, err)
	}
	if len(found) > tradesShown {
		found = found[:tradesShown]
		v.More = "/sandbox/trades?before=" + url.QueryEscape(found[tradesShown-1].ID)
	}
	for _, t := range found {
		row, err := p.row(ctx, f.W, t)
		if err != nil {
			return p.fail(c, err)
		}
		row.Open = v.Single
		v.Rows = append(v.Rows, row)
	}
	if v.Faults, err = p.cfg.Trades.Planned(ctx); err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, tradesPage(f, v))
}

// page reads one trade, or one more than a page of them.
func (p *Pages) page(ctx context.Context, id, before string) ([]trade.Trade, error) {
	if id != "" {
		t, err := p.cfg.Trades.ByID(ctx, id)
		return []trade.Trade{t}, err
	}
	return p.cfg.Trades.Trades(ctx, "", before, tradesShown+1)
}

// noticesShown bounds what one trade's row lists.
const noticesShown = 20

func (p *Pages) row(ctx context.Context, w words, t trade.Trade) (tradeRow, error) {
	row := tradeRow{Trade: t, Status: w.tradeBadge(t, t.Expired(p.cfg.Trades.Now()))}
	notices, err := p.cfg.Trades.Notifications(ctx, t.ID, "", noticesShown)
	if err != nil {
		return row, err
	}
	for _, n := range notices {
		attempts, err := p.cfg.Trades.AttemptsOf(ctx, n.ID)
		if err != nil {
			return row, err
		}
		row.Notices = append(row.Notices, noticeRow{Notification: n, Status: w.noticeBadge(n.State), Attempts: attempts})
	}
	return row, nil
}

// replay sends a notification once more and shows its trade.
func (p *Pages) replay(c *fiber.Ctx) error {
	ctx := c.UserContext()
	n, err := p.cfg.Trades.Notification(ctx, c.FormValue("notification"))
	if err != nil {
		return p.fail(c, err)
	}
	if _, err := p.cfg.Trades.Replay(ctx, n.ID); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/trades?trade="+url.QueryEscape(n.TradeID), fiber.StatusSeeOther)
}

func (p *Pages) planFault(c *fiber.Ctx) error {
	_, err := p.cfg.Trades.PlanFault(c.UserContext(), trade.Plan{
		Channel: app.Channel(c.FormValue("channel")), Fault: trade.Fault(c.FormValue("fault")), Count: 1,
	})
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/trades", fiber.StatusSeeOther)
}

func (p *Pages) cancelFaults(c *fiber.Ctx) error {
	if _, err := p.cfg.Trades.CancelFaults(c.UserContext()); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/trades", fiber.StatusSeeOther)
}
