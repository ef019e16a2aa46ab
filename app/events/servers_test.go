package events_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

func TestServersThatSequenceAtOnceNumberEachEventOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		const servers, each = 3, 60
		logs := make([]*events.Log, servers)
		for i := range logs {
			logs[i] = events.NewLog(d, app.SystemClock{})
		}
		var wg sync.WaitGroup
		for s, l := range logs {
			wg.Go(func() {
				for i := range each {
					err := d.InTx(ctx, func(tx *db.Tx) error {
						_, err := l.Write(ctx, tx, fact(fmt.Sprintf("pay_%d_%d", s, i)))
						return err
					})
					if err != nil {
						t.Error(err)
					}
					if _, err := l.Sequence(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, l := range logs {
			sequence(t, l)
		}
		all, err := logs[0].After(ctx, 0, 1000)
		if err != nil || len(all) != servers*each {
			t.Fatalf("%d numbered, %v", len(all), err)
		}
		for i, e := range all {
			if e.Seq != int64(i+1) {
				t.Fatalf("event %d has seq %d: a gap", i, e.Seq)
			}
		}
	})
}

func TestAServerPastItsLeaseNumbersNothing(t *testing.T) {
	clock := &stepped{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := events.NewLog(d, clock), events.NewLog(d, clock)
		write(t, d, a, fact("pay_1"))
		if n := sequence(t, a); n != 1 {
			t.Fatal("the first server did not sequence")
		}
		write(t, d, a, fact("pay_2"))
		if n := sequence(t, b); n != 0 {
			t.Fatal("the second server sequenced under the first's lease")
		}
		clock.step(time.Minute)
		if n := sequence(t, b); n != 1 {
			t.Fatal("the second server did not take over the expired lease")
		}
		write(t, d, a, fact("pay_3"))
		clock.step(-time.Minute) // the first still believes in its lease
		if n := sequence(t, a); n != 0 {
			t.Fatal("the fenced server numbered an event")
		}
	}, dbtest.WithClock(clock))
}

func TestServersThatConsumeAtOnceHandEachEventOverOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		l := events.NewLog(d, app.SystemClock{})
		for i := range 100 {
			write(t, d, l, fact(fmt.Sprint("pay_", i)))
		}
		sequence(t, l)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					at, err := l.Cursor(ctx, "all")
					if err != nil {
						t.Error(err)
						return
					}
					if at == 100 {
						return
					}
					if _, err := consumeAll(ctx, l, insertLease(ctx)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := d.Get(ctx, &n, `SELECT COUNT(*) FROM job_leases WHERE owner = 'consumer'`); err != nil || n != 100 {
			t.Fatalf("%d of 100 effects, %v", n, err)
		}
	})
}

// insertLease is an effect that fails when it happens twice: the event's id is
// the row's primary key.
func insertLease(ctx context.Context) func(*db.Tx, []events.Event) error {
	return func(tx *db.Tx, batch []events.Event) error {
		var rows [][]any
		for _, e := range batch {
			rows = append(rows, []any{e.ID, "consumer", e.Seq, 0})
		}
		return db.InsertRows(ctx, tx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES (?, ?, ?, ?)`, rows)
	}
}

func TestAFailingConsumerSeesTheSameEventsAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, app.SystemClock{})
		write(t, d, l, fact("pay_1"))
		write(t, d, l, fact("pay_2"))
		sequence(t, l)
		boom := errors.New("boom")
		if n, err := l.Consume(t.Context(), "c", 10, func(*db.Tx, []events.Event) error { return boom }); n != 0 || !errors.Is(err, boom) {
			t.Fatalf("%d, %v", n, err)
		}
		var seen string
		n, err := l.Consume(t.Context(), "c", 10, func(_ *db.Tx, b []events.Event) error { seen = objects(b); return nil })
		if n != 2 || err != nil || seen != "pay_1 pay_2" {
			t.Fatalf("%d %q %v", n, seen, err)
		}
		if n, err := l.Consume(t.Context(), "c", 10, func(*db.Tx, []events.Event) error { return boom }); n != 0 || err != nil {
			t.Fatalf("nothing left, yet %d, %v", n, err)
		}
	})
}

func TestListsAreOneMerchantsAndOneModes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, app.SystemClock{})
		for i, n := range []struct {
			merchant string
			mode     app.Mode
			kind     string
		}{
			{"mch_A", app.Test, "payment.succeeded"}, {"mch_B", app.Test, "payment.succeeded"},
			{"mch_A", app.Live, "payment.succeeded"}, {"mch_A", app.Test, "payment.closed"}, {"mch_A", app.Test, "payment.succeeded"},
		} {
			write(t, d, l, events.New{Type: n.kind, MerchantID: n.merchant, Mode: n.mode, ObjectID: fmt.Sprint("pay_", i), Data: i})
		}
		sequence(t, l)
		for want, f := range map[string]events.Filter{
			"pay_4 pay_3 pay_0": {},
			"pay_4 pay_3":       {Limit: 2},
			"pay_3 pay_0":       {Before: 5},
			"pay_0 pay_3 pay_4": {OldestFirst: true},
			"pay_3 pay_4":       {OldestFirst: true, After: 1},
			"pay_4 pay_0":       {Type: "payment.succeeded"},
			"pay_3":             {ObjectID: "pay_3"},
			"":                  {ObjectID: "pay_1"},
		} {
			f.MerchantID, f.Mode = "mch_A", app.Test
			if f.Limit == 0 {
				f.Limit = 10
			}
			got, err := l.List(t.Context(), f)
			if err != nil || objects(got) != want {
				t.Errorf("%+v: %q, %v; want %q", f, objects(got), err, want)
			}
		}
		if got, err := l.ByObject(t.Context(), "mch_B", "pay_1"); err != nil || objects(got) != "pay_1" {
			t.Errorf("by object: %q, %v", objects(got), err)
		}
		if got, err := l.ByObject(t.Context(), "mch_A", "pay_1"); err != nil || len(got) != 0 {
			t.Errorf("another merchant's object: %q, %v", objects(got), err)
		}
		e := write(t, d, l, fact("pay_9"))
		for _, who := range []struct {
			merchant string
			mode     app.Mode
		}{{"mch_B", app.Test}, {"mch_A", app.Live}} {
			if _, err := l.Get(t.Context(), who.merchant, who.mode, e.ID); !app.Is(err, app.NotFound) {
				t.Errorf("%+v reads another's event: %v", who, err)
			}
		}
	})
}

func TestRunNumbersAnEventAsSoonAsItCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t)
		ctx, stop := context.WithCancel(t.Context())
		l := events.NewLog(d, app.SystemClock{})
		rang := l.Sequenced()
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		synctest.Wait()
		before := time.Now()
		write(t, d, l, fact("pay_1"))
		<-rang
		if waited := time.Since(before); waited != 0 {
			t.Errorf("the event waited %s for its number", waited)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if _, err := d.AcquireLease(context.Background(), "events.sequencer", "next", time.Second); err != nil {
			t.Errorf("the lease outlives the run: %v", err)
		}
	})
}

type stepped struct {
	mu sync.Mutex
	at time.Time
}

func (s *stepped) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *stepped) step(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(by)
}
