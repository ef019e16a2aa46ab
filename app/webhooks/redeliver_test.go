package webhooks

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// asError returns the project's error in err, nil without one.
func asError(err error) *app.Error {
	var e *app.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

func TestADeadDeliveryCanBeSentAgain(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		var code atomic.Int64
		code.Store(500)
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(code.Load())) })
		b.endpoint(r.URL)
		ev := b.happen(1)[0]
		b.fanOut()
		for range 3 {
			b.deliver()
			clock.step(27 * time.Hour) // beyond the longest wait, short of five days in all
		}
		if _, err := d.Exec(t.Context(), `UPDATE webhook_deliveries SET status = 'dead', next_at = 0`); err != nil {
			t.Fatal(err)
		}
		made := len(r.requests())
		code.Store(200)
		again, err := b.Redeliver(t.Context(), merchant, app.Test, b.only().ID)
		if err != nil || again.Status != Pending || again.Tries != 0 {
			t.Fatalf("%+v, %v", again, err)
		}
		b.deliver()
		got := b.only()
		if got.Status != Succeeded || got.Attempts != int64(made+1) || len(b.attempts(got)) != made+1 {
			t.Fatalf("%+v", got)
		}
		assertSameBytes(t, r, ev, made+1)
		if _, err := b.Redeliver(t.Context(), merchant, app.Test, got.ID); err != nil {
			t.Fatalf("a succeeded one again: %v", err)
		}
		b.deliver()
		assertSameBytes(t, r, ev, made+2)
	}, dbtest.WithClock(clock))
}

func TestRedeliveryIsRefusedWhileUnderWayOrDisabled(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		id := b.endpoint("https://example.com/").Endpoint.ID
		b.happen(1)
		b.fanOut()
		if _, err := b.claim(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := b.Redeliver(t.Context(), merchant, app.Test, b.only().ID)
		if e := asError(err); e == nil || e.Reason != "delivery_in_flight" {
			t.Errorf("under way: %v", err)
		}
		if _, err := b.Disable(t.Context(), merchant, app.Test, id); err != nil {
			t.Fatal(err)
		}
		_, err = b.Redeliver(t.Context(), merchant, app.Test, b.only().ID)
		if e := asError(err); e == nil || e.Reason != "endpoint_disabled" {
			t.Errorf("disabled: %v", err)
		}
	}, dbtest.WithClock(clock))
}

func TestAllThatAFilterSelectsCanBeSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		r := receive(t, nil)
		one, two := b.endpoint(r.URL).Endpoint, b.endpoint(r.URL).Endpoint
		const n = fanOutBatch + 20 // more than a page
		b.happen(n)
		b.fanOut()
		if _, err := d.Exec(t.Context(), `UPDATE webhook_deliveries SET status = 'dead', next_at = 0, last_error = 'x'`); err != nil {
			t.Fatal(err)
		}
		got, err := b.RedeliverAll(t.Context(), Filter{MerchantID: merchant, Mode: app.Test, EndpointID: one.ID, Status: Dead})
		if err != nil || got != n {
			t.Fatalf("%d of %d, %v", got, n, err)
		}
		if left := len(b.deliveries(Filter{EndpointID: two.ID, Status: Dead})); left != n {
			t.Fatalf("%d of the other endpoint's are left", left)
		}
	})
}

func TestDeliveriesAreFoundByEveryFilter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		good, bad := b.endpoint(receive(t, nil).URL).Endpoint, b.endpoint(receive(t, answer(404)).URL).Endpoint
		first := b.happen(2)[0]
		b.fanOut()
		b.deliver()
		code, now := 404, app.ToMillis(time.Now())
		for name, row := range map[string]struct {
			f    Filter
			want int
		}{
			"all":              {Filter{}, 4},
			"endpoint":         {Filter{EndpointID: good.ID}, 2},
			"status":           {Filter{Status: Succeeded}, 2},
			"code":             {Filter{Code: &code}, 2},
			"code of endpoint": {Filter{Code: &code, EndpointID: bad.ID}, 2},
			"other code":       {Filter{Code: &code, EndpointID: good.ID}, 0},
			"type":             {Filter{EventType: "payment.succeeded"}, 4},
			"other type":       {Filter{EventType: "payment.closed"}, 0},
			"object":           {Filter{ObjectID: "pay_1"}, 2},
			"event":            {Filter{EventID: first.ID}, 2},
			"created since":    {Filter{From: now.Add(-time.Minute), To: now.Add(time.Minute)}, 4},
			"created before":   {Filter{To: now.Add(-time.Minute)}, 0},
			"first page":       {Filter{Limit: 3}, 3},
			"another merchant": {Filter{MerchantID: "mch_B"}, 0},
		} {
			if got := b.deliveries(row.f); len(got) != row.want {
				t.Errorf("%s: %d, want %d", name, len(got), row.want)
			}
		}
		page := b.deliveries(Filter{Limit: 3})
		if rest := b.deliveries(Filter{Before: page[2].ID}); len(rest) != 1 {
			t.Errorf("%d on the second page", len(rest))
		}
		if got, err := b.ByObject(t.Context(), merchant, "pay_0"); err != nil || len(got) != 2 {
			t.Errorf("%d by object, %v", len(got), err)
		}
	})
}
