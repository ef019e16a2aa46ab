package payments_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// isRefund reports whether a request asks either channel for a refund.
func isRefund(r *http.Request) bool {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/refund/domestic/refunds") {
		return true
	}
	return strings.Contains(r.URL.RawQuery+body(r), "method=alipay.trade.refund&")
}

func body(r *http.Request) string {
	if r.GetBody == nil {
		return ""
	}
	b, err := r.GetBody()
	if err != nil {
		return ""
	}
	defer b.Close()
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := b.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			return text.String()
		}
	}
}

// refundOnce asks for a refund and returns its error's reason and details.
func (s *shop) refused(paymentID string, in payments.RefundInput) *app.Error {
	s.T.Helper()
	_, err := s.Payments.Refund(s.Ctx, s.Scope, paymentID, in, nil)
	var e *app.Error
	if !errors.As(err, &e) {
		s.T.Fatalf("refund %s gave %v, want a refusal", in.RefundNo, err)
	}
	return e
}

func TestARefundGivesThePayersMoneyBack(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Paid("R-"+string(method), method)
			v := s.Refund(p.ID, paymentstest.RefundInput("R-"+string(method), 1234))
			if !app.ValidID(app.PrefixRefund, v.ID) || v.PaymentID != p.ID || v.OrderNo != p.OrderNo || v.Amount != 1234 || v.Source != payments.SourceAPI {
				s.T.Fatalf("%s: %+v", method, v)
			}
			if method == channel.WeChatNative && v.Status != payments.RefundPending {
				s.T.Errorf("accepted is not arrived, but the refund is %s", v.Status)
			}
			r := s.WaitRefund(v.ID, payments.RefundSucceeded)
			if r.AcceptedAt == 0 || r.SucceededAt == 0 || r.NextQueryAt != 0 || (method == channel.WeChatNative) != (r.ChannelRefundNo != "") {
				s.T.Errorf("%s: arrived as %+v", method, r)
			}
			if got := s.Get(p.ID); got.AmountRefunded != 1234 || got.RefundReserved != 1234 || got.Status != payments.StatusSucceeded || got.Version <= p.Version {
				s.T.Errorf("%s: the payment is %+v", method, got)
			}
			if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"refund.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
			if n := len(s.ChannelRefunds(method.Channel(), p.PaidAttemptID)); n != 1 {
				s.T.Errorf("%s: the channel refunded %d times", method, n)
			}
		}
	})
}

func TestARefundAboveTheRemainderIsRefused(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("X-1", channel.AlipayQR)
		if e := s.refused(p.ID, paymentstest.RefundInput("X-0", 1235)); e.Code != app.Conflict || e.Reason != "refund_exceeds_remainder" || e.Details["remainder"] != "1234" {
			s.T.Errorf("above the amount: %+v", e)
		}
		s.Refund(p.ID, paymentstest.RefundInput("X-1", 1000))
		if e := s.refused(p.ID, paymentstest.RefundInput("X-2", 235)); e.Reason != "refund_exceeds_remainder" || e.Details["remainder"] != "234" {
			s.T.Errorf("above the remainder: %+v", e)
		}
		s.Refund(p.ID, paymentstest.RefundInput("X-3", 234))
		if e := s.refused(p.ID, paymentstest.RefundInput("X-4", 1)); e.Details["remainder"] != "0" {
			s.T.Errorf("of nothing left: %+v", e)
		}
		// What was refused has used no number up.
		if list := s.RefundsOf(p.ID); len(list) != 2 {
			s.T.Errorf("%d refunds stand", len(list))
		}
	})
}

func TestOnlyASucceededPaymentIsRefunded(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("U-1", channel.AlipayQR))
		if e := s.refused(p.ID, paymentstest.RefundInput("U-1", 1)); e.Code != app.Conflict || e.Reason != "payment_not_refundable" {
			s.T.Errorf("an unpaid payment: %+v", e)
		}
		if e := s.refused("pay_nobody", paymentstest.RefundInput("U-1", 1)); e.Code != app.NotFound {
			s.T.Errorf("no payment: %+v", e)
		}
		other := payments.Scope{MerchantID: s.Scope.MerchantID, Mode: app.Live}
		if _, err := s.Payments.Refund(s.Ctx, other, p.ID, paymentstest.RefundInput("U-1", 1), nil); !app.Is(err, app.NotFound) {
			s.T.Errorf("in another mode: %v", err)
		}
		for field, change := range map[string]func(*payments.RefundInput){
			"refund_no":  func(in *payments.RefundInput) { in.RefundNo = "a b" },
			"amount":     func(in *payments.RefundInput) { in.Amount = 0 },
			"reason":     func(in *payments.RefundInput) { in.Reason = " " },
			"attempt_id": func(in *payments.RefundInput) { in.AttemptID = "att 1" },
		} {
			in := paymentstest.RefundInput("U-1", 1)
			change(&in)
			if e := s.refused(p.ID, in); e.Code != app.Invalid || e.Field != field {
				s.T.Errorf("%s: %+v", field, e)
			}
		}
		in := paymentstest.RefundInput("U-1", 1)
		in.Reason = strings.Repeat("碎", 81)
		if e := s.refused(p.ID, in); e.Fields[0].Code != "too_long" {
			s.T.Errorf("a long reason: %+v", e)
		}
	})
}

