package webhooks

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

func TestADeliveryIsTriedOnScheduleAndThenVisiblyDead(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		r := receive(t, answer(500))
		b.endpoint(r.URL)
		ev := b.happen(1)[0]
		b.fanOut()
		waits := []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
			10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		}
		for i, wait := range waits {
			if b.deliver() != 1 {
				t.Fatalf("try %d was not made", i+1)
			}
			now, at := app.ToMillis(clock.Now()), b.only()
			if at.Status != Pending || at.Tries != int64(i+1) || at.LastCode != 500 {
				t.Fatalf("after try %d: %+v", i+1, at)
			}
			if at.NextAt < now.Add(wait) || at.NextAt > now.Add(wait+wait/10) {
				t.Fatalf("after try %d it waits %s, want %s and up to a tenth", i+1, at.NextAt.Time().Sub(now.Time()), wait)
			}
			clock.step(at.NextAt.Time().Sub(clock.Now()) - time.Millisecond)
			if b.deliver() != 0 {
				t.Fatalf("try %d came early", i+2)
			}
			clock.step(time.Millisecond)
		}
		b.deliver()
		last := b.only()
		if last.Status != Dead || last.Tries != MaxTries || last.NextAt != 0 || last.LastError != "the receiver answered 500" {
			t.Fatalf("at the end: %+v", last)
		}
		clock.step(1000 * time.Hour)
		if b.deliver() != 0 {
			t.Fatal("a dead delivery was tried")
		}
		assertSameBytes(t, r, ev, MaxTries)
		if list := b.attempts(last); len(list) != MaxTries || list[9].N != MaxTries || list[9].Code != 500 {
			t.Fatalf("%d attempts kept", len(list))
		}
		assertSound(t, d)
	}, dbtest.WithClock(clock))
}

// assertSameBytes checks that each of n requests carried the stored payload
// under the event's id.
func assertSameBytes(t *testing.T, r *receiver, ev events.Event, n int) {
	t.Helper()
	got := r.requests()
	if len(got) != n {
		t.Fatalf("%d requests, want %d", len(got), n)
	}
	for i, q := range got {
		if q.body != ev.Payload || q.header.Get("webhook-id") != ev.ID {
			t.Fatalf("attempt %d differs: %s %s", i+1, q.header.Get("webhook-id"), q.body)
		}
	}
}

func assertSound(t *testing.T, d *db.DB) {
	t.Helper()
	found, err := Check(t.Context(), d)
	if err != nil || len(found) != 0 {
		t.Errorf("violations %+v, %v", found, err)
	}
}

func TestGoneDisablesTheEndpointAndTellsTheOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		gone, other := receive(t, answer(410)), receive(t, nil)
		dying := b.endpoint(gone.URL, "payment.*").Endpoint
		b.endpoint(other.URL, EventDisabled)
		b.happen(6) // more than are in flight at once: some wait
		b.fanOut()
		b.deliver()
		e, err := b.Endpoint(t.Context(), merchant, app.Test, dying.ID)
		if err != nil || e.Status != Disabled || e.Reason != ReasonGone {
			t.Fatalf("%+v, %v", e, err)
		}
		for _, dl := range b.deliveries(Filter{EndpointID: dying.ID}) {
			if dl.Status != Dead || dl.LastError == "" {
				t.Errorf("left behind: %+v", dl)
			}
		}
		b.fanOut()
		b.deliver()
		got := other.requests()
		if len(got) != 1 || !strings.Contains(got[0].body, `"type":"endpoint.disabled"`) || !strings.Contains(got[0].body, dying.ID) {
			t.Fatalf("the other endpoint got %+v", got)
		}
		if n := len(gone.requests()); n > 4 {
			t.Errorf("%d requests to a receiver that is gone", n)
		}
		if acts := strings.Join(b.auditActions(), " "); strings.Count(acts, "webhook_endpoint.disable") != 1 {
			t.Errorf("audited: %s", acts)
		}
		assertSound(t, d)
	})
}

func TestARedirectIsAFailureAndNotFollowed(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	b := setup(t, d, nil, loopback())
	target := receive(t, nil)
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, target.URL, http.StatusTemporaryRedirect)
	})
	b.endpoint(r.URL)
	b.happen(1)
	b.fanOut()
	b.deliver()
	got := b.only()
	if got.Status != Pending || got.LastCode != 307 || !strings.Contains(got.LastError, "redirect") || len(target.requests()) != 0 {
		t.Fatalf("%d requests followed; %+v", len(target.requests()), got)
	}
}

