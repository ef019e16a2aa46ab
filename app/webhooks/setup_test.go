package webhooks

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/seal"
)

const merchant = "mch_A"

// bundle is one server's rooms on a database.
type bundle struct {
	*Service
	t      *testing.T
	db     *db.DB
	events *events.Log
	audit  *audit.Log
	sealer *seal.Sealer
	clock  app.Clock
}

// setup wires the real parts; clock nil means the machine's.
func setup(t *testing.T, d *db.DB, clock app.Clock, cfg Config) *bundle {
	t.Helper()
	if clock == nil {
		clock = app.SystemClock{}
	}
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := seal.Generate(path); err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t: t, db: d, sealer: sealer, clock: clock, audit: audit.New(d, make([]byte, 32), clock)}
	return b.server(cfg)
}

// server returns another server on the same database and keyset.
func (b *bundle) server(cfg Config) *bundle {
	other := *b
	other.events = events.NewLog(b.db, b.clock)
	other.Service = New(b.db, other.events, b.audit, b.sealer, b.clock, cfg)
	return &other
}

// loopback lets endpoints be test receivers.
func loopback() Config { return Config{AllowPrivate: true} }

func (b *bundle) endpoint(url string, types ...string) Created {
	b.t.Helper()
	return b.endpointOf(merchant, url, types...)
}

func (b *bundle) endpointOf(merchantID, url string, types ...string) Created {
	b.t.Helper()
	c, err := b.Create(b.t.Context(), merchantID, app.Test, Input{URL: url, EventTypes: types})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// happen writes n events of the merchant and returns them.
func (b *bundle) happen(n int) []events.Event { b.t.Helper(); return b.happenTo(merchant, n) }

func (b *bundle) happenTo(merchantID string, n int) []events.Event {
	b.t.Helper()
	var out []events.Event
	err := b.db.InTx(b.t.Context(), func(tx *db.Tx) error {
		out = nil
		for i := range n {
			e, err := b.events.Write(b.t.Context(), tx, events.New{
				Type: "payment.succeeded", MerchantID: merchantID, Mode: app.Test, ObjectID: fmt.Sprintf("pay_%d", i),
				Data: map[string]any{"subject": "一杯茶 <&>", "amount": i},
			})
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// fanOut sequences and fans out what has happened.
func (b *bundle) fanOut() {
	b.t.Helper()
	if _, err := b.events.Sequence(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.FanOut(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// deliver makes one pass.
func (b *bundle) deliver() int {
	b.t.Helper()
	n, err := b.Deliver(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// deliveries returns all of the merchant's deliveries, newest first.
func (b *bundle) deliveries(f Filter) []Delivery {
	b.t.Helper()
	if f.MerchantID == "" {
		f.MerchantID = merchant
	}
	f.Mode = app.Test
	if f.Limit == 0 {
		f.Limit = 1000
	}
	out, err := b.Deliveries(b.t.Context(), f)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bundle) only() Delivery {
	b.t.Helper()
	list := b.deliveries(Filter{})
	if len(list) != 1 {
		b.t.Fatalf("%d deliveries, want one", len(list))
	}
	return list[0]
}

func (b *bundle) attempts(d Delivery) []Attempt {
	b.t.Helper()
	out, err := b.Attempts(b.t.Context(), d.MerchantID, d.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bundle) auditActions() []string {
	b.t.Helper()
	var out []string
	if err := b.db.Select(b.t.Context(), &out, `SELECT action FROM audit_rows WHERE chain = ? ORDER BY seq`, merchant); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// request is what a receiver got.
type request struct {
	header http.Header
	body   string
}

func (r request) eventID() string {
	var p struct{ ID string }
	_ = json.Unmarshal([]byte(r.body), &p)
	return p.ID
}

// receiver is a merchant's system: a real HTTP server that keeps what it got.
type receiver struct {
	URL string
	mu  sync.Mutex
	got []request
}

// receive starts a receiver that answers with h, or 204.
func receive(t *testing.T, h http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, request{req.Header.Clone(), string(body)})
		r.mu.Unlock()
		if h == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h(w, req)
	}))
	t.Cleanup(s.Close)
	r.URL = s.URL
	return r
}

func answer(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.got...)
}

// ids counts the requests per event.
func (r *receiver) ids() map[string]int {
	out := map[string]int{}
	for _, q := range r.requests() {
		out[q.eventID()]++
	}
	return out
}

// stepped is a clock that tests move.
type stepped struct {
	mu sync.Mutex
	at time.Time
}

func newStepped() *stepped { return &stepped{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

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

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
