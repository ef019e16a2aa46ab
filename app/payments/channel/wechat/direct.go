package wechat

import (
	"context"
	"encoding/json"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// direct is a merchant's own desk
// (https://pay.weixin.qq.com/doc/v3/merchant/4012791877 and its neighbours).
type direct struct {
	sdk   *core.Client
	mchID string
}

var _ desk = direct{}

func (d direct) check(channel.PayRequest) string { return "" }

func (d direct) native(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := native.PrepayRequest{
		Appid: core.String(r.AppID), Mchid: core.String(d.mchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: amount(r), SettleInfo: settle(r),
	}
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &native.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: store(r)}
	}
	answer, result, err := (&native.NativeApiService{Client: d.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.CodeUrl), result, nil
}

func (d direct) jsapi(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := jsapi.PrepayRequest{
		Appid: core.String(r.AppID), Mchid: core.String(d.mchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*jsapi.Amount)(amount(r)), SettleInfo: (*jsapi.SettleInfo)(settle(r)),
		Payer: &jsapi.Payer{Openid: core.String(r.Payer.OpenID)},
	}
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &jsapi.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*jsapi.StoreInfo)(store(r))}
	}
	answer, result, err := (&jsapi.JsapiApiService{Client: d.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.PrepayId), result, nil
}

func (d direct) app(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := app.PrepayRequest{
		Appid: core.String(r.AppID), Mchid: core.String(d.mchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*app.Amount)(amount(r)), SettleInfo: (*app.SettleInfo)(settle(r)),
	}
	if r.Payer.ClientIP != "" {
		request.SceneInfo = &app.SceneInfo{PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*app.StoreInfo)(store(r))}
	}
	answer, result, err := (&app.AppApiService{Client: d.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.PrepayId), result, nil
}

func (d direct) h5(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error) {
	request := h5.PrepayRequest{
		Appid: core.String(r.AppID), Mchid: core.String(d.mchID),
		Description: core.String(r.Subject), OutTradeNo: core.String(r.Number), TimeExpire: expiry(r.ExpiresAt),
		NotifyUrl: core.String(r.NotifyURL), GoodsTag: given(r.Options[optionGoodsTag]), LimitPay: limitPay(r.Options),
		Amount: (*h5.Amount)(amount(r)), SettleInfo: (*h5.SettleInfo)(settle(r)),
		SceneInfo: &h5.SceneInfo{
			PayerClientIp: core.String(r.Payer.ClientIP), StoreInfo: (*h5.StoreInfo)(store(r)),
			H5Info: &h5.H5Info{Type: core.String(h5Type)},
		},
	}
	answer, result, err := (&h5.H5ApiService{Client: d.sdk}).Prepay(ctx, request)
	if err != nil {
		return "", result, err
	}
	return text(answer.H5Url), result, nil
}

// query asks by our number; the endpoint is the same for every product.
func (d direct) query(ctx context.Context, number string) (transaction, *core.APIResult, error) {
	answer, result, err := (&native.NativeApiService{Client: d.sdk}).QueryOrderByOutTradeNo(ctx,
		native.QueryOrderByOutTradeNoRequest{OutTradeNo: core.String(number), Mchid: core.String(d.mchID)})
	if err != nil {
		return transaction{}, result, err
	}
	return directTransaction(answer), result, nil
}

func (d direct) close(ctx context.Context, number string) (*core.APIResult, error) {
	return (&native.NativeApiService{Client: d.sdk}).CloseOrder(ctx,
		native.CloseOrderRequest{OutTradeNo: core.String(number), Mchid: core.String(d.mchID)})
}

func (d direct) read(plain []byte) (transaction, error) {
	var t payments.Transaction
	err := json.Unmarshal(plain, &t)
	return directTransaction(&t), err
}

func directTransaction(t *payments.Transaction) transaction {
	out := transaction{
		appID: text(t.Appid), mchID: text(t.Mchid), number: text(t.OutTradeNo), channelNo: text(t.TransactionId),
		state: text(t.TradeState), successTime: text(t.SuccessTime), amount: t.Amount,
	}
	if t.Payer != nil {
		out.payerID = text(t.Payer.Openid)
	}
	for _, p := range t.PromotionDetail {
		if text(p.Type) == nocash && p.Amount != nil {
			out.nocash += *p.Amount
		}
	}
	return out
}
