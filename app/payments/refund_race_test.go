package payments_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// asked is what concurrent requests for refunds came to.
type asked struct {
	sync.Mutex
	ids     map[string]bool
	reasons map[string]int
}

// askAtOnce asks two servers in turn for n refunds at once.
func (s *shop) askAtOnce(servers []*payments.Service, paymentID string, inputs []payments.RefundInput) *asked {
	s.T.Helper()
	out := &asked{ids: map[string]bool{}, reasons: map[string]int{}}
	var wg sync.WaitGroup
	for i, in := range inputs {
		wg.Go(func() {
			got, err := servers[i%len(servers)].Refund(s.Ctx, s.Scope, paymentID, in, nil)
			out.Lock()
			defer out.Unlock()
			switch {
			case err == nil:
				out.ids[got.View.ID] = true
			case reasonOf(err) == "refund_exceeds_remainder":
				out.reasons["refund_exceeds_remainder"]++
			default:
				s.T.Errorf("refund %s: %v", in.RefundNo, err)
			}
		})
	}
	wg.Wait()
	return out
}

// twoServers opens a shop on MariaDB with a second service on its database.
func twoServers(t *testing.T) (*shop, *paymentstest.Wire, []*payments.Service) {
	t.Helper()
	s, w := openAt(t, dbtest.MySQLURL(t))
	return s, w, []*payments.Service{s.Payments, s.another()}
}

func TestAHundredRefundsAtTwoServersNeverExceedThePayment(t *testing.T) {
	s, _, servers := twoServers(t)
	for _, method := range bothMethods {
		p := s.Paid("H-"+string(method), method)
		inputs := make([]payments.RefundInput, 100)
		for i := range inputs {
			inputs[i] = paymentstest.RefundInput(fmt.Sprintf("H-%s-%d", method, i), 100)
		}
		out := s.askAtOnce(servers, p.ID, inputs)
		if len(out.ids) != 12 || out.reasons["refund_exceeds_remainder"] != 88 {
			t.Fatalf("%s: %d refunds of 1234 fen by 100 were taken, %v refused", method, len(out.ids), out.reasons)
		}
		if got := s.Get(p.ID); got.RefundReserved != 1200 {
			t.Errorf("%s: %d are reserved", method, got.RefundReserved)
		}
		s.drive(servers, p)
		refunds := s.ChannelRefunds(method.Channel(), p.PaidAttemptID)
		var sum app.Money
		seen := map[string]bool{}
		for _, r := range refunds {
			if seen[r.OutRefundNo] || !out.ids[r.OutRefundNo] {
				t.Errorf("%s: the channel refunded %s twice or from nowhere", method, r.OutRefundNo)
			}
			seen[r.OutRefundNo] = true
			sum += r.Amount
		}
		if len(refunds) != 12 || sum != 1200 || s.Get(p.ID).AmountRefunded != 1200 {
			t.Errorf("%s: the channel gave back %d in %d refunds, we count %d", method, sum, len(refunds), s.Get(p.ID).AmountRefunded)
		}
	}
	s.Sound()
}

// drive lets both servers work, minute by minute, until every refund of p has
// arrived.
func (s *shop) drive(servers []*payments.Service, p payments.Payment) {
	s.T.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		var wg sync.WaitGroup
		for _, server := range servers {
			wg.Go(func() {
				if _, err := server.RefundDue(s.Ctx); err != nil && s.Ctx.Err() == nil {
					s.T.Error(err)
				}
			})
		}
		wg.Wait()
		open := 0
		for _, r := range s.RefundsOf(p.ID) {
			if !r.Status.Final() {
				open++
			}
		}
		if open == 0 {
			return
		}
		time.Sleep(60 * time.Millisecond) // WeChat takes 50 ms over a refund here
		s.Clock.Advance(61 * time.Second)
	}
	s.T.Fatalf("refunds of %s never arrive: %+v", p.ID, s.RefundsOf(p.ID))
}

func TestAHundredRequestsForOneRefundAreOneRefund(t *testing.T) {
	s, w, servers := twoServers(t)
	for _, method := range bothMethods {
		p := s.Paid("O-"+string(method), method)
		inputs := make([]payments.RefundInput, 100)
		for i := range inputs {
			inputs[i] = paymentstest.RefundInput("O-"+string(method), 1234)
		}
		// The first answers are lost, so that others send again.
		var lost atomic.Int32
		w.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool {
				return isRefund(r) && lost.Add(1) <= 3
			}
		})
		out := s.askAtOnce(servers, p.ID, inputs)
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		if len(out.ids) != 1 || len(out.reasons) != 0 {
			t.Fatalf("%s: %v, %v", method, out.ids, out.reasons)
		}
		s.drive(servers, p)
		if n := len(s.ChannelRefunds(method.Channel(), p.PaidAttemptID)); n != 1 {
			t.Errorf("%s: the channel refunded %d times", method, n)
		}
		if got := s.Get(p.ID); got.AmountRefunded != 1234 {
			t.Errorf("%s: %+v", method, got)
		}
	}
	s.Sound()
}

