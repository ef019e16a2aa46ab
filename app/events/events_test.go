package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

func fact(object string) events.New {
	return events.New{Type: "payment.succeeded", MerchantID: "mch_A", Mode: app.Test, ObjectID: object, Data: map[string]any{"id": object}}
}

func write(t *testing.T, d *db.DB, l *events.Log, n events.New) events.Event {
	t.Helper()
	var e events.Event
	err := d.InTx(t.Context(), func(tx *db.Tx) (err error) {
		e, err = l.Write(t.Context(), tx, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sequence(t *testing.T, l *events.Log) int {
	t.Helper()
	n, err := l.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func objects(batch []events.Event) string {
	var out []string
	for _, e := range batch {
		out = append(out, e.ObjectID)
	}
	return strings.Join(out, " ")
}

func TestThePayloadIsBuiltOnceWithItsMembersInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, fixed(time.Date(2026, 3, 1, 8, 0, 0, 123e6, app.Beijing)))
		n := fact("pay_1")
		n.Data = json.RawMessage(`{"subject":"一杯茶 <&> 🍵","amount":1}`)
		e := write(t, d, l, n)
		want := `{"id":"` + e.ID + `","type":"payment.succeeded","timestamp":"2026-03-01T00:00:00.123Z",` +
			`"merchant_id":"mch_A","mode":"test","api_version":"v1","data":{"subject":"一杯茶 <&> 🍵","amount":1}}`
		got, err := l.Get(t.Context(), "mch_A", app.Test, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Payload != want || e.Payload != want {
			t.Fatalf("stored\n%s\nreturned\n%s\nwant\n%s", got.Payload, e.Payload, want)
		}
	})
}

func TestAnEventStandsOrFallsWithItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, app.SystemClock{})
		boom := errors.New("boom")
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			if _, err := l.Write(t.Context(), tx, fact("pay_1")); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if n := sequence(t, l); n != 0 {
			t.Fatalf("%d events of a rolled back transaction", n)
		}
	})
}

func TestMalformedFactsAreRefused(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := events.NewLog(d, app.SystemClock{})
	for name, change := range map[string]func(*events.New){
		"no type":        func(n *events.New) { n.Type = "" },
		"one word":       func(n *events.New) { n.Type = "payment" },
		"upper case":     func(n *events.New) { n.Type = "Payment.succeeded" },
		"no merchant":    func(n *events.New) { n.MerchantID = "" },
		"no mode":        func(n *events.New) { n.Mode = "" },
		"no object":      func(n *events.New) { n.ObjectID = "" },
		"data not JSON":  func(n *events.New) { n.Data = func() {} },
		"type too long":  func(n *events.New) { n.Type = "a." + strings.Repeat("b", 63) },
		"leading points": func(n *events.New) { n.Type = ".succeeded" },
	} {
		n := fact("pay_1")
		change(&n)
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := l.Write(t.Context(), tx, n)
			return err
		})
		if !app.Is(err, app.Internal) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestALateCommitterIsNotMissed(t *testing.T) {
	d := dbtest.OpenMySQL(t) // two open write transactions need two connections
	ctx := t.Context()
	l := events.NewLog(d, app.SystemClock{})
	wroteOld, commitOld := make(chan events.Event, 1), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := d.InTx(ctx, func(tx *db.Tx) error {
			e, err := l.Write(ctx, tx, fact("pay_old"))
			if err != nil {
				return err
			}
			wroteOld <- e
			<-commitOld
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	old := <-wroteOld
	newer := write(t, d, l, fact("pay_new"))
	if old.ID >= newer.ID {
		t.Fatalf("ids %s, %s: the first should be older", old.ID, newer.ID)
	}
	sequence(t, l)
	var got []events.Event
	consume := func() {
		if _, err := l.Consume(ctx, "reader", 10, func(_ *db.Tx, b []events.Event) error { got = append(got, b...); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	consume()
	close(commitOld)
	done.Wait()
	sequence(t, l)
	consume()
	if objects(got) != "pay_new pay_old" || got[0].Seq != 1 || got[1].Seq != 2 {
		t.Fatalf("consumed %s", objects(got))
	}
}

func TestABacklogIsNumberedWithoutGaps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, app.SystemClock{})
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			for i := range 450 {
				if _, err := l.Write(t.Context(), tx, fact(fmt.Sprint("pay_", i))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := sequence(t, l); n != 450 {
			t.Fatalf("numbered %d of 450", n)
		}
		all, err := l.After(t.Context(), 0, 1000)
		if err != nil || len(all) != 450 {
			t.Fatalf("%d events, %v", len(all), err)
		}
		for i, e := range all {
			if e.Seq != int64(i+1) || e.ObjectID != fmt.Sprint("pay_", i) {
				t.Fatalf("event %d is %s with seq %d", i, e.ObjectID, e.Seq)
			}
		}
	})
}

func TestNumbersGoOnAfterEventsArePurged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := events.NewLog(d, app.SystemClock{})
		write(t, d, l, fact("pay_1"))
		sequence(t, l)
		if _, err := d.Exec(t.Context(), `DELETE FROM events`); err != nil {
			t.Fatal(err)
		}
		write(t, d, l, fact("pay_2"))
		sequence(t, l)
		all, err := l.After(t.Context(), 0, 10)
		if err != nil || len(all) != 1 || all[0].Seq != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
	})
}

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

func consumeAll(ctx context.Context, l *events.Log, f func(tx *db.Tx, b []events.Event) error) (int, error) {
	total := 0
	for {
		n, err := l.Consume(ctx, "all", 7, f)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
