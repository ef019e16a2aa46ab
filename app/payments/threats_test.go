package payments_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// quarantines delivers a validly signed message about p that does not fit, and
// wants it held with the reason, refused, and p untouched.
func (s *shop) quarantines(name string, p payments.View, m paymentstest.Message, reason string) {
	s.T.Helper()
	s.Results.Forget()
	if status, text := s.Deliver(m); status != http.StatusBadRequest {
		s.T.Errorf("%s: answered %d %s, want 400", name, status, text)
	}
	if got := s.Results.Last(); got != "quarantined" {
		s.T.Errorf("%s: counted as %q, want quarantined", name, got)
	}
	held, err := s.quarantined(1)
	if err != nil || len(held) != 1 || held[0].Reason != reason {
		s.T.Errorf("%s: the quarantine holds %+v (%v), want reason %s", name, held, err, reason)
	}
	if got := s.Get(p.ID); got.Status != payments.StatusPending || len(s.EventTypes(p.ID)) != 0 {
		s.T.Errorf("%s: the payment is %s with events %v", name, got.Status, s.EventTypes(p.ID))
	}
}

func TestAValidlySignedWeChatMessageThatDoesNotFitIsQuarantined(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("MB-W", channel.WeChatNative))
		amount := func(facts map[string]any) map[string]any { return facts["amount"].(map[string]any) }
		for _, tc := range []struct {
			name, reason string
			alter        func(facts map[string]any)
		}{
			{"one fen more", "amount", func(f map[string]any) { amount(f)["total"] = p.Amount + 1 }},
			{"one fen less", "amount", func(f map[string]any) { amount(f)["total"] = p.Amount - 1 }},
			{"another currency", "currency", func(f map[string]any) { amount(f)["currency"] = "USD" }},
			{"another app", "app_id", func(f map[string]any) { f["appid"] = "wx00000000000000ff" }},
			{"another mchid", "identity", func(f map[string]any) { f["mchid"] = "1999999999" }},
			{"a number we never sent", "unknown_number", func(f map[string]any) { f["out_trade_no"] = "att_01ARZ3NDEKTSV4RRFFQ69G5FAV" }},
		} {
			facts := s.WeChatFacts(p)
			tc.alter(facts)
			s.quarantines(tc.name, p, s.SignWeChat(s.WeChat, facts), tc.reason)
		}
		// What fits is taken, so nothing else in these messages was wrong.
		if status, text := s.Deliver(s.SignWeChat(s.WeChat, s.WeChatFacts(p))); status != http.StatusNoContent {
			s.T.Fatalf("a message that fits was answered %d %s", status, text)
		}
		s.Await(p.ID, payments.StatusSucceeded)
	})
}

func TestAValidlySignedAlipayMessageThatDoesNotFitIsQuarantined(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("MB-A", channel.AlipayQR))
		for _, tc := range []struct{ name, reason, parameter, value string }{
			{"one fen more", "amount", "total_amount", (p.Amount + 1).Yuan()},
			{"one fen less", "amount", "total_amount", (p.Amount - 1).Yuan()},
			{"another app", "app_id", "app_id", "2021000000000000"},
			{"another seller", "identity", "seller_id", "2088000000000009"},
			{"a number we never sent", "unknown_number", "out_trade_no", "att_01ARZ3NDEKTSV4RRFFQ69G5FAV"},
		} {
			facts := s.AlipayFacts(p)
			facts.Set(tc.parameter, tc.value)
			s.quarantines(tc.name, p, s.SignAlipay(s.Alipay, facts), tc.reason)
		}
	})
}

