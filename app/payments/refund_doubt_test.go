package payments_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// A payment code that was paid while it was being reversed is given back by the
// reverse. Told of as a refund, that is nobody's: the order never was a sale.
func TestTheRefundOfAReverseIsNoRefundOfTheChannels(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		code := s.showCode(m, trade.AsksPassword)
		p := s.Create(scan("RR-1", m, code))
		only(w, reverses[m], false)
		s.after(46 * time.Second)
		s.Fault(m.Channel(), trade.DropNotification, 2)
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err != nil {
			s.T.Fatal(err)
		}
		notice := func() paymentstest.Message {
			if m == channel.WeChatCode {
				return s.SignWeChatRefund(s.WeChat, s.WeChatRefundFacts(payments.Refund{AttemptID: p.AttemptID, Number: "reverse-1", Amount: 1234}))
			}
			facts := s.AlipayFacts(p)
			facts.Set("trade_no", s.tradeOf(p).ChannelTradeNo)
			facts.Set("trade_status", "TRADE_CLOSED")
			facts.Set("refund_fee", "12.34")
			facts.Set("gmt_refund", facts.Get("gmt_payment"))
			facts.Set("out_biz_no", p.AttemptID)
			return s.SignAlipay(s.Alipay, facts)
		}
		if status, text := s.Deliver(notice()); text == "success" || status == http.StatusNoContent {
			s.T.Errorf("%s: while the reverse is under way it was answered %d %s", m, status, text)
		}
		only(w, "", false)
		s.after(5 * time.Second)
		s.ended(m, p.ID, payments.StatusClosed)
		if status, text := s.Deliver(notice()); status/100 != 2 || s.Results.Last() != "repeated" {
			s.T.Errorf("%s: answered %d %s %s", m, status, text, s.Results.Last())
		}
		if list, err := s.quarantined(10); err != nil || len(list) != 0 || len(s.RefundsOf(p.ID)) != 0 {
			s.T.Errorf("%s: %+v with %d refunds, %v", m, list, len(s.RefundsOf(p.ID)), err)
		}
	})
}

// Whoever has lost the lease of a refund knows nothing of what was sent since,
// so that a refusal it was told must not end the refund.
func TestARefusalOnALapsedLeaseFailsNoRefund(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("LR-1", channel.WeChatNative)
		w.Set(func(w *paymentstest.Wire) { w.Fail = failing(isRefund) })
		out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("LR-1", 100), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		w.Set(func(w *paymentstest.Wire) {
			w.Fail = nil
			w.Forge = func(r *http.Request) *http.Response {
				if !isRefund(r) {
					return nil
				}
				s.sql(`UPDATE refunds SET lease_owner = 'lse_other', lease_until = lease_until + 60000 WHERE id = ?`, out.View.ID)
				return s.AnswerWeChat(r, s.WeChat, http.StatusForbidden, `{"code":"NOT_ENOUGH","message":"基本账户余额不足"}`)
			}
		})
		s.Clock.Advance(6 * time.Second)
		s.RefundDue()
		if r := s.GetRefund(out.View.ID); r.Status != payments.RefundPending || r.LeaseOwner != "lse_other" {
			s.T.Errorf("it became %+v", r)
		}
		w.Set(func(w *paymentstest.Wire) { w.Forge = nil })
		s.Clock.Advance(3 * time.Minute)
		s.RefundDue()
		s.WaitRefund(out.View.ID, payments.RefundSucceeded)
	})
}

// WeChat calls an order refunded from the first refund on, also one that it
// closed afterwards: that explains the word, and nobody need be asked.
func TestARefundThatWasClosedExplainsTheOrdersState(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("CE-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundFailsClosed, 1)
		s.WaitRefund(s.Refund(p.ID, paymentstest.RefundInput("CE-1", 100)).ID, payments.RefundFailed)
		s.sync(p.ID)
		if list, err := s.quarantined(10); err != nil || len(list) != 0 {
			s.T.Errorf("a person is asked: %+v, %v", list, err)
		}
	})
}

