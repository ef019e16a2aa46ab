package wechat_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

const paidPlain = `{"appid":"wx1","mchid":"` + mchID + `","out_trade_no":"` + number + `","transaction_id":"4200001",` +
	`"trade_state":"SUCCESS","success_time":"2026-01-02T03:04:05+08:00","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},` +
	`"amount":{"total":100,"payer_total":90,"currency":"CNY"}}`

// seal encrypts a resource as WeChat does.
func seal(key, nonce, associated, plain string) string {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, max(len(nonce), 1))
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), []byte(plain), []byte(associated)))
}

// envelope is a notification's body.
func envelope(event, algorithm, nonce, ciphertext string) string {
	return fmt.Sprintf(`{"id":"EV-1","create_time":"2026-01-02T03:04:06+08:00","resource_type":"encrypt-resource",
		"event_type":%q,"summary":"支付成功","resource":{"original_type":"transaction","algorithm":%q,
		"ciphertext":%q,"associated_data":"transaction","nonce":%q}}`, event, algorithm, ciphertext, nonce)
}

func message(event, plain string) string {
	const nonce = "0123456789ab"
	return envelope(event, "AEAD_AES_256_GCM", nonce, seal(apiV3Key, nonce, "transaction", plain))
}

func signed(s signature, body string) channel.Notification {
	h := http.Header{}
	s.apply(h, body)
	return channel.Notification{Header: h, Body: []byte(body)}
}

// offline opens a client that nothing here calls.
func offline(t testing.TB) channel.Client {
	return openAt(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("unexpected call of %s", r.URL)
	}))
}

func TestNotificationIsRead(t *testing.T) {
	c := offline(t)
	n := signed(genuine(), message("TRANSACTION.SUCCESS", paidPlain))
	lower := http.Header{}
	for name, v := range n.Header {
		lower[strings.ToLower(name)] = v // as some servers hand headers over
	}
	for _, h := range []http.Header{n.Header, lower} {
		got, err := c.ParseNotification(t.Context(), channel.Notification{Header: h, Body: n.Body})
		wantKind(t, err, "")
		if got.ID != "EV-1" || got.Type != "TRANSACTION.SUCCESS" || got.VerifiedBy != publicKeyID {
			t.Errorf("notice %+v", got)
		}
		if got.Trade == nil || got.Trade.Amount != 100 || got.Trade.PayerAmount != 90 || got.Trade.Number != number {
			t.Errorf("trade %+v", got.Trade)
		}
		var plain struct{ Payer map[string]string }
		if err := json.Unmarshal(got.Plain, &plain); err != nil || plain.Payer["openid"] != "oUpF****eS6o" {
			t.Errorf("plain %s: %v", got.Plain, err)
		}
	}
}

// TestOtherEvents: what is about neither a payment nor a refund passes as it is.
func TestOtherEvents(t *testing.T) {
	c := offline(t)
	for _, event := range []string{"PAYSCORE.USER_PAID", "COUPON.USE"} {
		n, err := c.ParseNotification(t.Context(), signed(genuine(), message(event, `{"mchid":"1","state":"DONE"}`)))
		wantKind(t, err, "")
		if n.Type != event || n.Trade != nil || n.Refund != nil || len(n.Plain) == 0 {
			t.Errorf("%s became %+v", event, n)
		}
	}
}

