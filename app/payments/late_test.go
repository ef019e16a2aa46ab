package payments_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// reported delivers a notification by many at once while two servers ask the
// channel as well.
func (s *shop) reported(m paymentstest.Message, paymentID string) {
	s.T.Helper()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if status, text := s.Deliver(m); status >= 300 && status != http.StatusServiceUnavailable {
				s.T.Errorf("%d %s", status, text)
			}
		})
	}
	for _, server := range []*payments.Service{s.Payments, s.another()} {
		wg.Go(func() {
			if _, err := server.Sync(s.Ctx, s.Scope, paymentID); err != nil && !app.Is(err, app.Conflict) && !app.Is(err, app.RateLimited) {
				s.T.Errorf("ask: %v", err)
			}
		})
	}
	wg.Wait()
}

// givenBackOnce wants one refund by policy of the attempt, here and at the
// channel, with one event.
func (s *shop) givenBackOnce(paymentID string, c app.Channel, attemptID string) {
	s.T.Helper()
	for _, server := range []*payments.Service{s.Payments, s.another()} {
		if _, err := server.RefundDue(s.Ctx); err != nil {
			s.T.Error(err)
		}
	}
	list := s.RefundsOf(paymentID)
	if len(list) != 1 || list[0].Source != payments.SourcePolicy || list[0].AttemptID != attemptID {
		s.T.Fatalf("the policy made %+v", list)
	}
	s.WaitRefund(list[0].ID, payments.RefundSucceeded)
	if at := s.ChannelRefunds(c, attemptID); len(at) != 1 || at[0].OutRefundNo != list[0].ID {
		s.T.Errorf("the channel refunded %+v", at)
	}
	if types := s.EventTypes(list[0].ID); !slices.Equal(types, []string{"refund.succeeded"}) {
		s.T.Errorf("events %v", types)
	}
}

func TestLateMoneyThatManyReportAtOnceIsGivenBackOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.settings(func(x *merchants.Settings) { x.LatePayments = merchants.RefundMoney })
		for _, method := range bothMethods {
			v := s.Create(paymentstest.Order("MR-"+string(method), method))
			if _, err := s.Payments.Close(s.Ctx, s.Scope, v.ID); err != nil {
				s.T.Fatal(err)
			}
			s.Trap.Arm()
			if _, err := s.Sandbox.Trades().PayLate(s.Ctx, v.Action.CodeURL); err != nil {
				s.T.Fatal(err)
			}
			body, header := s.Trap.Wait(s.T)
			account := s.WeChat.ID
			if method == channel.AlipayQR {
				account = s.Alipay.ID
			}
			s.reported(paymentstest.Message{Path: "/callbacks/" + string(method.Channel()) + "/" + account, Header: header, Body: body}, v.ID)
			if p := s.Await(v.ID, payments.StatusSucceeded); !p.Late {
				s.T.Errorf("%s: late money is not flagged", method)
			}
			s.givenBackOnce(v.ID, method.Channel(), v.AttemptID)
			if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"payment.closed", "payment.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
		}
	})
}

func TestMoneyPaidTwiceThatManyReportAtOnceIsGivenBackOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		v := s.Create(paymentstest.Order("MD-1", channel.AlipayQR))
		second := s.change(v.ID, channel.WeChatNative)
		s.Pay(second.Action.CodeURL)
		s.Await(v.ID, payments.StatusSucceeded)
		s.Trap.Arm()
		s.Pay(v.Action.CodeURL)
		body, header := s.Trap.Wait(s.T)
		s.reported(paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID, Header: header, Body: body}, v.ID)
		s.awaitEvents(v.ID, "payment.succeeded", "payment.duplicate")
		s.givenBackOnce(v.ID, app.Alipay, v.AttemptID)
	})
}

func TestARefundNotificationADayLateIsNotRejectedByItsAge(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("RDAY-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundDelay, 1) // under way, so that only the message can tell
		v := s.Refund(p.ID, paymentstest.RefundInput("RDAY-1", 1234))
		facts := s.WeChatRefundFacts(s.GetRefund(v.ID))
		facts["refund_id"] = s.GetRefund(v.ID).ChannelRefundNo
		facts["success_time"] = time.Now().Add(-25 * time.Hour).In(app.Beijing).Format(time.RFC3339)
		if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status != http.StatusNoContent {
			s.T.Fatalf("a late notification was answered %d %s", status, text)
		}
		s.WaitRefund(v.ID, payments.RefundSucceeded)
		if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"refund.succeeded"}) {
			s.T.Errorf("events %v", types)
		}
	})
}
