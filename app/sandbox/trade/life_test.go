package trade_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// model is a trade's life without a database: what must hold whatever the
// payer, the merchant and the clock do.
type model struct {
	state         trade.State
	scanned       bool
	expires, code time.Time
	lateAllowed   int // planned pay_after_close
	announced     int
	refunded      app.Money
	refunds       int
}

func (m *model) dead(now time.Time) string {
	switch {
	case m.state == trade.Paid || m.state == trade.Refunded:
		return trade.ReasonPaid
	case m.state == trade.Closed:
		return trade.ReasonClosed
	case now.After(m.expires) || now.After(m.code):
		return trade.ReasonExpired
	}
	return ""
}

// pay returns the reason for which the payment must be refused, "" for none.
func (m *model) pay(now time.Time, late bool) string {
	why := m.dead(now)
	if why == trade.ReasonPaid {
		return why
	}
	if why != "" && !late {
		if m.lateAllowed == 0 {
			return why
		}
		m.lateAllowed--
	}
	m.state, m.scanned = trade.Paid, true
	m.announced++
	return ""
}

// refund returns the reason for which Alipay refuses to give the amount of 100
// fen back, "" for none. All given back ends the trade.
func (m *model) refund(fen app.Money) string {
	switch {
	case m.state != trade.Paid && m.state != trade.Refunded:
		return trade.ReasonUnpaid
	case m.refunded+fen > 100:
		return trade.ReasonRefundExceeds
	case m.refunds == trade.MaxRefunds:
		return trade.ReasonRefundTooMany
	}
	m.refunded += fen
	m.refunds++
	m.announced++
	if m.refunded == 100 {
		m.state = trade.Refunded
	}
	return ""
}

func (m *model) close() string {
	if m.state == trade.Unpaid {
		m.state = trade.Closed
		return ""
	}
	return m.dead(time.Time{})
}

func TestATradesLifeFollowsTheModel(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)}
	d := dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(c))
	b := &box{Service: open(t, d, c), clock: c}
	var err error
	if b.merchant, err = b.OpenMerchant(context.Background(), app.Alipay, trade.PublicKey); err != nil {
		t.Fatal(err)
	}
	runs, numbers := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		ctx := context.Background()
		o := b.order(fmt.Sprintf("life-%d", runs), "https://shop.example/n")
		o.ExpiresAt = c.Now().Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 6 * time.Hour}).Draw(rt, "life"))
		made, created, err := b.Create(ctx, o)
		if err != nil || !created {
			rt.Fatalf("create: %v", err)
		}
		m := &model{state: trade.Unpaid, expires: o.ExpiresAt, code: c.Now().Add(trade.CodeLife)}
		if _, err := b.CancelFaults(ctx); err != nil {
			rt.Fatal(err)
		}
		// Most lives end within a few steps: some begin late.
		c.advance(rapid.SampledFrom([]time.Duration{0, 3 * time.Hour}).Draw(rt, "asleep"))
		want := func(rt *rapid.T, err error, reason string) {
			if got := reasonOrNil(err); got != reason {
				rt.Fatalf("got %q (%v), want %q", got, err, reason)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"pay":  func(rt *rapid.T) { _, err := b.Pay(ctx, made.Code); want(rt, err, m.pay(c.Now(), false)) },
			"late": func(rt *rapid.T) { _, err := b.PayLate(ctx, made.Code); want(rt, err, m.pay(c.Now(), true)) },
			"close": func(rt *rapid.T) {
				_, err := b.Close(ctx, made)
				want(rt, err, m.close())
			},
			"scan": func(rt *rapid.T) {
				m.scanned = m.scanned || m.dead(c.Now()) == ""
				_, err := b.Scan(ctx, made.Code)
				want(rt, err, "")
			},
			"plan": func(rt *rapid.T) {
				_, err := b.PlanFault(ctx, trade.Plan{Channel: app.Alipay, Account: b.merchant.ID, Fault: trade.PayAfterClose})
				want(rt, err, "")
				m.lateAllowed++
			},
			"refund": func(rt *rapid.T) {
				fen := rapid.SampledFrom([]app.Money{1, 30, 70, 100}).Draw(rt, "fen")
				current, err := b.ByID(ctx, made.ID)
				want(rt, err, "")
				numbers++
				_, _, err = b.Refund(ctx, trade.RefundOrder{Trade: current, OutRefundNo: fmt.Sprintf("refund-%d", numbers), Amount: fen, Instant: true})
				want(rt, err, m.refund(fen))
			},
			"console": func(rt *rapid.T) {
				left := max(1, 100-m.refunded)
				_, err := b.ConsoleRefund(ctx, made.ID, 0)
				want(rt, err, m.refund(left))
			},
			"wait": func(rt *rapid.T) {
				c.advance(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 3 * time.Hour}).Draw(rt, "wait"))
			},
			"": func(rt *rapid.T) {
				got, err := b.ByID(ctx, made.ID)
				if err != nil {
					rt.Fatal(err)
				}
				queued, err := b.Notifications(ctx, made.ID, "", 100)
				if err != nil {
					rt.Fatal(err)
				}
				if got.State != m.state || got.Scanned != m.scanned || len(queued) != m.announced || (got.PaidAt != 0) != got.WasPaid() || got.Refunded != m.refunded || got.Refunds != m.refunds {
					rt.Fatalf("state %s scanned %v announced %d refunded %d by %d, want %+v", got.State, got.Scanned, len(queued), got.Refunded, got.Refunds, m)
				}
			},
		})
	})
}

// reasonOrNil is the refusal's reason, "" for success, and the error's text
// when it is neither.
func reasonOrNil(err error) string {
	if err == nil {
		return ""
	}
	if r := reason(err); r != "" {
		return r
	}
	return err.Error()
}
