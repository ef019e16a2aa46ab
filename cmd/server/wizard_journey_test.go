package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// TestAMerchantRegistersByDroppingFilesAndByAKeyMadeHere is the wizard as people
// use it who have what the channel gave them, in both languages: WeChat's zip,
// dropped; and an Alipay app, whose key is made here and uploaded there.
func TestAMerchantRegistersByDroppingFilesAndByAKeyMadeHere(t *testing.T) {
	takeStage(t)
	b := startProduct(t, dbtest.SQLiteURL(t)).openBrowser()
	inEachLanguage(t, b, func(r reader) {
		r.signsIn(r.facts.Email, r.facts.Password)
		r.dropsFiles()
		r.makesKey()
		r.goTo("/console")
		r.signOut()
	})
}

func (r reader) dropsFiles() {
	r.t.Helper()
	name := "Dropped " + string(r.Lang())
	given := r.sandboxMerchant("wechat", "api_v3_key", "public_key_id", "public_key", "appid")
	archive := r.download(r.eval(`document.querySelector("a[href$='credentials.zip']").href`))
	r.begin("wechat", name)
	r.studies("wizard-empty")
	r.drop(map[string][]byte{"cert.zip": archive, "pub_key.pem": []byte(given["public_key"])})
	r.do(chromedp.WaitVisible(`.files`))
	r.shows(".files", "apiclient_key.pem "+r.around("file_is.wechat.file_private_key", "fingerprint"))
	r.shows(".files", "pub_key.pem "+r.around("file_is.wechat.file_public_key", "fingerprint"))
	r.shows("main", r.around("wizard_saved.private_key", "fingerprint"))
	r.studies("wizard-dropped")
	r.fill(map[string]string{"api_v3_key": given["api_v3_key"], "public_key_id": given["public_key_id"], "appid": given["appid"]})
	r.says("#checks", "check.wechat.public_key_id_ok", "public_key_id", given["public_key_id"])
	r.payTo(r.save(name), "wechat_native")
}

func (r reader) makesKey() {
	r.t.Helper()
	name := "Made here " + string(r.Lang())
	app := r.sandboxMerchant("alipay", "app_id", "seller_id", "alipay_public_key")
	merchant := r.eval(`location.pathname`)
	r.begin("alipay", name)
	r.do(chromedp.Click(`.make-key button`), chromedp.WaitVisible(`#made-key`))
	r.studies("wizard-key")
	draft, public := r.eval(`location.pathname`), strings.TrimSpace(r.text("#made-key pre"))
	r.goTo(merchant)
	r.do(chromedp.SetValue(`#public_key`, public), chromedp.Click(`#app-key button`), chromedp.WaitNotPresent(`#app_private_key`))
	r.goTo(draft)
	r.fill(app)
	r.says("#checks", "check.alipay.public_key_ok")
	r.payTo(r.save(name), "alipay_qr")
}

// payTo takes a payment by exactly this account.
func (r reader) payTo(account, method string) {
	r.t.Helper()
	id, code := r.create("WIZARD-"+string(r.Lang())+"-"+method, method, map[string]any{"account_id": account})
	r.payInWallet(code)
	r.await(id, "succeeded")
}

// drop lets files fall on the wizard's field, as a hand would.
func (b *browser) drop(files map[string][]byte) {
	b.t.Helper()
	encoded := map[string]string{}
	for name, body := range files {
		encoded[name] = base64.StdEncoding.EncodeToString(body)
	}
	list, err := json.Marshal(encoded)
	if err != nil {
		b.t.Fatal(err)
	}
	b.eval(`(() => {
		const carried = new DataTransfer();
		for (const [name, body] of Object.entries(` + string(list) + `)) {
			carried.items.add(new File([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], name));
		}
		const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried });
		document.querySelector("[data-drop] input").dispatchEvent(drop);
		return "";
	})()`)
}

// download fetches what a link leads to.
func (b *browser) download(address string) []byte {
	b.t.Helper()
	res, err := http.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d %v", address, res.StatusCode, err)
	}
	return body
}
