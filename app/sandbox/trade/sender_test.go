package trade_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// receiver counts what arrives by notification id.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	count map[string]int
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{count: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.count[string(id)]++
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) total() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.count {
		n += c
	}
	return n
}

func success(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "success") }

func (b *box) paid(t *testing.T, no, url string) trade.Trade {
	t.Helper()
	paid, err := b.Pay(context.Background(), b.create(t, no, url).Code)
	if err != nil {
		t.Fatal(err)
	}
	return paid
}

func (b *box) notification(t *testing.T, of trade.Trade) (trade.Notification, []trade.Attempt) {
	t.Helper()
	ctx := context.Background()
	queued, err := b.Notifications(ctx, of.ID, "", 10)
	if err != nil || len(queued) != 1 {
		t.Fatalf("%d notifications (%v), want 1", len(queued), err)
	}
	attempts, err := b.AttemptsOf(ctx, queued[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return queued[0], attempts
}

func TestWhatCameBackIsStored(t *testing.T) {
	cases := map[string]struct {
		answer   http.HandlerFunc
		accepted bool
		status   int
		excerpt  string
		problem  string
	}{
		"accepted": {success, true, 200, "success", ""},
		"refused":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "验签失败", http.StatusUnauthorized) }, false, 401, "验签失败\n", ""},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, false, 302, "", ""},
		"too slow": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false, 0, "", "deadline exceeded"},
		"broken":   {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, false, 0, "", "EOF"},
		"not text": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 'a'}) }, false, 200, "�a", ""},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, strings.NewReader(strings.Repeat("醋", 100_000)))
		}, false, 200, strings.Repeat("醋", 333), ""},
	}
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				r := newReceiver(t, c.answer)
				paid := b.paid(t, strings.ReplaceAll(name, " ", "-"), r.URL)
				if _, err := b.Deliver(context.Background()); err != nil {
					t.Fatal(err)
				}
				n, attempts := b.notification(t, paid)
				if len(attempts) != 1 || (n.State == trade.Delivered) != c.accepted {
					t.Fatalf("state %s with %d sendings", n.State, len(attempts))
				}
				a := attempts[0]
				if a.Accepted != c.accepted || a.Status != c.status || !strings.HasPrefix(a.Excerpt, c.excerpt) ||
					!strings.Contains(a.Problem, c.problem) || (c.problem == "") != (a.Problem == "") {
					t.Errorf("stored %+v", a)
				}
			})
		}
	})
}

func TestNothingIsSentToHostsThatWereNotAllowed(t *testing.T) {
	onBoth(t, func(t *testing.T, b *box, _ *db.DB, r *receiver) {
		// The same machine by another name: only what was named is allowed.
		paid := b.paid(t, "order-1", strings.Replace(r.URL, "127.0.0.1", "localhost", 1))
		if _, err := b.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, attempts := b.notification(t, paid)
		if len(attempts) != 1 || !strings.Contains(attempts[0].Problem, "allow_notify") || r.total() != 0 {
			t.Fatalf("stored %+v; %d arrived", attempts, r.total())
		}
	})
}

func TestTwoSendersSendEachNotificationOnce(t *testing.T) {
	const orders = 30
	onBoth(t, func(t *testing.T, b *box, d *db.DB, r *receiver) {
		for i := range orders {
			b.paid(t, "order-"+string(rune('A'+i)), r.URL)
		}
		other := open(t, d, b.clock)
		ctx, stop := context.WithCancel(context.Background())
		var senders sync.WaitGroup
		for _, s := range []*trade.Service{b.Service, other} {
			senders.Go(func() { s.Run(ctx) })
		}
		for deadline := time.Now().Add(time.Minute); r.total() < orders && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		senders.Wait() // those under way end first
		if r.total() != orders || len(r.count) != orders {
			t.Fatalf("%d sendings of %d notifications, want %d of each", r.total(), len(r.count), orders)
		}
	})
}

// onBoth gives each database a receiver of its own.
func onBoth(t *testing.T, f func(t *testing.T, b *box, d *db.DB, r *receiver)) {
	t.Helper()
	each(t, func(t *testing.T, b *box, d *db.DB) { f(t, b, d, newReceiver(t, success)) })
}

func TestPayingWakesTheSender(t *testing.T) {
	onBoth(t, func(t *testing.T, b *box, _ *db.DB, r *receiver) {
		ctx, stop := context.WithCancel(context.Background())
		var sender sync.WaitGroup
		sender.Go(func() { b.Run(ctx) })
		defer sender.Wait()
		defer stop()
		b.paid(t, "order-1", r.URL)
		for deadline := time.Now().Add(time.Minute); r.total() == 0; {
			if time.Now().After(deadline) {
				t.Fatal("nothing arrived")
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// TestASendingLostWithItsProcessIsRepeated: the claim is stored before the
// request, so a process that dies in between costs one wait.
func TestASendingLostWithItsProcessIsRepeated(t *testing.T) {
	onBoth(t, func(t *testing.T, b *box, d *db.DB, r *receiver) {
		ctx := context.Background()
		paid := b.paid(t, "order-1", r.URL)
		n, _ := b.notification(t, paid)
		// What claiming writes, and then nothing: the process is gone.
		if _, err := d.Exec(ctx, `UPDATE sandbox_notifications SET attempts = 3, next_at = ? WHERE id = ?`, n.NextAt.Add(time.Minute), n.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Deliver(ctx); err != nil || r.total() != 0 {
			t.Fatalf("%d arrived before their time (%v)", r.total(), err)
		}
		b.clock.advance(time.Minute)
		if _, err := b.Deliver(ctx); err != nil || r.total() != 1 {
			t.Fatalf("%d arrived (%v), want 1", r.total(), err)
		}
	})
}
