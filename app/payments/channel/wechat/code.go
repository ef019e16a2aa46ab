package wechat

import (
	"context"
	"fmt"
	"net/url"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// The SDK lacks payment codes and reversals: their bodies are here, and its
// client signs, sends and verifies them
// (https://pay.weixin.qq.com/doc/v3/merchant/4012382150,
// https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html).
// An order by a payment code has neither notify_url nor time_expire.

// codeOrder is the body of codepay. The names of the merchant are either the
// direct ones or the provider's.
type codeOrder struct {
	AppID       string      `json:"appid,omitempty"`
	MchID       string      `json:"mchid,omitempty"`
	SpAppID     *string     `json:"sp_appid,omitempty"`
	SpMchID     string      `json:"sp_mchid,omitempty"`
	SubAppID    *string     `json:"sub_appid,omitempty"`
	SubMchID    string      `json:"sub_mchid,omitempty"`
	Description string      `json:"description"`
	OutTradeNo  string      `json:"out_trade_no"`
	GoodsTag    string      `json:"goods_tag,omitempty"`
	Payer       codePayer   `json:"payer"`
	Amount      codeAmount  `json:"amount"`
	Scene       codeScene   `json:"scene_info"`
	Settle      *codeSettle `json:"settle_info,omitempty"`
}

type codePayer struct {
	AuthCode string `json:"auth_code"`
}

type codeAmount struct {
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
}

// codeScene names the till. Here a merchant's own number of a shop is out_id: id
// would be WeChat's.
type codeScene struct {
	DeviceIP string     `json:"device_ip"`
	Store    *codeStore `json:"store_info,omitempty"`
}

type codeStore struct {
	OutID string `json:"out_id"`
}

type codeSettle struct {
	ProfitSharing bool `json:"profit_sharing"`
}

func newCodeOrder(r channel.PayRequest) codeOrder {
	o := codeOrder{
		Description: r.Subject, OutTradeNo: r.Number, GoodsTag: r.Options[optionGoodsTag],
		Payer:  codePayer{AuthCode: r.Payer.AuthCode},
		Amount: codeAmount{Total: int64(r.Amount), Currency: r.Currency},
		Scene:  codeScene{DeviceIP: r.Payer.ClientIP},
	}
	if id := r.Options[optionStoreID]; id != "" {
		o.Scene.Store = &codeStore{OutID: id}
	}
	if r.Options[optionProfitSharing] == "true" {
		o.Settle = &codeSettle{ProfitSharing: true}
	}
	return o
}

// reversal is the body of a reversal.
type reversal struct {
	AppID    string  `json:"appid,omitempty"`
	MchID    string  `json:"mchid,omitempty"`
	SpAppID  *string `json:"sp_appid,omitempty"`
	SpMchID  string  `json:"sp_mchid,omitempty"`
	SubAppID *string `json:"sub_appid,omitempty"`
	SubMchID string  `json:"sub_mchid,omitempty"`
}

const (
	directOrders  = consts.WechatPayAPIServer + "/v3/pay/transactions/"
	partnerOrders = consts.WechatPayAPIServer + "/v3/pay/partner/transactions/"
)

func reverseURL(orders, number string) string {
	return orders + "out-trade-no/" + url.PathEscape(number) + "/reverse"
}

func (d direct) code(ctx context.Context, r channel.PayRequest) (transaction, *core.APIResult, error) {
	o := newCodeOrder(r)
	o.AppID, o.MchID = r.AppID, d.mchID
	var answer payments.Transaction
	result, err := post(ctx, d.sdk, directOrders+"codepay", o, &answer)
	return directTransaction(&answer), result, err
}

func (p partner) code(ctx context.Context, r channel.PayRequest) (transaction, *core.APIResult, error) {
	o := newCodeOrder(r)
	o.SpMchID, o.SubMchID = p.spMchID, p.subMchID
	o.SpAppID, o.SubAppID = p.apps(r.AppID)
	var answer partnerpayments.Transaction
	result, err := post(ctx, p.sdk, partnerOrders+"codepay", o, &answer)
	return partnerTransaction(&answer), result, err
}

func (d direct) reverse(ctx context.Context, number, appID string) (*core.APIResult, error) {
	return reverse(ctx, d.sdk, directOrders, number, reversal{AppID: appID, MchID: d.mchID})
}

func (p partner) reverse(ctx context.Context, number, appID string) (*core.APIResult, error) {
	body := reversal{SpMchID: p.spMchID, SubMchID: p.subMchID}
	body.SpAppID, body.SubAppID = p.apps(appID)
	return reverse(ctx, p.sdk, partnerOrders, number, body)
}

// reverse wants an answer that names the order: a signature covers the answer
// alone, not what it answers.
func reverse(ctx context.Context, sdk *core.Client, orders, number string, body reversal) (*core.APIResult, error) {
	var answer struct {
		OutTradeNo string `json:"out_trade_no"`
	}
	result, err := post(ctx, sdk, reverseURL(orders, number), body, &answer)
	if err == nil && answer.OutTradeNo != number {
		err = fmt.Errorf("asked to reverse %s, answered %q", number, answer.OutTradeNo)
	}
	return result, err
}

// post sends what the SDK has no service for.
func post(ctx context.Context, sdk *core.Client, address string, body, answer any) (*core.APIResult, error) {
	result, err := sdk.Post(ctx, address, body)
	if err != nil {
		return result, err
	}
	return result, core.UnMarshalResponse(result.Response, answer)
}
