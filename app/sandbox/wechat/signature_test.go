package wechat_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestRequestsThatNobodyKnownHasSignedAreRefused(t *testing.T) {
	b := one(t, trade.PublicKey)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := b.orderBody(t, nil)
	tampered := b.orderBody(t, map[string]any{"amount.total": 2})
	field := func(name, value string) func(string) string {
		return func(header string) string {
			kind, rest, _ := strings.Cut(header, " ")
			parts := strings.Split(rest, ",")
			for i, p := range parts {
				if strings.HasPrefix(p, name+"=") {
					parts[i] = name + `="` + value + `"`
				}
			}
			return kind + " " + strings.Join(parts, ",")
		}
	}
	fixed := func(s string) func(string) string { return func(string) string { return s } }
	now := b.clock.Now()
	for name, c := range map[string]struct {
		raw    raw
		status int
		code   string
		signed bool // the gateway signs its refusal once it knows the merchant
	}{
		"another key":          {raw{body: good, key: stranger}, 401, "SIGN_ERROR", true},
		"the body altered":     {raw{body: tampered, signedBody: &good}, 401, "SIGN_ERROR", true},
		"the URI altered":      {raw{body: good, signedURI: nativePath + "?x=1"}, 401, "SIGN_ERROR", true},
		"another path signed":  {raw{body: good, signedURI: "/v3/pay/transactions/jsapi"}, 401, "SIGN_ERROR", true},
		"another nonce":        {raw{body: good, authorization: field("nonce_str", "another")}, 401, "SIGN_ERROR", true},
		"another serial":       {raw{body: good, serial: strings.Repeat("A", 40)}, 401, "SIGN_ERROR", true},
		"301 s late":           {raw{body: good, at: now.Add(-301 * time.Second)}, 401, "SIGN_ERROR", true},
		"301 s early":          {raw{body: good, at: now.Add(301 * time.Second)}, 401, "SIGN_ERROR", true},
		"signature not base64": {raw{body: good, authorization: field("signature", "%%%")}, 401, "SIGN_ERROR", true},
		"signature empty":      {raw{body: good, authorization: field("signature", "")}, 401, "SIGN_ERROR", false},
		"a field twice":        {raw{body: good, authorization: func(h string) string { return h + `,mchid="1"` }}, 401, "SIGN_ERROR", false},
		"no quotes":            {raw{body: good, authorization: func(h string) string { return strings.ReplaceAll(h, `"`, "") }}, 401, "SIGN_ERROR", false},
		"another scheme":       {raw{body: good, authorization: fixed("Bearer x")}, 401, "SIGN_ERROR", false},
		"no header":            {raw{body: good, authorization: fixed("")}, 401, "SIGN_ERROR", false},
		"unknown merchant":     {raw{body: good, mchID: "1600000000"}, 400, "MCH_NOT_EXISTS", false},
		"no Accept":            {raw{body: good, header: map[string]string{"Accept": ""}}, 400, "PARAM_ERROR", false},
		"no User-Agent":        {raw{body: good, header: map[string]string{"User-Agent": ""}}, 400, "PARAM_ERROR", false},
		"a form":               {raw{body: good, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 400, "PARAM_ERROR", true},
	} {
		t.Run(name, func(t *testing.T) {
			c.raw.uri = nativePath
			got := b.send(t, c.raw)
			if got.status != c.status || got.Code != c.code || got.verified != c.signed {
				t.Fatalf("%d %s signed %v, want %d %s signed %v", got.status, got.body, got.verified, c.status, c.code, c.signed)
			}
			if _, err := b.trades.ByNumber(t.Context(), b.merchant.ID, "order-1"); !app.Is(err, app.NotFound) {
				t.Fatalf("a refused request left a trade (%v)", err)
			}
		})
	}
}

func TestASignatureErrorShowsWhatWasVerified(t *testing.T) {
	b := one(t, trade.PublicKey)
	body, other := b.orderBody(t, nil), "{}"
	got := b.send(t, raw{uri: nativePath, body: body, signedBody: &other})
	s := got.Detail.Sign
	if s == nil || s.Method != "POST" || s.URL != "/v3/pay/transactions/native" || got.Detail.Location != "authorization" ||
		!strings.HasPrefix(s.Truncated, "POST\n/v3/pay/transactions/native\n") {
		t.Fatalf("detail %s", got.body)
	}
	// method, path, timestamp, nonce and body, each with a newline
	if want := len("POST\n/v3/pay/transactions/native\n") + 11 + 33 + len(body) + 1; s.Length != want {
		t.Errorf("sign_message_length %d, want %d", s.Length, want)
	}
	if strings.Contains(s.Truncated, "vinegar") {
		t.Error("the body is echoed")
	}
}

func TestBothPathsMayBeSigned(t *testing.T) {
	b := one(t, trade.PublicKey)
	for _, signed := range []string{nativePath, "/v3/pay/transactions/native"} {
		got := b.send(t, raw{uri: nativePath, signedURI: signed, body: b.orderBody(t, nil)})
		if got.status != http.StatusOK || !got.verified {
			t.Errorf("signed as %s: %d %s", signed, got.status, got.body)
		}
	}
}

func TestAnswersAreSignedAsTheRequestAsks(t *testing.T) {
	b := one(t, trade.Certificate)
	k := b.merchant.WeChat
	body := b.orderBody(t, nil)
	for asked, want := range map[string]string{
		"":                      k.Platform[0].SerialNo, // the merchant's usual
		k.Platform[0].SerialNo:  k.Platform[0].SerialNo,
		k.PublicKeyID:           k.PublicKeyID, // the migration to public keys
		strings.Repeat("F", 40): k.Platform[0].SerialNo,
	} {
		header := map[string]string{}
		if asked != "" {
			header["Wechatpay-Serial"] = asked
		}
		got := b.send(t, raw{uri: nativePath, body: body, header: header})
		if got.header.Get("Wechatpay-Serial") != want || !got.verified || got.header.Get("Request-ID") == "" {
			t.Errorf("asked %q: signed by %q, verified %v; want %q", asked, got.header.Get("Wechatpay-Serial"), got.verified, want)
		}
	}
	closed := b.send(t, raw{uri: mount + "/v3/pay/transactions/out-trade-no/order-1/close", body: `{"mchid":"` + b.merchant.ID + `"}`})
	if closed.status != http.StatusNoContent || len(closed.body) != 0 || !closed.verified {
		t.Errorf("close: %d %q verified %v, want a signed empty 204", closed.status, closed.body, closed.verified)
	}
}

func TestAMerchantInPublicKeyModeHasNoCertificates(t *testing.T) {
	b := one(t, trade.PublicKey)
	got := b.send(t, raw{method: http.MethodGet, uri: mount + "/v3/certificates"})
	if got.status != http.StatusOK || string(got.body) != `{"data":[]}` || !got.verified {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestUnknownPathsAreAnsweredSigned(t *testing.T) {
	b := one(t, trade.PublicKey)
	got := b.send(t, raw{method: http.MethodGet, uri: mount + "/v3/marketing/favor"})
	if got.status != http.StatusNotFound || got.Code != "RESOURCE_NOT_EXISTS" || !got.verified {
		t.Fatalf("%d %s", got.status, got.body)
	}
}
