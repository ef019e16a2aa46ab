package paymentstest

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Message is a notification as it travels.
type Message struct {
	Path   string
	Header http.Header
	Body   []byte
}

// WeChatFacts are the facts of a success notification about p, to be altered
// before they are signed.
func (s *Shop) WeChatFacts(p payments.View) map[string]any {
	return map[string]any{
		"appid": s.WeChat.DefaultApp(), "mchid": s.WeChat.Identity, "out_trade_no": p.AttemptID,
		"transaction_id": "4200000001" + strconv.FormatInt(time.Now().UnixNano(), 10)[1:], "trade_type": "NATIVE",
		"trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS", "attach": "",
		"success_time": time.Now().In(app.Beijing).Format(time.RFC3339), "payer": map[string]any{"openid": "oCanaryOpenID000000000000001"},
		"amount": map[string]any{"total": p.Amount, "payer_total": p.Amount, "currency": "CNY", "payer_currency": "CNY"},
	}
}

// SignWeChat encrypts and signs facts as WeChat does for the account.
func (s *Shop) SignWeChat(a merchants.Account, facts map[string]any) Message {
	s.T.Helper()
	return s.signWeChat(a, "transaction", "TRANSACTION.SUCCESS", facts)
}

// WeChatRefundFacts are the facts of a notification that r arrived, to be
// altered before they are signed.
func (s *Shop) WeChatRefundFacts(r payments.Refund) map[string]any {
	s.T.Helper()
	t := s.Trade(app.WeChat, r.AttemptID)
	return map[string]any{
		"mchid": s.WeChat.Identity, "out_trade_no": r.AttemptID, "transaction_id": t.ChannelTradeNo, "out_refund_no": r.Number,
		"refund_id": "5030000001" + strconv.FormatInt(time.Now().UnixNano(), 10), "refund_status": "SUCCESS",
		"success_time": time.Now().In(app.Beijing).Format(time.RFC3339), "user_received_account": "支付用户零钱",
		"amount": map[string]any{"total": t.Amount, "refund": r.Amount, "payer_total": t.Amount, "payer_refund": r.Amount},
	}
}

// SignWeChatRefund encrypts and signs the facts of a refund as WeChat does for
// the account.
func (s *Shop) SignWeChatRefund(a merchants.Account, facts map[string]any) Message {
	s.T.Helper()
	return s.signWeChat(a, "refund", "REFUND.SUCCESS", facts)
}

func (s *Shop) signWeChat(a merchants.Account, kind, event string, facts map[string]any) Message {
	s.T.Helper()
	m := s.sandboxMerchant(app.WeChat, a.Identity)
	block, err := aes.NewCipher([]byte(m.WeChat.APIv3Key))
	if err != nil {
		s.T.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		s.T.Fatal(err)
	}
	const nonce = "0123456789ab"
	sealed := gcm.Seal(nil, []byte(nonce), encode(s.T, facts), []byte(kind))
	body := encode(s.T, map[string]any{
		"id": "EV-" + app.NewID("", time.Now()), "create_time": time.Now().In(app.Beijing).Format(time.RFC3339),
		"resource_type": "encrypt-resource", "event_type": event, "summary": "支付成功",
		"resource": map[string]any{
			"original_type": kind, "algorithm": "AEAD_AES_256_GCM", "associated_data": kind,
			"nonce": nonce, "ciphertext": base64.StdEncoding.EncodeToString(sealed),
		},
	})
	return Message{"/callbacks/wechat/" + a.ID, s.signedHeader(m, body), body}
}

// signedHeader is what stands above a body that WeChat has signed.
func (s *Shop) signedHeader(m trade.Merchant, body []byte) http.Header {
	s.T.Helper()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Wechatpay-Timestamp", stamp)
	header.Set("Wechatpay-Nonce", "n")
	header.Set("Wechatpay-Serial", m.WeChat.PublicKeyID)
	header.Set("Wechatpay-Signature", rsaSign(s.T, m.WeChat.PublicKeyPrivate, fmt.Sprintf("%s\n%s\n%s\n", stamp, "n", body)))
	header.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
	return header
}

// AnswerWeChat makes up an answer of WeChat's, signed for the account.
func (s *Shop) AnswerWeChat(r *http.Request, a merchants.Account, status int, body string) *http.Response {
	s.T.Helper()
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: s.signedHeader(s.sandboxMerchant(app.WeChat, a.Identity), []byte(body)),
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// AlipayFacts are the parameters of a success notification about p.
func (s *Shop) AlipayFacts(p payments.View) url.Values {
	now := time.Now().In(app.Beijing)
	v := url.Values{}
	for name, value := range map[string]string{
		"notify_time": now.Format(time.DateTime), "notify_type": "trade_status_sync", "notify_id": app.NewID("", now),
		"app_id": s.Alipay.DefaultApp(), "auth_app_id": s.Alipay.DefaultApp(), "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
		"trade_no": now.Format("20060102") + "22001" + strconv.FormatInt(now.UnixNano(), 10)[4:], "out_trade_no": p.AttemptID,
		"trade_status": "TRADE_SUCCESS", "total_amount": p.Amount.Yuan(), "receipt_amount": p.Amount.Yuan(), "buyer_pay_amount": p.Amount.Yuan(),
		"buyer_id": "2088102100000001", "seller_id": s.Alipay.Identity, "subject": p.Subject,
		"gmt_create": now.Format(time.DateTime), "gmt_payment": now.Format(time.DateTime),
	} {
		v.Set(name, value)
	}
	return v
}

// SignAlipay signs the parameters as Alipay does for the account.
func (s *Shop) SignAlipay(a merchants.Account, facts url.Values) Message {
	s.T.Helper()
	m := s.sandboxMerchant(app.Alipay, a.DefaultApp())
	var parts []string
	for name := range facts {
		if name != "sign" && name != "sign_type" {
			parts = append(parts, name+"="+facts.Get(name))
		}
	}
	slices.Sort(parts)
	facts.Set("sign", rsaSign(s.T, m.Alipay.AlipayPrivateKey, strings.Join(parts, "&")))
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	return Message{"/callbacks/alipay/" + a.ID, header, []byte(facts.Encode())}
}

func (s *Shop) sandboxMerchant(c app.Channel, id string) trade.Merchant {
	s.T.Helper()
	m, err := s.Sandbox.Trades().Merchant(s.Ctx, c, id)
	if err != nil {
		s.T.Fatal(err)
	}
	return m
}

func rsaSign(t testing.TB, key, message string) string {
	t.Helper()
	k, err := trade.ParsePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// Deliver posts a message from elsewhere, past the trap, and returns the status
// and the answer's text.
func (s *Shop) Deliver(m Message) (int, string) {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.Ctx, http.MethodPost, s.Base+m.Path, strings.NewReader(string(m.Body)))
	if err != nil {
		s.T.Fatal(err)
	}
	req.Header = m.Header.Clone()
	req.Header.Set("X-Test-Delivery", "1")
	req.Close = true // an idle connection would hold the shop up when it closes
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.T.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	return res.StatusCode, string(text)
}
