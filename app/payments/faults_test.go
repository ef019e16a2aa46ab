package payments_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/sql"
)

// openAt brings up a shop on the database of url.
func openAt(t *testing.T, url string) (*shop, *paymentstest.Wire) {
	t.Helper()
	clock := &paymentstest.Clock{}
	d, err := db.Open(context.Background(), db.Config{URL: url, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(context.Background(), sql.Platform()); err != nil {
		t.Fatal(err)
	}
	inner, w := paymentstest.Open(t, d, clock)
	return &shop{inner}, w
}

// endure wants everything refused as unavailable while the database is in a
// state, nothing sent to a channel, and everything taken up again afterwards.
func (s *shop) endure(w *paymentstest.Wire, name string, begin, end func()) {
	s.T.Helper()
	p := s.Create(paymentstest.Order("O-"+name, channel.WeChatNative))
	s.Trap.Arm()
	s.Pay(p.Action.CodeURL)
	body, header := s.Trap.Wait(s.T)
	announced := paymentstest.Message{Path: "/callbacks/wechat/" + s.WeChat.ID, Header: header, Body: body}
	placed := w.Count(paymentstest.WeChatNative)

	begin()
	if _, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("N-"+name, channel.WeChatNative), nil); !app.Is(err, app.Unavailable) {
		s.T.Errorf("%s: create gave %v, want unavailable", name, err)
	}
	if n := w.Count(paymentstest.WeChatNative); n != placed {
		s.T.Errorf("%s: %d orders were sent without a durable row", name, n-placed)
	}
	if status, text := s.Deliver(announced); status != http.StatusServiceUnavailable || !strings.Contains(text, "FAIL") {
		s.T.Errorf("%s: the notification was answered %d %s, want 503 FAIL", name, status, text)
	}
	s.Clock.Advance(16 * time.Second)
	if _, err := s.Payments.QueryDue(s.Ctx); !app.Is(err, app.Unavailable) {
		s.T.Errorf("%s: the query job gave %v, want unavailable", name, err)
	}
	end()

	if status, text := s.Deliver(announced); status != http.StatusNoContent {
		s.T.Errorf("%s: afterwards the notification was answered %d %s", name, status, text)
	}
	if got := s.Get(p.ID); got.Status != payments.StatusSucceeded || got.Late {
		s.T.Errorf("%s: afterwards the payment is %s", name, got.Status)
	}
	if again := s.Create(paymentstest.Order("N-"+name, channel.WeChatNative)); again.Status != payments.StatusPending {
		s.T.Errorf("%s: afterwards the order is %s", name, again.Status)
	}
	s.Sound()
}

func TestAMySQLThatIsDownOrReadOnlyStopsEverythingAndLosesNothing(t *testing.T) {
	own := dbtest.StartOwn(t)
	s, w := openAt(t, own.URL())
	s.endure(w, "down", own.Kill, own.Start)
	s.endure(w, "read-only", func() { own.Admin("SET GLOBAL read_only = ON") }, func() { own.Admin("SET GLOBAL read_only = OFF") })
}

func TestASQLiteThatIsReadOnlyStopsEverythingAndLosesNothing(t *testing.T) {
	s, w := openAt(t, "sqlite:"+t.TempDir()+"/faults.db")
	pragma := func(text string) func() {
		return func() {
			if _, err := s.DB.Exec(s.Ctx, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The writer's only connection keeps what it is told.
	s.endure(w, "read-only", pragma("PRAGMA query_only = ON"), pragma("PRAGMA query_only = OFF"))
}

func TestAFullDatabaseSendsNothingThatIsNotDurable(t *testing.T) {
	s, w := openAt(t, "sqlite:"+t.TempDir()+"/faults.db")
	s.Create(paymentstest.Order("F-0", channel.WeChatNative))
	var pages int
	if err := s.DB.Get(s.Ctx, &pages, "PRAGMA page_count"); err != nil {
		t.Fatal(err)
	}
	limit := func(n string) {
		if _, err := s.DB.Exec(s.Ctx, "PRAGMA max_page_count = "+n); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // no page more than there are
	refused := s.fill(w)
	for _, order := range s.trades() {
		var n int
		if err := s.DB.Get(s.Ctx, &n, `SELECT COUNT(*) FROM attempts WHERE id = ?`, order.OutTradeNo); err != nil || n != 1 {
			t.Errorf("the channel has an order %s that we do not know (%v)", order.OutTradeNo, err)
		}
	}
	limit("1000000")
	s.Create(paymentstest.Order(refused, channel.WeChatNative))
	s.Clock.Advance(20 * time.Second)
	s.QueryDue()
	s.Sound()
}

// fill places orders until one is refused before anything was sent, and returns
// its number. An order whose answer finds no room is durable all the same.
func (s *shop) fill(w *paymentstest.Wire) string {
	s.T.Helper()
	for i := range 200 {
		in := paymentstest.Order(fmt.Sprintf("F-%d", i+1), channel.WeChatNative)
		before := w.Count(paymentstest.WeChatNative)
		_, err := s.Payments.Create(s.Ctx, s.Scope, in, nil)
		switch {
		case err == nil:
		case !app.Is(err, app.Unavailable):
			s.T.Fatalf("a full database gave %v", err)
		case w.Count(paymentstest.WeChatNative) == before:
			return in.OrderNo
		}
	}
	s.T.Fatal("the database never became full")
	return ""
}

// sends returns whether a transaction has sent a statement like the text.
func sends(text string) func(statements []string) bool {
	return func(statements []string) bool {
		return slices.ContainsFunc(statements, func(s string) bool { return strings.Contains(s, text) })
	}
}

func TestALostCommitAnswerMakesNothingTwice(t *testing.T) {
	proxy := dbtest.NewProxy(t, dbtest.MySQLURL(t))
	s, w := openAt(t, proxy.URL())
	key := &payments.Claim{Scope: s.Scope, Key: "k", Fingerprint: "f", Owner: "o", Answer: func(payments.Outcome, error) (payments.Frozen, bool) { return payments.Frozen{}, true }}

	t.Run("of placing an order", func(t *testing.T) {
		proxy.LoseCommit(sends("INSERT INTO payment_keys"))
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("LC-1", channel.WeChatNative), key)
		if err != nil || out.View.Status != payments.StatusPending || !out.New || proxy.Lost() != 1 {
			t.Fatalf("%+v, %v, %d answers lost", out, err, proxy.Lost())
		}
		if n := w.Count(paymentstest.WeChatNative); n != 1 {
			t.Errorf("the channel was asked %d times", n)
		}
	})
	t.Run("of accepting the channel's answer", func(t *testing.T) {
		proxy.LoseCommit(sends("UPDATE attempts SET status = 'pending'"))
		_, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("LC-2", channel.WeChatNative), nil)
		if !app.Is(err, app.Unavailable) || proxy.Lost() != 2 {
			t.Fatalf("%v, %d answers lost", err, proxy.Lost())
		}
		if again := s.Create(paymentstest.Order("LC-2", channel.WeChatNative)); again.Status != payments.StatusPending || again.Action == nil {
			t.Errorf("asked again it is %+v", again)
		}
		if n := w.Count(paymentstest.WeChatNative); n != 2 {
			t.Errorf("the channel was asked %d times for two orders", n)
		}
	})
	t.Run("of posting money", func(t *testing.T) {
		p := s.Create(paymentstest.Order("LC-3", channel.WeChatNative))
		message := s.SignWeChat(s.WeChat, s.WeChatFacts(p))
		proxy.LoseCommit(sends("INSERT INTO channel_receipts"))
		if status, text := s.Deliver(message); status != http.StatusServiceUnavailable || proxy.Lost() != 3 {
			t.Fatalf("%d %s, %d answers lost", status, text, proxy.Lost())
		}
		if status, text := s.Deliver(message); status != http.StatusNoContent || s.Results.Last() != "repeated" {
			t.Errorf("delivered again: %d %s %s", status, text, s.Results.Last())
		}
		if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
			t.Errorf("events %v", types)
		}
	})
	s.Sound()
}

// another returns the payments service of a second server on the same database.
func (s *shop) another() *payments.Service { return payments.New(s.Payments.Config) }

func TestServersShareTheQueriesAndPostMoneyOnce(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		const n = 12
		s.Fault(app.WeChat, trade.DropNotification, n)
		orders := make([]payments.View, n)
		for i := range orders {
			orders[i] = s.Create(paymentstest.Order("SV-"+string(rune('a'+i)), channel.WeChatNative))
			s.Pay(orders[i].Action.CodeURL)
		}
		s.Clock.Advance(16 * time.Second)
		var wg sync.WaitGroup
		for _, server := range []*payments.Service{s.Payments, s.another(), s.another()} {
			wg.Go(func() {
				if _, err := server.QueryDue(s.Ctx); err != nil {
					s.T.Error(err)
				}
			})
		}
		wg.Wait()
		for _, p := range orders {
			s.Await(p.ID, payments.StatusSucceeded)
			if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.T.Errorf("events %v", types)
			}
			if asked := w.Count("GET /sandbox/wechat/v3/pay/transactions/out-trade-no/" + p.AttemptID); asked != 1 {
				s.T.Errorf("%s was asked about %d times by three servers", p.AttemptID, asked)
			}
		}
	})
}

