package payments_test

import (
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// partOfIt is what each cell gives back of its 1234 fen.
const partOfIt = 500

// earlier is what was given back before, where the fault needs that.
const earlier = 100

// giveBack refunds a part of each cell's payment under the fault and wants each
// refund in its right end.
func (m *matrix) giveBack(t *testing.T, cells []*cell) {
	t.Helper()
	every(cells, (*cell).prepareRefund)
	every(cells, (*cell).askForRefund)
	m.pass(t, "decided", cells, (*cell).decided)
	m.stay(cells)
	every(cells, (*cell).finishByHand)
	m.pass(t, "refunded", cells, func(c *cell) bool { return c.GetRefund(c.refundID).Status == c.refundEnd() })
	m.pass(t, "quiet", cells, (*cell).quiet)
	every(cells, (*cell).checkRefund)
	if _, err := m.Sandbox.Trades().CancelFaults(m.Ctx); err != nil {
		t.Fatal(err)
	}
}

// prepareRefund sees to a payment with money in it, and to the fault.
func (c *cell) prepareRefund() {
	c.T.Helper()
	if c.end() != payments.StatusSucceeded {
		in := paymentstest.Order(c.orderNo+"-again", c.method)
		in.AccountID, in.Payer = c.account.ID, c.Payer(c.method)
		c.view = c.Create(in)
	}
	if c.aimsAtRefunds() && c.left() == 0 {
		c.plan()
	}
	if c.fault == trade.RefundTooSoon { // a first one, for another to come too soon after
		first := c.Refund(c.view.ID, paymentstest.RefundInput(c.orderNo+"-0", earlier))
		c.WaitRefund(first.ID, payments.RefundSucceeded)
	}
}

// aimsAtRefunds reports whether a refund is an occasion for the fault. The
// certificates are not rotated twice: what a refund is told after the rotation
// of the payment's wave is verified by the new one.
func (c *cell) aimsAtRefunds() bool {
	return c.fault != trade.PayAfterClose && c.fault != trade.RotateCertificate
}

// askForRefund is the merchant.
func (c *cell) askForRefund() {
	c.T.Helper()
	ask := func(no string) (payments.Refunded, error) {
		return c.Payments.Refund(c.Ctx, c.Scope, c.view.ID, paymentstest.RefundInput(no, partOfIt), nil)
	}
	out, err := ask(c.orderNo)
	if c.fault == trade.RefundNoBalance {
		if reasonOf(err) != "channel_refused" {
			c.errorf("without balance the refund gave %+v, %v", out, err)
		}
		out, err = ask(c.orderNo + "-2") // somebody has topped it up
	}
	if err != nil {
		c.T.Fatalf("%s × %s: refund: %v", c.method, c.fault, err)
	}
	if c.refundID = out.View.ID; out.Unknown && !slices.Contains(callFaults, c.fault) {
		c.errorf("the refund's outcome is unknown")
	}
}

// refundEnd is the right state of the cell's refund.
func (c *cell) refundEnd() payments.RefundStatus {
	if c.fault == trade.RefundFailsClosed {
		return payments.RefundFailed
	}
	return payments.RefundSucceeded
}

// decided reports whether the refund has come as far as it comes by itself.
func (c *cell) decided() bool {
	r := c.GetRefund(c.refundID)
	switch c.fault {
	case trade.RefundFailsAbnormal:
		return r.Status == payments.RefundAbnormal
	case trade.RefundDelay:
		return r.AcceptedAt != 0
	}
	return r.Status == c.refundEnd()
}

// stay lets two minutes pass, in which refunds that are under way are asked
// about and end nowhere.
func (m *matrix) stay(cells []*cell) {
	if cells[0].fault != trade.RefundDelay {
		return
	}
	for range 4 {
		m.Clock.Advance(30 * time.Second)
		m.RefundDue()
	}
	for _, c := range cells {
		if r := c.GetRefund(c.refundID); r.Status != payments.RefundPending || r.Queries == 0 {
			c.errorf("under way at the channel it is %s, asked about %d times", r.Status, r.Queries)
		}
	}
}

// finishByHand ends a refund at the channel that does not end by itself: an
// abnormal one, or one that is under way for long.
func (c *cell) finishByHand() {
	c.T.Helper()
	if c.fault != trade.RefundFailsAbnormal && c.fault != trade.RefundDelay {
		return
	}
	for _, r := range c.ChannelRefunds(c.method.Channel(), c.view.AttemptID) {
		if _, err := c.Sandbox.Trades().FinishRefund(c.Ctx, r.ID, trade.RefundSucceeded); err != nil {
			c.errorf("finish %s: %v", r.OutRefundNo, err)
		}
	}
}

// checkRefund wants the refund in its end, once.
func (c *cell) checkRefund() {
	c.T.Helper()
	r, p := c.GetRefund(c.refundID), c.Get(c.view.ID)
	want := []string{"refund." + string(c.refundEnd())}
	if c.fault == trade.RefundFailsAbnormal {
		want = []string{"refund.abnormal", "refund.succeeded"}
	}
	if types := c.EventTypes(r.ID); r.Status != c.refundEnd() || !slices.Equal(types, want) {
		c.errorf("refund %s with events %v, want %s with %v", r.Status, types, c.refundEnd(), want)
	}
	given := app.Money(0)
	if r.Status == payments.RefundSucceeded {
		given = partOfIt
	}
	at := c.ChannelRefunds(c.method.Channel(), c.view.AttemptID) // newest first
	if c.fault == trade.RefundTooSoon {
		given, at = given+earlier, at[:len(at)-1]
	}
	if p.AmountRefunded != given || p.RefundReserved != given {
		c.errorf("%d fen given back and %d reserved, want %d", p.AmountRefunded, p.RefundReserved, given)
	}
	if len(at) != 1 || at[0].OutRefundNo != r.ID || at[0].Amount != partOfIt {
		c.errorf("the channel knows the refunds %+v, want %s alone", at, r.ID)
	}
	c.usedUp(c.aimsAtRefunds() || c.aimsAtPayments())
}
