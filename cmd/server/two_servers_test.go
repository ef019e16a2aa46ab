package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
)

// twoServers starts two servers on one MariaDB. The first serves the sandbox.
func twoServers(t *testing.T) (first, second *stand, facts demoFacts) {
	t.Helper()
	database := dbtest.MySQLURL(t)
	first = serveWith(t, func(c *config.Config) {
		c.Database.URL, c.Webhooks.AllowPrivate = database, true
		c.Sandbox.AllowNotify = []string{"127.0.0.1"}
	})
	second = serveWith(t, func(c *config.Config) {
		c.Database.URL, c.Webhooks.AllowPrivate = database, true
		c.Sandbox.Enabled, c.Sandbox.URL = false, first.url+"/sandbox"
		c.Secrets = first.config.Secrets
	})
	return first, second, first.seed()
}

// spread sends n orders at once, by turns to both servers, and counts the
// statuses of the answers.
func spread(servers [2]*stand, n int, send func(s *stand, i int) (int, string)) map[int]int {
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			status, text := send(servers[i%2], i)
			mu.Lock()
			defer mu.Unlock()
			seen[status]++
			if status == http.StatusConflict && !strings.Contains(text, "idempotency_key_in_flight") {
				servers[0].t.Errorf("409 %s", text)
			}
		})
	}
	wg.Wait()
	return seen
}

func TestTwoServersMakeOneOrderOfAHundredPosts(t *testing.T) {
	first, second, facts := twoServers(t)
	servers := [2]*stand{first, second}
	placed := func() int {
		return first.metric("piaohao_channel_calls_total", `operation="pay"`) + second.metric("piaohao_channel_calls_total", `operation="pay"`)
	}
	t.Run("with one Idempotency-Key", func(t *testing.T) {
		seen := spread(servers, 100, func(s *stand, _ int) (int, string) { return s.order(facts, "TWO-1", "Idempotency-Key", "k") })
		if seen[http.StatusCreated] == 0 || seen[http.StatusCreated]+seen[http.StatusConflict] != 100 {
			t.Errorf("statuses %v, want only 201 and 409", seen)
		}
		if n := placed(); n != 1 {
			t.Errorf("the channel was asked %d times", n)
		}
	})
	t.Run("with no key", func(t *testing.T) {
		seen := spread(servers, 100, func(s *stand, _ int) (int, string) { return s.order(facts, "TWO-2") })
		if seen[http.StatusCreated] != 1 || seen[http.StatusCreated]+seen[http.StatusOK] != 100 {
			t.Errorf("statuses %v, want one 201 and 99 times 200", seen)
		}
		if n := placed(); n != 2 {
			t.Errorf("the channel was asked %d times for two orders", n)
		}
	})
	if n := first.count(`SELECT COUNT(*) FROM payments`); n != 2 {
		t.Errorf("%d payments, want 2", n)
	}
}

func TestTwoServersShareDeliveriesAndPostMoneyOnce(t *testing.T) {
	first, second, facts := twoServers(t)
	const n = 10
	seen := spread([2]*stand{first, second}, n, func(s *stand, i int) (int, string) { return s.order(facts, "DLV-"+string(rune('a'+i))) })
	if seen[http.StatusCreated] != n {
		t.Fatalf("statuses %v", seen)
	}
	trades, err := first.sandbox.Trades().Trades(t.Context(), "", "", 100)
	if err != nil || len(trades) != n {
		t.Fatalf("%d trades, %v", len(trades), err)
	}
	for _, order := range trades {
		if _, err := first.sandbox.Trades().Pay(t.Context(), order.Code); err != nil {
			t.Fatal(err)
		}
	}
	delivered := func() int {
		return first.count(`SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'succeeded'`)
	}
	for deadline := time.Now().Add(time.Minute); delivered() < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d deliveries came through", delivered(), n)
		}
	}
	for what, query := range map[string]string{
		"paid payments":    `SELECT COUNT(*) FROM payments WHERE status = 'succeeded'`,
		"postings":         `SELECT COUNT(*) FROM channel_receipts`,
		"events":           `SELECT COUNT(*) FROM events WHERE type = 'payment.succeeded'`,
		"deliveries":       `SELECT COUNT(*) FROM webhook_deliveries`,
		"distinct numbers": `SELECT COUNT(DISTINCT seq) FROM events WHERE type = 'payment.succeeded'`,
	} {
		if got := first.count(query); got != n {
			t.Errorf("%d %s, want %d", got, what, n)
		}
	}
	bad, err := second.verify(t.Context(), func(v payments.Violation) { t.Errorf("%s %s: %s", v.Invariant, v.Object, v.Message) })
	if err != nil || bad != 0 {
		t.Errorf("%d violations, %v", bad, err)
	}
}
