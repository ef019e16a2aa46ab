package pages

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const tradesShown = 20

type tradeRow struct {
	Trade   trade.Trade
	Status  badge
	Refunds []refundRow
	Notices []noticeRow
	Left    string // what the merchant could still give back, "" for nothing
	Open    bool
}

type refundRow struct {
	Refund trade.Refund
	Status badge
	Ends   []trade.RefundState // how a person may end it
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
}

func (p *Pages) trades(c *fiber.Ctx) error {
	ctx := c.UserContext()
	f := p.frame(c)
	v := tradesView{Single: c.Query("trade") != ""}
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
	if t.WasPaid() && t.Refunded < t.Amount {
		row.Left = (t.Amount - t.Refunded).Yuan()
	}
	var err error
	if row.Refunds, err = p.refundRows(ctx, w, t.ID); err != nil {
		return row, err
	}
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

// refundRows lists the trade's refunds. What is under way or abnormal can be
// ended by hand, as in the channel's console.
func (p *Pages) refundRows(ctx context.Context, w words, tradeID string) ([]refundRow, error) {
	refunds, err := p.cfg.Trades.RefundsOf(ctx, tradeID, "", trade.MaxRefunds)
	rows := make([]refundRow, 0, len(refunds))
	for _, r := range refunds {
		row := refundRow{Refund: r, Status: w.refundBadge(r.State)}
		switch r.State {
		case trade.RefundProcessing:
			row.Ends = []trade.RefundState{trade.RefundSucceeded, trade.RefundAbnormal, trade.RefundClosed}
		case trade.RefundAbnormal:
			row.Ends = []trade.RefundState{trade.RefundSucceeded, trade.RefundClosed}
		}
		rows = append(rows, row)
	}
	return rows, err
}

// consoleRefund gives money back as a person in the channel's own console does:
// the platform has not asked for it.
func (p *Pages) consoleRefund(c *fiber.Ctx) error {
	var amount app.Money
	if text := strings.TrimSpace(c.FormValue("amount")); text != "" {
		var err error
		if amount, err = app.ParseYuan(text); err != nil || amount <= 0 {
			return p.fail(c, app.InvalidField("amount", "malformed", "amount %q: want yuan such as 12.30", text))
		}
	}
	r, err := p.cfg.Trades.ConsoleRefund(c.UserContext(), c.FormValue("trade"), amount)
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(tradePath(r.TradeID), fiber.StatusSeeOther)
}

// finishRefund ends a refund by hand.
func (p *Pages) finishRefund(c *fiber.Ctx) error {
	r, err := p.cfg.Trades.FinishRefund(c.UserContext(), c.FormValue("refund"), trade.RefundState(c.FormValue("outcome")))
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(tradePath(r.TradeID), fiber.StatusSeeOther)
}

func tradePath(id string) string { return "/sandbox/trades?trade=" + url.QueryEscape(id) }

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
	return c.Redirect(tradePath(n.TradeID), fiber.StatusSeeOther)
}
