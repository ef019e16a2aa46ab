package payments_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// What the channel gave back before we knew of the money is not given back
// again, whatever the merchant chose.
func TestMoneyGivenBackAtTheChannelIsNotGivenBackByPolicy(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.settings(func(x *merchants.Settings) { x.LatePayments = merchants.RefundMoney })
		for _, method := range bothMethods {
			v := s.Create(paymentstest.Order("NP-"+string(method), method))
			if _, err := s.Payments.Close(s.Ctx, s.Scope, v.ID); err != nil {
				s.T.Fatal(err)
			}
			s.Trap.Arm()
			if _, err := s.Sandbox.Trades().PayLate(s.Ctx, v.Action.CodeURL); err != nil {
				s.T.Fatal(err)
			}
			s.Trap.Wait(s.T)
			s.ConsoleRefund(method.Channel(), v.AttemptID, 0)
			r := s.Adopted(v.ID, 1)
			s.Clock.Advance(time.Hour)
			s.RefundDue()
			list := s.RefundsOf(v.ID)
			if got := s.Get(v.ID); !got.Late || got.AmountRefunded != 1234 || len(list) != 1 || r.Source != payments.SourceChannel {
				s.T.Errorf("%s: %+v with %d refunds", method, got, len(list))
			}
		}
	})
}

// The same of a second payment: it is known as given back when its success is
// first seen.
func TestASecondPaymentGivenBackAtTheChannelIsNotGivenBackByPolicy(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		v := s.Create(paymentstest.Order("ND-1", channel.AlipayQR))
		second := s.change(v.ID, channel.WeChatNative)
		s.Pay(second.Action.CodeURL)
		s.Await(v.ID, payments.StatusSucceeded)
		s.Trap.Arm()
		s.Pay(v.Action.CodeURL)
		s.Trap.Wait(s.T)
		s.ConsoleRefund(app.Alipay, v.AttemptID, 0)
		r := s.Adopted(v.ID, 1)
		s.RefundDue()
		if list := s.RefundsOf(v.ID); len(list) != 1 || r.Source != payments.SourceChannel || r.AttemptID != v.AttemptID {
			s.T.Errorf("%+v", list)
		}
		if got := s.Get(v.ID); got.AmountRefunded != 0 || got.RefundReserved != 0 {
			s.T.Errorf("%+v", got)
		}
	})
}

// claim is an Idempotency-Key whose answers are the status of what was shown.
func (s *shop) claim(key string) *payments.Claim {
	return &payments.Claim{
		Scope: s.Scope, Key: key, Fingerprint: "f", Owner: app.NewID("req_", time.Now()),
		Answer: func(out payments.Outcome, err error) (payments.Frozen, bool) {
			var e *app.Error
			if errors.As(err, &e) {
				return payments.Frozen{StatusCode: 422, Body: e.Reason}, true
			}
			view, _, unknown := out.Shown()
			b, _ := json.Marshal(view)
			return payments.Frozen{StatusCode: 201, Body: string(b)}, !unknown
		},
	}
}

func TestAnIdempotencyKeyReplaysARefundsAnswer(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("IK-1", channel.AlipayQR)
		ask := func(key, no string, amount app.Money) (payments.Refunded, error) {
			return s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput(no, amount), s.claim(key))
		}
		frozen := func(key string) *payments.Frozen {
			f, err := s.Payments.Replay(s.Ctx, s.claim(key))
			if err != nil {
				s.T.Fatalf("%s: %v", key, err)
			}
			return f
		}
		if _, err := ask("done", "IK-1", 100); err != nil {
			s.T.Fatal(err)
		}
		if f := frozen("done"); f == nil || !strings.Contains(f.Body, `"status":"succeeded"`) {
			s.T.Errorf("of a refund that arrived: %+v", f)
		}
		s.Fault(app.Alipay, trade.RefundNoBalance, 1)
		if _, err := ask("refused", "IK-2", 100); !app.Is(err, app.Declined) {
			s.T.Fatal(err)
		}
		if f := frozen("refused"); f == nil || f.Body != "channel_refused" {
			s.T.Errorf("of a refusal: %+v", f)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = isRefund })
		if out, err := ask("unknown", "IK-3", 100); err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		if f := frozen("unknown"); f != nil {
			s.T.Errorf("of an unknown outcome: %+v", f)
		}
		if out, err := ask("unknown", "IK-3", 100); err != nil || out.View.Status != payments.RefundSucceeded {
			s.T.Errorf("again: %+v, %v", out, err)
		}
		if f := frozen("unknown"); f == nil {
			s.T.Error("then nothing is frozen")
		}
		// A refund above the remainder uses no key up.
		if _, err := ask("exceeds", "IK-4", 1234); reasonOf(err) != "refund_exceeds_remainder" {
			s.T.Error(err)
		}
		if f := frozen("exceeds"); f != nil {
			s.T.Errorf("of a conflict: %+v", f)
		}
		s.approvalsAbove(1)
		if _, err := ask("waits", "IK-5", 100); err != nil {
			s.T.Fatal(err)
		}
		if f := frozen("waits"); f == nil || !strings.Contains(f.Body, `"status":"awaiting_approval"`) {
			s.T.Errorf("of one that waits: %+v", f)
		}
	})
}