// Only the second person moves a refund that waits for one.
func TestNoReportMovesARefundThatWaitsForAPerson(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		if _, err := s.Merchants.UpdateAccount(s.Ctx, s.Scope.MerchantID, s.WeChat.ID, merchants.Profile{Name: "WeChat", ConfirmByQuery: true, FeeRate: merchants.NoRate}); err != nil {
			s.T.Fatal(err)
		}
		p := s.Paid("WP-1", channel.WeChatNative)
		s.approvalsAbove(1)
		v := s.Refund(p.ID, paymentstest.RefundInput("WP-1", 100))
		r := s.GetRefund(v.ID)
		facts := s.WeChatRefundFacts(r)
		w.Set(func(w *paymentstest.Wire) {
			w.Forge = func(q *http.Request) *http.Response {
				return s.AnswerWeChat(q, s.WeChat, http.StatusOK, `{"refund_id":"`+facts["refund_id"].(string)+`","out_refund_no":"`+r.ID+`","transaction_id":"`+p.ChannelTradeNo+
					`","out_trade_no":"`+p.PaidAttemptID+`","status":"PROCESSING","amount":{"total":1234,"refund":100}}`)
			}
		})
		if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status < 400 || s.Results.Last() != "quarantined" {
			s.T.Errorf("answered %d %s %s", status, text, s.Results.Last())
		}
		if got := s.GetRefund(v.ID); got.Status != payments.RefundAwaiting || got.NextQueryAt != 0 {
			s.T.Errorf("it became %+v", got)
		}
	})
}

// That the order agrees says nothing about the refund that was contradicted.
func TestACaseAboutARefundIsNotConfirmedByItsOrder(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("RC-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundDelay, 1)
		r := s.GetRefund(s.Refund(p.ID, paymentstest.RefundInput("RC-1", 500)).ID)
		facts := s.WeChatRefundFacts(r)
		facts["refund_id"] = r.ChannelRefundNo
		facts["amount"].(map[string]any)["refund"] = 501
		s.Deliver(s.SignWeChatRefund(s.WeChat, facts))
		n := s.wantQuarantined("refund_amount")
		if _, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, n.ID); n.Recheckable() || reasonOf(err) != "notice_without_order" {
			s.T.Errorf("asked again: %v", err)
		}

		q := s.Paid("RC-2", channel.WeChatNative)
		s.Trap.Arm()
		s.ConsoleRefund(app.WeChat, q.PaidAttemptID, 100)
		s.Trap.Wait(s.T)
		s.sync(q.ID)
		n = s.wantQuarantined("refund_unexplained")
		if _, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, n.ID); reasonOf(err) != "still_contradicts" {
			s.T.Errorf("unexplained, asked again: %v", err)
		}
		s.wantQuarantined("refund_unexplained")
	})
}

// A refund sent by another installation, or before a backup was restored, has a
// number like ours: it is adopted, and followed to its end.
func TestARefundWithANumberLikeOursIsFollowed(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NL-1", channel.WeChatNative)
		facts := s.WeChatRefundFacts(payments.Refund{AttemptID: p.PaidAttemptID, Number: app.NewID(app.PrefixRefund, time.Now()), Amount: 300})
		s.follow(p.ID, facts, "ABNORMAL", payments.RefundAbnormal)
		s.follow(p.ID, facts, "SUCCESS", payments.RefundSucceeded)
	})
}

func (s *shop) follow(paymentID string, facts map[string]any, status string, want payments.RefundStatus) {
	s.T.Helper()
	facts["refund_status"] = status
	if code, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); code != http.StatusNoContent {
		s.T.Errorf("%s was answered %d %s", status, code, text)
	}
	if list := s.RefundsOf(paymentID); len(list) != 1 || list[0].Status != want {
		s.T.Fatalf("after %s: %+v, want one %s", status, list, want)
	}
}

