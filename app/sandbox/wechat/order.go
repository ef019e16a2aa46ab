package wechat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
)

// order is the body of a prepay or codepay request. Fields the channel knows and this
// simulator has no use for are accepted and ignored, as are unknown ones.
type order struct {
	AppID       string      `json:"appid,omitempty"`
	MchID       string      `json:"mchid,omitempty"`
	SpAppID     string      `json:"sp_appid,omitempty"`
	SpMchID     string      `json:"sp_mchid,omitempty"`
	SubAppID    string      `json:"sub_appid,omitempty"`
	SubMchID    string      `json:"sub_mchid,omitempty"`
	Description string      `json:"description"`
	OutTradeNo  string      `json:"out_trade_no"`
	TimeExpire  string      `json:"time_expire,omitempty"`
	Attach      string      `json:"attach,omitempty"`
	NotifyURL   string      `json:"notify_url"`
	GoodsTag    string      `json:"goods_tag,omitempty"`
	Amount      *amount     `json:"amount"`
	Payer       *orderPayer `json:"payer,omitempty"`
	Scene       *sceneInf   `json:"scene_info,omitempty"`
	expiresAt   time.Time
}

type amount struct {
	Total    *int64 `json:"total"`
	Currency string `json:"currency,omitempty"`
}

// orderPayer is who is to pay: by openid of an app, or by a payment code.
type orderPayer struct {
	OpenID    string `json:"openid,omitempty"`
	SpOpenID  string `json:"sp_openid,omitempty"`
	SubOpenID string `json:"sub_openid,omitempty"`
	AuthCode  string `json:"auth_code,omitempty"`
}

type sceneInf struct {
	PayerClientIP string `json:"payer_client_ip,omitempty"`
	H5            *struct {
		Type string `json:"type,omitempty"`
	} `json:"h5_info,omitempty"`
}

func (o order) parties() parties {
	return parties{AppID: o.AppID, MchID: o.MchID, SpAppID: o.SpAppID, SpMchID: o.SpMchID, SubAppID: o.SubAppID, SubMchID: o.SubMchID}
}

// currency is CNY when the merchant leaves it out.
func (o order) currency() string {
	if o.Amount.Currency == "" {
		return app.CNY
	}
	return o.Amount.Currency
}

// fingerprint is equal for two requests that mean the same order.
func (o order) fingerprint(tradeType string) (string, error) {
	o.Amount = &amount{Total: o.Amount.Total, Currency: o.currency()}
	b, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(tradeType+"\n"), b...))
	return hex.EncodeToString(sum[:]), nil
}

// decode reads the JSON body; a wrong type names its field.
func (c *call) decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.BodyRaw()))
	err := d.Decode(into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		field := "/" + strings.ReplaceAll(wrong.Field, ".", "/")
		return paramError("body", field, nil, "类型错误，不应为"+wrong.Value)
	}
	if err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		return headerError("请求体不是合法的JSON")
	}
	return nil
}
