package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The channel's zip is dropped whole; each of its files says what became of it.
func TestRegisteringByTheChannelsFiles(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	_, keys := h.wechatFields()
	fields := map[string]string{"api_v3_key": keys.APIv3Key, "public_key_id": keys.PublicKeyID, "mode": "public_key", "appid": "wx8888888888888888", "appid_kind": "official"}
	draft := b.draft(app.WeChat, "Dropped", "")
	archive := zipped(t, map[string]string{
		"../../1900000109_cert/apiclient_key.pem": keys.PrivateKey, "1900000109_cert/apiclient_cert.pem": keys.Certificate,
		"1900000109_cert/apiclient_cert.p12": "\x30\x82\x00binary", "1900000109_cert/证书使用说明.txt": "请妥善保管", "__MACOSX/._apiclient_key.pem": "x",
	})
	r := b.upload(draft+"/files", fields, map[string][]byte{"cert.zip": archive, "pub_key.pem": []byte(keys.PublicKey), "big.pem": make([]byte, 65<<10)})
	b.wants(r, http.StatusSeeOther)
	page := b.get(draft + "/credentials")
	for _, text := range []string{"apiclient_key.pem is the merchant private key", "apiclient_cert.pem is the certificate of merchant"} {
		if !strings.Contains(plain(page.body), text) {
			t.Errorf("the page does not say %q:\n%s", text, plain(page.body))
		}
	}
	b.wants(page, http.StatusOK, "PKCS#12",
		"is neither a key nor a certificate", "left there by an operating system", "is WeChat Pay’s public key", "larger than 64 KB", "A private key is saved (fingerprint")
	if strings.Contains(page.body, line(keys.PrivateKey)) || strings.Contains(page.body, "../") {
		t.Error("the page shows a key, or a path")
	}
	b.wants(b.get(draft+"/checks"), http.StatusOK, "Every check passed")
	b.wants(b.send(draft+"/test"), http.StatusSeeOther)
	b.wants(b.send(draft+"/enable"), http.StatusSeeOther)

	// Alipay's three certificates choose their mode.
	fields, crt := h.alipayFields(trade.Certificate)
	draft = b.draft(app.Alipay, "Certificates", "")
	files := map[string][]byte{
		"appCertPublicKey.crt": []byte(crt.AppCert), "alipayCertPublicKey_RSA2.crt": []byte(crt.AlipayCert), "alipayRootCert.crt": []byte(crt.AlipayRootCert),
		"应用私钥.txt": []byte(crt.AppPrivateKey), "应用公钥.txt": []byte(crt.AppPublicKey),
	}
	b.wants(b.upload(draft+"/files", map[string]string{"mode": "public_key"}, files), http.StatusSeeOther)
	b.wants(b.get(draft+"/credentials"), http.StatusOK, "is the app public key: it belongs to your own private key", `value="`+fields["app_id"]+`"`)
	b.wants(b.get(draft+"/checks"), http.StatusOK, "Every check passed")
	b.wants(b.send(draft+"/enable"), http.StatusSeeOther)
}

func TestFilesThatCannotBeReadAreRefused(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	draft := b.draft(app.WeChat, "Files", "")
	many := map[string]string{}
	for i := range 41 {
		many[strings.Repeat("x", i+1)] = "x"
	}
	bomb := zipped(t, map[string]string{"bomb": strings.Repeat("0", 10<<20)})
	b.wants(b.upload(draft+"/files", map[string]string{}, map[string][]byte{"a.zip": zipped(t, many)}), http.StatusUnprocessableEntity, "no more than 40 files")
	b.wants(b.upload(draft+"/files", map[string]string{}, map[string][]byte{"a.zip": []byte("PK\x03\x04broken")}), http.StatusUnprocessableEntity, "The zip cannot be read")
	b.wants(b.upload(draft+"/files", map[string]string{}, map[string][]byte{"a.zip": bomb}), http.StatusSeeOther)
	b.wants(b.get(draft+"/credentials"), http.StatusOK, "larger than 64 KB")
}

// The key of an Alipay app is made here: its public half goes to Alipay, the
// private half nowhere.
func TestAnAlipayKeyIsMadeHere(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, _ := h.alipayFields(trade.PublicKey)
	delete(fields, "app_private_key")
	draft := b.draft(app.Alipay, "Made here", "")
	b.wants(b.get(draft+"/public-key/file"), http.StatusNotFound)
	b.wants(b.send(draft+"/key", pairs(fields)...), http.StatusSeeOther)
	page := b.get(draft + "/credentials")
	b.wants(page, http.StatusOK, "The app public key to upload", "Interface signing", "MIIBIjANBgkqhkiG9w0BAQ", `value="`+fields["app_id"]+`"`)
	public := b.get(draft + "/public-key/file")
	b.wants(public, http.StatusOK, "BEGIN PUBLIC KEY")

	b.wants(b.send(draft+"/test"), http.StatusSeeOther)
	b.wants(b.get(draft+"/test"), http.StatusOK, "Alipay does not accept the signature")
	if _, err := h.shop.Sandbox.Trades().UploadAppKey(h.system, fields["app_id"], public.body); err != nil {
		t.Fatal(err)
	}
	b.wants(b.send(draft+"/test"), http.StatusSeeOther)
	b.wants(b.get(draft+"/test"), http.StatusOK, "both signatures verified")
	private := h.draftKey(draft, "app_private_key")
	for _, path := range []string{"/credentials", "/checks", "/test", "/enable", "/public-key/file"} {
		if strings.Contains(b.get(draft+path).body, line(private)) {
			t.Errorf("%s shows the private key", path)
		}
	}
	if rows, err := h.audit.List(h.system, audit.Filter{Chain: h.shop.Scope.MerchantID, Limit: 100}); err != nil || strings.Contains(jsonOf(t, rows), line(private)) {
		t.Errorf("the audit holds the private key, or %v", err)
	}
	r := b.send(draft + "/enable")
	b.wants(r, http.StatusSeeOther)
	b.wants(b.get(strings.TrimPrefix(r.location(), h.base)), http.StatusOK, "Account enabled", "What changed")
	b.wants(b.get(h.path("/audit")), http.StatusOK, "Key pair generated in a draft", "Account draft begun")
	wechat := b.draft(app.WeChat, "No", "")
	b.wants(b.send(wechat+"/key"), http.StatusConflict, "cannot be made here")
}

// draftKey opens what a draft holds.
func (h *house) draftKey(draft, field string) string {
	h.Helper()
	_, content, err := h.shop.Merchants.Draft(h.system, h.shop.Scope.MerchantID, app.Test, draft[strings.LastIndexByte(draft, '/')+1:])
	if err != nil {
		h.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(content.Credentials, &texts); err != nil {
		h.Fatal(err)
	}
	return texts[field]
}