// A refund that was seen before anybody named it is no excuse for another one
// that the books have no room for.
func TestARefundBeyondTheRemainderIsToldBesideAnUnnamedOne(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("EU-1", channel.AlipayQR)
		s.unnamed(p)
		s.approvalsAbove(1)
		s.Refund(p.ID, paymentstest.RefundInput("EU-1", 1000))
		s.Results.Forget()
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 500)
		s.awaitResult("quarantined")
		s.wantQuarantined("refund_exceeds")
	})
}

// unnamed has 200 fen of an order adopted that nothing names.
func (s *shop) unnamed(p payments.Payment) {
	s.T.Helper()
	view, err := s.Payments.ViewOf(s.Ctx, p)
	if err != nil {
		s.T.Fatal(err)
	}
	facts := s.AlipayFacts(view)
	facts.Set("trade_no", p.ChannelTradeNo)
	facts.Set("refund_fee", "2.00")
	if _, text := s.Deliver(s.SignAlipay(s.Alipay, facts)); text != "success" {
		s.T.Fatalf("a refund without a number was answered %s", text)
	}
	if r := s.Adopted(p.ID, 1); r.Number != "" || r.Amount != 200 {
		s.T.Fatalf("%+v", r)
	}
}

func TestTheNameOfARefundThatIsCountedCountsNothing(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NC-1", channel.AlipayQR)
		s.unnamed(p)
		s.Results.Forget()
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		s.awaitResult("repeated")
		if got := s.Get(p.ID); got.AmountRefunded != 200 || len(s.RefundsOf(p.ID)) != 1 {
			s.T.Errorf("%+v", got)
		}
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 300)
		if r := s.Adopted(p.ID, 2); r.Amount != 300 || s.Get(p.ID).AmountRefunded != 500 {
			s.T.Errorf("another one: %+v", r)
		}
	})
}

// Codes are kept in ASCII. What a gateway in between makes up is not always.
func TestACodeThatIsNoASCIIStopsNothing(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for status, unknown := range map[int]bool{http.StatusInternalServerError: true, http.StatusForbidden: false} {
			no := "NA-" + strconv.Itoa(status)
			p := s.Paid(no, channel.WeChatNative)
			w.Set(func(w *paymentstest.Wire) {
				w.Forge = func(r *http.Request) *http.Response {
					return s.AnswerWeChat(r, s.WeChat, status, `{"code":"系统繁忙","message":"稍后再试"}`)
				}
			})
			out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput(no, 100), nil)
			if (err == nil) != unknown || out.Unknown != unknown || (err != nil && !app.Is(err, app.Declined)) {
				s.T.Errorf("%d: %+v, %v", status, out, err)
			}
			order, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order(no+"-order", channel.WeChatNative), nil)
			if (err == nil) != unknown || order.Unknown != unknown || (err != nil && !app.Is(err, app.Declined)) {
				s.T.Errorf("%d: an order: %+v, %v", status, order, err)
			}
			w.Set(func(w *paymentstest.Wire) { w.Forge = nil })
		}
	})
}

func TestAForeignNumberThatIsNoASCIIIsACaseForAPerson(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NN-1", channel.WeChatNative)
		facts := s.WeChatRefundFacts(payments.Refund{AttemptID: p.PaidAttemptID, Number: "退款-1", Amount: 100})
		if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status < 400 || s.Results.Last() != "quarantined" {
			s.T.Errorf("answered %d %s %s", status, text, s.Results.Last())
		}
		s.wantQuarantined("refund_number")
		facts["out_trade_no"] = "订单-1"
		if status, text := s.Deliver(s.SignWeChatRefund(s.WeChat, facts)); status < 400 || s.Results.Last() != "quarantined" {
			s.T.Errorf("of a foreign order: answered %d %s %s", status, text, s.Results.Last())
		}
		s.wantQuarantined("unknown_number")
	})
}
