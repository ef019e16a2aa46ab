package wechat

import (
	"context"
	"encoding/json"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// partner is a service provider's (服务商) desk, for one of its merchants
// (https://pay.weixin.qq.com/doc/v3/partner/4012738519 and its neighbours). An
// order is placed in an app of the provider, or in the merchant's own when its
// app id is the merchant's.
type partner struct {
	sdk                *core.Client
	spMchID, spAppID   string // spAppID goes with orders in the merchant's app
	subMchID, subAppID string
}

var _ desk = partner{}

// check wants the provider's app beside the merchant's: WeChat demands it.
func (p partner) check(r channel.PayRequest) string {
	if p.inOwnApp(r.AppID) && p.spAppID == "" {
		return "an order in the merchant's app " + r.AppID + " needs the provider's sp_appid in the credentials"
	}
	return ""
}

func (p partner) inOwnApp(appID string) bool { return appID != "" && appID == p.subAppID }

// apps returns sp_appid and sub_appid of an order in the app.
func (p partner) apps(appID string) (*string, *string) {
	if p.inOwnApp(appID) {
		return given(p.spAppID), core.String(appID)
	}
	return given(appID), nil
}

func (p partner) native(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := native.PrepayRequest{
		SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*native.Amount)(amount(r)), SettleInfo: (*native.SettleInfo)(settle(r)),
	}
	request.SpAppid, request.SubAppid = p.apps(r.AppID)
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &native.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*native.StoreInfo)(store(r))}
	}
	answer, result, err := (&native.NativeApiService{Client: p.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.CodeUrl), result, nil
}

func (p partner) jsapi(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := jsapi.PrepayRequest{
		SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*jsapi.Amount)(amount(r)), SettleInfo: (*jsapi.SettleInfo)(settle(r)),
		Payer: &jsapi.Payer{SpOpenid: core.String(r.Payer.OpenID)},
	}
	request.SpAppid, request.SubAppid = p.apps(r.AppID)
	if p.inOwnApp(r.AppID) { // an openid belongs to the app that the payer is in
		request.Payer = &jsapi.Payer{SubOpenid: core.String(r.Payer.OpenID)}
	}
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &jsapi.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*jsapi.StoreInfo)(store(r))}
	}
	answer, result, err := (&jsapi.JsapiApiService{Client: p.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.PrepayId), result, nil
}

func (p partner) app(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := app.PrepayRequest{
		SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*app.Amount)(amount(r)), SettleInfo: (*app.SettleInfo)(settle(r)),
	}
	request.SpAppid, request.SubAppid = p.apps(r.AppID)
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &app.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*app.StoreInfo)(store(r))}
	}
	answer, result, err := (&app.AppApiService{Client: p.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.PrepayId), result, nil
}

func (p partner) h5(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := h5.PrepayRequest{
		SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*h5.Amount)(amount(r)), SettleInfo: (*h5.SettleInfo)(settle(r)),
		SceneInfo: &h5.SceneInfo{
			PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*h5.StoreInfo)(store(r)),
			H5Info: &h5.H5Info{Type: core.String(h5Type)},
		},
	}
	request.SpAppid, request.SubAppid = p.apps(r.AppID)
	answer, result, err := (&h5.H5ApiService{Client: p.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.H5Url), result, nil
}

func (p partner) query(ctx context.Context, number string) (transaction, *core.APIResult, error) {
	answer, result, err := (&native.NativeApiService{Client: p.sdk}).QueryOrderByOutTradeNo(ctx, native.QueryOrderByOutTradeNoRequest{
		OutTradeNo: core.String(number), SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
	})
	if err != nil {
		return transaction{}, result, err
	}
	return partnerTransaction(answer), result, nil
}

func (p partner) close(ctx context.Context, number string) (*core.APIResult, error) {
	return (&native.NativeApiService{Client: p.sdk}).CloseOrder(ctx, native.CloseOrderRequest{
		OutTradeNo: core.String(number), SpMchid: core.String(p.spMchID), SubMchid: core.String(p.subMchID),
	})
}

func (p partner) read(plain []byte) (transaction, error) {
	var t partnerpayments.Transaction
	err := json.Unmarshal(plain, &t)
	return partnerTransaction(&t), err
}

// partnerTransaction takes the app in which the order was placed, and the payer
// as that app knows them.
func partnerTransaction(t *partnerpayments.Transaction) transaction {
	out := transaction{
		appID: text(t.SpAppid), mchID: text(t.SpMchid), subMchID: text(t.SubMchid),
		number: text(t.OutTradeNo), channelNo: text(t.TransactionId),
		state: text(t.TradeState), successTime: text(t.SuccessTime), amount: (*payments.TransactionAmount)(t.Amount),
	}
	if t.Payer != nil {
		out.payerID = text(t.Payer.SpOpenid)
	}
	if sub := text(t.SubAppid); sub != "" {
		out.appID = sub
		if t.Payer != nil && text(t.Payer.SubOpenid) != "" {
			out.payerID = *t.Payer.SubOpenid
		}
	}
	for _, promotion := range t.PromotionDetail {
		if text(promotion.Type) == nocash && promotion.Amount != nil {
			out.nocash += *promotion.Amount
		}
	}
	return out
}
