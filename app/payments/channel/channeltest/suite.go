// Package channeltest is what every channel's driver must pass: one suite,
// run over real HTTP against the sandbox.
package channeltest

import (
	"context"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Harness is a driver with accounts at a running channel.
type Harness struct {
	*Sandbox
	Driver  channel.Driver
	Account channel.Account // an account that works
	Other   channel.Account // another merchant's account at the same channel
	// Foreign is Account with a private key the channel does not know, Deaf is
	// Account with another merchant's platform key.
	Foreign, Deaf channel.Account
	AppID         string
	Identity      string // settlement identity of Account
	SubIdentity   string // of a merchant under a service provider, or ""
	Method        channel.Method
	// Methods are the ways to pay by an action that testMethods tries, CodeMethod
	// is the one by the payer's code, "" without.
	Methods    []MethodCase
	CodeMethod channel.Method
	// Refunds says that refunds can be tried.
	Refunds bool
	// BillAccount is whom the sandbox plans faults of bills for.
	BillAccount string
	// Lazy says that an order does not exist before a payer opens its code.
	Lazy bool
	// Faults are the simulated faults of answers that the channel has.
	Faults map[string]bool
	// Secrets must not show up in anything recorded or reported.
	Secrets []string
}

// Run runs the suite. setup is called once for all, and again for what leaves
// notifications behind; it must return a fresh harness.
func Run(t *testing.T, setup func(t *testing.T) *Harness) {
	t.Helper()
	h := setup(t)
	t.Run("driver", func(t *testing.T) { testDriver(t, h) })
	t.Run("pay", func(t *testing.T) { testPay(t, h) })
	t.Run("query", func(t *testing.T) { testQuery(t, h) })
	t.Run("close", func(t *testing.T) { testClose(t, h) })
	t.Run("notification", func(t *testing.T) { testNotification(t, h) })
	t.Run("methods", func(t *testing.T) { testMethods(t, h) })
	if h.CodeMethod != "" {
		t.Run("codes", func(t *testing.T) { testCodes(t, setup(t)) })
	}
	if h.Refunds {
		t.Run("refunds", func(t *testing.T) { testRefunds(t, setup(t)) })
	}
	if _, ok := h.Driver.(channel.BillReader); ok {
		t.Run("bills", func(t *testing.T) { testBills(t, setup(t)) })
	}
	t.Run("probe", func(t *testing.T) { testProbe(t, h) })
	t.Run("faults", func(t *testing.T) { testFaults(t, h) })
	t.Run("recorder", func(t *testing.T) { testRecorder(t, h) })
	t.Run("pool", func(t *testing.T) { testPool(t, h) })
}

// open opens a client for an account.
func (h *Harness) open(t *testing.T, a channel.Account) channel.Client {
	t.Helper()
	c, err := h.Driver.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// order is a fresh order of 1.23 yuan.
func (h *Harness) order() channel.PayRequest {
	now := time.Now()
	return channel.PayRequest{
		Number: app.NewID(app.PrefixAttempt, now), AppID: h.AppID, Method: h.Method,
		Amount: 123, Currency: app.CNY, Subject: "票号 <tea> & 50% /cup/",
		NotifyURL: h.NotifyURL(), ExpiresAt: now.Add(30 * time.Minute),
	}
}

// place places an order and returns its action's code.
func (h *Harness) place(t *testing.T, c channel.Client, r channel.PayRequest) string {
	t.Helper()
	result, err := c.Pay(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if result.Action.Type != "qr_code" || result.Action.CodeURL == "" {
		t.Fatalf("action %+v, want a qr_code", result.Action)
	}
	return result.Action.CodeURL
}

// wantKind fails unless err is a channel error of the kind.
func wantKind(t *testing.T, err error, want channel.Kind) {
	t.Helper()
	if got := channel.KindOf(err); got != want {
		t.Fatalf("kind %q (%v), want %q", got, err, want)
	}
	if err == nil {
		return
	}
	if _, ok := err.(*channel.Error); !ok {
		t.Fatalf("error is a %T, want *channel.Error", err)
	}
}

func testDriver(t *testing.T, h *Harness) {
	if h.Driver.Name() != h.Method.Channel() {
		t.Errorf("driver of %s takes %s", h.Driver.Name(), h.Method)
	}
	report := h.Driver.Inspect(h.Account.Credentials)
	if !report.OK() {
		t.Errorf("working credentials fail inspection: %+v", report.Checks)
	}
	if report.SubIdentity != h.SubIdentity || report.Identity != h.Identity && h.SubIdentity == "" {
		t.Errorf("identity %q and %q, want %q and %q", report.Identity, report.SubIdentity, h.Identity, h.SubIdentity)
	}
	for _, bad := range []string{``, `null`, `{}`, `[]`, `{"mode":"other"}`, `"text"`} {
		if _, err := h.Driver.Open(channel.Account{Gateway: h.Account.Gateway, Credentials: []byte(bad)}); channel.KindOf(err) != channel.KindConfig {
			t.Errorf("open %q: %v, want config", bad, err)
		}
		if h.Driver.Inspect([]byte(bad)).OK() {
			t.Errorf("inspect %q passes", bad)
		}
	}
	if _, err := h.Driver.Open(channel.Account{Gateway: "not a url", Credentials: h.Account.Credentials}); channel.KindOf(err) != channel.KindConfig {
		t.Errorf("open with a broken gateway: %v, want config", err)
	}
}

func testPay(t *testing.T, h *Harness) {
	c := h.open(t, h.Account)
	r := h.order()
	code := h.place(t, c, r)
	t.Run("repeated it is the same order", func(t *testing.T) {
		if again := h.place(t, c, r); again != code {
			t.Errorf("code %q, then %q", code, again)
		}
	})
	t.Run("changed it is refused", func(t *testing.T) {
		h.Scan(t, code)
		changed := r
		changed.Amount++
		_, err := c.Pay(t.Context(), changed)
		wantKind(t, err, channel.KindNumberUsed)
	})
	t.Run("paid it is paid", func(t *testing.T) {
		h.Pay(t, code)
		h.Next(t)
		_, err := c.Pay(t.Context(), r)
		wantKind(t, err, channel.KindPaid)
	})
	t.Run("what no channel takes is not sent", func(t *testing.T) {
		for name, spoil := range map[string]func(*channel.PayRequest){
			"no number":      func(r *channel.PayRequest) { r.Number = "" },
			"no amount":      func(r *channel.PayRequest) { r.Amount = 0 },
			"negative":       func(r *channel.PayRequest) { r.Amount = -1 },
			"other currency": func(r *channel.PayRequest) { r.Currency = "USD" },
			"no subject":     func(r *channel.PayRequest) { r.Subject = "" },
			"no expiry":      func(r *channel.PayRequest) { r.ExpiresAt = time.Time{} },
			"other method":   func(r *channel.PayRequest) { r.Method = "barter" },
		} {
			bad := h.order()
			spoil(&bad)
			calls := 0
			ctx := channel.WithRecorder(t.Context(), func(channel.Exchange) { calls++ })
			_, err := c.Pay(ctx, bad)
			if channel.KindOf(err) != channel.KindRefused || calls != 0 {
				t.Errorf("%s: %v after %d calls, want a refusal without any", name, err, calls)
			}
		}
	})
	t.Run("expired before it was sent it is refused", func(t *testing.T) {
		late := h.order()
		late.ExpiresAt = time.Now().Add(-time.Minute)
		_, err := c.Pay(t.Context(), late)
		wantKind(t, err, channel.KindRefused)
	})
}

func testQuery(t *testing.T, h *Harness) {
	c := h.open(t, h.Account)
	_, err := c.Query(t.Context(), h.order().Number)
	wantKind(t, err, channel.KindNotExist)

	r := h.order()
	code := h.place(t, c, r)
	if h.Lazy {
		_, err := c.Query(t.Context(), r.Number)
		wantKind(t, err, channel.KindNotExist)
		h.Scan(t, code)
	}
	unpaid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	if unpaid.State != channel.TradeUnpaid || unpaid.Number != r.Number || !unpaid.PaidAt.IsZero() {
		t.Errorf("before the payment: %+v", unpaid)
	}
	before := time.Now().Add(-2 * time.Second)
	h.Pay(t, code)
	h.Next(t)
	paid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	h.checkPaid(t, paid, r, before)
	if paid.Identity != "" && paid.Identity != h.Identity {
		t.Errorf("identity %q, want %q", paid.Identity, h.Identity)
	}
	_, err = h.open(t, h.Other).Query(t.Context(), r.Number)
	wantKind(t, err, channel.KindNotExist)
}

func (h *Harness) checkPaid(t *testing.T, got channel.Trade, r channel.PayRequest, before time.Time) {
	t.Helper()
	if got.State != channel.TradePaid || got.Number != r.Number || got.AppID != r.AppID || got.Currency != app.CNY ||
		got.Amount != r.Amount || got.PayerAmount != r.Amount || got.SettlementAmount != r.Amount {
		t.Errorf("paid trade %+v does not match %+v", got, r)
	}
	if got.ChannelTradeNo == "" || got.RawState == "" || got.PayerID == "" {
		t.Errorf("paid trade lacks what the channel says: %+v", got)
	}
	if got.PaidAt.Before(before) || got.PaidAt.After(time.Now().Add(2*time.Second)) {
		t.Errorf("paid at %v, want about now", got.PaidAt)
	}
}

func testClose(t *testing.T, h *Harness) {
	c := h.open(t, h.Account)
	wantKind(t, c.Close(t.Context(), h.order().Number), channel.KindNotExist)

	r := h.order()
	code := h.place(t, c, r)
	h.Scan(t, code)
	wantKind(t, c.Close(t.Context(), r.Number), "")
	closed, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	if closed.State != channel.TradeClosed || closed.State.WasPaid() {
		t.Errorf("after close: %+v", closed)
	}
	// One channel repeats its consent, the other says that it was closed.
	if kind := channel.KindOf(c.Close(t.Context(), r.Number)); kind != "" && kind != channel.KindClosed {
		t.Errorf("second close: %s", kind)
	}
	_, err = c.Pay(t.Context(), r)
	if kind := channel.KindOf(err); kind != channel.KindClosed && kind != channel.KindNumberUsed {
		t.Errorf("pay a closed order: %v", err)
	}

	paid := h.order()
	h.Pay(t, h.place(t, c, paid))
	h.Next(t)
	wantKind(t, c.Close(t.Context(), paid.Number), channel.KindPaid)
}

func testProbe(t *testing.T, h *Harness) {
	wantKind(t, h.open(t, h.Account).Probe(t.Context()), "")
	if err := h.open(t, h.Foreign).Probe(t.Context()); err == nil {
		t.Error("the probe passes with a private key the channel does not know")
	}
	if h.Deaf.Credentials != nil {
		wantKind(t, h.open(t, h.Deaf).Probe(t.Context()), channel.KindUnknown)
	}
	nowhere := h.Account
	nowhere.Gateway = "http://127.0.0.1:1/"
	wantKind(t, h.open(t, nowhere).Probe(t.Context()), channel.KindUnknown)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantKind(t, h.open(t, h.Account).Probe(ctx), channel.KindUnknown)
}
