package console_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// alipayFields are a new sandbox app's credentials as a person pastes them.
func (h *house) alipayFields(mode trade.Mode) (fields map[string]string, keys *trade.AlipayKeys) {
	h.Helper()
	box, err := h.shop.Sandbox.Trades().OpenMerchant(h.system, app.Alipay, mode)
	if err != nil {
		h.Fatal(err)
	}
	k := box.Alipay
	fields = map[string]string{"mode": string(mode), "app_id": box.ID, "seller_id": box.SellerID, "app_private_key": k.AppPrivateKey}
	if mode == trade.PublicKey {
		fields["alipay_public_key"] = k.AlipayPublicKey
	} else {
		fields["app_cert"], fields["alipay_cert"], fields["alipay_root_cert"] = k.AppCert, k.AlipayCert, k.AlipayRootCert
	}
	return fields, k
}

// wechatIn are the same of a WeChat merchant in any mode.
func (h *house) wechatIn(mode trade.Mode) map[string]string {
	h.Helper()
	box, err := h.shop.Sandbox.Trades().OpenMerchant(h.system, app.WeChat, mode)
	if err != nil {
		h.Fatal(err)
	}
	k := box.WeChat
	fields := map[string]string{
		"mode": string(mode), "api_v3_key": k.APIv3Key, "private_key": k.PrivateKey, "certificate": k.Certificate, "appid": box.AppID, "appid_kind": "official",
	}
	if mode != trade.Certificate {
		fields["public_key_id"], fields["public_key"] = k.PublicKeyID, k.PublicKey
	}
	return fields
}

// Every mode of both channels is registered by pasting, its live test passes and
// its test order is placed and closed.
func TestEveryModeIsRegisteredStepByStep(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	alipayKey, _ := h.alipayFields(trade.PublicKey)
	alipayCert, _ := h.alipayFields(trade.Certificate)
	for name, c := range map[string]struct {
		channel app.Channel
		fields  map[string]string
	}{
		"WeChat by public key": {app.WeChat, h.wechatIn(trade.PublicKey)}, "WeChat by certificates": {app.WeChat, h.wechatIn(trade.Certificate)},
		"WeChat in migration": {app.WeChat, h.wechatIn(trade.Both)}, "Alipay by public key": {app.Alipay, alipayKey}, "Alipay by certificates": {app.Alipay, alipayCert},
	} {
		draft := b.draft(c.channel, name, "")
		b.wants(b.get(draft+"/test"), http.StatusOK, "Not every check has passed")
		b.wants(b.send(draft+"/test"), http.StatusUnprocessableEntity, "do not pass every check")
		b.wants(b.send(draft+"/credentials", pairs(c.fields)...), http.StatusSeeOther)
		b.wants(b.get(draft+"/checks"), http.StatusOK, "Every check passed")
		b.wants(b.get(h.path("/accounts")), http.StatusOK, "Drafts", name, draft+"/test")
		b.wants(b.send(draft+"/order"), http.StatusUnprocessableEntity, "Run the live test first")
		b.wants(b.send(draft+"/test"), http.StatusSeeOther)
		b.wants(b.get(draft+"/test"), http.StatusOK, "both signatures verified")
		b.wants(b.send(draft+"/order"), http.StatusSeeOther)
		b.wants(b.get(draft+"/test"), http.StatusOK, "closed again", "try_")
		b.wants(b.get(draft+"/enable"), http.StatusOK, "Enable account")
		r := b.send(draft + "/enable")
		b.wants(r, http.StatusSeeOther)
		b.wants(b.get(strings.TrimPrefix(r.location(), h.base)), http.StatusOK, "Account enabled", name, "Healthy")
		b.wants(b.get(draft+"/enable"), http.StatusNotFound)
	}
}

