package wechat_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

func keeper(t *testing.T, c channel.Client) channel.CertificateKeeper {
	t.Helper()
	k, ok := c.(channel.CertificateKeeper)
	if !ok {
		t.Fatal("the client keeps no certificates")
	}
	return k
}

// TestCertificatesAreRefreshed: a refresh asks however young the set is, learns
// of a rotation before anything is signed with it, and says what it holds.
func TestCertificatesAreRefreshed(t *testing.T) {
	for _, mode := range []string{"certificate", "both"} {
		h := newHarness(t, mode)
		now := &clock{}
		c, err := wechat.New(channel.NewTransport(), now).Open(h.Account)
		if err != nil {
			t.Fatal(err)
		}
		k := keeper(t, c)
		if s := k.CertificateState(); !s.FetchedAt.IsZero() || len(s.Serials) != 0 || s.LastError != "" {
			t.Errorf("%s: before the first fetch %+v", mode, s)
		}
		ctx, operations := operationsOf(t.Context())
		wantKind(t, k.RefreshCertificates(ctx), "")
		first := k.CertificateState()
		if len(first.Serials) == 0 || now.Now().Sub(first.FetchedAt) > time.Minute || first.ExpiresAt.Before(now.Now()) || first.LastError != "" {
			t.Errorf("%s: after a fetch %+v", mode, first)
		}
		h.Plan(t, app.WeChat, "rotate_certificate", 1)
		h.Sandbox.Pay(t, place(t, h, c))
		n := h.Next(t)
		wantKind(t, k.RefreshCertificates(ctx), "")
		second := k.CertificateState()
		if slices.Equal(first.Serials, second.Serials) || !slices.Contains(second.Serials, n.Header.Get("Wechatpay-Serial")) && mode == "certificate" {
			t.Errorf("%s: a rotation from %v to %v was missed", mode, first.Serials, second.Serials)
		}
		if got := strings.Join(operations(), " "); got != "certificates certificates" {
			t.Errorf("%s: exchanges %s", mode, got)
		}
	}
}

// failing answers like a broken platform while it is told to.
type failing struct {
	next http.RoundTripper
	fail atomic.Bool
}

// RoundTrip answers, or passes the request on.
func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.fail.Load() {
		return f.next.RoundTrip(r)
	}
	w := httptest.NewRecorder()
	reply(500, `{"code":"SYSTEM_ERROR","message":"系统错误"}`, new(genuine())).ServeHTTP(w, r)
	return w.Result(), nil
}

// TestFailedRefreshKeepsTheSet: what is held serves on, and the state says what
// went wrong without quoting the answer.
func TestFailedRefreshKeepsTheSet(t *testing.T) {
	h := newHarness(t, "certificate")
	wire := &failing{next: channel.NewTransport()}
	c, err := wechat.New(wire, app.SystemClock{}).Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	k := keeper(t, c)
	wantKind(t, k.RefreshCertificates(t.Context()), "")
	before := k.CertificateState()
	wire.fail.Store(true)
	wantKind(t, k.RefreshCertificates(t.Context()), channel.KindUnknown)
	after := k.CertificateState()
	if after.LastError == "" || !after.FetchedAt.Equal(before.FetchedAt) || !slices.Equal(after.Serials, before.Serials) {
		t.Errorf("state %+v, then %+v", before, after)
	}
	if strings.Contains(after.LastError, "Wechatpay") || strings.Contains(after.LastError, "Authorization") {
		t.Errorf("the state quotes the answer: %s", after.LastError)
	}
	wire.fail.Store(false)
	wantKind(t, c.Probe(t.Context()), "")
	wantKind(t, k.RefreshCertificates(t.Context()), "")
	if s := k.CertificateState(); s.LastError != "" {
		t.Errorf("a success leaves %+v", s)
	}
}

// TestOldCertificatesAreRenewed behind a call, also where the public key
// verifies and certificates are only a remainder.
func TestOldCertificatesAreRenewed(t *testing.T) {
	for _, mode := range []string{"certificate", "both"} {
		h := newHarness(t, mode)
		now := &clock{}
		c, err := wechat.New(channel.NewTransport(), now).Open(h.Account)
		if err != nil {
			t.Fatal(err)
		}
		k := keeper(t, c)
		wantKind(t, k.RefreshCertificates(t.Context()), "")
		before := k.CertificateState().FetchedAt
		now.advance(12 * time.Hour)
		wantKind(t, c.Probe(t.Context()), "")
		for end := time.Now().Add(time.Minute); !k.CertificateState().FetchedAt.After(before); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the set is not renewed", mode)
			}
		}
	}
}

// TestPublicKeysNeedNoRefresh: nothing is fetched, nothing ends.
func TestPublicKeysNeedNoRefresh(t *testing.T) {
	k := keeper(t, openAt(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a call of %s", r.URL) })))
	wantKind(t, k.RefreshCertificates(t.Context()), "")
	if s := k.CertificateState(); !s.FetchedAt.IsZero() || !s.ExpiresAt.IsZero() || s.LastError != "" {
		t.Errorf("state %+v", s)
	}
}
