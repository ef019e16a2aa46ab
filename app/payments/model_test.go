package payments_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// life is a payment beside its pure model: what anyone who knows only what was
// done to it must expect.
type life struct {
	*shop
	rt   *rapid.T
	view payments.View
	in   payments.CreateInput

	status  payments.Status // what the platform must show
	paid    bool            // money moved at the channel
	closed  bool            // the channel takes no more money
	late    bool
	events  []string
	version int64
	moved   time.Duration // how far the clock was moved
}

var lives int

// begin places the order.
func (l *life) begin() {
	lives++
	method := rapid.SampledFrom(bothMethods).Draw(l.rt, "method")
	l.in = paymentstest.Order(fmt.Sprintf("model-%d", lives), method)
	l.in.ExpiresAt = l.Clock.Now().Add(time.Hour)
	out, err := l.Payments.Create(l.Ctx, l.Scope, l.in, nil)
	if err != nil {
		l.rt.Fatalf("create: %v", err)
	}
	l.view, l.status, l.version = out.View, payments.StatusPending, out.View.Version
}

// succeed is the model's answer to the platform learning that money moved.
func (l *life) succeed() {
	if l.status == payments.StatusSucceeded {
		return
	}
	l.late = l.status == payments.StatusClosed
	l.status = payments.StatusSucceeded
	l.events = append(l.events, "payment.succeeded")
}

func (l *life) end() {
	if l.status == payments.StatusPending {
		l.status = payments.StatusClosed
		l.events = append(l.events, "payment.closed")
	}
}

// pay has the payer pay, with the notification arriving once, twice or never.
func (l *life) pay(*rapid.T) {
	fault := rapid.SampledFrom([]trade.Fault{"", trade.DropNotification, trade.DuplicateNotification, trade.BadSignature}).Draw(l.rt, "fault")
	if l.paid || l.closed {
		if _, err := l.Sandbox.Trades().Pay(l.Ctx, l.view.Action.CodeURL); err == nil {
			l.rt.Fatal("the sandbox took money for a paid or closed order")
		}
		return
	}
	if fault != "" {
		l.Fault(l.in.Method.Channel(), fault, 1)
	}
	l.Shop.Pay(l.view.Action.CodeURL)
	l.paid, l.closed = true, true
	if fault == "" || fault == trade.DuplicateNotification {
		l.succeed()
	}
}

// close asks for the close over the service.
func (l *life) close(*rapid.T) {
	p, err := l.Payments.Close(l.Ctx, l.Scope, l.view.ID)
	switch {
	case l.status == payments.StatusClosed:
		// Closing what is closed asks nobody.
		if err != nil || p.Status != payments.StatusClosed {
			l.rt.Fatalf("second close: %s, %v", p.Status, err)
		}
	case l.paid:
		if !app.Is(err, app.Conflict) {
			l.rt.Fatalf("close of a paid order: %v", err)
		}
		l.succeed()
	default:
		if err != nil {
			l.rt.Fatalf("close: %v", err)
		}
		l.end()
		// An unscanned Alipay code cannot be closed and may still be paid.
		l.closed = l.in.Method == channel.WeChatNative
	}
}

// query lets time pass until the job must have asked: it asks at least every
// ten minutes, until two hours after the expiry.
func (l *life) query(*rapid.T) {
	if l.Clock.Now().After(l.in.ExpiresAt.Add(time.Hour)) {
		return
	}
	l.pass(10*time.Minute + time.Second)
	l.QueryDue()
	l.learn()
}

// expire lets the payment's time run out, and the job's longest pause with it.
func (l *life) expire(*rapid.T) {
	if left := l.in.ExpiresAt.Sub(l.Clock.Now()); left > 0 {
		l.pass(left + 10*time.Minute + time.Second)
		l.QueryDue()
		l.learn()
	}
}

// learn is what a query tells the platform.
func (l *life) learn() {
	switch {
	case l.paid:
		l.succeed()
	case l.status == payments.StatusPending && !l.Clock.Now().Before(l.in.ExpiresAt):
		l.end()
		l.closed = l.in.Method == channel.WeChatNative
	}
}

// repeat sends the merchant's request again.
func (l *life) repeat(*rapid.T) {
	out, err := l.Payments.Create(l.Ctx, l.Scope, l.in, nil)
	if err != nil || out.New || out.View.ID != l.view.ID {
		l.rt.Fatalf("repeat: %+v, %v", out, err)
	}
}

func (l *life) pass(d time.Duration) {
	l.Clock.Advance(d)
	l.moved += d
}

// check compares the platform with the model.
func (l *life) check(*rapid.T) {
	p := l.Await(l.view.ID, l.status)
	if p.Late != l.late {
		l.rt.Fatalf("late is %v, want %v", p.Late, l.late)
	}
	if p.Version < l.version {
		l.rt.Fatalf("version went from %d to %d", l.version, p.Version)
	}
	l.version = p.Version
	if got := l.EventTypes(l.view.ID); !slices.Equal(got, l.events) {
		l.rt.Fatalf("events %v, want %v", got, l.events)
	}
}

func TestAPaymentLivesAsItsModel(t *testing.T) {
	c := &paymentstest.Clock{}
	inner, _ := paymentstest.Open(t, dbtest.OpenSQLite(t, dbtest.WithClock(c)), c)
	s := &shop{inner}
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{shop: s, rt: rt}
		defer func() {
			c.Advance(-l.moved)
			if _, err := s.Sandbox.Trades().CancelFaults(s.Ctx); err != nil {
				rt.Fatal(err)
			}
		}()
		l.begin()
		rt.Repeat(map[string]func(*rapid.T){
			"pay": l.pay, "close": l.close, "query": l.query, "expire": l.expire, "repeat": l.repeat, "": l.check,
		})
	})
	s.Sound()
}