func TestOnlyTwoHundredsSucceed(t *testing.T) {
	b := setup(t, dbtest.OpenSQLite(t), nil, loopback())
	for code, want := range map[int]DeliveryStatus{200: Succeeded, 202: Succeeded, 299: Succeeded, 304: Pending, 400: Pending, 404: Pending, 429: Pending, 503: Pending} {
		r := receive(t, answer(code))
		e := b.endpoint(r.URL).Endpoint
		b.happen(1)
		b.fanOut()
		b.deliver()
		got := b.deliveries(Filter{EndpointID: e.ID})
		if len(got) != 1 || got[0].Status != want || got[0].LastCode != int64(code) {
			t.Errorf("%d: %+v", code, got)
		}
		if err := b.Delete(t.Context(), merchant, app.Test, e.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAReceiverCanPutUsOffWithinLimits(t *testing.T) {
	clock := newStepped()
	b := setup(t, dbtest.OpenSQLite(t, dbtest.WithClock(clock)), clock, loopback())
	for header, want := range map[string]time.Duration{
		"3600": time.Hour, "99999999": 24 * time.Hour, "-5": 0, "soon": 0, "0": 0,
		clock.Now().Add(2 * time.Hour).Format(http.TimeFormat): 2 * time.Hour,
	} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		e := b.endpoint(r.URL).Endpoint
		b.happen(1)
		b.fanOut()
		b.deliver()
		wait := b.deliveries(Filter{EndpointID: e.ID})[0].NextAt.Time().Sub(clock.Now())
		if want == 0 && (wait < 5*time.Second || wait > 6*time.Second) || want > 0 && wait != want {
			t.Errorf("Retry-After %q: waits %s", header, wait)
		}
		if err := b.Delete(t.Context(), merchant, app.Test, e.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnEndpointThatAcceptsNothingForFiveDaysIsDisabled(t *testing.T) {
	clock := newStepped()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		code := 500
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		id := b.endpoint(r.URL).Endpoint.ID
		status := func() Status {
			e, err := b.Endpoint(t.Context(), merchant, app.Test, id)
			if err != nil {
				t.Fatal(err)
			}
			return e.Status
		}
		attempt := func(result int) {
			code = result
			b.happen(1)
			b.fanOut()
			b.deliver()
		}
		attempt(500)
		clock.step(4 * 24 * time.Hour)
		attempt(200) // one acceptance begins the count anew
		clock.step(2 * time.Minute)
		attempt(500)
		clock.step(4 * 24 * time.Hour)
		attempt(500)
		if got := status(); got != Enabled {
			t.Fatalf("%s after four days", got)
		}
		clock.step(24*time.Hour + time.Minute)
		attempt(500)
		if got := status(); got != Disabled {
			t.Fatalf("%s after five days", got)
		}
		assertSound(t, d)
	}, dbtest.WithClock(clock))
}

func TestTheReplyIsKeptInPartAndNeverBlocks(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	cfg := loopback()
	cfg.Timeout = 300 * time.Millisecond
	b := setup(t, d, nil, cfg)
	release := make(chan struct{})
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("é\xff", 3000)))
		w.(http.Flusher).Flush()
		<-release // the body never ends
	})
	t.Cleanup(func() { close(release) }) // before the receiver closes, which waits
	b.endpoint(r.URL)
	b.happen(1)
	b.fanOut()
	b.deliver()
	got := b.only()
	if got.Status != Succeeded {
		t.Fatalf("a 200 whose body never ends: %+v", got)
	}
	a := b.attempts(got)[0]
	if !strings.HasPrefix(a.Response, "é\uFFFDé") || len(a.Response) > 3*maxExcerpt || len(a.Response) < maxExcerpt {
		t.Errorf("kept %d bytes: %.20q", len(a.Response), a.Response)
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(a.RequestHeaders), &headers); err != nil || headers["webhook-id"] != got.EventID {
		t.Errorf("request headers %q: %v", a.RequestHeaders, err)
	}
}

func TestASilentReceiverIsAFailure(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	cfg := loopback()
	cfg.Timeout = 50 * time.Millisecond
	b := setup(t, d, nil, cfg)
	release := make(chan struct{})
	r := receive(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	b.endpoint(r.URL)
	b.happen(1)
	b.fanOut()
	b.deliver()
	if got := b.only(); got.Status != Pending || got.LastCode != 0 || got.LastError != "the receiver did not answer in time" {
		t.Fatalf("%+v", got)
	}
}

func TestAnAddressThatIsNotPublicIsRefusedAndRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		open := setup(t, d, nil, loopback())
		r := receive(t, nil)
		open.endpoint(r.URL)
		strict := open.server(Config{})
		strict.happen(1)
		strict.fanOut()
		strict.deliver()
		got := strict.only()
		if got.Status != Pending || got.LastError != "refused: the address is not on the public internet" || len(r.requests()) != 0 {
			t.Fatalf("%d requests reached loopback; %+v", len(r.requests()), got)
		}
		if a := strict.attempts(got); len(a) != 1 || a[0].Error != got.LastError || a[0].Code != 0 {
			t.Fatalf("attempts %+v", a)
		}
	})
}

type seen struct {
	merchant string
	code     int
}

type watcher chan seen

func (w watcher) Delivered(merchantID string, code int, took time.Duration) {
	if took <= 0 {
		code = -1
	}
	w <- seen{merchantID, code}
}

func TestTheObserverSeesEveryAnswer(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	w := make(watcher, 1)
	cfg := loopback()
	cfg.Observer = w
	b := setup(t, d, nil, cfg)
	b.endpoint(receive(t, answer(418)).URL)
	b.happen(1)
	b.fanOut()
	b.deliver()
	if got := <-w; got != (seen{merchant, 418}) {
		t.Fatalf("observed %+v", got)
	}
}
