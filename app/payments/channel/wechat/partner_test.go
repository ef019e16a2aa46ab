package wechat_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

// TestPartnerQuestions: under a provider an order is asked for, and closed, with
// both merchants named.
func TestPartnerQuestions(t *testing.T) {
	good := genuine()
	var asked []string
	client := openPartner(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI)
		if r.Method == http.MethodPost {
			reply(204, "", &good).ServeHTTP(w, r)
			return
		}
		reply(200, transactionOf("partner", "SUCCESS"), &good).ServeHTTP(w, r)
	}))
	trade, err := client.Query(t.Context(), number)
	wantKind(t, err, "")
	if trade.Identity != mchID || trade.SubIdentity != subMchID || trade.AppID != "wx1" || trade.PayerID != "oPayer" {
		t.Errorf("trade %+v", trade)
	}
	wantKind(t, client.Close(t.Context(), number), "")
	want := []string{
		"GET /gw/v3/pay/partner/transactions/out-trade-no/" + number + "?sp_mchid=" + mchID + "&sub_mchid=" + subMchID,
		"POST /gw/v3/pay/partner/transactions/out-trade-no/" + number + "/close",
	}
	if strings.Join(asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked\n%s, want\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
}

// TestPayerOfTheMerchantsApp: an order in the merchant's own app knows the payer
// as that app does.
func TestPayerOfTheMerchantsApp(t *testing.T) {
	body := strings.NewReplacer(`"sp_appid":"wx1"`, `"sp_appid":"wx1","sub_appid":"`+subAppID+`"`,
		`"sp_openid":"oPayer"`, `"sp_openid":"oPayer","sub_openid":"oThere"`).Replace(transactionOf("partner", "SUCCESS"))
	good := genuine()
	trade, err := openPartner(t, reply(200, body, &good)).Query(t.Context(), number)
	wantKind(t, err, "")
	if trade.AppID != subAppID || trade.PayerID != "oThere" {
		t.Errorf("trade %+v", trade)
	}
}

// TestPartnerNotifications: the provider's keys sign for all of its merchants, so
// the merchant in the message decides whether it is to be believed.
func TestPartnerNotifications(t *testing.T) {
	c := openPartner(t, http.NotFoundHandler())
	paid := transactionOf("partner", "SUCCESS")
	notice, err := c.ParseNotification(t.Context(), signed(genuine(), message("TRANSACTION.SUCCESS", paid)))
	wantKind(t, err, "")
	if notice.Trade == nil || notice.Trade.Identity != mchID || notice.Trade.SubIdentity != subMchID {
		t.Errorf("notice %+v", notice)
	}
	if strings.Contains(string(notice.Plain), "oPayer") {
		t.Errorf("the plain text names the payer: %s", notice.Plain)
	}
	refunded := strings.Replace(refundPlain, `"mchid"`, `"sub_mchid":"`+subMchID+`","sp_mchid"`, 1)
	for event, plain := range map[string]string{"TRANSACTION.SUCCESS": paid, "REFUND.SUCCESS": refunded} {
		for _, other := range []string{strings.Replace(plain, subMchID, "1700000002", 1), strings.Replace(plain, mchID, "1900000002", 1)} {
			notice, err := c.ParseNotification(t.Context(), signed(genuine(), message(event, other)))
			wantCode(t, err, channel.KindForged, wechat.CodeOtherMerchant)
			if notice.Trade != nil || notice.Refund != nil {
				t.Errorf("another merchant's message shows through: %+v", notice)
			}
		}
	}
	// A direct merchant of the same number has nothing to do with either.
	_, err = offline(t).ParseNotification(t.Context(), signed(genuine(), message("REFUND.SUCCESS", refunded)))
	wantCode(t, err, channel.KindForged, wechat.CodeOtherMerchant)
	_, err = offline(t).ParseNotification(t.Context(), signed(genuine(), message("TRANSACTION.SUCCESS", paid)))
	wantKind(t, err, channel.KindUnknown)
}

// TestSubCredentials: what names a merchant under a provider is read like other
// credentials, and opens nothing by itself.
func TestSubCredentials(t *testing.T) {
	driver := wechat.New(channel.NewTransport(), app.SystemClock{})
	for name, c := range map[string]struct {
		raw  string
		code string
		ok   bool
	}{
		"complete":       {`{"sub_mchid":"1700000001","sub_appid":"wx0123456789abcdef","sp_appid":"wxfedcba9876543210"}`, "wechat.sp_appid_ok", true},
		"in its apps":    {`{"sub_mchid":"1700000001"}`, "wechat.sub_mchid_ok", true},
		"half an app":    {`{"sub_mchid":"1700000001","sub_appid":"wx0123456789abcdef"}`, "wechat.sp_appid_missing", true},
		"no sub_mchid":   {`{"sub_mchid":""}`, "wechat.sub_mchid_missing", false},
		"odd sub_mchid":  {`{"sub_mchid":"wx1"}`, "wechat.sub_mchid_malformed", false},
		"odd sub_appid":  {`{"sub_mchid":"1700000001","sub_appid":"1900000001"}`, "wechat.sub_appid_malformed", false},
		"odd sp_appid":   {`{"sub_mchid":"1700000001","sp_appid":"wx 1"}`, "wechat.sp_appid_malformed", false},
		"not a text":     {`{"sub_mchid":17}`, "wechat.credentials_unreadable", false},
		"trimmed before": {`{"sub_mchid":" 1700000001\n","sub_appid":" "}`, "wechat.sub_mchid_ok", true},
	} {
		stored, report := driver.Normalize(json.RawMessage(c.raw))
		if report.OK() != c.ok || !hasCheck(report, c.code) {
			t.Errorf("%s: %+v, want %s", name, report.Checks, c.code)
		}
		if name != "trimmed before" && driver.Inspect([]byte(c.raw)).OK() != c.ok {
			t.Errorf("%s: Inspect and Normalize disagree", name)
		}
		if c.ok && (report.Identity != "" || report.SubIdentity != "1700000001") {
			t.Errorf("%s: identity %q, %q", name, report.Identity, report.SubIdentity)
		}
		a := account(credentials(nil), "public_key", nil)
		a.Provider, a.Credentials, a.Gateway = a.Credentials, stored, "http://127.0.0.1:1"
		_, err := driver.Open(a)
		if c.ok {
			wantKind(t, err, "")
		} else {
			wantCode(t, err, channel.KindConfig, c.code)
		}
	}
	a := account(credentials(nil), "public_key", nil)
	whole := a.Credentials
	a.Credentials = subCredentials(subMchID, "", "")
	_, err := driver.Open(a)
	wantCode(t, err, channel.KindConfig, "wechat.provider_missing")
	a.Provider = a.Credentials
	_, err = driver.Open(a)
	wantCode(t, err, channel.KindConfig, "wechat.provider_missing")
	a.Provider, a.Credentials = whole, whole
	_, err = driver.Open(a)
	wantCode(t, err, channel.KindConfig, "wechat.sub_mchid_missing")
}

func hasCheck(r channel.Report, code string) bool {
	for _, c := range r.Checks {
		if c.Code == code {
			return true
		}
	}
	return false
}
