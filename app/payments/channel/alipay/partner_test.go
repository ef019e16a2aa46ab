package alipay_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
)

// TestEveryCallCarriesTheAuthorisation: without it the money would be the
// provider's own.
func TestEveryCallCarriesTheAuthorisation(t *testing.T) {
	said := map[string]string{
		"alipay.trade.refund": strings.Replace(refunded, `"Y"`, `"N"`, 1), "alipay.trade.fastpay.refund.query": refundUnknown,
		"alipay.trade.cancel": `{"code":"10000","retry_flag":"N"}`, "alipay.trade.close": `{"code":"40004","sub_code":"ACQ.TRADE_STATUS_ERROR"}`,
		"alipay.trade.pay": `{"code":"40004","sub_code":"ACQ.PAYMENT_AUTH_CODE_INVALID"}`,
	}
	s := &scripted{t: t, contents: map[string][]string{}}
	for _, method := range []string{"precreate", "create", "pay", "query", "close", "cancel", "refund", "fastpay.refund.query"} {
		method = "alipay.trade." + method
		s.contents[method] = []string{notExist}
		if content := said[method]; content != "" {
			s.contents[method] = []string{content}
		}
	}
	s.contents["alipay.data.dataservice.bill.downloadurl.query"] = []string{notExist}
	partner, own := openAs(t, accounts["partner, key"](), s), openAt(t, s)
	for operation, run := range operations {
		for client, want := range map[channel.Client]string{partner: token, own: ""} {
			s.sent = nil
			_ = run(t.Context(), client) // the answers do not matter here
			if len(s.sent) == 0 {
				t.Errorf("%s calls nothing", operation)
			}
			for _, form := range s.sent {
				if form.Get("app_auth_token") != want || form.Get("app_id") != appID || form.Has("app_auth_token") != (want != "") {
					t.Errorf("%s sent %v", operation, form)
				}
			}
		}
	}
}

// TestMiniProgramOfAMerchant: under a provider it is the merchant's own.
func TestMiniProgramOfAMerchant(t *testing.T) {
	s := &scripted{t: t, contents: map[string][]string{"alipay.trade.create": {notExist}}}
	_ = operations["create"](t.Context(), openAs(t, accounts["partner, key"](), s)) // what was sent matters
	if content := biz(t, s.sent[0]); content["op_app_id"] != subApp {
		t.Errorf("sent %v", content)
	}
}

// TestNotificationsUnderAProvider: they verify by the provider's keys and are
// about the merchant's trades in the provider's app.
func TestNotificationsUnderAProvider(t *testing.T) {
	c := openAs(t, accounts["partner, key"](), uncalled(t))
	for name, k := range map[string]struct {
		changes map[string]string
		app     string
	}{
		"of the provider's app":  {map[string]string{"auth_app_id": subApp}, appID},
		"in the merchant's name": {map[string]string{"app_id": subApp, "auth_app_id": subApp}, appID},
		"without either":         {nil, appID},
		"of another merchant":    {map[string]string{"auth_app_id": "2021000000000077"}, "2021000000000077"},
		"of another app":         {map[string]string{"app_id": "2021000000000077", "auth_app_id": subApp}, "2021000000000077"},
	} {
		form := with(k.changes)
		form["seller_id"] = subSeller
		n, err := parse(t, c, encode(form))
		wantKind(t, err, "")
		if n.Trade.AppID != k.app || n.Trade.Identity != subSeller || n.Trade.SubIdentity != "" {
			t.Errorf("%s: %+v", name, n.Trade)
		}
	}
	n, err := parse(t, c, encode(with(nil))) // the provider's own trade, at the merchant's address
	wantKind(t, err, "")
	if n.Trade.Identity != sellerID {
		t.Errorf("identity %q, want the one that was signed", n.Trade.Identity)
	}
	// An app that takes money for itself believes app_id alone.
	n, err = parse(t, offline(t), encode(with(map[string]string{"app_id": subApp, "auth_app_id": subApp})))
	wantKind(t, err, "")
	if n.Trade.AppID != subApp {
		t.Errorf("app %q", n.Trade.AppID)
	}
}

func partnerFields(changes map[string]string) map[string]string {
	fields := map[string]string{"app_auth_token": token, "seller_id": subSeller}
	maps.Copy(fields, changes)
	return fields
}

