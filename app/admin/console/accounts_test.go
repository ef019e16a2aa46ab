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
		"mode": "public_key", "mchid": box.ID, "api_v3_key": k.APIv3Key, "serial_no": k.SerialNo,
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

// draft begins an account in the wizard and returns where its steps are.
func (b *browser) draft(c app.Channel, name, provider string) string {
	b.Helper()
	b.wants(b.get(b.path("/accounts/new")), http.StatusOK)
	r := b.send(b.path("/accounts/new"), "channel", string(c))
	b.wants(r, http.StatusSeeOther)
	at := strings.TrimSuffix(strings.TrimPrefix(r.location(), b.base), "/connection")
	b.wants(b.send(at+"/connection", "name", name, "provider", provider), http.StatusSeeOther)
	return at
}

// replace begins other credentials for the account at the path.
func (b *browser) replace(account string) string {
	b.Helper()
	r := b.send(account + "/credentials")
	b.wants(r, http.StatusSeeOther)
	return strings.TrimSuffix(strings.TrimPrefix(r.location(), b.base), "/credentials")
}

// finish enters what the fields say and goes to the end; it returns where the
// account is.
func (b *browser) finish(draft string, fields map[string]string) string {
	b.Helper()
	b.wants(b.send(draft+"/credentials", pairs(fields)...), http.StatusSeeOther)
	b.wants(b.send(draft+"/test"), http.StatusSeeOther)
	r := b.send(draft + "/enable")
	if r.status != http.StatusSeeOther || strings.Contains(r.location(), "/drafts/") {
		b.Fatalf("enable: %d to %q\n%s\n%s", r.status, r.location(), plain(r.body), plain(b.get(draft+"/test").body))
	}
	return strings.TrimPrefix(r.location(), b.base)
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
	draft := b.replace(at)
	b.wants(b.send(draft+"/credentials", pairs(others)...), http.StatusSeeOther)
	b.wants(b.send(draft+"/enable"), http.StatusUnprocessableEntity, "another merchant number")
	b.wants(b.send(at+"/probe"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "The test call succeeded")
	b.wants(b.send(at+"/disable"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Disabled")
	b.wants(b.send(at+"/enable"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Account enabled")
}
