package trade_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
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

// plain announces without signatures: this package's tests are about the queue.
func plain() trade.Announcer {
	return trade.Announcer{
		Build: func(ctx context.Context, m trade.Message) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodPost, m.Notification.NotifyURL, strings.NewReader(m.Notification.ID))
		},
		Accepts: func(status int, body []byte) bool { return status == http.StatusOK && string(body) == "success" },
		Retries: []time.Duration{time.Minute, time.Hour},
		Timeout: 200 * time.Millisecond,
		Faults:  trade.Faults(),
	}
}

type box struct {
	*trade.Service
	clock    *clock
	merchant trade.Merchant
}

func open(t *testing.T, d *db.DB, c *clock) *trade.Service {
	t.Helper()
	s, err := trade.New(trade.Config{DB: d, Clock: c, BaseURL: "https://pay.example", NewKey: sandboxtest.Keys(), AllowNotify: []string{"127.0.0.1"}, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Announce(app.WeChat, plain())
	s.Announce(app.Alipay, plain())
	return s
}

func each(t *testing.T, f func(t *testing.T, b *box, d *db.DB)) {
	t.Helper()
	c := &clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Lock()
		c.now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
		c.Unlock()
		b := &box{Service: open(t, d, c), clock: c}
		var err error
		if b.merchant, err = b.OpenMerchant(context.Background(), app.Alipay, trade.PublicKey); err != nil {
			t.Fatal(err)
		}
		f(t, b, d)
	}, dbtest.WithSandbox(), dbtest.WithClock(c))
}

func (b *box) order(no, notifyURL string) trade.Order {
	return trade.Order{
		Merchant: b.merchant, AppID: b.merchant.AppID, OutTradeNo: no, TradeType: "QR", Subject: "醋", Amount: 100,
		Code: "code-" + trade.NewCode(), NotifyURL: notifyURL, Fingerprint: "a", ExpiresAt: b.clock.Now().Add(time.Hour),
	}
}

func (b *box) create(t *testing.T, no, notifyURL string) trade.Trade {
	t.Helper()
	made, created, err := b.Create(context.Background(), b.order(no, notifyURL))
	if err != nil || !created {
		t.Fatalf("create: %v, created %v", err, created)
	}
	return made
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestAMerchantsKeysBelongTogether(t *testing.T) {
	each(t, func(t *testing.T, b *box, d *db.DB) {
		ctx := context.Background()
		for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
			m, err := b.OpenMerchant(ctx, app.WeChat, mode)
			if err != nil {
				t.Fatal(err)
			}
			cert, err := trade.ParseCertificate(m.WeChat.Certificate)
			if err != nil {
				t.Fatal(err)
			}
			if cert.Subject.CommonName != m.ID || fmt.Sprintf("%X", cert.SerialNumber) != m.WeChat.SerialNo || len(m.WeChat.APIv3Key) != 32 {
				t.Errorf("certificate of %s with serial %X, credentials say %s and %s", cert.Subject.CommonName, cert.SerialNumber, m.ID, m.WeChat.SerialNo)
			}
			samePair(t, m.WeChat.PrivateKey, cert.PublicKey)
			samePair(t, m.WeChat.PublicKeyPrivate, parsePublic(t, m.WeChat.PublicKey))
			if got, want := len(m.WeChat.Platform) == 1, mode == trade.Certificate; got != want {
				t.Errorf("%s: %d platform certificates", mode, len(m.WeChat.Platform))
			}
		}
		k := b.merchant.Alipay
		samePair(t, k.AppPrivateKey, parsePublic(t, k.AppPublicKey))
		samePair(t, k.AlipayPrivateKey, parsePublic(t, k.AlipayPublicKey))
		root, err := trade.ParseCertificate(k.AlipayRootCert)
		if err != nil {
			t.Fatal(err)
		}
		for private, text := range map[string]string{k.AppPrivateKey: k.AppCert, k.AlipayPrivateKey: k.AlipayCert} {
			cert, err := trade.ParseCertificate(text)
			if err != nil {
				t.Fatal(err)
			}
			samePair(t, private, cert.PublicKey)
			if err := cert.CheckSignatureFrom(root); err != nil {
				t.Errorf("%s: %v", cert.Subject, err)
			}
		}

		// Another process reads back what this one stored.
		read, err := open(t, d, b.clock).Merchant(ctx, app.Alipay, b.merchant.ID)
		if err != nil || *read.Alipay != *k || read.SellerID != b.merchant.SellerID {
			t.Errorf("read back: %v", err)
		}
		if _, err := b.Merchant(ctx, app.WeChat, b.merchant.ID); !app.Is(err, app.NotFound) {
			t.Errorf("an Alipay app as a WeChat merchant: %v", err)
		}
	})
}