// TestEveryMistakeIsNamed puts each thing in the wrong place or form.
func TestEveryMistakeIsNamed(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	wechat, keys := h.wechatFields()
	_, others := h.wechatFields()
	alipay, app1 := h.alipayFields(trade.PublicKey)
	_, app2 := h.alipayFields(trade.PublicKey)
	certified, crt := h.alipayFields(trade.Certificate)
	platform := h.shopPlatformCertificate()
	for name, c := range map[string]struct {
		channel app.Channel
		base    map[string]string
		change  map[string]string
		says    []string
	}{
		"key of another zip":                   {app.WeChat, wechat, map[string]string{"private_key": others.PrivateKey}, []string{"The private key does not match the certificate", "from the same zip"}},
		"key and certificate exchanged":        {app.WeChat, wechat, map[string]string{"private_key": keys.Certificate, "certificate": keys.PrivateKey}, []string{"This is a certificate, not the merchant private key", "This is a private key, not the merchant certificate"}},
		"merchant certificate as WeChat's key": {app.WeChat, wechat, map[string]string{"public_key": keys.Certificate}, []string{"This is your merchant certificate"}},
		"platform certificate as merchant's":   {app.WeChat, wechat, map[string]string{"certificate": platform}, []string{"it is WeChat Pay’s platform certificate, not the merchant’s"}},
		"platform certificate as public key":   {app.WeChat, wechat, map[string]string{"public_key": platform}, []string{"This is the platform certificate"}},
		"own public key as WeChat's":           {app.WeChat, wechat, map[string]string{"public_key": publicOf(t, keys.PrivateKey)}, []string{"This public key belongs to your own private key"}},
		"serial number as key id":              {app.WeChat, wechat, map[string]string{"public_key_id": keys.SerialNo}, []string{"does not start with PUB_KEY_ID_"}},
		"APIv3 key of 31":                      {app.WeChat, wechat, map[string]string{"api_v3_key": keys.APIv3Key[:31]}, []string{"has 31 characters instead of 32"}},
		"another mchid":                        {app.WeChat, wechat, map[string]string{"mchid": "1900000109"}, []string{"differs from the certificate’s"}},
		"another serial":                       {app.WeChat, wechat, map[string]string{"serial_no": others.SerialNo}, []string{"The serial number", "differs from the certificate’s"}},
		"key of 1024 bits":                     {app.WeChat, wechat, map[string]string{"private_key": smallKey(t)}, []string{"has 1024 bits instead of 2048"}},
		"key behind a password":                {app.WeChat, wechat, map[string]string{"private_key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"}, []string{"protected by a password"}},
		"app's public key as Alipay's":         {app.Alipay, alipay, map[string]string{"alipay_public_key": app1.AppPublicKey}, []string{"This is the app public key: it belongs to your own private key"}},
		"private key as public key":            {app.Alipay, alipay, map[string]string{"alipay_public_key": app2.AppPrivateKey}, []string{"This is a private key, not the Alipay public key"}},
		"public key as private key":            {app.Alipay, alipay, map[string]string{"app_private_key": app1.AppPublicKey}, []string{"This is a public key, not the app private key"}},
		"key of 1024 bits, RSA":                {app.Alipay, alipay, map[string]string{"app_private_key": smallKey(t)}, []string{"RSA2 needs 2048"}},
		"certificates exchanged":               {app.Alipay, certified, map[string]string{"app_cert": crt.AlipayCert, "alipay_cert": crt.AppCert}, []string{"App certificate: this is the Alipay certificate", "Alipay certificate: this is the app certificate"}},
		"certificate of another key":           {app.Alipay, certified, map[string]string{"app_private_key": app2.AppPrivateKey}, []string{"The app private key does not match the app certificate"}},
		"certificate missing":                  {app.Alipay, certified, map[string]string{"alipay_root_cert": ""}, []string{"Alipay root certificate is missing"}},
	} {
		fields := maps.Clone(c.base)
		maps.Copy(fields, c.change)
		draft := b.draft(c.channel, name, "")
		b.wants(b.send(draft+"/credentials", pairs(fields)...), http.StatusSeeOther)
		page := b.get(draft + "/checks")
		b.wants(page, http.StatusOK, c.says...)
		if strings.Contains(page.body, "Every check passed") {
			t.Errorf("%s passes", name)
		}
		b.wants(b.send(draft+"/enable"), http.StatusUnprocessableEntity)
		form := b.get(draft + "/credentials")
		for field, text := range c.change {
			if strings.Contains(text, "PRIVATE KEY") && strings.Contains(form.body+page.body, line(text+"\n\n\n")) && len(line(text+"\n\n\n")) > 20 {
				t.Errorf("%s: the key in %s is shown again", name, field)
			}
		}
		b.wants(b.send(draft+"/discard"), http.StatusSeeOther)
	}
}

