package paymentstest

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Paid places an order, pays it in the wallet and returns it succeeded.
func (s *Shop) Paid(orderNo string, method channel.Method) payments.Payment {
	s.T.Helper()
	p := s.Create(Order(orderNo, method))
	s.Pay(p.Action.CodeURL)
	return s.Await(p.ID, payments.StatusSucceeded)
}

// RefundInput is a valid request for a refund, by the merchant's backend.
func RefundInput(refundNo string, amount app.Money) payments.RefundInput {
	return payments.RefundInput{
		RefundNo: refundNo, Amount: amount, Reason: "杯子碎了", Source: payments.SourceAPI,
		By: approvals.Person{Kind: approvals.ByKey, ID: "key_test", Name: "sk_test_1"},
	}
}

// Refund asks for a refund that must be taken, with a certain answer.
func (s *Shop) Refund(paymentID string, in payments.RefundInput) payments.RefundView {
	s.T.Helper()
	out, err := s.Payments.Refund(s.Ctx, s.Scope, paymentID, in, nil)
	if err != nil {
		s.T.Fatalf("refund %s: %v", in.RefundNo, err)
	}
	if out.Unknown {
		s.T.Fatalf("refund %s: outcome unknown", in.RefundNo)
	}
	return out.View
}

// GetRefund returns a refund of the shop.
func (s *Shop) GetRefund(id string) payments.Refund {
	s.T.Helper()
	r, err := s.Payments.GetRefund(s.Ctx, s.Scope, id)
	if err != nil {
		s.T.Fatal(err)
	}
	return r
}

// RefundsOf returns the refunds of a payment, oldest first.
func (s *Shop) RefundsOf(paymentID string) []payments.Refund {
	s.T.Helper()
	list, err := s.Payments.RefundsOf(s.Ctx, s.Scope, paymentID)
	if err != nil {
		s.T.Fatal(err)
	}
	return list
}

// RefundDue runs the refund job once.
func (s *Shop) RefundDue() {
	s.T.Helper()
	if _, err := s.Payments.RefundDue(s.Ctx); err != nil {
		s.T.Fatal(err)
	}
}

// WaitRefund waits until the refund reaches the status by itself, as Await does.
func (s *Shop) WaitRefund(id string, want payments.RefundStatus) payments.Refund {
	s.T.Helper()
	begun := time.Now()
	for {
		r := s.GetRefund(id)
		if r.Status == want {
			return r
		}
		switch waited := time.Since(begun); {
		case waited > patience:
			s.T.Fatalf("refund %s is %s (%s %s), want %s (last notification: %s)", id, r.Status, r.ErrorCode, r.ErrorMessage, want, s.Results.Last())
		case waited > deferral && s.Results.Last() == "deferred":
			s.RefundDue()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Adopted waits until a payment has n refunds and returns the last.
func (s *Shop) Adopted(paymentID string, n int) payments.Refund {
	s.T.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		if list := s.RefundsOf(paymentID); len(list) >= n {
			return list[n-1]
		}
		if time.Now().After(deadline) {
			s.T.Fatalf("payment %s has %d refunds, want %d (last notification: %s)", paymentID, len(s.RefundsOf(paymentID)), n, s.Results.Last())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Trade returns the channel's order behind an attempt.
func (s *Shop) Trade(c app.Channel, attemptID string) trade.Trade {
	s.T.Helper()
	merchant := s.WeChat.Identity
	if c == app.Alipay {
		merchant = s.Alipay.DefaultApp()
	}
	t, err := s.Sandbox.Trades().ByNumber(s.Ctx, merchant, attemptID)
	if err != nil {
		s.T.Fatal(err)
	}
	return t
}

// ChannelRefunds returns what the channel knows of refunds of a payment's
// attempt, as a person sees it in its console.
func (s *Shop) ChannelRefunds(c app.Channel, attemptID string) []trade.Refund {
	s.T.Helper()
	list, err := s.Sandbox.Trades().RefundsOf(s.Ctx, s.Trade(c, attemptID).ID, "", 100)
	if err != nil {
		s.T.Fatal(err)
	}
	return list
}

// ConsoleRefund gives money back in the channel's own console.
func (s *Shop) ConsoleRefund(c app.Channel, attemptID string, amount app.Money) trade.Refund {
	s.T.Helper()
	r, err := s.Sandbox.Trades().ConsoleRefund(s.Ctx, s.Trade(c, attemptID).ID, amount)
	if err != nil {
		s.T.Fatal(err)
	}
	return r
}
