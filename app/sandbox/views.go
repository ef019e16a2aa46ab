package sandbox

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// WeChatCredentials is what a WeChat merchant gets from the channel.
type WeChatCredentials struct {
	Channel             app.Channel `json:"channel"`
	Mode                trade.Mode  `json:"mode"`
	MchID               string      `json:"mchid"`
	AppID               string      `json:"appid"` // the official account's
	Apps                []trade.App `json:"apps"`  // every AppID bound to the mchid
	APIv3Key            string      `json:"api_v3_key"`
	SerialNo            string      `json:"serial_no"`
	PrivateKey          string      `json:"private_key"`
	Certificate         string      `json:"certificate"`
	PublicKeyID         string      `json:"public_key_id"`
	PublicKey           string      `json:"public_key"`
	PlatformCertificate string      `json:"platform_certificate,omitempty"`
	FeeRate             string      `json:"fee_rate"` // such as "0.60%"
	KeyFormat           string      `json:"key_format"`
	GatewayURL          string      `json:"gateway_url"`
}

// AlipayCredentials is what an Alipay app gets from the channel.
type AlipayCredentials struct {
	Channel         app.Channel `json:"channel"`
	Mode            trade.Mode  `json:"mode"`
	AppID           string      `json:"app_id"`
	SellerID        string      `json:"seller_id"`
	AppPrivateKey   string      `json:"app_private_key"`
	AppPublicKey    string      `json:"app_public_key"`
	AlipayPublicKey string      `json:"alipay_public_key"`
	AppCert         string      `json:"app_cert"`
	AlipayCert      string      `json:"alipay_cert"`
	AlipayRootCert  string      `json:"alipay_root_cert"`
	FeeRate         string      `json:"fee_rate"` // such as "0.60%"
	KeyFormat       string      `json:"key_format"`
	GatewayURL      string      `json:"gateway_url"`
}

// gatewayURL is what a channel's SDK is pointed to.
func (s *Server) gatewayURL(c app.Channel) string {
	if c == app.Alipay {
		return s.cfg.BaseURL + "/sandbox/alipay/gateway.do"
	}
	return s.cfg.BaseURL + "/sandbox/wechat"
}

// keyFormat is how private keys are encoded: "BEGIN PRIVATE KEY".
const keyFormat = "PKCS8"

// Credentials returns a merchant's credentials as the channel hands them out:
// WeChatCredentials or AlipayCredentials, without the channel's private keys.
func (s *Server) Credentials(m trade.Merchant) any {
	if m.Channel == app.Alipay {
		k := m.Alipay
		return AlipayCredentials{
			Channel: m.Channel, Mode: m.Mode, AppID: m.ID, SellerID: m.SellerID,
			AppPrivateKey: k.AppPrivateKey, AppPublicKey: k.AppPublicKey, AlipayPublicKey: k.AlipayPublicKey,
			AppCert: k.AppCert, AlipayCert: k.AlipayCert, AlipayRootCert: k.AlipayRootCert,
			FeeRate: m.FeeRate.String(), KeyFormat: keyFormat, GatewayURL: s.gatewayURL(m.Channel),
		}
	}
	k := m.WeChat
	w := WeChatCredentials{
		Channel: m.Channel, Mode: m.Mode, MchID: m.ID, AppID: m.AppID, Apps: m.Apps(),
		APIv3Key: k.APIv3Key, SerialNo: k.SerialNo, PrivateKey: k.PrivateKey, Certificate: k.Certificate,
		PublicKeyID: k.PublicKeyID, PublicKey: k.PublicKey,
		FeeRate: m.FeeRate.String(), KeyFormat: keyFormat, GatewayURL: s.gatewayURL(m.Channel),
	}
	if n := len(k.Platform); n > 0 {
		w.PlatformCertificate = k.Platform[n-1].Certificate
	}
	return w
}

