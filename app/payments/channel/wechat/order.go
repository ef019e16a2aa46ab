package wechat

import (
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The parts of an order are the same in all products of the SDK, whose types
// differ in name only: these are the native ones, to be converted.

// The options an order may carry (channel_options of the API). A store_id
// travels in scene_info, which WeChat takes only with the payer's address.
const (
	optionProfitSharing = "profit_sharing"
	optionLimitPay      = "limit_pay"
	optionGoodsTag      = "goods_tag"
	optionStoreID       = "store_id"
)

func amount(r channel.PayRequest) *native.Amount {
	return &native.Amount{Total: core.Int64(int64(r.Amount)), Currency: core.String(r.Currency)}
}

func settle(r channel.PayRequest) *native.SettleInfo {
	if r.Options[optionProfitSharing] != "true" {
		return nil
	}
	return &native.SettleInfo{ProfitSharing: core.Bool(true)}
}

func store(r channel.PayRequest) *native.StoreInfo {
	if r.Options[optionStoreID] == "" {
		return nil
	}
	return &native.StoreInfo{Id: core.String(r.Options[optionStoreID])}
}

// expiry is sent in Beijing time to the second, as the documents show it.
func expiry(at time.Time) *time.Time { return core.Time(at.In(app.Beijing).Truncate(time.Second)) }

func limitPay(options map[string]string) []string {
	if options[optionLimitPay] == "" {
		return nil
	}
	return strings.Split(options[optionLimitPay], ",")
}

// given leaves out what is empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return core.String(s)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
