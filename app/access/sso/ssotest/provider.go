// Package ssotest is an OpenID Connect provider on a listener of its own: it
// publishes itself, sends browsers back with codes, checks PKCE and the client's
// secret, and signs ID tokens, wrongly where a test asks it to.
package ssotest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client's name and secret.
const (
	ClientID     = "piaohao"
	ClientSecret = "the client's secret"
)

// Provider is a running provider. Its fields may be changed between sign-ins.
type Provider struct {
	*httptest.Server
	t   testing.TB
	key *rsa.PrivateKey

	mu sync.Mutex
	// Person is who is signed in here: the claims of the next ID token.
	Person map[string]any
	// Twist changes the claims before they are signed; Sign replaces signing.
	Twist func(claims map[string]any)
	Sign  func(p *Provider, claims map[string]any) string
	// Asks shows a page with a button before it sends a browser back.
	Asks bool
	// Down answers 503 to everything.
	Down  bool
	codes map[string]url.Values
}

var b64 = base64.RawURLEncoding

// New starts a provider that ends with the test. Its address is its issuer.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{t: t, key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.publish)
	mux.HandleFunc("/keys", p.publishKeys)
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.Down
		p.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// Set changes the provider while it serves.
func (p *Provider) Set(change func(p *Provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *Provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *Provider) publish(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		// It claims to sign in every way, so that it is not this list that saves us.
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	})
}

func (p *Provider) publishKeys(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
		"n": b64.EncodeToString(p.key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || !strings.Contains(q.Get("scope"), "openid") {
		http.Error(w, "bad request: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Asks && q.Get("yes") == "" {
		w.Header().Set("Content-Type", "text/html")
		q.Set("yes", "1")
		fmt.Fprintf(w, `<!doctype html><title>Provider</title><a id="yes" href="/authorize?%s">Sign in</a>`, q.Encode())
		return
	}
	code := rand.Text()
	p.codes[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if unescaped, err := url.QueryUnescape(secret); err == nil {
		secret = unescaped
	}
	asked, known := p.codes[r.FormValue("code")]
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || id != ClientID || secret != ClientSecret || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
		b64.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	delete(p.codes, r.FormValue("code"))
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": asked.Get("nonce"),
	}
	for name, value := range p.Person {
		claims[name] = value
	}
	if p.Twist != nil {
		p.Twist(claims)
	}
	sign := (*Provider).Genuine
	if p.Sign != nil {
		sign = p.Sign
	}
	p.answer(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60, "id_token": sign(p, claims)})
}

func (p *Provider) unsigned(header map[string]string, claims map[string]any) string {
	h, err := json.Marshal(header)
	if err != nil {
		p.t.Error(err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	return b64.EncodeToString(h) + "." + b64.EncodeToString(c)
}

// Genuine signs by RS256 with the published key.
func (p *Provider) Genuine(claims map[string]any) string { return p.signWith(p.key, claims) }

// Stranger signs by RS256 with another key.
func (p *Provider) Stranger(claims map[string]any) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Error(err)
	}
	return p.signWith(key, claims)
}

func (p *Provider) signWith(key *rsa.PrivateKey, claims map[string]any) string {
	text := p.unsigned(map[string]string{"alg": "RS256", "kid": "1"}, claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64.EncodeToString(signature)
}

// None does not sign, and says so.
func (p *Provider) None(claims map[string]any) string {
	return p.unsigned(map[string]string{"alg": "none"}, claims) + "."
}

// Shared signs with the client's secret, which the client could do itself.
func (p *Provider) Shared(claims map[string]any) string {
	text := p.unsigned(map[string]string{"alg": "HS256", "kid": "1"}, claims)
	m := hmac.New(sha256.New, []byte(ClientSecret))
	m.Write([]byte(text))
	return text + "." + b64.EncodeToString(m.Sum(nil))
}
