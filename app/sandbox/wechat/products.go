package wechat

import (
	"cmp"
	"net"
	"strings"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// product is one way to prepay: what it asks for beyond the shared fields, and
// how it hands the payer on.
type product struct {
	path      string
	tradeType string
	check     func(o *order, l line) error
	silent    bool // the result is not announced: there is no notify_url
	newCode   func(now string) string
	result    func(g *Gateway, code string) any
}

// products lists the products, which differ in little.
func products() []product {
	none := func(*order, line) error { return nil }
	prepayID := func(_ *Gateway, code string) any {
		return struct {
			PrepayID string `json:"prepay_id"`
		}{code}
	}
	return []product{
		{path: "native", tradeType: "NATIVE", check: none, newCode: newCodeURL, result: codeURL},
		{path: "jsapi", tradeType: "JSAPI", check: checkOpenID, newCode: newPrepayID, result: prepayID},
		{path: "app", tradeType: "APP", check: none, newCode: newPrepayID, result: prepayID},
		{path: "h5", tradeType: "MWEB", check: checkH5, newCode: newPrepayID, result: h5URL},
	}
}

func newCodeURL(string) string { return "weixin://wxpay/bizpayurl?pr=" + trade.NewCode() }

// newPrepayID looks like the channel's: wx, the moment, a random tail.
func newPrepayID(now string) string { return "wx" + now + trade.NewCode() }

func codeURL(_ *Gateway, code string) any {
	return struct {
		CodeURL string `json:"code_url"`
	}{code}
}

// h5URL leads to the sandbox's wallet, as the channel's leads to its cashier.
func h5URL(g *Gateway, code string) any {
	return struct {
		H5URL string `json:"h5_url"`
	}{g.wallet + "?code=" + code}
}

// checkOpenID demands the payer's openid: in the merchant's app or, for a
// provider, in its own or the sub-merchant's.
func checkOpenID(o *order, l line) error {
	field, openID := "/payer/openid", ""
	if o.Payer != nil {
		openID = o.Payer.OpenID
	}
	if l.partner {
		field, openID = "/payer/sp_openid", ""
		if o.Payer != nil {
			openID = cmp.Or(o.Payer.SubOpenID, o.Payer.SpOpenID)
		}
		if o.Payer != nil && o.Payer.SubOpenID != "" {
			field = "/payer/sub_openid"
			if o.SubAppID == "" {
				return paramError("body", "/sub_appid", "", "传sub_openid时必填")
			}
		}
	}
	if openID == "" {
		return paramError("body", field, "", missing)
	}
	if len(openID) > 128 || strings.ContainsFunc(openID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return paramError("body", field, openID, "无效的openid")
	}
	return nil
}

func checkH5(o *order, _ line) error {
	switch {
	case o.Scene == nil:
		return paramError("body", "/scene_info", nil, missing)
	case net.ParseIP(o.Scene.PayerClientIP) == nil:
		return paramError("body", "/scene_info/payer_client_ip", o.Scene.PayerClientIP, "不是合法的IP地址")
	case o.Scene.H5 == nil || o.Scene.H5.Type == "":
		return paramError("body", "/scene_info/h5_info/type", "", missing)
	}
	return nil
}