func TestNamingTheAttemptThatPaidChangesNoRefund(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NM-1", channel.AlipayQR)
		in := paymentstest.RefundInput("NM-1", 100)
		first := s.Refund(p.ID, in)
		in.AttemptID = p.PaidAttemptID
		if again := s.Refund(p.ID, in); again.ID != first.ID {
			s.T.Errorf("%s and %s", first.ID, again.ID)
		}
	})
}

func TestARefundThatTheGuardHoldsBackIsSentLater(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("GH-1", channel.AlipayQR)
		s.Guard(guard.Settings{Failures: 1, OpenFor: time.Minute})
		w.Set(func(w *paymentstest.Wire) { w.Fail = failing(func(*http.Request) bool { return true }) })
		_, _ = s.Payments.Sync(s.Ctx, s.Scope, p.ID) // opens the circuit
		sent := len(s.ChannelRefunds(app.Alipay, p.PaidAttemptID))
		v := s.Refund(p.ID, paymentstest.RefundInput("GH-1", 100))
		if r := s.GetRefund(v.ID); r.Status != payments.RefundPending || r.Sends != 0 || r.NextQueryAt == 0 || sent != 0 {
			s.T.Errorf("held back as %+v", r)
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		s.Guard(guard.Settings{}) // the circuit is closed again
		s.Clock.Advance(2 * time.Minute)
		s.RefundDue()
		s.WaitRefund(v.ID, payments.RefundSucceeded)
	})
}

// A server whose lease has lapsed while it asked must not send beside the one
// that took over.
func TestALapsedLeaseSendsNoRefund(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("LL-1", channel.WeChatNative)
		w.Set(func(w *paymentstest.Wire) { w.Fail = failing(isRefund) })
		out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("LL-1", 100), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		sent := 0
		w.Set(func(w *paymentstest.Wire) {
			w.Fail = func(r *http.Request) error {
				if isRefund(r) {
					sent++
				} else {
					s.sql(`UPDATE refunds SET lease_owner = 'lse_other', lease_until = lease_until + 60000 WHERE id = ?`, out.View.ID)
				}
				return nil
			}
		})
		s.Clock.Advance(6 * time.Second)
		s.RefundDue()
		if r := s.GetRefund(out.View.ID); sent != 0 || r.LeaseOwner != "lse_other" {
			s.T.Errorf("it was sent %d times beside %+v", sent, r)
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		s.Clock.Advance(3 * time.Minute)
		s.RefundDue()
		s.WaitRefund(out.View.ID, payments.RefundSucceeded)
	})
}

func TestRefundsAreListed(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p, q := s.Paid("LS-1", channel.AlipayQR), s.Paid("LS-2", channel.AlipayQR)
		var ids []string
		for _, no := range []string{"LS-a", "LS-b", "LS-c"} {
			ids = append(ids, s.Refund(p.ID, paymentstest.RefundInput(no, 100)).ID)
		}
		s.Refund(q.ID, paymentstest.RefundInput("LS-d", 100))
		page := s.list(payments.RefundFilter{PaymentID: p.ID, Limit: 2})
		if len(page.Refunds) != 2 || page.Refunds[0].ID != ids[2] || page.Next != ids[1] {
			s.T.Errorf("first page %+v", page)
		}
		if page = s.list(payments.RefundFilter{PaymentID: p.ID, Limit: 2, Before: page.Next}); len(page.Refunds) != 1 || page.Refunds[0].ID != ids[0] || page.Next != "" {
			s.T.Errorf("second page %+v", page)
		}
		if page = s.list(payments.RefundFilter{Status: payments.RefundSucceeded}); len(page.Refunds) != 4 {
			s.T.Errorf("succeeded: %d", len(page.Refunds))
		}
		if page = s.list(payments.RefundFilter{Status: payments.RefundFailed}); len(page.Refunds) != 0 {
			s.T.Errorf("failed: %d", len(page.Refunds))
		}
		if page = s.list(payments.RefundFilter{RefundNo: "LS-b", PaymentID: q.ID}); len(page.Refunds) != 0 {
			s.T.Errorf("of another payment: %+v", page)
		}
		s.Clock.Advance(40 * 24 * time.Hour)
		if page = s.list(payments.RefundFilter{}); len(page.Refunds) != 0 {
			s.T.Errorf("after 40 days: %d", len(page.Refunds))
		}
		if page = s.list(payments.RefundFilter{PaymentID: p.ID}); len(page.Refunds) != 3 {
			s.T.Errorf("of a payment after 40 days: %d", len(page.Refunds))
		}
		for name, f := range map[string]payments.RefundFilter{"limit": {Limit: 101}, "cursor": {Before: "pay_x"}, "created_from": {From: 1, To: app.Millis(1).Add(93 * 24 * time.Hour)}} {
			if _, err := s.Payments.ListRefunds(s.Ctx, s.Scope, f); !app.Is(err, app.Invalid) {
				s.T.Errorf("%s: %v", name, err)
			}
		}
		s.Clock.Advance(-40 * 24 * time.Hour)
	})
}

func (s *shop) list(f payments.RefundFilter) payments.RefundPage {
	s.T.Helper()
	page, err := s.Payments.ListRefunds(s.Ctx, s.Scope, f)
	if err != nil {
		s.T.Fatal(err)
	}
	return page
}
