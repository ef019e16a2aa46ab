// Package paymentstest gives tests a merchant with one account at each channel
// of a running sandbox, and the payments service over real HTTP between them.
package paymentstest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/callback"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/seal"
)

// Shop is a merchant with one account at each channel of a running sandbox,
// and the platform's payments service over real HTTP.
type Shop struct {
	T         testing.TB
	Ctx       context.Context
	DB        *db.DB
	Clock     *Clock
	Payments  *payments.Service
	Merchants *merchants.Service
	Approvals *approvals.Service
	Audit     *audit.Log
	Events    *events.Log
	Figures   *figures.Service
	Sandbox   *sandbox.Server
	clients   *clients
	Base      string
	Scope     payments.Scope
	WeChat    merchants.Account
	Alipay    merchants.Account
	Results   *Results
	Trap      *Trap
}

// Open brings up the platform's payments on d and a sandbox of its own; changes
// adjust the sandbox.
func Open(t testing.TB, d *db.DB, c *Clock, changes ...func(*sandbox.Config)) (*Shop, *Wire) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Shop{T: t, Ctx: ctx, DB: d, Clock: c, Base: "http://" + listener.Addr().String(), Results: &Results{}, Trap: &Trap{got: make(chan caught, 1)}}
	logger := slog.New(slog.DiscardHandler)
	box := sandbox.Config{
		DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: app.SystemClock{}, BaseURL: s.Base, NewKey: sandboxtest.Keys(), Loopback: true, Unlimited: true, RefundDelay: 50 * time.Millisecond,
		HTTP: &http.Client{Timeout: 5 * time.Second}, Logger: logger,
	}
	for _, change := range changes {
		change(&box)
	}
	if s.Sandbox, err = sandbox.New(box); err != nil {
		t.Fatal(err)
	}
	trail := audit.New(d, make([]byte, 32), c)
	s.Merchants = merchants.New(d, newSealer(t), trail, c)
	s.Approvals = approvals.NewService(d, trail, s.Merchants)
	s.Audit = trail
	s.Events = events.NewLog(d, c)
	s.Figures = figures.New(d, s.Events)
	if err := s.Figures.Build(ctx, nil); err != nil { // of nothing: from here on, events alone count
		t.Fatal(err)
	}
	s.Merchants.Announcing(s.Events)
	outward := channel.NewTransport()
	w := &Wire{next: outward}
	driver := wechat.New(w, app.SystemClock{})
	s.clients = &clients{pool: channel.NewPool(0, driver, alipay.New(w, app.SystemClock{})), merchants: s.Merchants, base: s.Base}
	s.Payments = payments.New(payments.Config{
		DB: d, Events: s.Events, Audit: trail, Approvals: s.Approvals, Accounts: s.Merchants, Clients: s.clients, Observer: s.Results,
		Logger: logger, BaseURL: s.Base, ChannelTimeout: 3 * time.Second,
	})
	s.Approvals.Register(payments.ApprovalRefund, s.Payments.RefundApprovals())
	// A connection that was opened and never used would hold the end up.
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute})
	s.Sandbox.Routes(f)
	f.Use("/callbacks", s.Trap.handle)
	(&callback.Callback{Notifier: s.Payments, Logger: logger}).Routes(f)
	served := make(chan struct{})
	go func() { defer close(served); _ = f.Listener(listener) }()
	sent := make(chan struct{})
	go func() { defer close(sent); s.Sandbox.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-sent
		outward.CloseIdleConnections()
		if err := f.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		<-served
	})
	s.register()
	return s, w
}

