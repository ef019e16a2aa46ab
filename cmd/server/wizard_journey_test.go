package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAMerchantRegistersByDroppingFilesAndByAKeyMadeHere is the wizard as people
// use it who have what the channel gave them: WeChat's zip, dropped; and an Alipay
// app, whose key is made here and uploaded there.
func TestAMerchantRegistersByDroppingFilesAndByAKeyMadeHere(t *testing.T) {
	p := startProduct(t, "sqlite:"+filepath.Join(t.TempDir(), "piaohao.db"))
	b := p.openBrowser()
	b.signIn()

	given := b.sandboxMerchant("wechat", "api_v3_key", "public_key_id", "public_key", "appid")
	archive := b.download(b.eval(`document.querySelector("a[href$='credentials.zip']").href`))
	b.begin("wechat", "Dropped")
	b.look("wizard-empty")
	b.drop(map[string][]byte{"cert.zip": archive, "pub_key.pem": []byte(given["public_key"])})
	b.do(chromedp.WaitVisible(`.files`))
	b.shows(".files", "apiclient_key.pem is the merchant private key")
	b.shows(".files", "pub_key.pem is WeChat Pay’s public key")
	b.shows("main", "A private key is saved (fingerprint")
	b.look("wizard-dropped")
	b.fill(map[string]string{"api_v3_key": given["api_v3_key"], "public_key_id": given["public_key_id"], "appid": given["appid"]})
	b.shows("#checks", "Public key ID")
	b.payTo(b.save("Dropped"), "wechat_native")

	app := b.sandboxMerchant("alipay", "app_id", "seller_id", "alipay_public_key")
	merchant := b.eval(`location.pathname`)
	b.begin("alipay", "Made here")
	b.do(chromedp.Click(`.make-key button`), chromedp.WaitVisible(`#made-key`))
	b.look("wizard-key")
	draft, public := b.eval(`location.pathname`), strings.TrimSpace(b.text("#made-key pre"))
	b.goTo(merchant)
	b.do(chromedp.SetValue(`#public_key`, public), chromedp.Click(`#app-key button`), chromedp.WaitNotPresent(`#app_private_key`))
	b.goTo(draft)
	b.fill(app)
	b.shows("#checks", "is not the app’s own")
	b.payTo(b.save("Made here"), "alipay_qr")
}

// payTo takes a payment by exactly this account.
func (b *browser) payTo(account, method string) {
	b.t.Helper()
	id, code := b.create("WIZARD-"+method, method, map[string]any{"account_id": account})
	b.payInWallet(code)
	b.await(id, "succeeded")
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