func TestTheSameRefundNoIsTheSameRefund(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("S-1", channel.AlipayQR)
		first := s.Refund(p.ID, paymentstest.RefundInput("S-1", 100))
		again, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("S-1", 100), nil)
		if err != nil || again.New || again.View.ID != first.ID || again.View.Status != payments.RefundSucceeded {
			s.T.Errorf("again: %+v, %v", again, err)
		}
		if e := s.refused(p.ID, paymentstest.RefundInput("S-1", 101)); e.Reason != "refund_no_conflict" || e.Details["refund_id"] != first.ID {
			s.T.Errorf("another amount: %+v", e)
		}
		other := s.Paid("S-2", channel.AlipayQR)
		if e := s.refused(other.ID, paymentstest.RefundInput("S-1", 100)); e.Reason != "refund_no_conflict" {
			s.T.Errorf("another payment: %+v", e)
		}
		if n := len(s.ChannelRefunds(app.Alipay, p.PaidAttemptID)); n != 1 {
			s.T.Errorf("the channel refunded %d times", n)
		}
		page, err := s.Payments.ListRefunds(s.Ctx, s.Scope, payments.RefundFilter{RefundNo: "S-1"})
		if err != nil || len(page.Refunds) != 1 || page.Refunds[0].ID != first.ID {
			s.T.Errorf("by its number: %+v, %v", page, err)
		}
	})
}

func TestARefundOfUnknownOutcomeIsSentAgainUnderItsNumber(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for _, method := range bothMethods {
			for name, broken := range map[string]func(w *paymentstest.Wire){
				"lost":    func(w *paymentstest.Wire) { w.Lose = isRefund },
				"unsent":  func(w *paymentstest.Wire) { w.Fail = failing(isRefund) },
				"refresh": func(w *paymentstest.Wire) { w.Lose = isRefund },
			} {
				no := name + "-" + string(method)
				p := s.Paid(no, method)
				w.Set(broken)
				out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput(no, 500), nil)
				if err != nil || !out.Unknown || !out.New || out.View.Status != payments.RefundPending {
					s.T.Fatalf("%s: %+v, %v", no, out, err)
				}
				w.Set(func(w *paymentstest.Wire) { w.Lose, w.Fail = nil, nil })
				if got := s.Get(p.ID); got.RefundReserved != 500 {
					s.T.Errorf("%s: %d are reserved", no, got.RefundReserved)
				}
				if name == "refresh" { // the merchant asks again
					again, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput(no, 500), nil)
					if err != nil || again.Unknown || again.New || again.View.ID != out.View.ID {
						s.T.Errorf("%s: again %+v, %v", no, again, err)
					}
				} else { // the job finds out
					s.Clock.Advance(6 * time.Second)
					s.RefundDue()
				}
				r := s.WaitRefund(out.View.ID, payments.RefundSucceeded)
				if refunds := s.ChannelRefunds(method.Channel(), p.PaidAttemptID); len(refunds) != 1 || refunds[0].OutRefundNo != r.ID {
					s.T.Errorf("%s: the channel has %+v", no, refunds)
				}
			}
		}
	})
}

// failing makes requests of a kind fail before they are sent.
func failing(which func(*http.Request) bool) func(*http.Request) error {
	return func(r *http.Request) error {
		if which(r) {
			return errors.New("the network is down")
		}
		return nil
	}
}

func TestACertainRefusalFailsTheRefundAndFreesItsAmount(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Paid("B-"+string(method), method)
			s.Fault(method.Channel(), trade.RefundNoBalance, 1)
			e := s.refused(p.ID, paymentstest.RefundInput("B-"+string(method), 1234))
			if e.Code != app.Declined || e.Reason != "channel_refused" || e.Channel == nil || e.Channel.Code == "" {
				s.T.Fatalf("%s: %+v", method, e)
			}
			r := s.GetRefund(e.Details["refund_id"])
			if r.Status != payments.RefundFailed || r.ErrorCode != e.Channel.Code || r.NextQueryAt != 0 {
				s.T.Errorf("%s: %+v", method, r)
			}
			if got := s.Get(p.ID); got.RefundReserved != 0 {
				s.T.Errorf("%s: %d stay reserved", method, got.RefundReserved)
			}
			if types := s.EventTypes(r.ID); !slices.Equal(types, []string{"refund.failed"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
			// The number stands for the refund that failed; another one may go.
			again, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("B-"+string(method), 1234), nil)
			if err != nil || again.View.Status != payments.RefundFailed {
				s.T.Errorf("%s: again %+v, %v", method, again, err)
			}
			if method == channel.WeChatNative {
				s.Clock.Advance(time.Minute)
			}
			s.WaitRefund(s.Refund(p.ID, paymentstest.RefundInput("B2-"+string(method), 1234)).ID, payments.RefundSucceeded)
		}
	})
}

// A notification may be faster than the answer to the call that asked for the
// refund: the story tells of both.
func TestACallThatANotificationOvertakesStandsInTheStory(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("OT-1", channel.AlipayQR)
		w.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool {
				if paymentstest.Operation(r) == "alipay.trade.refund" {
					s.awaitResult("applied")
				}
				return false
			}
		})
		s.Results.Forget()
		v := s.Refund(p.ID, paymentstest.RefundInput("OT-1", 100))
		if v.Status != payments.RefundSucceeded {
			s.T.Fatalf("%+v", v)
		}
		rows, err := s.Payments.Timeline(s.Ctx, s.Scope, p.ID)
		if err != nil || !slices.ContainsFunc(rows, func(e payments.Entry) bool { return e.Message == "channel.refund" }) {
			s.T.Errorf("the call is not told of: %v", err)
		}
	})
}
