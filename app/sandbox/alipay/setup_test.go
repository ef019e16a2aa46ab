package alipay_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/alipay"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// clock is a settable clock.
type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.Lock(); defer c.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.Lock(); defer c.Unlock(); c.now = c.now.Add(d) }

// shop is a merchant's server: it keeps the notifications it gets.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	forms  []url.Values
	answer string
}

func newShop(t *testing.T) *shop {
	s := &shop{answer: "success"}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("the notification is no form: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.forms = append(s.forms, r.PostForm)
		_, _ = io.WriteString(w, s.answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) received() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.forms...)
}

func (s *shop) say(answer string) { s.mu.Lock(); defer s.mu.Unlock(); s.answer = answer }

// walletURL is where the gateway sends browsers.
const walletURL = "http://wallet.example/sandbox/wallet"

// box is a running gateway with a merchant and its shop.
type box struct {
	api      *alipay.Gateway
	clock    *clock
	trades   *trade.Service
	merchant trade.Merchant
	gateway  string
	shop     *shop
}

func setup(t *testing.T, mode trade.Mode) *box {
	t.Helper()
	b := &box{clock: &clock{now: time.Now().UTC().Truncate(time.Millisecond)}, shop: newShop(t)}
	d := dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(b.clock))
	var err error
	b.trades, err = trade.New(trade.Config{DB: d, Clock: b.clock, BaseURL: b.shop.URL, NewKey: sandboxtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := alipay.New(alipay.Config{
		Trades: b.trades, Logger: slog.New(slog.DiscardHandler),
		CheckNotifyURL: func(string) error { return nil }, WalletURL: walletURL, BillsURL: "http://" + l.Addr().String() + "/bills",
	})
	b.trades.Announce(app.Alipay, g.Announcer())
	b.api = g
	web := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	web.All("/gateway.do", g.Handle)
	web.Get("/bills", g.Download)
	served := make(chan error, 1)
	go func() { served <- web.Listener(l) }()
	t.Cleanup(func() {
		if err := web.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	b.gateway = "http://" + l.Addr().String() + "/gateway.do"
	if b.merchant, err = b.trades.OpenMerchant(context.Background(), app.Alipay, mode); err != nil {
		t.Fatal(err)
	}
	return b
}

// client is smartwalle's, set up as its readme says.
func (b *box) client(t *testing.T) *smartwalle.Client {
	t.Helper()
	keys := b.merchant.Alipay
	c, err := smartwalle.New(b.merchant.ID, keys.AppPrivateKey, false,
		smartwalle.WithSandboxGateway(b.gateway), smartwalle.WithTimeLocation(app.Beijing),
		smartwalle.WithHTTPClient(&http.Client{Timeout: 10 * time.Second}))
	if err != nil {
		t.Fatal(err)
	}
	if b.merchant.Mode == trade.PublicKey {
		if err := c.LoadAliPayPublicKey(keys.AlipayPublicKey); err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := c.LoadAppCertPublicKey(keys.AppCert); err != nil {
		t.Fatal(err)
	}
	if err := c.LoadAliPayRootCert(keys.AlipayRootCert); err != nil {
		t.Fatal(err)
	}
	if err := c.LoadAlipayCertPublicKey(keys.AlipayCert); err != nil {
		t.Fatal(err)
	}
	return c
}

// order is a valid precreate; change it as the test needs.
func (b *box) order(number string) smartwalle.TradePreCreate {
	return smartwalle.TradePreCreate{Trade: b.trade(number)}
}

// trade is what every order has.
func (b *box) trade(number string) smartwalle.Trade {
	return smartwalle.Trade{
		NotifyURL: b.shop.URL + "/notify?x=1", OutTradeNo: number, TotalAmount: "12.30", Subject: "拿铁 50% off <b> a+b/c & d",
		TimeExpire: b.clock.Now().Add(30 * time.Minute).In(app.Beijing).Format("2006-01-02 15:04:05"),
	}
}

func (b *box) precreate(t *testing.T, c *smartwalle.Client, o smartwalle.TradePreCreate) *smartwalle.TradePreCreateRsp {
	t.Helper()
	rsp, err := c.TradePreCreate(context.Background(), o)
	if err != nil {
		t.Fatalf("precreate: %v", err)
	}
	return rsp
}

// deliver sends what is due.
func (b *box) deliver(t *testing.T) {
	t.Helper()
	if _, err := b.trades.Deliver(context.Background()); err != nil {
		t.Fatal(err)
	}
}
