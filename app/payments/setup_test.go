package payments_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/callback"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/seal"
)

// clock is the platform's time in tests; the sandbox and the SDKs keep the
// machine's, since signatures are only good for five minutes.
type clock struct {
	sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return time.Now().UTC().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.ahead += d
}

// shop is a merchant with one account at each channel of a running sandbox,
// and the platform's payments service over real HTTP.
type shop struct {
	t         *testing.T
	ctx       context.Context
	db        *db.DB
	clock     *clock
	payments  *payments.Service
	merchants *merchants.Service
	events    *events.Log
	sandbox   *sandbox.Server
	clients   *clients
	base      string
	scope     payments.Scope
	wechat    merchants.Account
	alipay    merchants.Account
	results   *results
	trap      *trap
}

// trap catches the next notification instead of letting it through.
type trap struct {
	mu    sync.Mutex
	armed bool
	got   chan caught
}

type caught struct {
	body   []byte
	header http.Header
}

func (tr *trap) arm() { tr.mu.Lock(); defer tr.mu.Unlock(); tr.armed = true }

func (tr *trap) wait(t *testing.T) ([]byte, http.Header) {
	t.Helper()
	select {
	case c := <-tr.got:
		return c.body, c.header
	case <-time.After(10 * time.Second):
		t.Fatal("no notification came")
		return nil, nil
	}
}

func (tr *trap) handle(c *fiber.Ctx) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !tr.armed || c.Get("X-Test-Delivery") != "" {
		return c.Next()
	}
	tr.armed = false
	header := http.Header{}
	for key, value := range c.Request().Header.All() {
		header.Add(string(key), string(value))
	}
	tr.got <- caught{append([]byte(nil), c.BodyRaw()...), header}
	return c.SendStatus(http.StatusInternalServerError)
}

// results remembers what became of notifications.
type results struct {
	sync.Mutex
	notifications []string
}

func (r *results) ChannelCall(app.Channel, string, channel.Kind, time.Duration) {}

func (r *results) Notification(_ app.Channel, result string) {
	r.Lock()
	defer r.Unlock()
	r.notifications = append(r.notifications, result)
}

func (r *results) forget() { r.Lock(); defer r.Unlock(); r.notifications = nil }

func (r *results) last() string {
	r.Lock()
	defer r.Unlock()
	if len(r.notifications) == 0 {
		return ""
	}
	return r.notifications[len(r.notifications)-1]
}

// clients opens real drivers against the sandbox's gateways. Its transport can
// be made to misbehave.
type clients struct {
	pool      *channel.Pool
	merchants *merchants.Service
	base      string
}

func (c *clients) Methods() []channel.Method { return c.pool.Methods() }

func (c *clients) account(a merchants.Account, credentials json.RawMessage) channel.Account {
	gateway := c.base + "/sandbox/wechat"
	if a.Channel == app.Alipay {
		gateway = c.base + "/sandbox/alipay/gateway.do"
	}
	return channel.Account{ID: a.ID, Version: a.Version, Mode: a.Mode, Gateway: gateway, Credentials: credentials}
}

func (c *clients) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	return c.pool.Client(ctx, a.Channel, a.ID, a.Version, func(ctx context.Context) (channel.Account, error) {
		credentials, err := c.merchants.Credentials(ctx, a)
		return c.account(a, credentials), err
	})
}

func (c *clients) probe(ctx context.Context, a merchants.Account, credentials json.RawMessage) error {
	client, err := c.pool.Driver(a.Channel).Open(c.account(a, credentials))
	if err != nil {
		return err
	}
	return client.Probe(ctx)
}

// wire is the network between platform and channel: it can lose answers.
type wire struct {
	next   http.RoundTripper
	mu     sync.Mutex
	fail   func(r *http.Request) error // before anything is sent
	lose   func(r *http.Request) bool  // sent, but the answer is lost
	seen   map[string]int              // requests by path
	bodies []string                    // of requests that place orders
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	fail, lose := w.fail, w.lose
	if w.seen == nil {
		w.seen = map[string]int{}
	}
	w.seen[r.Method+" "+r.URL.Path]++
	if r.GetBody != nil && strings.HasSuffix(r.URL.Path, "/native") {
		if b, err := r.GetBody(); err == nil {
			text, _ := io.ReadAll(b)
			w.bodies = append(w.bodies, string(text))
		}
	}
	w.mu.Unlock()
	if fail != nil {
		if err := fail(r); err != nil {
			return nil, err
		}
	}
	res, err := w.next.RoundTrip(r)
	if err == nil && lose != nil && lose(r) {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return res, err
}

func (w *wire) set(f func(w *wire)) { w.mu.Lock(); defer w.mu.Unlock(); f(w) }

func (w *wire) count(call string) int { w.mu.Lock(); defer w.mu.Unlock(); return w.seen[call] }

const wechatNative = "POST /sandbox/wechat/v3/pay/transactions/native"

// open brings up the platform's payments on d and a sandbox of its own.
func open(t *testing.T, d *db.DB, c *clock) (*shop, *wire) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, ctx: ctx, db: d, clock: c, base: "http://" + listener.Addr().String(), results: &results{}, trap: &trap{got: make(chan caught, 1)}}
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	s.sandbox, err = sandbox.New(sandbox.Config{
		DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: app.SystemClock{}, BaseURL: s.base, Loopback: true,
		HTTP: &http.Client{Timeout: 5 * time.Second}, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.merchants = merchants.New(d, newSealer(t), audit.New(d, make([]byte, 32), c), c)
	s.events = events.NewLog(d, c)
	w := &wire{next: channel.NewTransport()}
	driver := wechat.New(w, app.SystemClock{})
	s.clients = &clients{pool: channel.NewPool(0, driver, alipay.New(w, app.SystemClock{})), merchants: s.merchants, base: s.base}
	s.payments = payments.New(payments.Config{
		DB: d, Events: s.events, Accounts: s.merchants, Clients: s.clients, Observer: s.results,
		Logger: logger, BaseURL: s.base, ChannelTimeout: 3 * time.Second,
	})
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	s.sandbox.Routes(f)
	f.Use("/callbacks", s.trap.handle)
	(&callback.Callback{Notifier: s.payments, Logger: logger}).Routes(f)
	served := make(chan struct{})
	go func() { defer close(served); _ = f.Listener(listener) }()
	sent := make(chan struct{})
	go func() { defer close(sent); s.sandbox.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-sent
		if err := f.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		<-served
	})
	s.register()
	return s, w
}

