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
	return c.readNotice(message, form, or(form.Get("alipay_cert_sn"), c.keyName))
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
func (c *client) readNotice(m *sdk.Notification, form url.Values, verifiedBy string) (channel.Notice, error) {
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
	t, err := c.noticeTrade(m)
	if err != nil {
		return channel.Notice{}, err
	}
	notice.Trade = &t
	if notice.Refund, err = noticeRefund(m, t); err != nil {
		return channel.Notice{}, err
	}
	return notice, nil
}

func (c *client) noticeTrade(m *sdk.Notification) (channel.Trade, error) {
	t, err := trade{
		AppID: c.appOf(m), SellerID: m.SellerId, OutTradeNo: text(m.OutTradeNo), TradeNo: text(m.TradeNo),
		TradeStatus: string(m.TradeStatus), TotalAmount: text(m.TotalAmount),
		BuyerPayAmount: text(m.BuyerPayAmount), ReceiptAmount: text(m.ReceiptAmount),
		PaidAt: m.GmtPayment, RefundFee: text(m.RefundFee),
		BuyerUserID: text(m.BuyerId), BuyerOpenID: text(m.BuyerOpenId),
	}.read()
	if err == nil && (t.AppID == "" || t.Identity == "") {
		err = unreadable("no app_id or seller_id")
	}
	return t, err
}

// appOf names the app whose order a message is about. Under a provider it is the
// provider's, by whose key the message verified, whichever of the two app_id
// names; a message about another merchant's app is reported as that app's.
func (c *client) appOf(m *sdk.Notification) string {
	own := c.partner.AuthAppID
	switch {
	case c.partner.AppAuthToken == "" || m.AppId == "":
		return m.AppId
	case own != "" && m.AuthAppId != "" && m.AuthAppId != own:
		return m.AuthAppId
	case m.AppId == m.AuthAppId || m.AppId == own:
		return c.appID
	}
	return m.AppId
}

// noticeRefund reads what a trade's message says of a refund: its number, what
// was given back of the trade in all, and when. Its own amount is not said. A
// message without a number leaves it to the trade's state.
func noticeRefund(m *sdk.Notification, t channel.Trade) (*channel.Refund, error) {
	total, err := optionalAmount(text(m.RefundFee))
	if err != nil {
		return nil, err
	}
	if total == 0 || m.OutBizNo == "" {
		return nil, nil
	}
	at, err := optionalTime(m.GmtRefund)
	if err != nil {
		return nil, err
	}
	return &channel.Refund{
		Number: m.OutBizNo, PaymentNumber: t.Number, ChannelTradeNo: t.ChannelTradeNo, Identity: t.Identity,
		State: channel.RefundSucceeded, RawState: string(m.TradeStatus), Total: t.Amount, RefundedTotal: total, At: at,
	}, nil
}
