package wechat

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const (
	scheme   = "WECHATPAY2-SHA256-RSA2048"
	maxSkew  = 5 * time.Minute
	nonceMax = 32
)

// verify checks everything about a request that comes before its content: the
// headers the gateway insists on, and the signature over the raw URI and body.
// The keys are set once the merchant is known, even when it is refused.
func (g *Gateway) verify(c *fiber.Ctx) (trade.Merchant, *keys, error) {
	if c.Get(fiber.HeaderAccept) == "" || c.Get(fiber.HeaderUserAgent) == "" {
		return trade.Merchant{}, nil, headerError("Http头缺少Accept或User-Agent")
	}
	auth, err := parseAuthorization(c.Get(fiber.HeaderAuthorization))
	if err != nil {
		return trade.Merchant{}, nil, err
	}
	m, err := g.trades.Merchant(c.UserContext(), app.WeChat, auth.mchID)
	if app.Is(err, app.NotFound) {
		return trade.Merchant{}, nil, merchantNotExists()
	}
	if err != nil {
		return trade.Merchant{}, nil, err
	}
	ks, err := g.keys.of(m)
	if err != nil {
		return trade.Merchant{}, nil, err
	}
	if err := g.verifySignature(c, auth, m, ks); err != nil {
		return trade.Merchant{}, ks, err
	}
	if c.Method() == fiber.MethodPost && !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON) {
		return trade.Merchant{}, ks, headerError("Http头Content-Type值错误，应为application/json")
	}
	return m, ks, nil
}

func (g *Gateway) verifySignature(c *fiber.Ctx, auth authorization, m trade.Merchant, ks *keys) error {
	skew := g.trades.Now().Sub(time.Unix(auth.timestamp, 0))
	if skew > maxSkew || skew < -maxSkew {
		return signError("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", &detail{
			Field: "timestamp", Value: strconv.FormatInt(auth.timestamp, 10), Issue: "timestamp expired", Location: "authorization"})
	}
	if auth.serial != m.WeChat.SerialNo {
		return signError("商户证书序列号有误。请使用签名私钥匹配的证书序列号", &detail{
			Field: "serial_no", Value: auth.serial, Issue: "serial_no not match", Location: "authorization"})
	}
	raw, err := base64.StdEncoding.DecodeString(auth.signature)
	if err != nil {
		return signError("Http头Authorization中的signature不是Base64", &detail{Field: "signature", Issue: "not base64", Location: "authorization"})
	}
	uris := signedURIs(c.OriginalURL())
	for _, uri := range uris {
		digest := sha256.Sum256(auth.message(c.Method(), uri, c.BodyRaw()))
		if rsa.VerifyPKCS1v15(ks.merchant, crypto.SHA256, digest[:], raw) == nil {
			return nil
		}
	}
	message := auth.message(c.Method(), uris[0], c.BodyRaw())
	return signError("错误的签名，验签失败", &detail{
		Field: "signature", Issue: "sign not match", Location: "authorization",
		Sign: &signInformation{
			Method: c.Method(), URL: uris[0], Length: len(message),
			Truncated: auth.truncated(c.Method(), uris[0]),
		},
	})
}

// signedURIs lists what a client may have signed: the path as the real host
// knows it, and the path under this sandbox's mount prefix.
func signedURIs(raw string) []string {
	path, _, _ := strings.Cut(raw, "?")
	if at := strings.Index(path, "/v3/"); at > 0 {
		return []string{raw[at:], raw}
	}
	return []string{raw}
}

// authorization is the parsed Authorization header.
type authorization struct {
	mchID, nonce, serial, signature, timestampText string
	timestamp                                      int64
}

func (a authorization) message(method, uri string, body []byte) []byte {
	head := method + "\n" + uri + "\n" + a.timestampText + "\n" + a.nonce + "\n"
	message := make([]byte, 0, len(head)+len(body)+1)
	return append(append(append(message, head...), body...), '\n')
}

// truncated is the signed message without what could help a forger.
func (a authorization) truncated(method, uri string) string {
	return method + "\n" + uri + "\n" + a.timestampText + "\n" + a.nonce[:min(4, len(a.nonce))] + "..."
}

// parseAuthorization reads the five fields, in any order, each once.
func parseAuthorization(header string) (authorization, error) {
	if header == "" {
		return authorization{}, signError("Http头缺少Authorization", nil)
	}
	kind, rest, _ := strings.Cut(header, " ")
	if kind != scheme {
		return authorization{}, signError("Http头Authorization认证类型不正确，应为"+scheme, nil)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		value, open := strings.CutPrefix(value, `"`)
		value, closed := strings.CutSuffix(value, `"`)
		if _, twice := fields[name]; !ok || !open || !closed || twice {
			return authorization{}, malformed()
		}
		fields[name] = value
	}
	a := authorization{
		mchID: fields["mchid"], nonce: fields["nonce_str"], serial: fields["serial_no"],
		signature: fields["signature"], timestampText: fields["timestamp"],
	}
	seconds, err := strconv.ParseInt(a.timestampText, 10, 64)
	if err != nil || a.mchID == "" || a.nonce == "" || len(a.nonce) > nonceMax || a.serial == "" || a.signature == "" || len(fields) != 5 {
		return authorization{}, malformed()
	}
	a.timestamp = seconds
	return a, nil
}

func malformed() *failure {
	return signError("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", nil)
}
