package main

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// outage wants the server alive but not ready, orders refused with 503 and a
// callback with the status given while the database is in a state; and
// everything well afterwards, unaided.
func (s *stand) outage(facts demoFacts, name string, forged int, begin, end func()) {
	s.t.Helper()
	account := ""
	if err := s.db.Get(s.t.Context(), &account, `SELECT id FROM accounts WHERE channel = 'wechat'`); err != nil {
		s.t.Fatal(err)
	}
	placed := s.metric("piaohao_channel_calls_total", `operation="pay"`)
	wants := func(when string, ready, order, callback int) {
		if status, _ := s.ask(http.MethodGet, "/healthz", ""); status != http.StatusOK {
			s.t.Errorf("%s: /healthz %d", when, status)
		}
		if status, text := s.ask(http.MethodGet, "/readyz", ""); status != ready {
			s.t.Errorf("%s: /readyz %d %s, want %d", when, status, text, ready)
		}
		if status, text := s.order(facts, "OUT-"+name); status != order {
			s.t.Errorf("%s: an order was answered %d %s, want %d", when, status, text, order)
		}
		if status, text := s.ask(http.MethodPost, "/callbacks/wechat/"+account, "{}"); status != callback {
			s.t.Errorf("%s: a callback was answered %d %s, want %d", when, status, text, callback)
		}
	}
	begin()
	wants(name, http.StatusServiceUnavailable, http.StatusServiceUnavailable, forged)
	if n := s.metric("piaohao_channel_calls_total", `operation="pay"`); n != placed {
		s.t.Errorf("%s: the channel was asked %d times", name, n-placed)
	}
	end()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if status, _ := s.ask(http.MethodGet, "/readyz", ""); status == http.StatusOK {
			break
		} else if time.Now().After(deadline) {
			s.t.Fatalf("%s: not ready again: %d", name, status)
		}
	}
	wants("after "+name, http.StatusOK, http.StatusCreated, http.StatusUnauthorized)
	s.delivers(name)
}

// delivers pays the outage's order and waits for its webhook: notifications,
// sequencing and deliveries all run again.
func (s *stand) delivers(name string) {
	s.t.Helper()
	trades, err := s.sandbox.Trades().Trades(s.t.Context(), "", "", 1)
	if err != nil || len(trades) != 1 {
		s.t.Fatalf("%d trades, %v", len(trades), err)
	}
	before := s.count(`SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'succeeded'`)
	if _, err := s.sandbox.Trades().Pay(s.t.Context(), trades[0].Code); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.count(`SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'succeeded'`) == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("after %s nothing is delivered any more", name)
		}
	}
}

func TestAServerSurvivesItsMySQL(t *testing.T) {
	own := dbtest.StartOwn(t)
	s := serveWith(t, func(c *config.Config) { c.Database.URL, c.Webhooks.AllowPrivate = own.URL(), true })
	facts := s.seed()
	// Whose signature does not verify is turned away, counted or not; while nobody
	// can know whose account it is, everyone is asked to come again.
	s.outage(facts, "down", http.StatusServiceUnavailable, own.Kill, own.Start)
	s.outage(facts, "read-only", http.StatusUnauthorized, func() { own.Admin("SET GLOBAL read_only = ON") }, func() { own.Admin("SET GLOBAL read_only = OFF") })
}

// TestAServerSurvivesAFullDisk runs in a process of its own: the limit it sets
// holds for every file that its process writes, the test runner's own included.
func TestAServerSurvivesAFullDisk(t *testing.T) {
	const alone = "PIAOHAO_TEST_FULL_DISK"
	if os.Getenv(alone) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAServerSurvivesAFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), alone+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestAServerSurvivesAFullDisk") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	s := serveWith(t, func(c *config.Config) { c.Webhooks.AllowPrivate = true })
	facts := s.seed()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	limit := func(to uint64) func() {
		return func() {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: to, Max: was.Max}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// No file of this process may be written beyond its first page: what a disk
	// without room does to SQLite's log.
	s.outage(facts, "full", http.StatusUnauthorized, limit(4096), limit(was.Cur))
	if !strings.Contains(s.log.String(), "not ready") {
		t.Error("the log says nothing of it")
	}
}