// Every form in which people have the same key is one key.
func TestEveryFormOfAKeyIsTaken(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, keys := h.alipayFields(trade.PublicKey)
	block, _ := pem.Decode([]byte(keys.AppPrivateKey))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(parsed.(*rsa.PrivateKey))})
	bare := strings.Join(strings.Split(strings.TrimSpace(keys.AppPrivateKey), "\n")[1:27], "")
	draft := b.draft(app.Alipay, "Forms", "")
	for name, text := range map[string]string{"PKCS#1": string(pkcs1), "bare base64": bare, "DOS line ends": strings.ReplaceAll(keys.AppPrivateKey, "\n", "\r\n")} {
		fields["app_private_key"] = text
		b.wants(b.send(draft+"/credentials", pairs(fields)...), http.StatusSeeOther)
		if page := b.get(draft + "/checks"); !strings.Contains(page.body, "Every check passed") {
			t.Errorf("%s: %s", name, plain(page.body))
		}
	}
	wechat, _ := h.wechatFields()
	wechat["api_v3_key"] += "\n"
	draft = b.draft(app.WeChat, "Newline", "")
	b.wants(b.send(draft+"/credentials", pairs(wechat)...), http.StatusSeeOther)
	b.wants(b.get(draft+"/checks"), http.StatusOK, "The APIv3 key has 32 characters")
}

// What a live call comes to is explained, with the channel's own code.
func TestLiveTestsAreExplained(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	wechat, _ := h.wechatFields()
	_, others := h.wechatFields()
	alipay, _ := h.alipayFields(trade.PublicKey)
	_, app2 := h.alipayFields(trade.PublicKey)
	noCert := h.wechatIn(trade.PublicKey)
	delete(noCert, "public_key_id")
	delete(noCert, "public_key")
	inCertificates, crt := h.alipayFields(trade.Certificate)
	delete(inCertificates, "app_cert")
	for name, c := range map[string]struct {
		channel app.Channel
		base    map[string]string
		change  map[string]string
		says    []string
	}{
		"no such merchant":      {app.WeChat, wechat, map[string]string{"certificate": "", "mchid": "1900000109"}, []string{"does not know this mchid", "MCH_NOT_EXISTS"}},
		"another serial":        {app.WeChat, wechat, map[string]string{"certificate": "", "serial_no": others.SerialNo}, []string{"belongs to another certificate", "SIGN_ERROR", "HTTP"}},
		"another key":           {app.WeChat, wechat, map[string]string{"certificate": "", "private_key": others.PrivateKey}, []string{"does not accept the signature", "SIGN_ERROR"}},
		"another's public key":  {app.WeChat, wechat, map[string]string{"public_key": others.PublicKey}, []string{"does not verify with the key you gave"}},
		"wrong APIv3 key":       {app.WeChat, h.wechatIn(trade.Certificate), map[string]string{"api_v3_key": strings.Repeat("2", 32)}, []string{"APIv3 key does not decrypt", "v2 key also has 32 characters"}},
		"wrong in migration":    {app.WeChat, h.wechatIn(trade.Both), map[string]string{"api_v3_key": strings.Repeat("2", 32)}, []string{"APIv3 key does not decrypt"}},
		"no certificates there": {app.WeChat, noCert, map[string]string{"mode": "certificate"}, []string{"has no platform certificates", "pub_key.pem"}},
		"no such app":           {app.Alipay, alipay, map[string]string{"app_id": "2021000000000001"}, []string{"does not know this App ID", "isv.invalid-app-id"}},
		"app's other key":       {app.Alipay, alipay, map[string]string{"app_private_key": app2.AppPrivateKey}, []string{"Alipay does not accept the signature", "isv.invalid-signature"}},
		"another Alipay key":    {app.Alipay, alipay, map[string]string{"alipay_public_key": app2.AlipayPublicKey}, []string{"Alipay’s answer does not verify"}},
		"app by certificates":   {app.Alipay, inCertificates, map[string]string{"mode": "public_key", "alipay_public_key": crt.AlipayPublicKey}, []string{"set up for certificates"}},
	} {
		fields := maps.Clone(c.base)
		maps.Copy(fields, c.change)
		draft := b.draft(c.channel, name, "")
		b.wants(b.send(draft+"/credentials", pairs(fields)...), http.StatusSeeOther)
		if r := b.send(draft + "/test"); r.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", name, r.status, plain(b.get(draft+"/checks").body))
			continue
		}
		page := b.get(draft + "/test")
		for _, text := range c.says {
			if !strings.Contains(page.body, text) {
				t.Errorf("%s: the page does not say %q: %s", name, text, plain(page.body))
			}
		}
		// Enabling asks again, and comes to the same page.
		if r := b.send(draft + "/enable"); r.status != http.StatusSeeOther || !strings.HasSuffix(r.location(), "/test") {
			t.Errorf("%s: enabling answers %d to %q", name, r.status, r.location())
		}
	}
	if list, err := h.shop.Merchants.Accounts(h.system, merchants.AccountFilter{MerchantID: h.shop.Scope.MerchantID, Mode: app.Test}); err != nil || len(list) != 2 {
		t.Errorf("%d accounts, %v: what does not work was registered", len(list), err)
	}
	// The app of a test order that is another merchant's.
	wechat["appid"] = h.shop.WeChat.AppIDs[0].AppID
	draft := b.draft(app.WeChat, "App", "")
	b.wants(b.send(draft+"/credentials", pairs(wechat)...), http.StatusSeeOther)
	b.wants(b.send(draft+"/test"), http.StatusSeeOther)
	b.wants(b.send(draft+"/order"), http.StatusSeeOther)
	b.wants(b.get(draft+"/test"), http.StatusOK, "The App ID is not bound to this mchid", "APPID_MCHID_NOT_MATCH")
}