func TestRefundsOfOneWeChatOrderAreSentOneAtATime(t *testing.T) {
	s, w, servers := twoServers(t)
	p := s.Paid("ONE-1", channel.WeChatNative)
	var mu sync.Mutex
	flying, most := 0, 0
	w.Set(func(w *paymentstest.Wire) {
		w.Fail = func(r *http.Request) error {
			if !isRefund(r) {
				return nil
			}
			mu.Lock()
			flying++
			most = max(most, flying)
			mu.Unlock()
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			flying--
			mu.Unlock()
			return nil
		}
	})
	inputs := make([]payments.RefundInput, 10)
	for i := range inputs {
		inputs[i] = paymentstest.RefundInput(fmt.Sprintf("ONE-%d", i), 100)
	}
	s.askAtOnce(servers, p.ID, inputs)
	s.drive(servers, p)
	if most != 1 {
		t.Errorf("%d refunds of one order were under way to WeChat at once", most)
	}
	s.Sound()
}

func TestALostCommitAnswerRefundsNothingTwice(t *testing.T) {
	proxy := dbtest.NewProxy(t, dbtest.MySQLURL(t))
	s, _ := openAt(t, proxy.URL())
	p := s.Paid("LCR-1", channel.AlipayQR)
	s.Fault(app.Alipay, trade.DropNotification, 2) // the answers' commits are to be lost, and nobody else's
	lost := proxy.Lost()
	proxy.LoseCommit(sends("INSERT INTO refund_keys"))
	v := s.Refund(p.ID, paymentstest.RefundInput("LCR-1", 100))
	if v.Status != payments.RefundSucceeded || proxy.Lost() != lost+1 {
		t.Fatalf("%+v, %d answers lost", v, proxy.Lost()-lost)
	}
	proxy.LoseCommit(sends("'refund', "))
	if _, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("LCR-2", 100), nil); !app.Is(err, app.Unavailable) || proxy.Lost() != lost+2 {
		t.Fatalf("%v, %d answers lost", err, proxy.Lost()-lost)
	}
	again := s.Refund(p.ID, paymentstest.RefundInput("LCR-2", 100))
	if again.Status != payments.RefundSucceeded || s.Get(p.ID).AmountRefunded != 200 {
		t.Errorf("%+v", again)
	}
	if n := len(s.ChannelRefunds(app.Alipay, p.PaidAttemptID)); n != 2 {
		t.Errorf("the channel refunded %d times for two refunds", n)
	}
	s.Sound()
}

// A server that dies between the commit and the call leaves the refund to the
// others.
func TestARefundThatWasNeverSentIsSentByTheJob(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Paid("KL-"+string(method), method)
			ctx, die := context.WithCancel(s.Ctx)
			w.Set(func(w *paymentstest.Wire) {
				w.Fail = func(r *http.Request) error {
					if isRefund(r) {
						die()
						return context.Canceled
					}
					return nil
				}
			})
			_, _ = s.Payments.Refund(ctx, s.Scope, p.ID, paymentstest.RefundInput("KL-"+string(method), 1234), nil)
			w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
			list := s.RefundsOf(p.ID)
			if len(list) != 1 || list[0].Status != payments.RefundPending {
				s.T.Fatalf("%s: %+v", method, list)
			}
			// As if nothing had been recorded of the call: only the placing commit.
			s.sql(`UPDATE refunds SET lease_owner = 'lse_dead', lease_until = next_query_at + 20000, next_query_at = created_at, queries = 0 WHERE id = ?`, list[0].ID)
			s.Clock.Advance(time.Minute)
			s.RefundDue()
			s.WaitRefund(list[0].ID, payments.RefundSucceeded)
			if n := len(s.ChannelRefunds(method.Channel(), p.PaidAttemptID)); n != 1 {
				s.T.Errorf("%s: the channel refunded %d times", method, n)
			}
		}
	})
}

// A refusal that answers the second request says nothing about the first.
func TestARefusalOfASecondRequestDoesNotFailTheFirst(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("RS-1", channel.WeChatNative)
		w.Set(func(w *paymentstest.Wire) { w.Lose = isRefund })
		out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("RS-1", 1234), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		// The account loses its key: the next call is refused before it is sent.
		s.LoseKeys(true)
		again, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("RS-1", 1234), nil)
		if err != nil || !again.Unknown || again.View.Status != payments.RefundPending {
			s.T.Errorf("%+v, %v", again, err)
		}
		s.LoseKeys(false)
		s.Clock.Advance(time.Minute)
		s.RefundDue()
		s.WaitRefund(out.View.ID, payments.RefundSucceeded)
		if n := len(s.ChannelRefunds(app.WeChat, p.PaidAttemptID)); n != 1 {
			s.T.Errorf("the channel refunded %d times", n)
		}
	})
}
