package payments_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestARefundOfTheChannelsConsoleIsAdopted(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			c := method.Channel()
			p := s.Paid("AD-"+string(method), method)
			made := s.ConsoleRefund(c, p.PaidAttemptID, 200)
			r := s.Adopted(p.ID, 1)
			if r.Source != payments.SourceChannel || r.Status != payments.RefundSucceeded || r.Amount != 200 || r.Number != made.OutRefundNo || r.ChannelRefundNo == "" || r.RefundNo != r.ID {
				s.T.Fatalf("%s: adopted as %+v", method, r)
			}
			if got := s.Get(p.ID); got.AmountRefunded != 200 || got.RefundReserved != 200 {
				s.T.Errorf("%s: %+v", method, got)
			}
			if types := s.EventTypes(r.ID); !slices.Equal(types, []string{"refund.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
			// It counts against what is left.
			if e := s.refused(p.ID, paymentstest.RefundInput("AD2-"+string(method), 1035)); e.Details["remainder"] != "1034" {
				s.T.Errorf("%s: %+v", method, e)
			}
			s.ConsoleRefund(c, p.PaidAttemptID, 0)
			if second := s.Adopted(p.ID, 2); second.Amount != 1034 {
				s.T.Errorf("%s: the rest is %+v", method, second)
			}
			if got := s.Get(p.ID); got.AmountRefunded != 1234 || got.Status != payments.StatusSucceeded {
				s.T.Errorf("%s: %+v", method, got)
			}
		}
	})
}

func TestARepeatedRefundNotificationChangesNothing(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			c := method.Channel()
			p := s.Paid("RP-"+string(method), method)
			s.Fault(c, trade.DuplicateNotification, 1)
			s.ConsoleRefund(c, p.PaidAttemptID, 200)
			s.Adopted(p.ID, 1)
			s.awaitResult("repeated")
			s.Results.Forget()
			s.Fault(c, trade.DuplicateNotification, 1)
			v := s.Refund(p.ID, paymentstest.RefundInput("RP-"+string(method), 300))
			s.WaitRefund(v.ID, payments.RefundSucceeded)
			s.awaitResult("repeated")
			if got := s.Get(p.ID); got.AmountRefunded != 500 || len(s.RefundsOf(p.ID)) != 2 {
				s.T.Errorf("%s: %+v", method, got)
			}
		}
	})
}

func TestARefundNotificationThatOvertakesItsPaymentSettlesBoth(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			v := s.Create(paymentstest.Order("RO-"+string(method), method))
			s.Trap.Arm()
			s.Pay(v.Action.CodeURL)
			body, header := s.Trap.Wait(s.T)
			s.ConsoleRefund(method.Channel(), v.AttemptID, 200)
			r := s.Adopted(v.ID, 1)
			if got := s.Get(v.ID); got.Status != payments.StatusSucceeded || got.AmountRefunded != 200 || r.Amount != 200 {
				s.T.Errorf("%s: %+v", method, got)
			}
			if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
			account := map[app.Channel]string{app.WeChat: s.WeChat.ID, app.Alipay: s.Alipay.ID}[method.Channel()]
			late := paymentstest.Message{Path: "/callbacks/" + string(method.Channel()) + "/" + account, Header: header, Body: body}
			if status, text := s.Deliver(late); status/100 != 2 || s.Results.Last() != "repeated" {
				s.T.Errorf("%s: the late notification was answered %d %s %s", method, status, text, s.Results.Last())
			}
		}
	})
}

func TestARefundNotificationThatContradictsTheBooksIsQuarantined(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("MB-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundDelay, 1)
		v := s.Refund(p.ID, paymentstest.RefundInput("MB-1", 500))
		r := s.GetRefund(v.ID)
		other := s.Paid("MB-2", channel.WeChatNative)
		for reason, change := range map[string]func(facts map[string]any){
			"refund_amount":         func(f map[string]any) { f["amount"].(map[string]any)["refund"] = 501 },
			"total":                 func(f map[string]any) { f["amount"].(map[string]any)["total"] = 1235 },
			"identity":              func(f map[string]any) { f["mchid"] = "1900000001" },
			"transaction_no":        func(f map[string]any) { f["transaction_id"] = "4200000000000000000000000001" },
			"refund_transaction_no": func(map[string]any) {},
			"unknown_number":        func(f map[string]any) { f["out_trade_no"] = "att_01M89YD0JFG5Z1HJVSWHHH7EET" },
		} {
			facts := s.WeChatRefundFacts(r)
			if reason != "refund_transaction_no" {
				facts["refund_id"] = r.ChannelRefundNo
			}
			change(facts)
			if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status < 400 || s.Results.Last() != "quarantined" {
				s.T.Errorf("%s: answered %d %s %s", reason, status, text, s.Results.Last())
			}
			s.wantQuarantined(reason)
		}
		// Another order's number with this refund's: neither believes it.
		facts := s.WeChatRefundFacts(r)
		facts["out_trade_no"], facts["transaction_id"], facts["refund_id"] = other.PaidAttemptID, other.ChannelTradeNo, r.ChannelRefundNo
		if status, _ := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status < 400 {
			s.T.Errorf("another order's refund was answered %d", status)
		}
		s.wantQuarantined("payment_number")
		if got := s.GetRefund(r.ID); got.Status != payments.RefundPending || s.Get(p.ID).AmountRefunded != 0 || s.Get(other.ID).AmountRefunded != 0 {
			s.T.Errorf("it was believed: %+v", got)
		}
		facts = s.WeChatRefundFacts(r)
		facts["refund_id"] = r.ChannelRefundNo
		if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status != http.StatusNoContent || s.GetRefund(r.ID).Status != payments.RefundSucceeded {
			s.T.Errorf("the true one was answered %d %s", status, text)
		}
	})
}