// TestInspectPartner: each mistake under its own code and field, and none opens.
func TestInspectPartner(t *testing.T) {
	r := driver().Inspect(raw(partnerFields(map[string]string{"auth_app_id": subApp})))
	if !r.OK() || r.Identity != subSeller || r.Facts["seller_id"] != subSeller || r.Facts["auth_app_id"] != subApp || r.Facts["app_id"] != "" {
		t.Errorf("report %+v", r)
	}
	for name, c := range map[string]struct {
		fields      map[string]string
		code, field string
	}{
		"no token":   {map[string]string{"app_auth_token": " "}, "alipay.app_auth_token_missing", "app_auth_token"},
		"odd token":  {map[string]string{"app_auth_token": "app_auth_token=2026"}, "alipay.app_auth_token_malformed", "app_auth_token"},
		"long token": {map[string]string{"app_auth_token": strings.Repeat("a", 129)}, "alipay.app_auth_token_malformed", "app_auth_token"},
		"no seller":  {map[string]string{"seller_id": ""}, "alipay.seller_id_missing", "seller_id"},
		"odd seller": {map[string]string{"seller_id": "2088"}, "alipay.seller_id_malformed", "seller_id"},
		"odd app":    {map[string]string{"auth_app_id": "mine"}, "alipay.app_id_malformed", "auth_app_id"},
	} {
		fields := raw(partnerFields(c.fields))
		r := driver().Inspect(fields)
		if !slices.ContainsFunc(r.Checks, func(x channel.Check) bool {
			return x.Code == c.code && x.Field == c.field && x.Status == channel.CheckFailed
		}) {
			t.Errorf("%s: %+v", name, r.Checks)
		}
		a := underProvider(account(credentials(), "public_key", nil))
		a.Gateway, a.Credentials = "https://example.com/gateway.do", fields
		_, err := driver().Open(a)
		wantKind(t, err, channel.KindConfig)
	}
}

// TestOpenPartner: an authorisation works with a provider's keys alone, and a
// provider's keys are not used without it.
func TestOpenPartner(t *testing.T) {
	ours := func(change func(*channel.Account)) channel.Account {
		a := underProvider(account(credentials(), "public_key", nil))
		a.Gateway = "https://example.com/gateway.do"
		change(&a)
		return a
	}
	for name, a := range map[string]channel.Account{
		"no provider":         ours(func(a *channel.Account) { a.Provider = nil }),
		"provider is null":    ours(func(a *channel.Account) { a.Provider = json.RawMessage("null") }),
		"provider has no key": ours(func(a *channel.Account) { a.Provider = raw(keyed(map[string]string{"app_private_key": ""})) }),
		"no authorisation":    ours(func(a *channel.Account) { a.Credentials = raw(credentials()) }),
		"both in one": ours(func(a *channel.Account) {
			a.Provider, a.Credentials = nil, raw(keyed(map[string]string{"app_auth_token": token}))
		}),
		"no gateway": ours(func(a *channel.Account) { a.Gateway = "" }),
	} {
		c, err := driver().Open(a)
		if channel.KindOf(err) != channel.KindConfig || c != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *channel.Error
	if _, err := driver().Open(ours(func(a *channel.Account) { a.Provider = nil })); !errors.As(err, &e) || e.Code != "alipay.provider_missing" {
		t.Errorf("without a provider: %v", err)
	}
	if _, err := driver().Open(ours(func(*channel.Account) {})); err != nil {
		t.Errorf("a complete one: %v", err)
	}
	// A form that shows a blank field for it is not a partner's.
	if r := driver().Inspect(raw(keyed(map[string]string{"app_auth_token": ""}))); !r.OK() || r.Identity != sellerID {
		t.Errorf("report %+v", r)
	}
}

func TestNormalizePartner(t *testing.T) {
	stored, r := driver().Normalize(raw(partnerFields(map[string]string{"app_auth_token": " " + token + "\n", "app_id": ""})))
	var got alipay.PartnerCredentials
	if err := json.Unmarshal(stored, &got); err != nil || !r.OK() {
		t.Fatalf("%s: %+v, %v", stored, r, err)
	}
	if got != (alipay.PartnerCredentials{AppAuthToken: token, SellerID: subSeller}) || strings.Contains(string(stored), "app_private_key") {
		t.Errorf("stored %s", stored)
	}
}

// TestRecordedWithoutSecrets: a timeline shows neither who pays, nor the code
// that pays, nor the merchant's authorisation.
func TestRecordedWithoutSecrets(t *testing.T) {
	paid := strings.Replace(codePaid, `"store_name"`, `"buyer_open_id":"074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5","store_name"`, 1)
	s := &scripted{t: t, contents: map[string][]string{
		"alipay.trade.pay": {paid}, "alipay.trade.create": {notExist}, "alipay.trade.refund": {refunded}, "alipay.trade.query": {paidNode},
	}}
	c := openAs(t, accounts["partner, key"](), s)
	var mu sync.Mutex
	var seen []channel.Exchange
	ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	})
	for _, operation := range []string{"code", "create", "refund", "query"} {
		_ = operations[operation](ctx, c) // what was recorded matters
	}
	open := order(channel.AlipayJSAPI)
	open.Payer = channel.Payer{BuyerOpenID: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"}
	_, err := c.Pay(ctx, open)
	wantKind(t, err, channel.KindNotExist)
	if len(seen) != 5 {
		t.Fatalf("%d exchanges", len(seen))
	}
	for _, e := range seen {
		text := e.URL + e.Request + e.Response
		if !strings.Contains(text, number) || !strings.Contains(e.Request, "app_auth_token=2026****cX55") {
			t.Errorf("%s shows too little: %s", e.Operation, text)
		}
		for _, secret := range []string{token, "281234567890123456", "2088101117955611", open.Payer.BuyerOpenID} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s: %s", e.Operation, secret, text)
			}
		}
	}
}