// Other credentials are tested while the account goes on with those it has; what
// is not replaced stays.
func TestCredentialsAreReplacedWithoutAGap(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	at := h.path("/accounts/" + h.shop.Alipay.ID)
	draft := b.replace(at)
	if again := b.replace(at); again != draft {
		t.Errorf("a second draft for the same account: %s and %s", draft, again)
	}
	b.wants(b.get(draft+"/credentials"), http.StatusOK, "A private key is saved", "Payments go on meanwhile")
	b.wants(b.send(draft+"/key"), http.StatusSeeOther)
	if r := b.send(draft + "/enable"); r.status != http.StatusSeeOther || !strings.HasSuffix(r.location(), "/test") {
		t.Errorf("keys that Alipay does not know: %d to %q", r.status, r.location())
	}
	before, err := h.shop.Merchants.Account(h.system, h.shop.Scope.MerchantID, h.shop.Alipay.ID)
	if err != nil || before.Version != h.shop.Alipay.Version || !before.Enabled {
		t.Fatalf("the account has changed: %+v, %v", before, err)
	}
	if _, err := h.shop.Sandbox.Trades().UploadAppKey(h.system, before.AppIDs[0].AppID, b.get(draft+"/public-key/file").body); err != nil {
		t.Fatal(err)
	}
	r := b.send(draft + "/enable")
	if r.location() != at {
		t.Fatalf("switching leads to %d %q", r.status, r.location())
	}
	b.wants(b.get(at), http.StatusOK, "Credentials replaced", "Healthy")
	after, err := h.shop.Merchants.Account(h.system, h.shop.Scope.MerchantID, h.shop.Alipay.ID)
	if err != nil || after.Version != before.Version+1 || !after.Enabled {
		t.Errorf("after switching: %+v, %v", after, err)
	}
}

