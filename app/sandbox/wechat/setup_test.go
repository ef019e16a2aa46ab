package wechat_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// mount is where the gateway stands: not at the root, as in the platform.
const mount = "/sandbox/wechat"

// clock is a settable clock.
type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.Lock(); defer c.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.Lock(); defer c.Unlock(); c.now = c.now.Add(d) }

// received is a notification as it came over the wire.
type received struct {
	header http.Header
	body   []byte
}

// shop is a merchant's server: it keeps what it gets and answers status.
type shop struct {
	*httptest.Server
	mu       sync.Mutex
	messages []received
	status   int
}

func newShop(t testing.TB) *shop {
	s := &shop{status: http.StatusNoContent}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the notification: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages = append(s.messages, received{r.Header.Clone(), body})
		w.WriteHeader(s.status)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) answer(status int) { s.mu.Lock(); defer s.mu.Unlock(); s.status = status }

func (s *shop) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.messages...)
}

// box is a running gateway with one merchant and its shop.
type box struct {
	clock    *clock
	trades   *trade.Service
	gateway  *wechat.Gateway
	merchant trade.Merchant
	origin   string // scheme and host
	shop     *shop
	database *db.DB
}

// each runs f against a gateway on both databases.
func each(t *testing.T, mode trade.Mode, f func(t *testing.T, b *box)) {
	t.Helper()
	c := &clock{now: time.Now().UTC().Truncate(time.Second)}
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, start(t, d, c, mode)) }, dbtest.WithSandbox(), dbtest.WithClock(c))
}

// one is each on SQLite alone, for what no database can change.
func one(t *testing.T, mode trade.Mode, changes ...func(*wechat.Config)) *box {
	t.Helper()
	c := &clock{now: time.Now().UTC().Truncate(time.Second)}
	return start(t, dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(c)), c, mode, changes...)
}

func start(t testing.TB, d *db.DB, c *clock, mode trade.Mode, changes ...func(*wechat.Config)) *box {
	t.Helper()
	return startWith(t, d, c, mode, trade.Config{}, changes...)
}

// startWith is start with a core of another configuration.
func startWith(t testing.TB, d *db.DB, c *clock, mode trade.Mode, core trade.Config, changes ...func(*wechat.Config)) *box {
	t.Helper()
	c.Lock()
	c.now = time.Now().UTC().Truncate(time.Second)
	c.Unlock()
	b := &box{clock: c, shop: newShop(t), database: d}
	core.DB, core.Clock, core.BaseURL, core.NewKey, core.Loopback = d, c, b.shop.URL, sandboxtest.Keys(), true
	var err error
	b.trades, err = trade.New(core)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.origin = "http://" + l.Addr().String()
	cfg := wechat.Config{Trades: b.trades, URL: b.origin + mount, WalletURL: "http://127.0.0.1/sandbox/wallet", Unlimited: true}
	for _, change := range changes {
		change(&cfg)
	}
	g := wechat.New(cfg)
	b.gateway = g
	b.trades.Announce(app.WeChat, g.Announcer())
	if b.merchant, err = b.trades.OpenMerchant(context.Background(), app.WeChat, mode); err != nil {
		t.Fatal(err)
	}
	server := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute})
	g.Routes(server.Group(mount))
	done := make(chan error, 1)
	go func() { done <- server.Listener(l) }()
	t.Cleanup(func() {
		if err := server.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	// A server that is stopped before it serves never ends.
	resp, err := http.Get(b.origin)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return b
}

// rewriter sends a client's calls for api.mch.weixin.qq.com to the sandbox, as
// the platform's adapter does.
type rewriter struct{ origin string }

func (w rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	to, err := url.Parse(w.origin)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, to.Host
	r.URL.Path = mount + r.URL.Path
	if r.URL.RawPath != "" {
		r.URL.RawPath = mount + r.URL.RawPath
	}
	return http.DefaultTransport.RoundTrip(r)
}

// pay pays a code in the wallet.
func (b *box) pay(t *testing.T, code string) trade.Trade {
	t.Helper()
	paid, err := b.trades.Pay(context.Background(), code)
	if err != nil {
		t.Fatal(err)
	}
	return paid
}

// deliver sends what is due and returns what the shop got since the test began.
func (b *box) deliver(t *testing.T) []received {
	t.Helper()
	if _, err := b.trades.Deliver(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b.shop.received()
}
