package paymentstest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Payer is what an order by the method must say of the wallet's user.
func (s *Shop) Payer(m channel.Method) channel.Payer {
	s.T.Helper()
	switch m {
	case channel.WeChatJSAPI:
		return channel.Payer{OpenID: trade.PayerOf(app.WeChat, s.WeChat.DefaultApp(merchants.AppOfficial))}
	case channel.WeChatMini:
		return channel.Payer{OpenID: trade.PayerOf(app.WeChat, s.WeChat.DefaultApp(merchants.AppMini))}
	case channel.WeChatH5:
		return channel.Payer{ClientIP: "203.0.113.7"}
	case channel.AlipayJSAPI:
		return channel.Payer{BuyerID: trade.PayerOf(app.Alipay, "")}
	case channel.WeChatCode, channel.AlipayCode:
		code, err := s.Sandbox.Trades().NewPayCode(s.Ctx, trade.PayCodeOrder{Channel: m.Channel()})
		if err != nil {
			s.T.Fatal(err)
		}
		return channel.Payer{AuthCode: code.AuthCode, ClientIP: "203.0.113.7"}
	}
	return channel.Payer{}
}

// CodeOf opens an action as the payer's client does, which verifies what is
// signed, and returns what the wallet pays by.
func (s *Shop) CodeOf(m channel.Method, a channel.Action) string {
	s.T.Helper()
	switch a.Type {
	case "qr_code":
		return a.CodeURL
	case "redirect":
		return s.browse(m, a.URL)
	case "jsapi":
		return s.invoke(m.Channel(), a.Params)
	case "app":
		if m == channel.AlipayApp {
			return s.invoke(m.Channel(), map[string]string{"order_string": a.OrderString})
		}
		return s.invoke(m.Channel(), a.Params)
	}
	s.T.Fatalf("%s: nothing is to be opened for %+v", m, a)
	return ""
}

// browse follows the address to the channel's cashier.
func (s *Shop) browse(m channel.Method, address string) string {
	s.T.Helper()
	page, err := url.Parse(address)
	if err != nil {
		s.T.Fatal(err)
	}
	if m.Channel() == app.Alipay {
		browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := browser.Get(address)
		if err != nil {
			s.T.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if page, err = res.Location(); err != nil {
			s.T.Fatalf("%s: %s answers %s and leads nowhere", m, address, res.Status)
		}
	}
	code := page.Query().Get("code")
	if code == "" {
		s.T.Fatalf("%s: no order is shown at %s", m, page)
	}
	return code
}

// invoke hands the wallet what a page or an app within the channel hands over.
func (s *Shop) invoke(c app.Channel, params map[string]string) string {
	s.T.Helper()
	res, err := http.Post(s.Base+"/sandbox/wallet/invoke", "application/json",
		bytes.NewReader(encode(s.T, map[string]any{"channel": c, "params": params})))
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var opened struct{ Code, Message string }
	if err := json.NewDecoder(res.Body).Decode(&opened); err != nil || res.StatusCode != http.StatusOK || strings.TrimSpace(opened.Code) == "" {
		s.T.Fatalf("%s: the wallet answers %s %+v, %v", c, res.Status, opened, err)
	}
	return opened.Code
}
