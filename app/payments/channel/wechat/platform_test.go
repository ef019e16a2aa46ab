package wechat_test

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
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

const (
	mchID       = "1900000001"
	apiV3Key    = "0123456789abcdef0123456789abcdef"
	publicKeyID = "PUB_KEY_ID_0119000000012026010100000000000001"
)

// Two key pairs serve all tests of the package: making one takes a while.
var (
	merchantKey = sync.OnceValue(newKey)
	platformKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func privatePEM(k *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func publicPEM(k *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// credentials are those of a merchant in public-key mode, with changes.
func credentials(changes map[string]string) map[string]string {
	c := map[string]string{
		"mchid": mchID, "api_v3_key": apiV3Key, "serial_no": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
		"private_key": privatePEM(merchantKey()), "mode": "public_key",
		"public_key_id": publicKeyID, "public_key": publicPEM(&platformKey().PublicKey),
	}
	for field, value := range changes {
		c[field] = value
	}
	return c
}

// openAt opens a client in public-key mode whose gateway is the handler.
func openAt(t testing.TB, h http.Handler) channel.Client {
	t.Helper()
	return openIn(t, "public_key", h)
}

func openIn(t testing.TB, mode string, h http.Handler) channel.Client {
	t.Helper()
	return openAccount(t, account(credentials(nil), mode, nil), h)
}

// The merchant under the provider mchID, in tests of the partner mode.
const (
	subMchID = "1700000001"
	subAppID = "wxsub00000000001"
	spAppID  = "wxsp000000000001"
)

// openPartner opens a client of a merchant under a service provider.
func openPartner(t testing.TB, h http.Handler) channel.Client {
	t.Helper()
	a := account(credentials(nil), "public_key", nil)
	a.Provider, a.Credentials = a.Credentials, subCredentials(subMchID, subAppID, spAppID)
	return openAccount(t, a, h)
}

func subCredentials(mchID, appID, providersAppID string) []byte {
	raw, err := json.Marshal(map[string]string{"sub_mchid": mchID, "sub_appid": appID, "sp_appid": providersAppID})
	if err != nil {
		panic(err) // a map of strings marshals
	}
	return raw
}

func openAccount(t testing.TB, a channel.Account, h http.Handler) channel.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	a.Gateway = server.URL + "/gw"
	client, err := wechat.New(channel.NewTransport(), app.SystemClock{}).Open(a)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signature says how an answer or a notification is signed.
type signature struct {
	key    *rsa.PrivateKey
	serial string
	at     time.Time
	prefix string // before the signature
	over   string // signed instead of the body
}

func genuine() signature {
	return signature{key: platformKey(), serial: publicKeyID, at: time.Now()}
}

// apply sets the headers of a signed message.
func (s signature) apply(h http.Header, body string) {
	if s.over != "" {
		body = s.over
	}
	stamp, nonce := strconv.FormatInt(s.at.Unix(), 10), rand.Text()
	sum := sha256.Sum256([]byte(stamp + "\n" + nonce + "\n" + body + "\n"))
	raw, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	h.Set("Wechatpay-Timestamp", stamp)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", s.serial)
	h.Set("Wechatpay-Signature", s.prefix+base64.StdEncoding.EncodeToString(raw))
	h.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
}

// reply is an answer of the platform; sign nil leaves it unsigned.
func reply(status int, body string, sign *signature) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if sign != nil {
			sign.apply(w.Header(), body)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	})
}
