package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// run starts the sequencer and the worker of b, until the test ends or stop.
func (b *bundle) run() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	var loops sync.WaitGroup
	for _, f := range []func(context.Context) error{b.events.Run, b.Run} {
		loops.Go(func() {
			if err := f(ctx); err != nil {
				b.t.Errorf("run: %v", err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); loops.Wait() })
	b.t.Cleanup(stop)
	return stop
}

// unpolled makes a worker that only ever acts because something woke it.
func unpolled() Config {
	cfg := loopback()
	cfg.PollEvery = time.Hour
	return cfg
}

func TestTheFirstAttemptWaitsForNoPoll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, unpolled())
		r := receive(t, nil)
		b.endpoint(r.URL)
		b.run()
		for i := range 3 {
			b.happen(1)
			eventually(t, "the event arrives", func() bool { return len(r.requests()) == i+1 })
		}
	})
}

func TestASlowReceiverDelaysNobodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		cfg := loopback()
		cfg.Timeout = 10 * time.Minute // on a busy machine too it is slow, not timed out
		b := setup(t, d, nil, cfg)
		release := make(chan struct{})
		var inside, most atomic.Int64
		slow := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if n := inside.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-release
			inside.Add(-1)
			w.WriteHeader(http.StatusOK)
		})
		quick, sister := receive(t, nil), receive(t, nil)
		b.endpointOf("mch_slow", slow.URL)
		b.endpointOf("mch_slow", sister.URL) // same merchant
		b.endpointOf("mch_quick", quick.URL)
		b.happenTo("mch_slow", 300) // more than one look, all due before the quick merchant's
		b.happenTo("mch_quick", 50)
		b.run()
		eventually(t, "the quick merchant gets all", func() bool { return len(quick.ids()) == 50 })
		eventually(t, "the slow merchant's other endpoint gets all", func() bool { return len(sister.ids()) == 300 })
		if inside.Load() != 4 || most.Load() != 4 {
			t.Errorf("%d requests at once at the slow endpoint, at most %d; want 4", inside.Load(), most.Load())
		}
		close(release)
		eventually(t, "the slow endpoint gets all in the end", func() bool { return len(slow.ids()) == 300 })
		if most.Load() != 4 {
			t.Errorf("at most %d at once, want 4", most.Load())
		}
	})
}

func TestAClaimTakesTurnsBetweenMerchantsAndEndpoints(t *testing.T) {
	var due []candidate
	for i := range 5 {
		due = append(due, candidate{fmt.Sprint("a1-", i), "a1", "A"}, candidate{fmt.Sprint("a2-", i), "a2", "A"})
	}
	due = append(due, candidate{"b-0", "b", "B"}, candidate{"c-0", "c", "C"})
	var got string
	for _, c := range inTurns(due)[:6] {
		got += c.ID + " "
	}
	if want := "a1-0 b-0 c-0 a2-0 a1-1 a2-1 "; got != want {
		t.Fatalf("claimed %s, want %s", got, want)
	}
}

func TestABacklogHidesNobodyBehindIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		cfg := loopback()
		cfg.InFlight = 8
		b := setup(t, d, nil, cfg)
		b.endpointOf("mch_big", "http://127.0.0.1:1/")
		r := receive(t, nil)
		b.endpointOf("mch_small", r.URL)
		b.happenTo("mch_big", lookAhead+50)
		b.happenTo("mch_small", 1)
		b.fanOut()
		b.deliver()
		if len(r.requests()) != 1 {
			t.Fatal("one delivery behind a backlog was not in the first claim")
		}
		if n := len(b.slots.busy()); n != 0 {
			t.Fatalf("%d endpoints still busy after the pass", n)
		}
	})
}

func TestAFailingEndpointGetsOneSlot(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	b := setup(t, d, nil, loopback())
	r := receive(t, answer(500))
	b.endpoint(r.URL)
	b.happen(10)
	b.fanOut()
	if n := b.deliver(); n != 4 {
		t.Fatalf("%d at first, want 4", n)
	}
	if n := b.deliver(); n != 1 {
		t.Fatalf("%d while failing, want 1", n)
	}
}

func TestOneMerchantCannotTakeEverySlot(t *testing.T) {
	s := newSlots(Config{InFlight: 100, PerEndpoint: 4, PerMerchant: 10}.withDefaults())
	taken := 0
	for i := range 20 {
		for range 5 {
			if s.take(Endpoint{ID: fmt.Sprint("whe_", i), MerchantID: "A"}) {
				taken++
			}
		}
	}
	if taken != 10 {
		t.Fatalf("one merchant took %d slots, want 10", taken)
	}
	if !s.take(Endpoint{ID: "whe_b", MerchantID: "B"}) {
		t.Fatal("another merchant found none")
	}
}

func TestServersShareTheWorkAndLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one := setup(t, d, nil, loopback())
		two := one.server(loopback())
		r := receive(t, nil)
		for range 3 {
			one.endpoint(r.URL)
		}
		one.run()
		two.run()
		const each = 60
		var writers sync.WaitGroup
		for _, b := range []*bundle{one, two} {
			writers.Go(func() {
				for range each {
					b.happen(1)
				}
			})
		}
		writers.Wait()
		eventually(t, "all deliveries succeed", func() bool {
			return len(one.deliveries(Filter{Status: Succeeded})) == 2*each*3
		})
		for id, n := range r.ids() {
			if n != 3 {
				t.Errorf("event %s was sent %d times to 3 endpoints", id, n)
			}
		}
		if n := len(r.ids()); n != 2*each {
			t.Errorf("%d of %d events arrived", n, 2*each)
		}
		assertSound(t, d)
	})
}

func TestACrashBetweenSendingAndMarkingSendsAgain(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		r := receive(t, nil)
		b.endpoint(r.URL)
		ev := b.happen(1)[0]
		b.fanOut()
		jobs, err := b.claim(t.Context())
		if err != nil || len(jobs) != 1 {
			t.Fatalf("%d jobs, %v", len(jobs), err)
		}
		lost := b.attempt(t.Context(), jobs[0]) // and here the server dies
		other := b.server(loopback())
		if other.deliver() != 0 {
			t.Fatal("sent by another server under an unexpired lease")
		}
		clock.step(b.leaseTime())
		if other.deliver() != 1 {
			t.Fatal("not sent again after the lease")
		}
		assertSameBytes(t, r, ev, 2)
		// The first server was not dead but paused: its mark comes too late to
		// decide, and is kept in the history.
		lost.attempt.Code = 500
		if err := b.mark(t.Context(), []result{lost}); err != nil {
			t.Fatal(err)
		}
		got := b.only()
		if got.Status != Succeeded || got.LastCode != 204 || got.Attempts != 2 || len(b.attempts(got)) != 2 {
			t.Fatalf("%+v with %d attempts", got, len(b.attempts(got)))
		}
		assertSound(t, d)
	}, dbtest.WithClock(clock))
}

func TestShutdownCutsAttemptsShortAndTheyAreDueAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		cfg := unpolled()
		cfg.Drain = 10 * time.Millisecond
		b := setup(t, d, nil, cfg)
		release := make(chan struct{})
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) { <-release })
		defer close(release)
		b.endpoint(r.URL)
		stop := b.run()
		b.happen(1)
		eventually(t, "the attempt begins", func() bool { return len(r.requests()) == 1 })
		stop()
		now, err := d.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := b.only()
		if got.Status != Pending || got.NextAt > now || got.Tries != 0 || got.LeaseOwner != "" {
			t.Fatalf("after shutdown at %d: %+v", now, got)
		}
		if list := b.attempts(got); len(list) != 0 {
			t.Fatalf("an attempt that was cut short counts: %+v", list)
		}
	})
}

func TestShutdownLetsAttemptsFinish(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	b := setup(t, d, nil, unpolled())
	release := make(chan struct{})
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) { <-release })
	b.endpoint(r.URL)
	stop := b.run()
	b.happen(1)
	eventually(t, "the attempt begins", func() bool { return len(r.requests()) == 1 })
	time.AfterFunc(20*time.Millisecond, func() { close(release) })
	stop()
	if got := b.only(); got.Status != Succeeded {
		t.Fatalf("%+v", got)
	}
}

func TestStatsSayHowFarBehind(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		b.endpoint(receive(t, nil).URL)
		due := app.ToMillis(clock.Now())
		b.happen(3)
		if _, err := b.events.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		stats := func() Stats {
			t.Helper()
			s, err := b.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if got := stats(); got != (Stats{Behind: 3}) {
			t.Errorf("before fan-out: %+v", got)
		}
		b.fanOut()
		clock.step(time.Minute)
		if got := stats(); got != (Stats{Due: 3, OldestDue: due}) {
			t.Errorf("after fan-out: %+v", got)
		}
		b.deliver()
		if got := stats(); got != (Stats{}) {
			t.Errorf("after delivery: %+v", got)
		}
	}, dbtest.WithClock(clock))
}