func TestAMessageOfOneMerchantCannotPayTheOrderOfAnother(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("B4A", channel.WeChatNative))
		other := s.Account(app.WeChat)
		facts := s.WeChatFacts(p)
		facts["mchid"], facts["appid"] = other.Identity, other.DefaultApp()
		// B signs about A's order: at B's own address it is misbound, at A's forged.
		own := s.SignWeChat(other, facts)
		s.quarantines("at its own address", p, own, "account")
		own.Path = "/callbacks/wechat/" + s.WeChat.ID
		if status, _ := s.Deliver(own); status != http.StatusUnauthorized || s.Results.Last() != "forged" {
			s.T.Errorf("at the other's address: %d %s, want 401 forged", status, s.Results.Last())
		}
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Errorf("the payment is %s", got.Status)
		}
	})
}

// A test-mode account may belong to the same mchid as a live one, with the same
// keys: money of the sandbox must not pay a live order.
func TestATestNotificationCannotPayALiveOrder(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("T4L", channel.WeChatNative))
		live := s.Account(app.WeChat)
		s.alter(`UPDATE accounts SET mode = 'live' WHERE id = ?`, live.ID)
		s.alter(`UPDATE attempts SET mode = 'live', account_id = ? WHERE id = ?`, live.ID, p.AttemptID)
		s.alter(`UPDATE payments SET mode = 'live', account_id = ? WHERE id = ?`, live.ID, p.ID)
		status, text := s.Deliver(s.SignWeChat(s.WeChat, s.WeChatFacts(p)))
		if status != http.StatusBadRequest || s.Results.Last() != "quarantined" {
			s.T.Errorf("answered %d %s, counted %s", status, text, s.Results.Last())
		}
		got, err := s.Payments.Get(s.Ctx, payments.Scope{MerchantID: s.Scope.MerchantID, Mode: app.Live}, p.ID)
		if err != nil || got.Status != payments.StatusPending {
			s.T.Errorf("the live payment is %s, %v", got.Status, err)
		}
		s.alter(`UPDATE payments SET mode = 'test', account_id = ? WHERE id = ?`, s.WeChat.ID, p.ID)
		s.alter(`UPDATE attempts SET mode = 'test', account_id = ? WHERE id = ?`, s.WeChat.ID, p.AttemptID)
	})
}

func (s *shop) alter(statement string, args ...any) {
	s.T.Helper()
	if n, err := s.DB.Exec(s.Ctx, statement, args...); err != nil || n != 1 {
		s.T.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

func TestANotificationADayLateIsNotRejectedByItsAge(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Create(paymentstest.Order("DAY-"+string(method), method))
			yesterday := time.Now().Add(-25 * time.Hour).In(app.Beijing)
			var m paymentstest.Message
			if method == channel.WeChatNative {
				facts := s.WeChatFacts(p)
				facts["success_time"] = yesterday.Format(time.RFC3339)
				m = s.SignWeChat(s.WeChat, facts)
			} else {
				// Alipay's is confirmed by query, so the sandbox must know the money.
				s.Trap.Arm()
				s.Pay(p.Action.CodeURL)
				body, header := s.Trap.Wait(s.T)
				facts, err := url.ParseQuery(string(body))
				if err != nil {
					s.T.Fatal(err)
				}
				facts.Set("notify_time", yesterday.Format(time.DateTime))
				m = s.SignAlipay(s.Alipay, facts)
				m.Header = header
			}
			if status, text := s.Deliver(m); status >= 300 {
				s.T.Fatalf("%s: a late notification was answered %d %s", method, status, text)
			}
			s.Await(p.ID, payments.StatusSucceeded)
		}
	})
}

func TestANotificationBeforeTheChannelsAnswerIsNotLost(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		w.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/native") }
		})
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("RE-1", channel.WeChatNative), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		message := s.SignWeChat(s.WeChat, s.WeChatFacts(out.View))
		for i, want := range []int{http.StatusNoContent, http.StatusNoContent} {
			if status, text := s.Deliver(message); status != want {
				s.T.Fatalf("delivery %d of a payment still created: %d %s", i+1, status, text)
			}
		}
		got := s.Await(out.View.ID, payments.StatusSucceeded)
		if types := s.EventTypes(got.ID); len(types) != 1 {
			s.T.Errorf("events %v", types)
		}
	})
}