type tradeView struct {
	ID             string      `json:"id"`
	Channel        app.Channel `json:"channel"`
	Merchant       string      `json:"merchant"`
	AppID          string      `json:"app_id"`
	OutTradeNo     string      `json:"out_trade_no"`
	ChannelTradeNo string      `json:"channel_trade_no"`
	TradeType      string      `json:"trade_type"`
	Subject        string      `json:"subject"`
	Amount         app.Money   `json:"amount"`
	Refunded       app.Money   `json:"refunded"` // refunds under way included
	State          trade.State `json:"state"`
	Code           string      `json:"code"`
	NotifyURL      string      `json:"notify_url"`
	CreatedAt      string      `json:"created_at"`
	ExpiresAt      string      `json:"expires_at"`
	PaidAt         string      `json:"paid_at,omitempty"`
	ClosedAt       string      `json:"closed_at,omitempty"`
}

func viewTrade(t trade.Trade) tradeView {
	return tradeView{
		ID: t.ID, Channel: t.Channel, Merchant: t.MerchantID, AppID: t.AppID, OutTradeNo: t.OutTradeNo,
		ChannelTradeNo: t.ChannelTradeNo, TradeType: t.TradeType, Subject: t.Subject, Amount: t.Amount, Refunded: t.Refunded, State: t.State,
		Code: t.Code, NotifyURL: t.NotifyURL,
		CreatedAt: stamp(t.CreatedAt), ExpiresAt: stamp(t.ExpiresAt), PaidAt: stamp(t.PaidAt), ClosedAt: stamp(t.ClosedAt),
	}
}

type notificationView struct {
	ID       string                  `json:"id"`
	Channel  app.Channel             `json:"channel"`
	Merchant string                  `json:"merchant"`
	Trade    string                  `json:"trade"`
	Kind     trade.Kind              `json:"kind"`
	URL      string                  `json:"notify_url"`
	State    trade.NotificationState `json:"state"`
	Attempts []attemptView           `json:"attempts"`
	NextAt   string                  `json:"next_at,omitempty"`
	Created  string                  `json:"created_at"`
}

func viewNotification(n trade.Notification, attempts []trade.Attempt) notificationView {
	v := notificationView{
		ID: n.ID, Channel: n.Channel, Merchant: n.MerchantID, Trade: n.TradeID, Kind: n.Kind, URL: n.NotifyURL,
		State: n.State, Attempts: list(attempts, viewAttempt), Created: stamp(n.CreatedAt),
	}
	if n.State == trade.Pending {
		v.NextAt = stamp(n.NextAt)
	}
	return v
}

type attemptView struct {
	At         string      `json:"at"`
	Fault      trade.Fault `json:"fault,omitempty"`
	Replayed   bool        `json:"replayed,omitempty"`
	Accepted   bool        `json:"accepted"`
	Status     int         `json:"status"`
	Excerpt    string      `json:"excerpt,omitempty"`
	Problem    string      `json:"problem,omitempty"`
	DurationMS int64       `json:"duration_ms"`
}

func viewAttempt(a trade.Attempt) attemptView {
	return attemptView{
		At: stamp(a.CreatedAt), Fault: a.Fault, Replayed: a.Replayed, Accepted: a.Accepted,
		Status: a.Status, Excerpt: a.Excerpt, Problem: a.Problem, DurationMS: a.DurationMS,
	}
}

// stamp renders a time as RFC 3339, "" for never.
func stamp(m app.Millis) string {
	if m == 0 {
		return ""
	}
	return m.Time().In(app.Beijing).Format(time.RFC3339Nano)
}

// list maps without ever returning nil, so JSON shows [].
func list[T, V any](in []T, view func(T) V) []V {
	out := make([]V, len(in))
	for i, v := range in {
		out[i] = view(v)
	}
	return out
}

// limitOf reads ?limit=, 1 to 100, 20 when missing or senseless.
func limitOf(c *fiber.Ctx) int {
	n, err := strconv.Atoi(c.Query("limit"))
	if err != nil || n < 1 || n > 100 {
		return 20
	}
	return n
}
