package wechat

import (
	"context"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// desk is where orders are handed in: the merchant's own (direct), or that of
// its service provider (partner). The two differ in addresses and in the names
// of what identifies the merchant. Each method is one call of the SDK.
type desk interface {
	// check says what the desk cannot take, "" when nothing.
	check(r channel.PayRequest) string
	// The products return what leads the payer on: code_url, prepay_id, h5_url.
	native(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error)
	jsapi(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error)
	app(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error)
	h5(ctx context.Context, r channel.PayRequest) (string, *core.APIResult, error)
	// code charges a payment code; the answer is the order itself.
	code(ctx context.Context, r channel.PayRequest) (transaction, *core.APIResult, error)
	query(ctx context.Context, number string) (transaction, *core.APIResult, error)
	close(ctx context.Context, number string) (*core.APIResult, error)
	reverse(ctx context.Context, number, appID string) (*core.APIResult, error)
	// read reads a transaction from a notification.
	read(plain []byte) (transaction, error)
}

// transaction is what both shapes of an order say. Pointers are nil and texts
// empty where the answer omits them.
type transaction struct {
	appID, mchID, subMchID     string
	number, channelNo, payerID string
	state, successTime         string
	amount                     *payments.TransactionAmount
	nocash                     int64 // the coupons that lessen what the merchant gets
}

// nocash is the type of a coupon that was not bought beforehand.
const nocash = "NOCASH"
