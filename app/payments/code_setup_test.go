package payments_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// bothCodes are the methods that charge a payment code, and charges what each
// asks its channel for.
var (
	bothCodes = []channel.Method{channel.WeChatCode, channel.AlipayCode}
	charges   = map[channel.Method]string{channel.WeChatCode: "codepay", channel.AlipayCode: "alipay.trade.pay"}
	reverses  = map[channel.Method]string{channel.WeChatCode: "reverse", channel.AlipayCode: "alipay.trade.cancel"}
)

// eachCode runs f for each channel's payment codes on both databases.
func eachCode(t *testing.T, f func(s *shop, w *paymentstest.Wire, m channel.Method)) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for _, m := range bothCodes {
			f(s, w, m)
			w.Set(func(w *paymentstest.Wire) { w.Fail, w.Lose, w.Forge = nil, nil, nil })
			if _, err := s.Sandbox.Trades().CancelFaults(s.Ctx); err != nil {
				s.T.Fatal(err)
			}
		}
	})
}

// showCode returns a fresh payment code of a payer who behaves so.
func (s *shop) showCode(m channel.Method, b trade.Behaviour) string {
	s.T.Helper()
	c, err := s.Sandbox.Trades().NewPayCode(s.Ctx, trade.PayCodeOrder{Channel: m.Channel(), Behaviour: b})
	if err != nil {
		s.T.Fatal(err)
	}
	return c.AuthCode
}

// scan is an order at the till for a code.
func scan(orderNo string, m channel.Method, code string) payments.CreateInput {
	in := paymentstest.Order(orderNo+"-"+string(m), m)
	in.Payer = channel.Payer{AuthCode: code, ClientIP: "203.0.113.7"}
	return in
}

// only makes the wire fail for one operation: before it is sent, or with its
// answer lost.
func only(w *paymentstest.Wire, operation string, sent bool) {
	w.Set(func(w *paymentstest.Wire) {
		if w.Fail, w.Lose = nil, nil; sent {
			w.Lose = func(r *http.Request) bool { return paymentstest.Operation(r) == operation }
			return
		}
		w.Fail = func(r *http.Request) error {
			if paymentstest.Operation(r) == operation {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
	})
}

// after lets time pass and the job run.
func (s *shop) after(d time.Duration) {
	s.T.Helper()
	s.Clock.Advance(d)
	s.QueryDue()
}

// unknown places an order whose outcome must be unknown.
func (s *shop) unknown(in payments.CreateInput) payments.View {
	s.T.Helper()
	out, err := s.Payments.Create(s.Ctx, s.Scope, in, nil)
	if err != nil || !out.Unknown || out.View.Action != nil {
		s.T.Fatalf("%s: %+v, %v: want an unknown outcome", in.OrderNo, out, err)
	}
	return out.View
}

// ended wants a payment in a final state with one event.
func (s *shop) ended(m channel.Method, id string, want payments.Status) payments.Payment {
	s.T.Helper()
	p := s.Get(id)
	if types := s.EventTypes(id); p.Status != want || !slices.Equal(types, []string{"payment." + string(want)}) {
		s.T.Errorf("%s: the payment is %s with events %v, want %s", m, p.Status, types, want)
	}
	return p
}

func (s *shop) tradeOf(p payments.View) trade.Trade {
	s.T.Helper()
	for _, t := range s.trades() {
		if t.OutTradeNo == p.AttemptID {
			return t
		}
	}
	s.T.Fatalf("the channel has no order %s", p.AttemptID)
	return trade.Trade{}
}

// keptNowhere looks for a code wherever the platform writes about a payment.
func (s *shop) keptNowhere(code string) {
	s.T.Helper()
	for _, q := range []string{
		`SELECT request FROM attempts`, `SELECT action FROM attempts`, `SELECT error_message FROM attempts`, `SELECT args FROM payment_timeline`,
		`SELECT request_text FROM payment_timeline`, `SELECT response_text FROM payment_timeline`, `SELECT payload FROM events`,
		`SELECT body FROM idempotency_records`, `SELECT metadata FROM payments`,
	} {
		var texts []string
		if err := s.DB.Select(s.Ctx, &texts, q); err != nil {
			s.T.Fatal(err)
		}
		for _, text := range texts {
			if strings.Contains(text, code) {
				s.T.Errorf("%s shows the payment code: %s", q, text)
			}
		}
	}
}

// moneyOf reports whether the channel keeps money for a payment's order.
func (s *shop) moneyOf(p payments.View) bool {
	s.T.Helper()
	for _, t := range s.trades() {
		if t.OutTradeNo == p.AttemptID {
			return t.WasPaid() && t.Refunded < t.Amount
		}
	}
	return false
}
