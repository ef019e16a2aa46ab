package merchants_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func (r *room) key(t *testing.T, mode app.Mode, in merchants.KeyInput) (merchants.Key, string) {
	t.Helper()
	if in.Name == "" {
		in.Name = "server"
	}
	k, secret, err := r.CreateKey(t.Context(), r.m.ID, mode, in)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func TestAKeyAuthenticatesItsMerchantAndMode(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for _, mode := range []app.Mode{app.Test, app.Live} {
			k, secret := r.key(t, mode, merchants.KeyInput{Scopes: []merchants.Scope{merchants.RefundsRead, merchants.PaymentsWrite, merchants.RefundsRead}})
			if !strings.HasPrefix(secret, "sk_"+string(mode)+"_") || k.Prefix != secret[:12] {
				t.Errorf("secret %s, shown as %s", secret, k.Prefix)
			}
			p, err := r.Authenticate(t.Context(), secret, "203.0.113.7")
			if err != nil || p.MerchantID != r.m.ID || p.Mode != mode || p.KeyID != k.ID || p.Prefix != k.Prefix {
				t.Fatalf("principal %+v, %v", p, err)
			}
			if !p.May(merchants.PaymentsWrite) || !p.May(merchants.RefundsRead) || p.May(merchants.RefundsWrite) || len(p.Scopes) != 2 {
				t.Errorf("scopes %v", p.Scopes)
			}
		}
		_, secret := r.key(t, app.Test, merchants.KeyInput{})
		if p, err := r.Authenticate(t.Context(), secret, ""); err != nil || !p.May(merchants.StatementsRead) {
			t.Errorf("a key without scopes may everything: %+v, %v", p, err)
		}
	})
}

// Whatever is wrong with a key, its bearer learns the same; the log learns why.
func TestRefusedKeysAllGetOneAnswer(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		revoked, revokedSecret := r.key(t, app.Test, merchants.KeyInput{})
		if _, err := r.RevokeKey(ctx, r.m.ID, revoked.ID); err != nil {
			t.Fatal(err)
		}
		_, expired := r.key(t, app.Test, merchants.KeyInput{ExpiresAt: r.clock.Now().Add(time.Hour)})
		if _, err := r.Authenticate(ctx, expired, ""); err != nil {
			t.Fatal(err)
		}
		r.clock.advance(time.Hour)
		_, good := r.key(t, app.Test, merchants.KeyInput{})
		elsewhere := setup(t, r.db)
		_, foreign := elsewhere.key(t, app.Test, merchants.KeyInput{})
		if _, err := r.db.Exec(ctx, `DELETE FROM api_keys WHERE merchant_id = ?`, elsewhere.m.ID); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct{ secret, why string }{
			"revoked":        {revokedSecret, "revoked"},
			"expired":        {expired, "expired"},
			"unknown":        {foreign, "unknown"},
			"empty":          {"", "malformed"},
			"cut off":        {good[:len(good)-1], "malformed"},
			"too long":       {good + "A", "malformed"},
			"mistyped":       {good[:20] + string(other(good[20])) + good[21:], "malformed"},
			"of other mode":  {strings.Replace(good, "sk_test_", "sk_live_", 1), "malformed"},
			"in other case":  {strings.ToUpper(good), "malformed"},
			"with a blank":   {good + " ", "malformed"},
			"the shown part": {good[:12], "malformed"},
			"endless":        {"sk_test_" + strings.Repeat("A", 1<<20), "malformed"},
		} {
			_, err := r.Authenticate(ctx, c.secret, "")
			wantCode(t, err, app.Unauthenticated, "invalid_api_key")
			var e *app.Error
			if !errors.As(err, &e) || e.Message != "the API key is missing or not valid" {
				t.Errorf("%s: the caller is told %q", name, e.Message)
			}
			if e.Unwrap() == nil || !strings.Contains(e.Unwrap().Error(), c.why) {
				t.Errorf("%s: the log says %v, want %s", name, e.Unwrap(), c.why)
			}
			if len(c.secret) > 12 && strings.Contains(err.Error(), c.secret[12:]) {
				t.Errorf("%s: the error shows the secret", name)
			}
		}
		if _, err := r.Authenticate(ctx, good, ""); err != nil {
			t.Error(err)
		}
	})
}