func parsePublic(t *testing.T, text string) any {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func samePair(t *testing.T, private string, public any) {
	t.Helper()
	key, err := trade.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if !key.PublicKey.Equal(public.(*rsa.PublicKey)) {
		t.Error("the keys are no pair")
	}
}

func TestANumberIsUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		var made atomic.Int64
		ids := make([]string, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				got, created, err := b.Create(context.Background(), b.order("order-1", ""))
				if err != nil {
					t.Error(err)
				}
				if created {
					made.Add(1)
				}
				ids[i] = got.ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("two trades under one number: %s and %s", id, ids[0])
			}
		}
		if made.Load() != 1 {
			t.Fatalf("%d creators, want 1", made.Load())
		}
	})
}

func TestAnOrderIsPaidOnceAndAnnouncedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		made := b.create(t, "order-1", "https://shop.example/n")
		var paid, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = b.Pay(ctx, made.Code)
				} else {
					_, err = b.Close(ctx, made)
				}
				switch {
				case err == nil:
					paid.Add(1)
				case reason(err) == trade.ReasonPaid || reason(err) == trade.ReasonClosed:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if paid.Load() != 1 || refused.Load() != 19 {
			t.Fatalf("%d of 20 racing payments and closes went through", paid.Load())
		}
		got, err := b.ByNumber(ctx, b.merchant.ID, "order-1")
		if err != nil {
			t.Fatal(err)
		}
		queued, err := b.Notifications(ctx, made.ID, "", 10)
		if err != nil || (len(queued) == 1) != (got.State == trade.Paid) {
			t.Fatalf("state %s with %d notifications (%v)", got.State, len(queued), err)
		}
	})
}

func TestScanningMakesATradeExist(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		made := b.create(t, "order-1", "")
		if made.Scanned {
			t.Fatal("scanned before anybody looked")
		}
		for range 2 {
			got, err := b.Scan(ctx, made.Code)
			if err != nil || !got.Scanned || got.State != trade.Unpaid || got.PayerID == "" {
				t.Fatalf("scan: %+v, %v", got, err)
			}
		}
		stale := b.create(t, "order-2", "")
		b.clock.advance(2 * time.Hour)
		if got, err := b.Scan(ctx, stale.Code); err != nil || got.Scanned {
			t.Fatalf("an expired code was scanned: %+v, %v", got, err)
		}
		if _, err := b.Scan(ctx, "二维码"); !app.Is(err, app.NotFound) {
			t.Fatalf("an unknown code: %v", err)
		}
	})
}

func TestReissueNeverOverwritesWhatMoved(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		made := b.create(t, "order-1", "")
		dearer := b.order("order-1", "")
		dearer.Amount = 200
		fresh, err := b.Reissue(ctx, made, dearer)
		if err != nil || fresh.Amount != 200 || fresh.Code == made.Code {
			t.Fatalf("reissue: %+v, %v", fresh, err)
		}
		again := b.order("order-1", "")
		if _, err := b.Reissue(ctx, made, again); reason(err) != trade.ReasonMoved {
			t.Fatalf("from a stale read: %v", err)
		}
		if _, err := b.Pay(ctx, fresh.Code); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Reissue(ctx, fresh, again); reason(err) != trade.ReasonMoved {
			t.Fatalf("after payment: %v", err)
		}
	})
}

func TestListsPageByID(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		var want []string
		for i := range 5 {
			want = append([]string{b.create(t, fmt.Sprintf("order-%d", i), "").ID}, want...)
			b.clock.advance(time.Second)
		}
		var got []string
		before := ""
		for range 3 {
			page, err := b.Trades(ctx, b.merchant.ID, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page {
				got = append(got, x.ID)
				before = x.ID
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
