package payments

import (
	"errors"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func TestEachMethodAsksForWhatItNeedsOfThePayer(t *testing.T) {
	for _, tc := range []struct {
		name   string
		method channel.Method
		payer  channel.Payer
		field  string // "" when the payer will do
	}{
		{"native", channel.WeChatNative, channel.Payer{}, ""},
		{"jsapi without openid", channel.WeChatJSAPI, channel.Payer{ClientIP: "203.0.113.7"}, "payer.openid"},
		{"jsapi", channel.WeChatJSAPI, channel.Payer{OpenID: "o"}, ""},
		{"mini without openid", channel.WeChatMini, channel.Payer{}, "payer.openid"},
		{"mini", channel.WeChatMini, channel.Payer{OpenID: "o"}, ""},
		{"app", channel.WeChatApp, channel.Payer{}, ""},
		{"h5 without address", channel.WeChatH5, channel.Payer{OpenID: "o"}, "payer.client_ip"},
		{"h5", channel.WeChatH5, channel.Payer{ClientIP: "203.0.113.7"}, ""},
		{"till without address", channel.WeChatCode, channel.Payer{AuthCode: "134567890123456789"}, "payer.client_ip"},
		{"till without code", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7"}, "payer.auth_code"},
		{"WeChat's lowest", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "100000000000000000"}, ""},
		{"WeChat's highest", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "159999999999999999"}, ""},
		{"above WeChat's", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "160000000000000000"}, "payer.auth_code"},
		{"WeChat's too short", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "10000000000000000"}, "payer.auth_code"},
		{"WeChat's too long", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "1000000000000000000"}, "payer.auth_code"},
		{"not digits", channel.WeChatCode, channel.Payer{ClientIP: "203.0.113.7", AuthCode: "10000000000000000x"}, "payer.auth_code"},
		{"page", channel.AlipayPage, channel.Payer{}, ""},
		{"within Alipay without a buyer", channel.AlipayJSAPI, channel.Payer{OpenID: "o"}, "payer.buyer_id"},
		{"within Alipay", channel.AlipayJSAPI, channel.Payer{BuyerID: "2088102100000001"}, ""},
		{"within Alipay, by open id", channel.AlipayJSAPI, channel.Payer{BuyerOpenID: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"}, ""},
		{"Alipay's shortest", channel.AlipayCode, channel.Payer{AuthCode: "2500000000000000"}, ""},
		{"Alipay's longest", channel.AlipayCode, channel.Payer{AuthCode: "309999999999999999999999"}, ""},
		{"below Alipay's", channel.AlipayCode, channel.Payer{AuthCode: "2400000000000000"}, "payer.auth_code"},
		{"above Alipay's", channel.AlipayCode, channel.Payer{AuthCode: "3100000000000000"}, "payer.auth_code"},
		{"Alipay's too short", channel.AlipayCode, channel.Payer{AuthCode: "250000000000000"}, "payer.auth_code"},
		{"Alipay's too long", channel.AlipayCode, channel.Payer{AuthCode: "2500000000000000000000000"}, "payer.auth_code"},
	} {
		var v violations
		v.payerFor(tc.method, tc.payer)
		var field string
		if len(v) > 0 {
			field = v[0].Field
		}
		if field != tc.field || len(v) > 1 {
			t.Errorf("%s: %+v, want field %q", tc.name, v, tc.field)
		}
		for _, e := range v {
			if tc.payer.AuthCode != "" && strings.Contains(e.Message, tc.payer.AuthCode) {
				t.Errorf("%s: the message shows the code: %s", tc.name, e.Message)
			}
		}
	}
}

func TestTheAppIsTheAccountsFirstOfTheMethodsKind(t *testing.T) {
	both := merchants.Account{ID: "acct_1", AppIDs: []merchants.AppID{
		{AppID: "wxweb", Kind: merchants.AppWeb}, {AppID: "wxofficial", Kind: merchants.AppOfficial},
		{AppID: "wxmini", Kind: merchants.AppMini}, {AppID: "wxapp", Kind: merchants.AppMobile},
	}}
	none := merchants.Account{ID: "acct_2", AppIDs: both.AppIDs[:1]}
	for _, tc := range []struct {
		account merchants.Account
		way     Way
		want    string // "" when the account has no such app
	}{
		{both, Way{Method: channel.WeChatNative}, "wxweb"},
		{both, Way{Method: channel.WeChatH5}, "wxweb"},
		{both, Way{Method: channel.WeChatCode}, "wxweb"},
		{both, Way{Method: channel.WeChatJSAPI}, "wxofficial"},
		{both, Way{Method: channel.WeChatMini}, "wxmini"},
		{both, Way{Method: channel.WeChatApp}, "wxapp"},
		{both, Way{Method: channel.WeChatApp, AppID: "wxmini"}, "wxmini"},
		{none, Way{Method: channel.WeChatJSAPI}, ""},
		{none, Way{Method: channel.WeChatMini}, ""},
		{none, Way{Method: channel.WeChatApp}, ""},
	} {
		got, err := appFor(tc.account, tc.way)
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: %q, %v; want %q", tc.way.Method, got, err, tc.want)
		}
		var e *app.Error
		if err != nil && (!errors.As(err, &e) || e.Field != "app_id" || !strings.Contains(e.Message, "add its app id")) {
			t.Errorf("%s: %v", tc.way.Method, err)
		}
	}
}
