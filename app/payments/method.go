package payments

import (
	"regexp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Way is how a payment is to be paid: the part of a request that an attempt is
// made of. AccountID and AppID may be empty: then the merchant's first suitable
// account and its first app of the method's kind serve.
type Way struct {
	Method    channel.Method
	AccountID string
	AppID     string
	ReturnURL string
	Payer     channel.Payer
	Options   map[string]string
}

// byCode reports whether the payer shows a payment code (付款码) and the shop
// scans it: then paying is one call, and Reverse undoes it.
func byCode(m channel.Method) bool { return m == channel.WeChatCode || m == channel.AlipayCode }

// The payment codes of the channels' documents: WeChat's have 18 digits and
// begin with 10 to 15, Alipay's 16 to 24 and begin with 25 to 30.
var (
	wechatCode = regexp.MustCompile(`^1[0-5][0-9]{16}$`)
	alipayCode = regexp.MustCompile(`^(2[5-9]|30)[0-9]{14,22}$`)
)

// payerFor checks what the method must know of the payer.
func (v *violations) payerFor(m channel.Method, p channel.Payer) {
	need := func(field, value, what string) {
		if value == "" {
			v.add(field, "required", "%s needs %s: %s", m, field, what)
		}
	}
	switch m {
	case channel.WeChatJSAPI:
		need("payer.openid", p.OpenID, "the payer's openid under the official account")
	case channel.WeChatMini:
		need("payer.openid", p.OpenID, "the payer's openid under the mini-program")
	case channel.WeChatH5:
		need("payer.client_ip", p.ClientIP, "the address that the payer's browser has")
	case channel.WeChatCode:
		need("payer.client_ip", p.ClientIP, "the address of the till")
		v.authCode(wechatCode, p.AuthCode, "a WeChat Pay code has 18 digits and begins with 10 to 15")
	case channel.AlipayJSAPI:
		need("payer.buyer_id", p.BuyerID+p.BuyerOpenID, "the payer's Alipay user id, or payer.buyer_open_id")
	case channel.AlipayCode:
		v.authCode(alipayCode, p.AuthCode, "an Alipay code has 16 to 24 digits and begins with 25 to 30")
	}
}

// authCode never repeats the code: it is money for as long as it lives.
func (v *violations) authCode(form *regexp.Regexp, code, rule string) {
	switch {
	case code == "":
		v.add("payer.auth_code", "required", "payer.auth_code is required: the payment code that the payer shows")
	case !form.MatchString(code):
		v.add("payer.auth_code", "bad_value", "%s", rule)
	}
}

// appKinds are the kinds of app that can serve a method; none means any.
var appKinds = map[channel.Method]merchants.AppKind{
	channel.WeChatJSAPI: merchants.AppOfficial,
	channel.WeChatMini:  merchants.AppMini,
	channel.WeChatApp:   merchants.AppMobile,
}

// kinds are those of the apps that can serve the way; none means any.
func (w Way) kinds() []merchants.AppKind {
	if kind, bound := appKinds[w.Method]; bound {
		return []merchants.AppKind{kind}
	}
	return nil
}

var kindNames = map[merchants.AppKind]string{
	merchants.AppOfficial: "official account", merchants.AppMini: "mini-program", merchants.AppMobile: "mobile app",
}

// appFor returns the app to place the order with: the one asked for, or the
// account's first of the kind that the method needs.
func appFor(account merchants.Account, w Way) (string, error) {
	if w.AppID != "" {
		return w.AppID, nil
	}
	kind, bound := appKinds[w.Method]
	if !bound {
		return account.DefaultApp(), nil
	}
	if id := account.DefaultApp(kind); id != "" {
		return id, nil
	}
	return "", app.InvalidField("app_id", "no_app",
		"%s needs a %s, and account %s has none: add its app id to the account in the console, or name another account", w.Method, kindNames[kind], account.ID)
}
