package wechat_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// raw is a hand-made request: what the SDK cannot be made to send. Zero fields
// are filled in correctly.
type raw struct {
	method, uri, body string
	signedBody        *string // when it differs from what is sent
	signedURI         string
	mchID, serial     string
	authorization     func(correct string) string
	at                time.Time
	key               *rsa.PrivateKey
	header            map[string]string
}

// answer is what came back, with its signature already verified.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	verified bool
	Code     string `json:"code"`
	Message  string `json:"message"`
	Detail   struct {
		Field    string `json:"field"`
		Issue    string `json:"issue"`
		Location string `json:"location"`
		Sign     *struct {
			Method    string `json:"method"`
			URL       string `json:"url"`
			Truncated string `json:"truncated_sign_message"`
			Length    int    `json:"sign_message_length"`
		} `json:"sign_information"`
	} `json:"detail"`
}

func (b *box) send(t *testing.T, r raw) answer {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	req, err := http.NewRequest(r.method, b.origin+r.uri, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", b.authorization(t, r))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "raw-test")
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		if value == "" {
			req.Header[http.CanonicalHeaderKey(name)] = nil // not even the client's default
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	a.verified = b.verifies(t, resp.Header, body)
	if len(body) > 0 {
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatalf("the answer is not JSON: %s", body)
		}
	}
	return a
}

func (b *box) authorization(t *testing.T, r raw) string {
	t.Helper()
	key := r.key
	if key == nil {
		var err error
		if key, err = trade.ParsePrivateKey(b.merchant.WeChat.PrivateKey); err != nil {
			t.Fatal(err)
		}
	}
	at := r.at
	if at.IsZero() {
		at = b.clock.Now()
	}
	body := r.body
	if r.signedBody != nil {
		body = *r.signedBody
	}
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), "0123456789abcdef0123456789ABCDEF"
	digest := sha256.Sum256([]byte(r.method + "\n" + or(r.signedURI, r.uri) + "\n" + stamp + "\n" + nonce + "\n" + body + "\n"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	// Not the order of the SDK: any order is good.
	header := fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 signature="%s",timestamp="%s",nonce_str="%s",serial_no="%s",mchid="%s"`,
		base64.StdEncoding.EncodeToString(signature), stamp, nonce, or(r.serial, b.merchant.WeChat.SerialNo), or(r.mchID, b.merchant.ID))
	if r.authorization != nil {
		header = r.authorization(header)
	}
	return header
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// verifies checks an answer's signature with the key its serial names.
func (b *box) verifies(t *testing.T, h http.Header, body []byte) bool {
	t.Helper()
	k := b.merchant.WeChat
	keys := map[string]*rsa.PublicKey{k.PublicKeyID: publicKey(t, k.PublicKey)}
	for _, p := range k.Platform {
		cert, err := trade.ParseCertificate(p.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		keys[p.SerialNo] = cert.PublicKey.(*rsa.PublicKey)
	}
	key := keys[h.Get("Wechatpay-Serial")]
	signature, err := base64.StdEncoding.DecodeString(h.Get("Wechatpay-Signature"))
	if key == nil || err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(h.Get("Wechatpay-Timestamp") + "\n" + h.Get("Wechatpay-Nonce") + "\n" + string(body) + "\n"))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
}

const nativePath = mount + "/v3/pay/transactions/native"

// orderBody is a valid native order with some fields replaced, and those set to
// nil removed. A dot descends.
func (b *box) orderBody(t *testing.T, changes map[string]any) string {
	t.Helper()
	body := map[string]any{
		"appid": b.merchant.AppID, "mchid": b.merchant.ID, "description": "vinegar", "out_trade_no": "order-1",
		"notify_url": "https://shop.example/notify", "amount": map[string]any{"total": 1},
	}
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		into, name := body, path
		if outer, inner, ok := strings.Cut(path, "."); ok {
			into, name = body[outer].(map[string]any), inner
		}
		if changes[path] == nil {
			delete(into, name)
		} else {
			into[name] = changes[path]
		}
	}
	out, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