func TestForgedNotifications(t *testing.T) {
	c := offline(t)
	body := message("TRANSACTION.SUCCESS", paidPlain)
	change := func(f func(*signature)) channel.Notification {
		s := genuine()
		f(&s)
		return signed(s, body)
	}
	header := func(name, value string) channel.Notification {
		n := signed(genuine(), body)
		n.Header.Set(name, value)
		return n
	}
	for name, forgery := range map[string]struct {
		n    channel.Notification
		code string
	}{
		"signtest":         {change(func(s *signature) { s.prefix = "WECHATPAY/SIGNTEST/" }), wechat.CodeSignTest},
		"other key":        {change(func(s *signature) { s.key = merchantKey() }), wechat.CodeSignature},
		"other body":       {change(func(s *signature) { s.over = "{}" }), wechat.CodeSignature},
		"unknown serial":   {change(func(s *signature) { s.serial = "PUB_KEY_ID_X" }), wechat.CodeSignature},
		"certificate":      {change(func(s *signature) { s.serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1" }), wechat.CodeSignature},
		"stale":            {change(func(s *signature) { s.at = time.Now().Add(-301 * time.Second) }), wechat.CodeStale},
		"future":           {change(func(s *signature) { s.at = time.Now().Add(302 * time.Second) }), wechat.CodeStale},
		"no signature":     {header("Wechatpay-Signature", ""), wechat.CodeUnsigned},
		"no serial":        {header("Wechatpay-Serial", ""), wechat.CodeUnsigned},
		"no nonce":         {header("Wechatpay-Nonce", ""), wechat.CodeUnsigned},
		"no timestamp":     {header("Wechatpay-Timestamp", ""), wechat.CodeUnsigned},
		"odd timestamp":    {header("Wechatpay-Timestamp", "soon"), wechat.CodeUnsigned},
		"huge timestamp":   {header("Wechatpay-Timestamp", "9223372036854775807"), wechat.CodeStale},
		"other timestamp":  {header("Wechatpay-Timestamp", fmt.Sprint(time.Now().Unix()+1)), wechat.CodeSignature},
		"other nonce":      {header("Wechatpay-Nonce", "x"), wechat.CodeSignature},
		"not base64":       {header("Wechatpay-Signature", "???"), wechat.CodeSignature},
		"other algorithm":  {header("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"), wechat.CodeSignature},
		"without anything": {channel.Notification{}, wechat.CodeUnsigned},
	} {
		got, err := c.ParseNotification(t.Context(), forgery.n)
		wantKind(t, err, channel.KindForged)
		var e *channel.Error
		if !errors.As(err, &e) || e.Code != forgery.code {
			t.Errorf("%s: %v, want code %s", name, err, forgery.code)
		}
		if got.Trade != nil || strings.Contains(fmt.Sprint(err), "EV-1") {
			t.Errorf("%s: a forged message shows through: %+v %v", name, got, err)
		}
	}
}

// TestUnreadableNotifications: signed by WeChat, yet not what it should be.
// The SDK panics over some of them.
func TestUnreadableNotifications(t *testing.T) {
	c := offline(t)
	const nonce = "0123456789ab"
	const otherKey = "ffffffffffffffffffffffffffffffff"
	good := seal(apiV3Key, nonce, "transaction", paidPlain)
	for name, body := range map[string]string{
		"empty":           "",
		"not json":        "<xml/>",
		"null":            "null",
		"array":           "[]",
		"no resource":     `{"id":"EV-1","event_type":"TRANSACTION.SUCCESS"}`,
		"null resource":   `{"id":"EV-1","resource":null}`,
		"short nonce":     envelope("TRANSACTION.SUCCESS", "AEAD_AES_256_GCM", "short", good),
		"no nonce":        envelope("TRANSACTION.SUCCESS", "AEAD_AES_256_GCM", "", good),
		"other algorithm": envelope("TRANSACTION.SUCCESS", "AEAD_SM4_GCM", nonce, good),
		"other key":       envelope("TRANSACTION.SUCCESS", "AEAD_AES_256_GCM", nonce, seal(otherKey, nonce, "transaction", paidPlain)),
		"not base64":      envelope("TRANSACTION.SUCCESS", "AEAD_AES_256_GCM", nonce, "???"),
		"no ciphertext":   envelope("TRANSACTION.SUCCESS", "AEAD_AES_256_GCM", nonce, ""),
		"plain not json":  message("TRANSACTION.SUCCESS", "plain"),
		"plain null":      message("TRANSACTION.SUCCESS", "null"),
		"plain array":     message("TRANSACTION.SUCCESS", "[]"),
		"float amount":    message("TRANSACTION.SUCCESS", strings.Replace(paidPlain, `"total":100`, `"total":1.5`, 1)),
		"no amount":       message("TRANSACTION.SUCCESS", strings.Replace(paidPlain, `"total":100,`, ``, 1)),
		"no number":       message("TRANSACTION.SUCCESS", strings.Replace(paidPlain, `"out_trade_no"`, `"x"`, 1)),
		"unknown state":   message("TRANSACTION.SUCCESS", strings.Replace(paidPlain, `SUCCESS`, `DONE`, 1)),
	} {
		n, err := c.ParseNotification(t.Context(), signed(genuine(), body))
		wantKind(t, err, channel.KindUnknown)
		if !errors.Is(err, channel.ErrUnreadable) || n.Trade != nil {
			t.Errorf("%s: %+v %v", name, n, err)
		}
	}
}

// FuzzParseNotification signs half of its inputs itself, to get behind the
// signature. Signatures differ from run to run, so run it with
// -fuzzminimizetime=1x: minimising never ends otherwise.
func FuzzParseNotification(f *testing.F) {
	c := offline(f)
	good := signed(genuine(), message("TRANSACTION.SUCCESS", paidPlain))
	f.Add(good.Header.Get("Wechatpay-Signature"), good.Header.Get("Wechatpay-Serial"), good.Body, true)
	f.Add("WECHATPAY/SIGNTEST/"+good.Header.Get("Wechatpay-Signature"), publicKeyID, good.Body, false)
	f.Add("", "", []byte(`{"resource":null}`), true)
	f.Add("AAAA", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", []byte(envelope("REFUND.SUCCESS", "AEAD_AES_256_GCM", "x", "y")), true)
	f.Fuzz(func(t *testing.T, signature, serial string, body []byte, resign bool) {
		n := channel.Notification{Header: good.Header.Clone(), Body: body}
		n.Header.Set("Wechatpay-Signature", signature)
		n.Header.Set("Wechatpay-Serial", serial)
		if resign { // reach what stands behind the signature
			n = signed(genuine(), string(body))
		}
		notice, err := c.ParseNotification(t.Context(), n)
		kind := channel.KindOf(err)
		switch {
		case kind == channel.KindForged && resign:
			t.Errorf("a signed body is called forged: %v", err)
		case kind != "" && kind != channel.KindForged && kind != channel.KindUnknown:
			t.Errorf("kind %s", kind)
		case kind == "" && !json.Valid(notice.Plain):
			t.Errorf("plain %q is not JSON", notice.Plain)
		case kind == "" && !resign && string(body) != string(good.Body):
			t.Errorf("an unsigned body verifies: %q", body)
		}
	})
}
