package payments_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// byTill reports whether the method charges a payment code.
func byTill(m channel.Method) bool { return m == channel.WeChatCode || m == channel.AlipayCode }

// callFaults are those of an answer to one of our calls.
var callFaults = []trade.Fault{
	trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.HTTP500, trade.Garbage, trade.RateLimit,
	trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated,
}

// undone are those under which the call had no effect.
var undone = []trade.Fault{trade.TimeoutBefore, trade.HTTP500, trade.Garbage, trade.RateLimit}

// takePayments places and pays an order in every cell and wants each in its
// right end.
func (m *matrix) takePayments(t *testing.T, cells []*cell) {
	t.Helper()
	every(cells, (*cell).place)
	m.pass(t, "accepted", cells, func(c *cell) bool {
		p := c.Get(c.view.ID)
		return p.Status != payments.StatusCreated
	})
	every(cells, (*cell).payByWallet)
	m.pass(t, "ended", cells, func(c *cell) bool { return c.Get(c.view.ID).Status == c.end() })
	m.pass(t, "quiet", cells, (*cell).quiet)
	every(cells, (*cell).checkPayment)
}

// end is the right state of the cell's payment. A code that was not charged is
// gone, and one that was taken back cannot be confirmed any more: the order is
// closed.
func (c *cell) end() payments.Status {
	lost := c.fault == trade.PayAfterClose || c.fault != trade.RateLimit && slices.Contains(undone, c.fault)
	if byTill(c.method) && lost {
		return payments.StatusClosed
	}
	return payments.StatusSucceeded
}

// order is what the merchant asks for.
func (c *cell) order() payments.CreateInput {
	in := paymentstest.Order(c.orderNo, c.method)
	in.AccountID, in.ReturnURL, in.Payer = c.account.ID, "https://shop.example/back", c.Payer(c.method)
	if byTill(c.method) && c.fault == trade.PayAfterClose {
		in.Payer.AuthCode = c.showCode(c.method, trade.AsksPassword)
	}
	c.authCode = in.Payer.AuthCode
	return in
}

// place asks for the order once; a till that is refused for certain shows
// another code.
func (c *cell) place() {
	c.T.Helper()
	out, err := c.Payments.Create(c.Ctx, c.Scope, c.order(), nil)
	if reasonOf(err) == "channel_refused" && byTill(c.method) && c.fault == trade.RateLimit {
		c.attempts++
		out, err = c.Payments.Create(c.Ctx, c.Scope, c.order(), nil)
	}
	if err != nil {
		c.T.Fatalf("%s × %s: create: %v", c.method, c.fault, err)
	}
	if c.view = out.View; out.Unknown && !slices.Contains(callFaults, c.fault) {
		c.errorf("the outcome is unknown")
	}
}

// payByWallet is the payer, who opens the order as it stands now. Under
// pay_after_close the merchant closes it first.
func (c *cell) payByWallet() {
	c.T.Helper()
	view, err := c.Payments.ViewOf(c.Ctx, c.Get(c.view.ID))
	if err != nil {
		c.T.Fatal(err)
	}
	if c.view = view; view.Status != payments.StatusPending {
		return // the till was paid, or never will be
	}
	if view.Action == nil {
		c.T.Fatalf("%s × %s: the order has no action: %+v", c.method, c.fault, view)
	}
	if byTill(c.method) {
		c.confirmAfterClose()
		return
	}
	code := c.openOrder(*view.Action)
	if c.fault == trade.PayAfterClose {
		if _, err := c.Sandbox.Trades().Scan(c.Ctx, code); err != nil {
			c.errorf("scan: %v", err)
		}
		c.close()
	}
	c.Pay(code)
}

// confirmAfterClose is a payer who types the password after the charge was
// taken back.
func (c *cell) confirmAfterClose() {
	c.T.Helper()
	if c.fault != trade.PayAfterClose {
		return // the notification or the query has yet to come
	}
	c.close()
	if _, err := c.Sandbox.Trades().ConfirmPayCode(c.Ctx, c.authCode); !app.Is(err, app.Conflict) {
		c.errorf("confirming a charge that was taken back gave %v", err)
	}
}

