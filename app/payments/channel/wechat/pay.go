package wechat

import (
	"context"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Pay places the order by the method's own endpoint. The body depends on the
// request alone, so a repeated request is identical to the last byte.
func (c *client) Pay(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	if err := r.Check(); err != nil {
		return channel.PayResult{}, refused("INVALID_ORDER", err.Error())
	}
	switch r.Method {
	case channel.WeChatNative:
		return c.payNative(ctx, r)
	}
	return channel.PayResult{}, refused("UNSUPPORTED_METHOD", string(r.Method))
}

// payNative obtains the link behind a QR code
// (https://pay.weixin.qq.com/doc/v3/merchant/4012791877).
func (c *client) payNative(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	request := native.PrepayRequest{
		Appid:       core.String(r.AppID),
		Mchid:       core.String(c.mchID),
		Description: core.String(r.Subject),
		OutTradeNo:  core.String(r.Number),
		TimeExpire:  expiry(r.ExpiresAt),
		NotifyUrl:   core.String(r.NotifyURL),
		Amount:      &native.Amount{Total: core.Int64(int64(r.Amount)), Currency: core.String(r.Currency)},
		LimitPay:    limitPay(r.Options),
	}
	if tag := r.Options[optionGoodsTag]; tag != "" {
		request.GoodsTag = core.String(tag)
	}
	if r.Options[optionProfitSharing] == "true" {
		request.SettleInfo = &native.SettleInfo{ProfitSharing: core.Bool(true)}
	}
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &native.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP)}
		if store := r.Options[optionStoreID]; store != "" {
			request.SceneInfo.StoreInfo = &native.StoreInfo{Id: core.String(store)}
		}
	}
	var answer *native.PrepayResponse
	err := c.call(ctx, "pay", func(ctx context.Context) (result *core.APIResult, err error) {
		service := native.NativeApiService{Client: c.sdk}
		answer, result, err = service.Prepay(ctx, request)
		return result, err
	})
	if err != nil {
		return channel.PayResult{}, err
	}
	if text(answer.CodeUrl) == "" {
		return channel.PayResult{}, unreadable("no code_url")
	}
	return channel.PayResult{Action: channel.Action{Type: "qr_code", CodeURL: *answer.CodeUrl}}, nil
}

// The options an order may carry (channel_options of the API). A store_id
// travels in scene_info, which WeChat takes only with the payer's address.
const (
	optionProfitSharing = "profit_sharing"
	optionLimitPay      = "limit_pay"
	optionGoodsTag      = "goods_tag"
	optionStoreID       = "store_id"
)

// expiry is sent in Beijing time to the second, as the documents show it.
func expiry(at time.Time) *time.Time { return core.Time(at.In(app.Beijing).Truncate(time.Second)) }

func limitPay(options map[string]string) []string {
	if options[optionLimitPay] == "" {
		return nil
	}
	return strings.Split(options[optionLimitPay], ",")
}

// refused is an order that was not sent, since no answer could accept it.
func refused(code, message string) *channel.Error {
	return &channel.Error{Kind: channel.KindRefused, Channel: app.WeChat, Code: code, Message: message}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
