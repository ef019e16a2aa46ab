package alipay_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
)

const (
	appID    = "2021000000000001"
	sellerID = "2088000000000001"
)

// Two key pairs serve all tests of the package: making one takes a while.
var (
	appKey    = sync.OnceValue(newKey)
	alipayKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func privatePEM(k *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

func publicPEM(k *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// credentials are those of an app in public-key mode.
func credentials() map[string]string {
	return map[string]string{
		"app_id": appID, "seller_id": sellerID, "mode": "public_key",
		"app_private_key": privatePEM(appKey()), "alipay_public_key": publicPEM(&alipayKey().PublicKey),
	}
}

// kinds of accounts: how keys are known, and for whom the app calls.
var accounts = map[string]func() channel.Account{
	"key":                  func() channel.Account { return account(credentials(), "public_key", nil) },
	"certificate":          func() channel.Account { return account(certificates(), "certificate", nil) },
	"partner, key":         func() channel.Account { return underProvider(account(credentials(), "public_key", nil)) },
	"partner, certificate": func() channel.Account { return underProvider(account(certificates(), "certificate", nil)) },
}

// certificates are those of the app, made once.
var certificates = sync.OnceValue(func() map[string]string { return certified(nil) })

const (
	token     = "202611BB0123456789abcdef0123456789abcX55"
	subSeller = "2088000000000055"
	subApp    = "2021000000000055"
)

// underProvider makes an account's keys a provider's, for a merchant who has
// authorised its app.
func underProvider(a channel.Account) channel.Account {
	a.Provider = a.Credentials
	a.Credentials = raw(map[string]string{"app_auth_token": token, "seller_id": subSeller, "auth_app_id": subApp})
	return a
}

// openAt opens a client in public-key mode whose gateway is the handler.
func openAt(t testing.TB, h http.Handler) channel.Client {
	t.Helper()
	return openAs(t, accounts["key"](), h)
}

// openAs opens a client of an account whose gateway is the handler.
func openAs(t testing.TB, a channel.Account, h http.Handler) channel.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	a.Gateway = server.URL + "/gateway.do"
	client, err := alipay.New(channel.NewTransport(), app.SystemClock{}).Open(a)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// scripted answers each method with the next of its contents, signed; the last
// one stays. It keeps what was sent.
type scripted struct {
	t        testing.TB
	contents map[string][]string

	mu   sync.Mutex
	sent []url.Values
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.PostFormValue("method")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, r.PostForm)
	contents := s.contents[method]
	if len(contents) == 0 {
		s.t.Errorf("unexpected call of %s", method)
		return
	}
	if len(contents) > 1 {
		s.contents[method] = contents[1:]
	}
	_, _ = io.WriteString(w, signedBy(alipayKey(), contents[0])(nodeOf(r)))
}

// methods lists the methods that were called, in order.
func (s *scripted) methods() []string {
	var out []string
	for _, form := range s.sent {
		out = append(out, strings.TrimPrefix(form.Get("method"), "alipay.trade."))
	}
	return out
}

// script opens a client in public-key mode at a scripted gateway; pairs are of
// a method, without its "alipay.trade.", and a content.
func script(t testing.TB, pairs ...string) (channel.Client, *scripted) {
	t.Helper()
	s := &scripted{t: t, contents: map[string][]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		method := "alipay.trade." + pairs[i]
		s.contents[method] = append(s.contents[method], pairs[i+1])
	}
	return openAt(t, s), s
}

// biz reads the business content of a form.
func biz(t testing.TB, form url.Values) map[string]any {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal([]byte(form.Get("biz_content")), &content); err != nil {
		t.Fatal(err)
	}
	return content
}

func sign(k *rsa.PrivateKey, content string) string {
	sum := sha256.Sum256([]byte(content))
	raw, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// reply answers every method with the text that makes of its node's name.
func reply(status int, text func(node string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, text(nodeOf(r)))
	})
}

func nodeOf(r *http.Request) string {
	return strings.ReplaceAll(r.PostFormValue("method"), ".", "_") + "_response"
}

// signedBy wraps a node's content with its signature.
func signedBy(k *rsa.PrivateKey, content string) func(node string) string {
	return func(node string) string {
		return fmt.Sprintf(`{%q:%s,"sign":%q}`, node, content, sign(k, content))
	}
}