// What is saved stays until it is replaced or removed, and never comes back.
func TestADraftKeepsWhatIsNotReplaced(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, keys := h.wechatFields()
	_, others := h.wechatFields()
	draft := b.draft(app.WeChat, "Kept", "")
	b.wants(b.send(draft+"/credentials", append(pairs(fields), "then", "later")...), http.StatusSeeOther)
	b.wants(b.get(h.path("/accounts")), http.StatusOK, "Draft saved", "Kept")
	page := b.get(draft + "/credentials")
	b.wants(page, http.StatusOK, "Saved, 32 characters", "A private key is saved (fingerprint", `value="`+fields["mchid"]+`"`)
	for name, secret := range map[string]string{"key": line(keys.PrivateKey), "APIv3 key": keys.APIv3Key} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the form shows the %s again", name)
		}
	}
	b.wants(b.send(draft+"/credentials", "mode", "public_key", "public_key_id", keys.PublicKeyID), http.StatusSeeOther)
	b.wants(b.get(draft+"/checks"), http.StatusOK, "Every check passed")
	// A certificate of another merchant fills its own numbers in.
	b.wants(b.send(draft+"/credentials", "certificate", others.Certificate, "private_key", others.PrivateKey, "mchid", fields["mchid"], "serial_no", keys.SerialNo), http.StatusSeeOther)
	b.wants(b.get(draft+"/checks"), http.StatusOK, others.SerialNo, "Every check passed")
	b.wants(b.send(draft+"/credentials", "clear", "api_v3_key"), http.StatusSeeOther)
	b.wants(b.get(draft+"/checks"), http.StatusOK, "The APIv3 key is missing")
	b.wants(b.send(draft+"/connection", "name", ""), http.StatusUnprocessableEntity, `id="error-name"`)
	b.wants(b.send(h.path("/accounts/new"), "channel", "paypal"), http.StatusUnprocessableEntity, `id="error-channel"`)
	b.wants(b.send(draft+"/discard"), http.StatusSeeOther)
	b.wants(b.get(draft+"/credentials"), http.StatusNotFound)

	viewer := h.as(access.Viewer)
	viewer.send("/console/preferences", "language", "en")
	b.draft(app.WeChat, "Not for viewers", "")
	if page := viewer.get(h.path("/accounts")); strings.Contains(page.body, "Not for viewers") {
		t.Error("a viewer sees drafts")
	}
}

// Where a merchant wants two people, the end of the wizard asks the second.
func TestTheWizardAsksASecondPerson(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	fields, _ := h.alipayFields(trade.PublicKey)
	fresh, again := b.draft(app.Alipay, "By two", ""), b.replace(h.path("/accounts/"+h.shop.Alipay.ID))
	b.wants(b.send(fresh+"/credentials", pairs(fields)...), http.StatusSeeOther)
	settings, err := h.shop.Merchants.Settings(h.system, h.shop.Scope.MerchantID)
	if err != nil {
		t.Fatal(err)
	}
	settings.TwoPeople = true
	if _, err := h.shop.Merchants.UpdateSettings(h.system, h.shop.Scope.MerchantID, settings); err != nil {
		t.Fatal(err)
	}
	for _, draft := range []string{fresh, again} {
		b.wants(b.send(draft+"/test"), http.StatusSeeOther)
		b.wants(b.get(draft+"/enable"), http.StatusOK, "A second person has to approve")
		if r := b.send(draft + "/enable"); r.status != http.StatusSeeOther || !strings.Contains(r.location(), "/approvals/") {
			t.Errorf("the end leads to %d %q", r.status, r.location())
		}
		b.wants(b.get(draft+"/enable"), http.StatusNotFound)
	}
	list, err := h.shop.Merchants.Accounts(h.system, merchants.AccountFilter{MerchantID: h.shop.Scope.MerchantID, Mode: app.Test})
	if err != nil || len(list) != 3 || list[0].Name != "By two" || list[0].Enabled {
		t.Errorf("%d accounts, %v: one was enabled by one person", len(list), err)
	}
	a, err := h.shop.Merchants.Account(h.system, h.shop.Scope.MerchantID, h.shop.Alipay.ID)
	if err != nil || a.Version != h.shop.Alipay.Version || !a.Enabled {
		t.Errorf("the credentials were replaced by one person: %+v, %v", a, err)
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func publicOf(t *testing.T, private string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(private))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.(*rsa.PrivateKey).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func smallKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// shopPlatformCertificate is a certificate that WeChat signs by.
func (h *house) shopPlatformCertificate() string {
	h.Helper()
	box, err := h.shop.Sandbox.Trades().OpenMerchant(h.system, app.WeChat, trade.Certificate)
	if err != nil {
		h.Fatal(err)
	}
	return box.WeChat.Platform[0].Certificate
}
