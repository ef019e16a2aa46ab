package alipay

import (
	"context"
	"net/url"
	"strings"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The Codes of a KindForged: why nothing in the message may be believed.
const (
	CodeUnsigned    = "UNSIGNED"
	CodeMalformed   = "MALFORMED_FORM"
	CodeUnknownCert = "UNKNOWN_CERTIFICATE"
	CodeSignature   = "BAD_SIGNATURE"
)

// ParseNotification verifies a message against Alipay's key and reads it. Only
// the body counts: what stands in the address is not signed. What verifies but
// cannot be read is KindUnknown. Alipay dates no signature: a late retry is as
// good as the first message, and a repeated one is the caller's to recognise.
func (c *client) ParseNotification(ctx context.Context, n channel.Notification) (channel.Notice, error) {
	form, code := parseForm(n.Body)
	if code == "" {
		code = c.untrusted(form)
	}
	if code != "" {
		return channel.Notice{}, forged(code)
	}
	var message *sdk.Notification
	err := guard(func() (err error) {
		message, err = c.sdk.DecodeNotification(ctx, form)
		return err
	})
	if err != nil {
		return channel.Notice{}, forged(CodeSignature)
	}
	return readNotice(message, form, or(form.Get("alipay_cert_sn"), c.keyName))
}

// parseForm reads the raw form. A repeated name is refused: the signature
// covers values joined by "&", so what one name holds twice could have been
// signed as something else. A "+" that a sloppy relay left bare in the
// signature has become a blank, which base64 never contains.
func parseForm(body []byte) (url.Values, string) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, CodeMalformed
	}
	for _, values := range form {
		if len(values) != 1 {
			return nil, CodeMalformed
		}
	}
	if form.Get("sign") == "" {
		return nil, CodeUnsigned
	}
	form.Set("sign", strings.ReplaceAll(form.Get("sign"), " ", "+"))
	return form, ""
}

// untrusted finds what the SDK does not look at: only RSA2, and only the
// certificate we hold.
func (c *client) untrusted(form url.Values) string {
	if t := form.Get("sign_type"); t != "" && t != "RSA2" {
		return CodeSignature
	}
	if sn := form.Get("alipay_cert_sn"); sn != "" && sn != c.certSN {
		return CodeUnknownCert
	}
	return ""
}

func forged(code string) *channel.Error {
	return &channel.Error{Kind: channel.KindForged, Channel: app.Alipay, Code: code}
}

// readNotice translates a verified message. Only trade_status_sync is about a
// trade; others pass with their plain text.
func readNotice(m *sdk.Notification, form url.Values, verifiedBy string) (channel.Notice, error) {
	if m.Charset != "" && !strings.EqualFold(m.Charset, "utf-8") {
		return channel.Notice{}, unreadable("charset %q", m.Charset)
	}
	shown, err := masked(form)
	if err != nil {
		return channel.Notice{}, unreadable("mask: %w", err)
	}
	notice := channel.Notice{ID: m.NotifyId, Type: m.NotifyType, VerifiedBy: verifiedBy, Plain: shown}
	if m.NotifyType != sdk.NotifyTypeTradeStatusSync {
		return notice, nil
	}
	notice.Type = string(m.TradeStatus)
	t, err := trade{
		AppID: m.AppId, SellerID: m.SellerId, OutTradeNo: m.OutTradeNo, TradeNo: m.TradeNo,
		TradeStatus: string(m.TradeStatus), TotalAmount: m.TotalAmount,
		BuyerPayAmount: m.BuyerPayAmount, ReceiptAmount: m.ReceiptAmount,
		PaidAt: m.GmtPayment, RefundFee: m.RefundFee,
		BuyerUserID: m.BuyerId, BuyerOpenID: m.BuyerOpenId,
	}.read()
	if err != nil {
		return channel.Notice{}, err
	}
	if t.AppID == "" || t.Identity == "" {
		return channel.Notice{}, unreadable("no app_id or seller_id")
	}
	notice.Trade = &t
	return notice, nil
}