func newSealer(t *testing.T) *seal.Sealer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := seal.Generate(path); err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// register opens a merchant with an account at each channel.
func (s *shop) register() {
	s.t.Helper()
	m, err := s.merchants.CreateMerchant(s.ctx, "Test Shop")
	if err != nil {
		s.t.Fatal(err)
	}
	s.scope = payments.Scope{MerchantID: m.ID, Mode: app.Test}
	s.wechat = s.account(app.WeChat)
	s.alipay = s.account(app.Alipay)
}

// account registers and enables a new sandbox merchant's credentials.
func (s *shop) account(c app.Channel) merchants.Account {
	s.t.Helper()
	box, err := s.sandbox.Trades().OpenMerchant(s.ctx, c, trade.PublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	in := merchants.Registration{MerchantID: s.scope.MerchantID, Mode: app.Test, Channel: c, Name: string(c)}
	if c == app.WeChat {
		in.AppIDs = []merchants.AppInput{{AppID: box.AppID, Kind: merchants.AppOfficial}}
		k := box.WeChat
		in.Credentials = encode(s.t, map[string]any{
			"mode": "public_key", "mchid": box.ID, "api_v3_key": k.APIv3Key, "serial_no": k.SerialNo,
			"private_key": k.PrivateKey, "certificate": k.Certificate, "public_key_id": k.PublicKeyID, "public_key": k.PublicKey,
		})
	} else {
		k := box.Alipay
		in.Credentials = encode(s.t, map[string]any{
			"mode": "public_key", "app_id": box.ID, "seller_id": box.SellerID,
			"app_private_key": k.AppPrivateKey, "alipay_public_key": k.AlipayPublicKey,
		})
	}
	a, report, err := s.merchants.RegisterAccount(s.ctx, in, s.clients.pool.Driver(c))
	if err != nil {
		s.t.Fatalf("register %s: %v %+v", c, err, report)
	}
	if a, err = s.merchants.EnableAccount(s.ctx, a.MerchantID, a.ID, s.clients.probe); err != nil {
		s.t.Fatalf("enable %s: %v", c, err)
	}
	return a
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// order is a valid request for a payment.
func order(orderNo string, method channel.Method) payments.CreateInput {
	return payments.CreateInput{OrderNo: orderNo, Amount: 1234, Currency: app.CNY, Subject: "一杯茶", Method: method}
}

// create places an order that must be accepted.
func (s *shop) create(in payments.CreateInput) payments.View {
	s.t.Helper()
	out, err := s.payments.Create(s.ctx, s.scope, in, nil)
	if err != nil {
		s.t.Fatalf("create %s: %v", in.OrderNo, err)
	}
	if out.Unknown {
		s.t.Fatalf("create %s: outcome unknown", in.OrderNo)
	}
	return out.View
}

// pay pays a code in the wallet.
func (s *shop) pay(code string) {
	s.t.Helper()
	if _, err := s.sandbox.Trades().Pay(s.ctx, code); err != nil {
		s.t.Fatalf("pay %s: %v", code, err)
	}
}

func (s *shop) get(id string) payments.Payment {
	s.t.Helper()
	p, err := s.payments.Get(s.ctx, s.scope, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// await waits until the payment reaches the status.
func (s *shop) await(id string, want payments.Status) payments.Payment {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		p := s.get(id)
		if p.Status == want {
			return p
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("payment %s is %s, want %s (last notification: %s)", id, p.Status, want, s.results.last())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// queryDue runs the query job once.
func (s *shop) queryDue() {
	s.t.Helper()
	if _, err := s.payments.QueryDue(s.ctx); err != nil {
		s.t.Fatal(err)
	}
}

// eventTypes lists the events of a payment, oldest first.
func (s *shop) eventTypes(id string) []string {
	s.t.Helper()
	found, err := s.events.ByObject(s.ctx, s.scope.MerchantID, id)
	if err != nil {
		s.t.Fatal(err)
	}
	types := make([]string, len(found))
	for i, e := range found {
		types[i] = e.Type
	}
	return types
}

// fault plans a misbehaviour of a channel.
func (s *shop) fault(c app.Channel, f trade.Fault, count int) {
	s.t.Helper()
	if _, err := s.sandbox.Trades().PlanFault(s.ctx, trade.Plan{Channel: c, Fault: f, Count: int64(count)}); err != nil {
		s.t.Fatal(err)
	}
}

// sound checks every invariant over the whole database.
func (s *shop) sound() {
	s.t.Helper()
	report := func(v payments.Violation) { s.t.Errorf("%s violated by %s: %s", v.Invariant, v.Object, v.Message) }
	if err := s.payments.Verify(s.ctx, report); err != nil {
		s.t.Fatal(err)
	}
	if err := s.payments.DuplicateTransactions(s.ctx, report); err != nil {
		s.t.Fatal(err)
	}
}