func (c *cell) close() {
	c.T.Helper()
	if closed, err := c.Payments.Close(c.Ctx, c.Scope, c.view.ID); err != nil || closed.Status != payments.StatusClosed {
		c.errorf("closed as %s, %v", closed.Status, err)
	}
}

// openOrder returns what the wallet pays. A payer whose browser gets no page
// tries again: these orders are made by the browser's request, so that the fault
// meets the payer.
func (c *cell) openOrder(a channel.Action) string {
	c.T.Helper()
	if c.method.Channel() != app.Alipay || a.Type != "redirect" {
		return c.CodeOf(c.method, a)
	}
	browser := http.Client{Timeout: 3 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 3 {
		res, err := browser.Get(a.URL)
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if at, err := res.Location(); err == nil {
			if page, err := url.Parse(at.String()); err == nil && page.Query().Get("code") != "" {
				return page.Query().Get("code")
			}
		}
	}
	c.T.Fatalf("%s × %s: the cashier never opens", c.method, c.fault)
	return ""
}

// checkPayment wants the payment in its end, once.
func (c *cell) checkPayment() {
	c.T.Helper()
	p := c.Get(c.view.ID)
	late := c.fault == trade.PayAfterClose && !byTill(c.method)
	want := []string{"payment." + string(c.end())}
	if late {
		want = []string{"payment.closed", "payment.succeeded"}
	}
	if types := c.EventTypes(p.ID); p.Status != c.end() || p.Late != late || !slices.Equal(types, want) {
		c.errorf("%s, late %t, with events %v; want %s with %v", p.Status, p.Late, types, c.end(), want)
	}
	paid := p.Status == payments.StatusSucceeded
	if n := c.rows(`SELECT COUNT(*) FROM channel_receipts WHERE object_id IN (SELECT id FROM attempts WHERE payment_id = ?)`, p.ID); n != one(paid) {
		c.errorf("the money was posted %d times", n)
	}
	if n := c.rows(`SELECT COUNT(*) FROM attempts WHERE payment_id = ?`, p.ID); n != c.attempts {
		c.errorf("%d attempts, want %d", n, c.attempts)
	}
	if got := c.moneyOf(c.view); got != paid {
		c.errorf("the channel holds money: %t, and the payment is %s", got, p.Status)
	}
	if n := c.rows(`SELECT COUNT(*) FROM channel_notifications WHERE payment_id = ? AND status = 'quarantined'`, p.ID); (n > 0) != (c.fault == trade.TamperAmount && c.aimsAtPayments()) {
		c.errorf("%d cases for a person", n)
	}
	c.usedUp(c.aimsAtPayments())
}

// noticeFaults are those of a notification.
var noticeFaults = []trade.Fault{
	trade.DropNotification, trade.DuplicateNotification, trade.DelayNotification, trade.BadSignature, trade.SignTest,
	trade.TamperAmount, trade.SignWithPublicKey,
}

// aimsAtPayments reports whether taking a payment is an occasion for the fault.
// A charge at WeChat's till is not announced, and one that was taken back not
// paid.
func (c *cell) aimsAtPayments() bool {
	switch c.fault {
	case trade.RefundDelay, trade.RefundFailsAbnormal, trade.RefundFailsClosed, trade.RefundNoBalance, trade.RefundTooSoon:
		return false
	case trade.PayAfterClose:
		return !byTill(c.method)
	}
	return c.method != channel.WeChatCode || !slices.Contains(noticeFaults, c.fault)
}

// usedUp wants the fault to have happened, or to be still to come.
func (c *cell) usedUp(want bool) {
	c.T.Helper()
	if n := c.left(); (n == 0) != want {
		c.errorf("%d faults are still planned: it happened %t, want %t", n, n == 0, want)
	}
}

// rows counts by a query with one id.
func (c *cell) rows(query, id string) int {
	c.T.Helper()
	var n int
	if err := c.DB.Get(c.Ctx, &n, query, id); err != nil {
		c.T.Fatal(err)
	}
	return n
}
