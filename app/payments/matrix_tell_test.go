package payments_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/webhooks"
)

// unsealed keeps the endpoint's secret in the clear: sealing has tests of its own.
type unsealed struct{}

func (unsealed) Seal(plain []byte, _, _ string) ([]byte, error)  { return plain, nil }
func (unsealed) Open(sealed []byte, _, _ string) ([]byte, error) { return sealed, nil }

// receiver is the merchant's server, which takes each webhook at its second try.
type receiver struct {
	mu       sync.Mutex
	tries    map[string]int    // by webhook-id
	accepted map[string]string // what was said under each
	altered  []string          // ids whose body changed between tries
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	id := q.Header.Get("webhook-id")
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, known := r.accepted[id]; known && before != string(body) {
		r.altered = append(r.altered, id)
	}
	r.accepted[id] = string(body)
	if r.tries[id]++; r.tries[id] == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// listen registers a merchant's server for everything that will happen.
func (m *matrix) listen(t *testing.T) {
	t.Helper()
	m.heard = &receiver{tries: map[string]int{}, accepted: map[string]string{}}
	server := httptest.NewServer(m.heard)
	t.Cleanup(server.Close)
	m.hooks = webhooks.New(m.DB, m.Events, audit.New(m.DB, make([]byte, 32), m.Clock), unsealed{}, m.Clock, webhooks.Config{AllowPrivate: true})
	if _, err := m.hooks.Create(m.Ctx, m.Scope.MerchantID, app.Test, webhooks.Input{URL: server.URL}); err != nil {
		t.Fatal(err)
	}
}

// tell brings every event to the merchant, and checks I7: each is delivered,
// under one id, with the same words at each try.
func (m *matrix) tell(t *testing.T) {
	t.Helper()
	for _, job := range []func() (int, error){
		func() (int, error) { return m.Events.Sequence(m.Ctx) },
		func() (int, error) { return m.hooks.FanOut(m.Ctx) },
	} {
		if _, err := job(); err != nil {
			t.Fatal(err)
		}
	}
	for quiet := 0; quiet < 2; {
		n, err := m.hooks.Deliver(m.Ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			quiet = 0
			continue
		}
		quiet++
		m.Clock.Advance(10 * time.Second)
	}
	var events int
	if err := m.DB.Get(m.Ctx, &events, `SELECT COUNT(*) FROM events WHERE type NOT IN ('payment.created', 'payment.switched', 'attempt.refused', 'refund.created', 'refund.rejected', 'refund.named')`); err != nil {
		t.Fatal(err)
	}
	m.heard.mu.Lock()
	defer m.heard.mu.Unlock()
	for id, tries := range m.heard.tries {
		if tries != 2 {
			t.Errorf("I7: %s was sent %d times, want twice", id, tries)
		}
	}
	if len(m.heard.accepted) != events || len(m.heard.altered) > 0 || events == 0 {
		t.Errorf("I7: %d of %d events arrived, %v with other words at another try", len(m.heard.accepted), events, m.heard.altered)
	}
	broken, err := webhooks.Check(m.Ctx, m.DB)
	if err != nil || len(broken) > 0 {
		t.Errorf("I7: %v, %v", broken, err)
	}
}
