package alipay_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
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

// openAt opens a client whose gateway is the handler.
func openAt(t testing.TB, h http.Handler) channel.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	a := account(credentials(), "public_key", nil)
	a.Gateway = server.URL + "/gateway.do"
	client, err := alipay.New(channel.NewTransport(), app.SystemClock{}).Open(a)
	if err != nil {
		t.Fatal(err)
	}
	return client
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
	return map[string]string{
		"alipay.trade.precreate": "alipay_trade_precreate_response",
		"alipay.trade.query":     "alipay_trade_query_response",
		"alipay.trade.close":     "alipay_trade_close_response",
	}[r.PostFormValue("method")]
}

// signedBy wraps a node's content with its signature.
func signedBy(k *rsa.PrivateKey, content string) func(node string) string {
	return func(node string) string {
		return fmt.Sprintf(`{%q:%s,"sign":%q}`, node, content, sign(k, content))
	}
}