func TestAForeignRefundBeyondTheRemainderIsQuarantined(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			c := method.Channel()
			p := s.Paid("EX-"+string(method), method)
			s.approvalsAbove(1)
			s.Refund(p.ID, paymentstest.RefundInput("EX-"+string(method), 1000)) // waits, reserved
			s.approvalsAbove(0)
			s.Results.Forget()
			s.ConsoleRefund(c, p.PaidAttemptID, 500)
			s.awaitResult("quarantined")
			s.wantQuarantined("refund_exceeds")
			if got := s.Get(p.ID); got.AmountRefunded != 0 || got.RefundReserved != 1000 {
				s.T.Errorf("%s: %+v", method, got)
			}
		}
	})
}

func TestAForeignRefundIsAdoptedOnceByManyReports(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("AO-1", channel.WeChatNative)
		r := payments.Refund{AttemptID: p.PaidAttemptID, Number: "console-1", Amount: 300}
		message := s.SignWeChatRefund(s.WeChat, s.WeChatRefundFacts(r))
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if status, text := s.Deliver(message); status != http.StatusNoContent {
					s.T.Errorf("answered %d %s", status, text)
				}
			})
		}
		wg.Wait()
		if got := s.Get(p.ID); got.AmountRefunded != 300 || len(s.RefundsOf(p.ID)) != 1 {
			s.T.Errorf("%+v with %d refunds", got, len(s.RefundsOf(p.ID)))
		}
	})
}

func TestAQueryThatShowsMoneyGivenBackIsExplained(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		// Alipay closes a trade that was given back in full: the amount is plain.
		p := s.Paid("EP-1", channel.AlipayQR)
		s.Trap.Arm()
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 0)
		body, header := s.Trap.Wait(s.T)
		s.sync(p.ID)
		r := s.Adopted(p.ID, 1)
		if r.Amount != 1234 || r.Source != payments.SourceChannel || s.Get(p.ID).AmountRefunded != 1234 {
			s.T.Fatalf("%+v", r)
		}
		s.sync(p.ID)
		var due int
		if err := s.DB.Get(s.Ctx, &due, `SELECT COUNT(*) FROM attempts WHERE id = ? AND (next_query_at > 0 OR lease_until > 0)`, p.PaidAttemptID); err != nil || due != 0 {
			s.T.Errorf("a paid order goes on being asked about, %v", err)
		}
		late := paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID, Header: header, Body: body}
		if status, text := s.Deliver(late); status != http.StatusOK || text != "success" || s.Results.Last() != "repeated" {
			s.T.Errorf("its notification was answered %d %s %s", status, text, s.Results.Last())
		}
		if n := len(s.RefundsOf(p.ID)); n != 1 {
			s.T.Errorf("%d refunds stand", n)
		}

		// WeChat says that something was given back, not how much.
		q := s.Paid("EP-2", channel.WeChatNative)
		s.Trap.Arm()
		s.ConsoleRefund(app.WeChat, q.PaidAttemptID, 100)
		body, header = s.Trap.Wait(s.T)
		s.sync(q.ID)
		s.sync(q.ID)
		s.wantQuarantined("refund_unexplained")
		if list, err := s.quarantined(10); err != nil || len(list) != 1 {
			s.T.Errorf("a person is told %d times, %v", len(list), err)
		}
		if status, text := s.Deliver(paymentstest.Message{Path: "/callbacks/wechat/" + s.WeChat.ID, Header: header, Body: body}); status != http.StatusNoContent {
			s.T.Errorf("its notification was answered %d %s", status, text)
		}
		s.Adopted(q.ID, 1)
		if list, err := s.quarantined(10); err != nil || len(list) != 0 {
			s.T.Errorf("still a case for a person: %+v, %v", list, err)
		}
	})
}

// sync asks the channel about a payment.
func (s *shop) sync(id string) {
	s.T.Helper()
	if _, err := s.Payments.Sync(s.Ctx, s.Scope, id); err != nil {
		s.T.Fatal(err)
	}
}

func TestARefundNotificationThatCannotBeConfirmedComesAgain(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("CF-1", channel.AlipayQR)
		s.Trap.Arm()
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		body, header := s.Trap.Wait(s.T)
		message := paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID, Header: header, Body: body}
		w.Set(func(w *paymentstest.Wire) { w.Fail = failing(func(*http.Request) bool { return true }) })
		if status, text := s.Deliver(message); text == "success" || s.Results.Last() != "deferred" || len(s.RefundsOf(p.ID)) != 0 {
			s.T.Errorf("answered %d %s %s", status, text, s.Results.Last())
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		if status, text := s.Deliver(message); text != "success" {
			s.T.Errorf("then answered %d %s", status, text)
		}
		if r := s.Adopted(p.ID, 1); r.Amount != 200 {
			s.T.Errorf("%+v", r)
		}
		var deferred int
		if err := s.DB.Get(s.Ctx, &deferred, `SELECT COUNT(*) FROM channel_notifications WHERE status = 'deferred'`); err != nil || deferred != 0 {
			s.T.Errorf("%d notifications stay deferred, %v", deferred, err)
		}
	})
}