func other(c byte) byte {
	if c == 'a' {
		return 'b'
	}
	return 'a'
}

func TestKeysAreBoundToTheirAddresses(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, app.Test, merchants.KeyInput{AllowedIPs: []string{"203.0.113.7", " 198.51.100.9/24 ", "2001:db8::1", "::ffff:192.0.2.4"}})
		if got := k.AllowedIPs[1].String(); got != "198.51.100.0/24" {
			t.Errorf("the range is kept as %s", got)
		}
		for ip, allowed := range map[string]bool{
			"203.0.113.7": true, "::ffff:203.0.113.7": true, "203.0.113.8": false, "198.51.100.255": true, "198.51.101.0": false,
			"2001:db8::1": true, "2001:db8::2": false, "192.0.2.4": true, "": false, "garbage": false, "203.0.113.7:80": false,
		} {
			_, err := r.Authenticate(t.Context(), secret, ip)
			if allowed && err != nil {
				t.Errorf("%s: %v", ip, err)
			}
			if !allowed {
				wantCode(t, err, app.Forbidden, "ip_not_allowed")
			}
		}
		for _, bad := range []string{"", "localhost", "10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.1-10.0.0.9"} {
			_, _, err := r.CreateKey(t.Context(), r.m.ID, app.Test, merchants.KeyInput{Name: "k", AllowedIPs: []string{"10.0.0.1", bad}})
			wantField(t, err, "allowed_ips.1")
		}
	})
}

func TestAMerchantsStandingDecidesOverItsKeys(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		_, test := r.key(t, app.Test, merchants.KeyInput{})
		_, live := r.key(t, app.Live, merchants.KeyInput{})
		if _, err := r.UpdateSettings(ctx, r.m.ID, merchants.Settings{RequireSignatureLive: true}); err != nil {
			t.Fatal(err)
		}
		_, err := r.Authenticate(ctx, live, "")
		wantCode(t, err, app.Forbidden, "signature_required")
		if _, err := r.Authenticate(ctx, test, ""); err != nil {
			t.Errorf("test mode: %v", err)
		}
		if _, err := r.SuspendMerchant(ctx, r.m.ID, "documents are missing"); err != nil {
			t.Fatal(err)
		}
		_, err = r.Authenticate(ctx, test, "")
		wantCode(t, err, app.Forbidden, "merchant_suspended")
		if _, err := r.ReactivateMerchant(ctx, r.m.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Authenticate(ctx, test, ""); err != nil {
			t.Error(err)
		}
	})
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		k, secret := r.key(t, app.Test, merchants.KeyInput{})
		use := func(wantWritten int, after time.Duration) {
			t.Helper()
			r.clock.advance(after)
			for range 3 {
				if _, err := r.Authenticate(ctx, secret, ""); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := r.FlushKeyUse(ctx); err != nil || n != wantWritten {
				t.Errorf("%d written, %v; want %d", n, err, wantWritten)
			}
		}
		use(1, 0)
		first := app.ToMillis(r.clock.Now())
		use(0, 59*time.Second)
		if got, err := r.Key(ctx, r.m.ID, k.ID); err != nil || got.LastUsedAt != first {
			t.Errorf("last used %d, %v; want %d", got.LastUsedAt, err, first)
		}
		use(1, time.Second)
		last := app.ToMillis(r.clock.Now())
		if got, err := r.Key(ctx, r.m.ID, k.ID); err != nil || got.LastUsedAt != last {
			t.Errorf("last used %d, %v; want %d", got.LastUsedAt, err, last)
		}
		// A server that lags behind does not turn the time back.
		late := r.server(t)
		r.clock.advance(-time.Minute / 2)
		if _, err := late.Authenticate(ctx, secret, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := late.FlushKeyUse(ctx); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Key(ctx, r.m.ID, k.ID); err != nil || got.LastUsedAt != last {
			t.Errorf("last used %d, %v; want %d", got.LastUsedAt, err, last)
		}
	})
}
