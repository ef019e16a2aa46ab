package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestASuccessThatCannotBeConfirmedIsStoredAndAskedForAtOnce(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		// Alipay accounts confirm by query unless told otherwise.
		p := s.Create(paymentstest.Order("CF-1", channel.AlipayQR))
		down := func(fail bool) {
			w.Set(func(w *paymentstest.Wire) {
				w.Fail = func(r *http.Request) error {
					if fail && strings.Contains(r.URL.Path, "alipay") {
						return errors.New("the channel is unreachable")
					}
					return nil
				}
			})
		}
		down(true)
		s.Pay(p.Action.CodeURL)
		s.awaitResult("deferred")
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Fatalf("an unconfirmed success was applied: %s", got.Status)
		}
		down(false)
		s.QueryDue()
		s.Await(p.ID, payments.StatusSucceeded)
		var open int
		if err := s.DB.Get(s.Ctx, &open, `SELECT COUNT(*) FROM channel_notifications WHERE status = 'deferred'`); err != nil || open != 0 {
			s.T.Errorf("%d deferred notifications are left, %v", open, err)
		}
		a, err := s.Merchants.Account(s.Ctx, s.Scope.MerchantID, s.Alipay.ID)
		if err != nil || a.Health.DeafSince != 0 {
			s.T.Errorf("the account counts as deaf although its notification came: %v, %v", a.Health.DeafSince, err)
		}
	})
}

func TestForgeriesLeaveACounterAndAFewHeadersButNoBody(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		const canary = "CANARY-BODY"
		for range 20 {
			header := http.Header{"User-Agent": {"attacker"}, "X-Test-Delivery": {"1"}}
			res := s.deliver("/callbacks/wechat/"+s.WeChat.ID, header, []byte(`{"id":"`+canary+`"}`))
			if res.StatusCode != http.StatusUnauthorized {
				s.T.Fatalf("a forgery was answered %d", res.StatusCode)
			}
		}
		var rows []struct {
			Hits    int    `db:"hits"`
			Samples string `db:"samples"`
		}
		if err := s.DB.Select(s.Ctx, &rows, `SELECT hits, samples FROM forged_notifications`); err != nil {
			s.T.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Hits != 20 || strings.Count(rows[0].Samples, "attacker") != 5 || strings.Contains(rows[0].Samples, canary) {
			s.T.Errorf("twenty forgeries left %+v", rows)
		}
		var stored int
		if err := s.DB.Get(s.Ctx, &stored, `SELECT COUNT(*) FROM channel_notifications`); err != nil || stored != 0 {
			s.T.Errorf("%d forgeries were stored, %v", stored, err)
		}
	})
}

// What was refused for certain is paid all the same, and the channel is away
// when it says so: the money is asked for, not forgotten with the attempt.
func TestASuccessOfARefusedOrderIsAskedFor(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for name, age := range map[string]time.Duration{"young": 0, "expired": time.Hour} {
			p := s.Create(paymentstest.Order("RF-"+name, channel.AlipayQR))
			s.sql(`UPDATE attempts SET status = 'failed', next_query_at = expires_at WHERE id = ?`, p.AttemptID)
			s.sql(`UPDATE payments SET open_attempt_id = '' WHERE id = ?`, p.ID)
			s.Trap.Arm()
			s.Pay(p.Action.CodeURL)
			body, header := s.Trap.Wait(s.T)
			s.after(age)
			w.Set(func(w *paymentstest.Wire) { w.Fail = failing(func(*http.Request) bool { return true }) })
			message := paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID, Header: header, Body: body}
			if _, text := s.Deliver(message); text == "success" || s.Results.Last() != "deferred" {
				s.T.Errorf("%s: answered %s %s", name, text, s.Results.Last())
			}
			s.QueryDue()
			w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
			if age > 0 { // no longer asked about by itself, but with each notification
				s.Deliver(message)
			}
			s.after(20 * time.Minute)
			if got := s.Await(p.ID, payments.StatusSucceeded); got.Late != (age > 0) {
				s.T.Errorf("%s: %+v", name, got)
			}
		}
	})
}

func TestARefusedOrderThatIsNotPaidEndsAtItsExpiry(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("RE-1", channel.AlipayQR))
		s.sql(`UPDATE attempts SET status = 'failed', next_query_at = 1 WHERE id = ?`, p.AttemptID) // somebody had it asked about
		s.sql(`UPDATE payments SET open_attempt_id = '' WHERE id = ?`, p.ID)
		s.QueryDue()
		if got := s.Get(p.ID); got.Status != payments.StatusPending || s.nextLook(p.AttemptID) != int64(got.ExpiresAt) {
			s.T.Errorf("it became %s, next look at %d", got.Status, s.nextLook(p.AttemptID))
		}
		s.after(time.Hour)
		s.Await(p.ID, payments.StatusClosed)
	})
}
