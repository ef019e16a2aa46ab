package wechat_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

// clock is a settable clock.
type clock struct {
	sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time { c.Lock(); defer c.Unlock(); return time.Now().Add(c.ahead) }

func (c *clock) advance(d time.Duration) { c.Lock(); defer c.Unlock(); c.ahead += d }

// operationsOf collects the operations of the exchanges made under a context.
func operationsOf(ctx context.Context) (context.Context, func() []string) {
	var mu sync.Mutex
	var seen []string
	ctx = channel.WithRecorder(ctx, func(e channel.Exchange) { mu.Lock(); defer mu.Unlock(); seen = append(seen, e.Operation) })
	return ctx, func() []string { mu.Lock(); defer mu.Unlock(); return append([]string(nil), seen...) }
}

// TestCertificateRotation: a notification is signed with a certificate that we
// have not seen; one fetch finds it.
func TestCertificateRotation(t *testing.T) {
	h := newHarness(t, "certificate")
	now := &clock{}
	c, err := wechat.New(channel.NewTransport(), now).Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	ctx, operations := operationsOf(t.Context())
	wantKind(t, c.Probe(ctx), "")
	wantKind(t, c.Probe(ctx), "")
	if got := strings.Join(operations(), " "); got != "certificates probe probe" {
		t.Errorf("exchanges: %s", got)
	}
	h.Plan(t, app.WeChat, "rotate_certificate", 1)
	h.Sandbox.Pay(t, place(t, h, c))
	n := h.Next(t)
	now.advance(61 * time.Second)
	ctx, operations = operationsOf(t.Context())
	for range 3 {
		notice, err := c.ParseNotification(ctx, n)
		wantKind(t, err, "")
		if notice.Trade == nil || notice.VerifiedBy != n.Header.Get("Wechatpay-Serial") {
			t.Errorf("notice %+v", notice)
		}
	}
	if got := strings.Join(operations(), " "); got != "certificates" {
		t.Errorf("a new certificate took the calls %q, want one fetch", got)
	}
}

// place places an order of one fen and returns its code.
func place(t *testing.T, h *channeltest.Harness, c channel.Client) string {
	t.Helper()
	result, err := c.Pay(t.Context(), channel.PayRequest{
		Number: app.NewID(app.PrefixAttempt, time.Now()), AppID: h.AppID, Method: h.Method, Amount: 1, Currency: app.CNY,
		Subject: "tea", NotifyURL: h.NotifyURL(), ExpiresAt: time.Now().Add(time.Hour),
	})
	wantKind(t, err, "")
	return result.Action.CodeURL
}

// TestUnknownSerialIsThrottled: forged serials cannot make us ask WeChat more
// than once a minute.
func TestUnknownSerialIsThrottled(t *testing.T) {
	h := newHarness(t, "certificate")
	now := &clock{}
	c, err := wechat.New(channel.NewTransport(), now).Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(ctx context.Context) {
		t.Helper()
		s := genuine()
		s.serial = "0123456789ABCDEF"
		_, err := c.ParseNotification(ctx, signed(s, "{}"))
		wantKind(t, err, channel.KindForged)
	}
	ctx, operations := operationsOf(t.Context())
	for range 20 {
		forge(ctx)
	}
	if n := len(operations()); n != 1 {
		t.Errorf("%d fetches for 20 forgeries at once, want 1", n)
	}
	now.advance(61 * time.Second)
	forge(ctx)
	if n := len(operations()); n != 2 {
		t.Errorf("%d fetches a minute later, want 2", n)
	}
}

// TestNoCertificates: without any certificate nothing can be verified, so
// nothing is sent, and a notification is not called forged.
func TestNoCertificates(t *testing.T) {
	for name, handler := range map[string]http.Handler{
		"none":     reply(200, `{"data":[]}`, nil), // a merchant of the public-key mode
		"refused":  reply(401, `{"code":"SIGN_ERROR"}`, nil),
		"garbage":  reply(200, `{"data":[{}]}`, nil), // the SDK panics
		"nonsense": reply(200, `{"data":[{"serial_no":"1","encrypt_certificate":{"associated_data":"a","nonce":"n","ciphertext":"YQ=="}}]}`, nil),
		"down":     http.HandlerFunc(hangUp),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, operations := operationsOf(t.Context())
			c := openIn(t, "certificate", handler)
			for range 3 {
				_, err := c.Query(ctx, number)
				wantKind(t, err, channel.KindUnknown)
				var e *channel.Error
				if !errors.As(err, &e) || e.Code != wechat.CodeCertificatesUnavailable {
					t.Errorf("%v does not say what is missing", err)
				}
			}
			s := genuine()
			s.serial = "0123456789ABCDEF"
			_, err := c.ParseNotification(ctx, signed(s, "{}"))
			wantKind(t, err, channel.KindUnknown)
			if got := operations(); len(got) != 1 || got[0] != "certificates" {
				t.Errorf("exchanges %v, want one fetch", got)
			}
		})
	}
}

// TestSignTest: the sandbox's probe, as WeChat sends it, is named as such.
func TestSignTest(t *testing.T) {
	h := newHarness(t, "public_key")
	c, err := h.Driver.Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	h.Plan(t, app.WeChat, "signtest", 1)
	h.Sandbox.Pay(t, place(t, h, c))
	probe := h.Next(t)
	_, err = c.ParseNotification(t.Context(), probe)
	wantKind(t, err, channel.KindForged)
	var e *channel.Error
	if !errors.As(err, &e) || e.Code != wechat.CodeSignTest || !strings.HasPrefix(e.About, app.PrefixAttempt) {
		t.Errorf("%v about %q, want SIGNTEST about our order", err, e.About)
	}
	for name, body := range map[string]string{
		"nothing": "", "no resource": "{}", "a short nonce": strings.Replace(string(probe.Body), `"nonce":"`, `"nonce":"","was":"`, 1),
		"altered": strings.Replace(string(probe.Body), `"ciphertext":"`, `"ciphertext":"AAAA`, 1),
	} {
		probe.Body = []byte(body)
		if _, err = c.ParseNotification(t.Context(), probe); !errors.As(err, &e) || e.Code != wechat.CodeSignTest || e.About != "" {
			t.Errorf("%s: %v about %q", name, err, e.About)
		}
	}
}