func TestTheQueryAndTheNotificationAtOncePostMoneyOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for i := range 5 {
			p := s.Create(paymentstest.Order("AT-"+string(rune('a'+i)), channel.WeChatNative))
			body, header := s.capture(p)
			message := paymentstest.Message{Path: "/callbacks/wechat/" + s.WeChat.ID, Header: header, Body: body}
			s.Clock.Advance(16 * time.Second)
			var wg sync.WaitGroup
			wg.Go(s.QueryDue)
			for range 4 {
				wg.Go(func() {
					if status, text := s.Deliver(message); status != http.StatusNoContent {
						s.T.Errorf("%d %s", status, text)
					}
				})
			}
			wg.Wait()
			s.Await(p.ID, payments.StatusSucceeded)
			if types := s.EventTypes(p.ID); len(types) != 1 {
				s.T.Errorf("events %v", types)
			}
		}
	})
}

// Ten minutes between our clock and the channel's: it refuses our signatures,
// and we believe none of its. Nothing is taken for certain, and all of it
// heals with the clock.
func TestClocksTenMinutesApartLeaveEverythingUnknown(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ahead": 10 * time.Minute, "behind": -10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			clock, theirs := &paymentstest.Clock{}, &paymentstest.Clock{}
			inner, _ := paymentstest.Open(t, dbtest.OpenSQLite(t, dbtest.WithClock(clock)), clock, func(c *sandbox.Config) { c.Clock = theirs })
			s := &shop{inner}
			p := s.Create(paymentstest.Order("CK-1", channel.WeChatNative))
			theirs.Advance(skew)
			s.Pay(p.Action.CodeURL)
			s.awaitResult("forged")
			if got := s.Get(p.ID); got.Status != payments.StatusPending {
				t.Errorf("a message of another time was believed: %s", got.Status)
			}
			out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("CK-2", channel.WeChatNative), nil)
			if err != nil || !out.Unknown {
				t.Errorf("create gave %+v, %v; want an unknown outcome", out, err)
			}
			theirs.Advance(-skew)
			s.Clock.Advance(time.Minute)
			s.QueryDue()
			s.Await(p.ID, payments.StatusSucceeded)
			s.Await(out.View.ID, payments.StatusPending)
			s.Sound()
		})
	}
}
