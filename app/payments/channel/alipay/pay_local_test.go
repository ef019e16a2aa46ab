package alipay_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// signedForm reads an order that the app of these tests has signed.
func signedForm(t *testing.T, order string) url.Values {
	t.Helper()
	return formSignedBy(t, &appKey().PublicKey, order)
}

// formSignedBy is what Alipay's cashier does with an order it is handed: it
// splits the parameters, joins those that are not empty, but for sign, sorted by
// name, and verifies that text with the app's public key.
func formSignedBy(t *testing.T, key *rsa.PublicKey, order string) url.Values {
	t.Helper()
	form, err := url.ParseQuery(order)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if len(form[name]) != 1 || form.Get(name) == "" {
			t.Errorf("%s is %q", name, form[name])
		}
		if name != "sign" {
			pairs = append(pairs, name+"="+form.Get(name))
		}
	}
	signature, err := base64.StdEncoding.DecodeString(form.Get("sign"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("the signature of %s: %v", order, err)
	}
	return form
}

// carried is the order that an action's client carries to Alipay.
func carried(t *testing.T, a channel.Action) string {
	t.Helper()
	if a.Type == "app" {
		return a.OrderString
	}
	_, order, found := strings.Cut(a.URL, "/gateway.do?")
	if a.Type != "redirect" || !found {
		t.Fatalf("action %+v", a)
	}
	return order
}

// TestLocalOrders: a page, a wap page and an app are given an order that Alipay
// accepts, signed without a call.
func TestLocalOrders(t *testing.T) {
	for m, want := range map[channel.Method][3]string{ // method, product, action
		channel.AlipayPage: {"alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", "redirect"},
		channel.AlipayWAP:  {"alipay.trade.wap.pay", "QUICK_WAP_WAY", "redirect"},
		channel.AlipayApp:  {"alipay.trade.app.pay", "QUICK_MSECURITY_PAY", "app"},
	} {
		for who, a := range accounts {
			t.Run(string(m)+"/"+who, func(t *testing.T) {
				c := openAs(t, a(), uncalled(t))
				r := order(m)
				r.Subject, r.ReturnURL = "茶 <&> 50%+1 a/b", "https://shop.example/done?a=1&b=茶 x"
				r.Options = map[string]string{"limit_pay": "no_credit", "store_id": "s1", "profit_sharing": "true"}
				result, err := c.Pay(t.Context(), r)
				wantKind(t, err, "")
				if result.Action.Type != want[2] || result.Trade != nil {
					t.Errorf("result %+v", result)
				}
				form := signedForm(t, carried(t, result.Action))
				public := map[string]string{
					"method": want[0], "app_id": appID, "sign_type": "RSA2", "charset": "utf-8", "version": "1.0",
					"notify_url": r.NotifyURL, "return_url": r.ReturnURL, "app_auth_token": "",
				}
				if m == channel.AlipayApp {
					public["return_url"] = ""
				}
				if strings.HasPrefix(who, "partner") {
					public["app_auth_token"] = token
				}
				for name, value := range public {
					if form.Get(name) != value {
						t.Errorf("%s is %q, want %q", name, form.Get(name), value)
					}
				}
				if certified := strings.HasSuffix(who, "certificate"); form.Has("app_cert_sn") != certified || form.Has("alipay_root_cert_sn") != certified {
					t.Errorf("certificates of %s: %v", who, form)
				}
				content := map[string]any{
					"out_trade_no": number, "total_amount": "0.01", "subject": "茶 <＆> 50%+1 a／b", "product_code": want[1],
					"time_expire":          r.ExpiresAt.In(app.Beijing).Format("2006-01-02 15:04:05"),
					"disable_pay_channels": "credit_group", "store_id": "s1", "extend_params": map[string]any{"royalty_freeze": "true"},
				}
				if m == channel.AlipayWAP {
					content["quit_url"] = r.ReturnURL
				}
				if got := biz(t, form); !reflect.DeepEqual(got, content) {
					t.Errorf("content  %v\nwant %v", got, content)
				}
			})
		}
	}
}

// TestLocalOrdersAreRepeated: the same request is the same order at another time.
func TestLocalOrdersAreRepeated(t *testing.T) {
	c := offline(t)
	for _, m := range []channel.Method{channel.AlipayPage, channel.AlipayWAP, channel.AlipayApp} {
		r := order(m)
		var contents []string
		for range 2 {
			result, err := c.Pay(t.Context(), r)
			wantKind(t, err, "")
			contents = append(contents, signedForm(t, carried(t, result.Action)).Get("biz_content"))
			if form := signedForm(t, carried(t, result.Action)); form.Has("return_url") || strings.Contains(contents[0], "quit_url") {
				t.Errorf("an order without a return address carries one: %v", form)
			}
		}
		if contents[0] != contents[1] {
			t.Errorf("%s: %s, then %s", m, contents[0], contents[1])
		}
	}
}

// TestLocalOrdersOfThePast: nobody could refuse them later.
func TestLocalOrdersOfThePast(t *testing.T) {
	for _, m := range []channel.Method{channel.AlipayPage, channel.AlipayWAP, channel.AlipayApp} {
		r := order(m)
		r.ExpiresAt = time.Now().Add(-time.Second)
		_, err := offline(t).Pay(t.Context(), r)
		wantKind(t, err, channel.KindRefused)
	}
}