func newSealer(t testing.TB) *seal.Sealer {
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
func (s *Shop) register() {
	s.T.Helper()
	m, err := s.Merchants.CreateMerchant(s.Ctx, "Test Shop")
	if err != nil {
		s.T.Fatal(err)
	}
	s.Scope = payments.Scope{MerchantID: m.ID, Mode: app.Test}
	s.WeChat = s.Account(app.WeChat)
	s.Alipay = s.Account(app.Alipay)
}

// Account registers and enables a new sandbox merchant's credentials.
func (s *Shop) Account(c app.Channel) merchants.Account {
	s.T.Helper()
	return s.AccountIn(c, trade.PublicKey)
}

// AccountIn is Account of a merchant that verifies the channel in the mode.
func (s *Shop) AccountIn(c app.Channel, mode trade.Mode) merchants.Account {
	s.T.Helper()
	box, err := s.Sandbox.Trades().OpenMerchant(s.Ctx, c, mode)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.AccountOf(box, box.Apps()...)
}

// AccountOf registers and enables a sandbox merchant's credentials with some of
// its apps at WeChat.
func (s *Shop) AccountOf(box trade.Merchant, apps ...trade.App) merchants.Account {
	s.T.Helper()
	c := box.Channel
	in := merchants.Registration{MerchantID: s.Scope.MerchantID, Mode: app.Test, Channel: c, Name: string(c), Credentials: s.credentials(box)}
	if c == app.WeChat {
		for _, a := range apps {
			in.AppIDs = append(in.AppIDs, merchants.AppInput{AppID: a.AppID, Kind: merchants.AppKind(a.Kind)})
		}
	}
	a, report, err := s.Merchants.RegisterAccount(s.Ctx, in, s.clients.pool.Driver(c))
	if err != nil {
		s.T.Fatalf("register %s: %v %+v", c, err, report)
	}
	if a, err = s.Merchants.EnableAccount(s.Ctx, a.MerchantID, a.ID, s.clients.probe); err != nil {
		s.T.Fatalf("enable %s: %v", c, err)
	}
	return a
}

// credentials are a sandbox merchant's own, as its driver reads them.
func (s *Shop) credentials(box trade.Merchant) json.RawMessage {
	if box.Channel == app.WeChat {
		k := box.WeChat
		return encode(s.T, map[string]any{
			"mode": box.Mode, "mchid": box.ID, "api_v3_key": k.APIv3Key, "serial_no": k.SerialNo,
			"private_key": k.PrivateKey, "certificate": k.Certificate, "public_key_id": k.PublicKeyID, "public_key": k.PublicKey,
		})
	}
	k := box.Alipay
	return encode(s.T, map[string]any{
		"mode": box.Mode, "app_id": box.ID, "seller_id": box.SellerID,
		"app_private_key": k.AppPrivateKey, "alipay_public_key": k.AlipayPublicKey,
		"app_cert": k.AppCert, "alipay_cert": k.AlipayCert, "alipay_root_cert": k.AlipayRootCert,
	})
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Order is a valid request for a payment.
func Order(orderNo string, method channel.Method) payments.CreateInput {
	return payments.CreateInput{OrderNo: orderNo, Amount: 1234, Currency: app.CNY, Subject: "一杯茶", Method: method}
}

// Create places an order that must be accepted.
func (s *Shop) Create(in payments.CreateInput) payments.View {
	s.T.Helper()
	out, err := s.Payments.Create(s.Ctx, s.Scope, in, nil)
	if err != nil {
		s.T.Fatalf("create %s: %v", in.OrderNo, err)
	}
	if out.Unknown {
		s.T.Fatalf("create %s: outcome unknown", in.OrderNo)
	}
	return out.View
}

// Pay pays a code in the wallet.
func (s *Shop) Pay(code string) {
	s.T.Helper()
	if _, err := s.Sandbox.Trades().Pay(s.Ctx, code); err != nil {
		s.T.Fatalf("pay %s: %v", code, err)
	}
}

// Get returns a payment of the shop.
func (s *Shop) Get(id string) payments.Payment {
	s.T.Helper()
	p, err := s.Payments.Get(s.Ctx, s.Scope, id)
	if err != nil {
		s.T.Fatal(err)
	}
	return p
}

// patience is how long what happens by itself may take on a busy machine, and
// deferral after how much of it a deferred notification is followed up.
const (
	patience = time.Minute
	deferral = 5 * time.Second
)

// Await waits until the payment reaches the status by its notification. One that
// a busy machine could not confirm in time is followed up as the server does.
func (s *Shop) Await(id string, want payments.Status) payments.Payment {
	s.T.Helper()
	begun := time.Now()
	for {
		p := s.Get(id)
		if p.Status == want {
			return p
		}
		switch waited := time.Since(begun); {
		case waited > patience:
			s.T.Fatalf("payment %s is %s, want %s (last notification: %s)", id, p.Status, want, s.Results.Last())
		case waited > deferral && s.Results.Last() == "deferred":
			s.QueryDue()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// QueryDue runs the query job once.
func (s *Shop) QueryDue() {
	s.T.Helper()
	if _, err := s.Payments.QueryDue(s.Ctx); err != nil {
		s.T.Fatal(err)
	}
}

// EventTypes lists the events of a payment, oldest first.
func (s *Shop) EventTypes(id string) []string {
	s.T.Helper()
	found, err := s.Events.ByObject(s.Ctx, s.Scope.MerchantID, id)
	if err != nil {
		s.T.Fatal(err)
	}
	types := make([]string, len(found))
	for i, e := range found {
		types[i] = e.Type
	}
	return types
}

// Fault plans a misbehaviour of a channel.
func (s *Shop) Fault(c app.Channel, f trade.Fault, count int) {
	s.T.Helper()
	if _, err := s.Sandbox.Trades().PlanFault(s.Ctx, trade.Plan{Channel: c, Fault: f, Count: int64(count)}); err != nil {
		s.T.Fatal(err)
	}
}

// Sound checks every invariant over the whole database, and that the figures
// are what the payments make.
func (s *Shop) Sound() {
	s.T.Helper()
	report := func(v payments.Violation) { s.T.Errorf("%s violated by %s: %s", v.Invariant, v.Object, v.Message) }
	if err := s.Payments.Verify(s.Ctx, report); err != nil {
		s.T.Fatal(err)
	}
	if err := s.Payments.DuplicateTransactions(s.Ctx, report); err != nil {
		s.T.Fatal(err)
	}
	s.counted()
}

// counted has everything counted that happened, and compares.
func (s *Shop) counted() {
	s.T.Helper()
	if _, err := s.Events.Sequence(s.Ctx); err != nil {
		s.T.Fatal(err)
	}
	if _, err := s.Figures.Consume(s.Ctx); err != nil {
		s.T.Fatal(err)
	}
	if _, err := s.Figures.Verify(s.Ctx, func(v figures.Violation) { s.T.Errorf("the figures of %s: %s", v.Object, v.Message) }); err != nil {
		s.T.Fatal(err)
	}
}
