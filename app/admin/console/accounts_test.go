package console_test

import (
	"archive/zip"
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// wechatFields are a new sandbox merchant's credentials as a person pastes them.
func (h *house) wechatFields() (fields map[string]string, keys *trade.WeChatKeys) {
	h.Helper()
	box, err := h.shop.Sandbox.Trades().OpenMerchant(h.system, app.WeChat, trade.PublicKey)
	if err != nil {
		h.Fatal(err)
	}
	k := box.WeChat
	return map[string]string{
		"channel": "wechat", "name": "Counter", "mode": "public_key", "mchid": box.ID, "api_v3_key": k.APIv3Key, "serial_no": k.SerialNo,
		"private_key": k.PrivateKey, "certificate": k.Certificate, "public_key_id": k.PublicKeyID, "public_key": k.PublicKey,
		"appid": box.AppID, "appid_kind": "official",
	}, k
}

func pairs(fields map[string]string) []string {
	var out []string
	for name, value := range fields {
		out = append(out, name, value)
	}
	return out
}

// upload posts a form with files.
func (b *browser) upload(path string, fields map[string]string, files map[string][]byte) reply {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields["_csrf"] = b.csrf
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			b.Fatal(err)
		}
	}
	for name, content := range files {
		part, err := form.CreateFormFile("files", name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			b.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.Fatal(err)
	}
	return b.do(http.MethodPost, path, &body, form.FormDataContentType())
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRegisteringAnAccountByPasting(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, _ := h.wechatFields()
	b.wants(b.get(h.path("/accounts/new/wechat")), http.StatusOK)
	r := b.send(h.path("/accounts"), pairs(fields)...)
	if r.status != http.StatusSeeOther {
		t.Fatalf("register: %d\n%s", r.status, plain(r.body))
	}
	page := b.get(strings.TrimPrefix(r.location(), h.base))
	b.wants(page, http.StatusOK, "Account enabled", "Counter", fields["mchid"], "both signatures verified")
	b.wants(b.get(h.path("/accounts")), http.StatusOK, "Counter", "Healthy")
}

func TestRegisteringAnAccountByTheChannelsZip(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	fields, keys := h.wechatFields()
	for _, name := range []string{"private_key", "certificate", "public_key", "mchid", "serial_no"} {
		delete(fields, name)
	}
	archive := zipped(t, map[string]string{
		"1900000109_cert/apiclient_key.pem": keys.PrivateKey, "1900000109_cert/apiclient_cert.pem": keys.Certificate,
		"1900000109_cert/apiclient_cert.p12": "\x30\x82binary", "1900000109_cert/证书使用说明.txt": "请妥善保管",
	})
	r := b.upload(h.path("/accounts"), fields, map[string][]byte{"cert.zip": archive, "pub_key.pem": []byte(keys.PublicKey)})
	if r.status != http.StatusSeeOther {
		t.Fatalf("register: %d\n%s", r.status, plain(r.body))
	}
	list, err := h.shop.Merchants.Accounts(h.system, merchants.AccountFilter{MerchantID: h.shop.Scope.MerchantID, Mode: app.Test})
	if err != nil || len(list) != 3 || !list[0].Enabled || list[0].Facts["serial_no"] == "" {
		t.Errorf("accounts %+v, %v", list, err)
	}
}

func TestFilesThatAreNoKeysAreNamed(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, _ := h.wechatFields()
	big := zipped(t, map[string]string{"bomb": strings.Repeat("0", 10<<20)})
	b.wants(b.upload(h.path("/accounts"), fields, map[string][]byte{"a.txt": []byte("hello")}), http.StatusUnprocessableEntity, "None of the files")
	b.wants(b.upload(h.path("/accounts"), fields, map[string][]byte{"a.zip": big}), http.StatusUnprocessableEntity, "too large")
	b.wants(b.upload(h.path("/accounts"), fields, map[string][]byte{"a.zip": []byte("PK\x03\x04broken")}), http.StatusUnprocessableEntity, "too large")
}

func TestWrongCredentialsAreNamedAndNeverShownAgain(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, keys := h.wechatFields()
	_, other := h.wechatFields()
	wrong := map[string]string{}
	for name, value := range fields {
		wrong[name] = value
	}
	wrong["private_key"], wrong["api_v3_key"] = other.PrivateKey, "CANARY-apiv3-too-short"
	wrong["certificate"] = keys.PrivateKey // pasted into the wrong field
	r := b.send(h.path("/accounts"), pairs(wrong)...)
	b.wants(r, http.StatusUnprocessableEntity, "paste or choose them once more", `value="Counter"`, fields["mchid"])
	for name, secret := range map[string]string{"api_v3_key": "CANARY", "private key": line(other.PrivateKey), "misplaced key": line(keys.PrivateKey)} {
		if strings.Contains(r.body, secret) {
			t.Errorf("the refused form shows the %s again", name)
		}
	}
	b.header.Set("HX-Request", "true")
	part := b.send(h.path("/accounts/check/wechat"), pairs(wrong)...)
	b.wants(part, http.StatusUnprocessableEntity, `id="checks"`)
	if strings.Contains(part.body, "<html") {
		t.Error("htmx gets a whole page")
	}
	b.wants(b.send(h.path("/accounts/check/wechat"), pairs(fields)...), http.StatusOK, `id="checks"`)
	b.header.Set("HX-History-Restore-Request", "true")
	b.wants(b.send(h.path("/accounts/check/wechat"), pairs(fields)...), http.StatusOK, "<html")
	if list, err := h.shop.Merchants.Accounts(h.system, merchants.AccountFilter{MerchantID: h.shop.Scope.MerchantID, Mode: app.Test}); err != nil || len(list) != 2 {
		t.Errorf("refused credentials were saved: %d accounts, %v", len(list), err)
	}
}

// line is one line from inside a PEM file.
func line(pem string) string { return strings.Split(pem, "\n")[3] }

func TestChangingAnAccount(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	at := h.path("/accounts/" + h.shop.WeChat.ID)
	appID := h.shop.WeChat.AppIDs[0].AppID
	b.wants(b.get(at+"/edit"), http.StatusOK, appID)
	r := b.send(at+"/edit", "name", "Main counter", "priority", "5", "fee_rate", "0.6", "confirm_by_query", "yes",
		"appid", appID, "appid_kind", "official", "app_secret", "CANARY-app-secret", "appid_2", "wx0000000000000001", "appid_kind_2", "mini")
	if r.status != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", r.status, plain(r.body))
	}
	a, err := h.shop.Merchants.Account(h.system, h.shop.Scope.MerchantID, h.shop.WeChat.ID)
	if err != nil || a.Name != "Main counter" || a.Priority != 5 || !a.ConfirmByQuery || len(a.AppIDs) != 2 || !a.AppIDs[0].HasSecret || !a.Enabled || a.FeeRate != 6000 {
		t.Errorf("account %+v, %v", a, err)
	}
	for _, path := range []string{at, at + "/edit", h.path("/accounts")} {
		if page := b.get(path); strings.Contains(page.body, "CANARY") {
			t.Errorf("%s shows the app secret", path)
		}
	}
	b.wants(b.get(at), http.StatusOK, "0.60%")
	for _, rate := range []string{"-1%", "eleven", "0.00001%", "10.01%"} {
		b.wants(b.send(at+"/edit", "name", "X", "priority", "5", "fee_rate", rate, "appid", appID, "appid_kind", "official"), http.StatusUnprocessableEntity, `id="error-fee_rate"`)
	}
	b.wants(b.send(at+"/edit", "name", "", "priority", "5", "appid", appID, "appid_kind", "official"), http.StatusUnprocessableEntity, `id="error-name"`)
	b.wants(b.send(at+"/edit", "name", "X", "priority", "first"), http.StatusUnprocessableEntity, `id="error-priority"`)

	// Another merchant's credentials are refused, and the account goes on.
	others, _ := h.wechatFields()
	b.wants(b.send(at+"/credentials", pairs(others)...), http.StatusUnprocessableEntity, "another merchant number")
	b.wants(b.send(at+"/probe"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "The test call succeeded")
	b.wants(b.send(at+"/disable"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Disabled")
	b.wants(b.send(at+"/enable"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Account enabled")
}
