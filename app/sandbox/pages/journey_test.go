package pages_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// TestJourney opens merchants, copies credentials out of the page by hand,
// orders with them, pays on the wallet and watches the notification arrive,
// all without JavaScript.
func TestJourney(t *testing.T) {
	box := sandboxtest.Start(t)
	b := openBrowser(t, false)
	b.do(chromedp.Navigate(box.URL + "/sandbox"))
	b.look("home")
	b.do(chromedp.Navigate(box.URL+"/sandbox/merchants"), chromedp.Click(`input[value=wechat]`),
		chromedp.Click(`input[value=certificate]`), chromedp.Click(`main form button`), chromedp.WaitVisible(`#mchid`))
	b.look("merchant-wechat")
	if id := b.value("#mchid"); len(id) != 10 || !strings.Contains(b.value("#private_key"), "BEGIN PRIVATE KEY") {
		t.Errorf("the WeChat merchant's page shows mchid %q", id)
	}
	b.do(chromedp.Navigate(box.URL+"/sandbox/merchants"), chromedp.Click(`input[value=alipay]`),
		chromedp.Click(`main form button`), chromedp.WaitVisible(`#app_id`))
	b.look("merchant-alipay")
	client := b.clientFromPage()
	b.do(chromedp.Navigate(box.URL + "/sandbox/merchants"))
	b.look("merchants")

	b.planDuplicate(box.URL)
	code := precreate(t, client, box, "journey_1")
	b.payInWallet(box.URL, code)
	for range 2 {
		box.Shop.Next(t)
	}
	b.declineInWallet(box.URL, precreate(t, client, box, "journey_2"))
	b.payClosed(client, box, precreate(t, client, box, "journey_3"))
	b.watchTrades(box.URL)
}

func (b *browser) clientFromPage() *smartwalle.Client {
	b.t.Helper()
	client, err := smartwalle.New(b.value("#app_id"), b.value("#app_private_key"), false,
		smartwalle.WithSandboxGateway(b.value("#gateway_url")), smartwalle.WithTimeLocation(app.Beijing),
		smartwalle.WithHTTPClient(&http.Client{Timeout: 10 * time.Second}))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := client.LoadAliPayPublicKey(b.value("#alipay_public_key")); err != nil {
		b.t.Fatal(err)
	}
	return client
}

func precreate(t *testing.T, client *smartwalle.Client, box *sandboxtest.Box, number string) string {
	t.Helper()
	var order smartwalle.TradePreCreate
	order.NotifyURL = box.Shop.URL + "/alipay"
	order.OutTradeNo, order.TotalAmount, order.Subject = number, "1288.00", "龙井明前茶 250 克礼盒装"
	rsp, err := client.TradePreCreate(context.Background(), order)
	if err != nil || rsp.Code != "10000" {
		t.Fatalf("precreate: %+v, %v", rsp, err)
	}
	return rsp.QRCode
}

func (b *browser) planDuplicate(base string) {
	b.do(chromedp.Navigate(base + "/sandbox/faults"))
	b.look("faults-wechat")
	b.do(chromedp.Click(`.tabs a:nth-child(2)`), chromedp.WaitVisible(`.tabs a:nth-child(2)[aria-current]`),
		chromedp.Click(`button[value=duplicate_notification]`), chromedp.WaitVisible(`.chip`))
	if got := b.text(".chip"); !strings.Contains(got, "重复通知") {
		b.t.Errorf("the planned fault shows as %q", got)
	}
	b.look("faults-planned")
	b.do(chromedp.Navigate(base + "/sandbox/trades"))
	b.look("trades-empty")
}

func (b *browser) openCode(base, code string) {
	b.do(chromedp.Navigate(base+"/sandbox/wallet"), chromedp.SendKeys(`#code`, code),
		chromedp.Click(`.scan button`), chromedp.WaitVisible(`.sum`))
}

func (b *browser) payInWallet(base, code string) {
	b.do(chromedp.Navigate(base + "/sandbox/wallet"))
	b.look("wallet")
	b.do(chromedp.Navigate(base+"/sandbox/wallet?code=nothing"), chromedp.WaitVisible(`.error`))
	b.look("wallet-unknown")
	b.openCode(base, code)
	if got := b.text(".sum"); got != "¥1,288.00" {
		b.t.Errorf("the wallet shows %q", got)
	}
	b.look("wallet-order")
	b.do(chromedp.Click(`button[value=pay]`), chromedp.WaitVisible(`.outcome-title`))
	if got := b.text(".outcome-title"); got != "付款成功" {
		b.t.Errorf("the result says %q", got)
	}
	b.look("wallet-paid")
	b.openCode(base, code)
	if got := b.text(".note"); got != "这笔订单已经付款。" {
		b.t.Errorf("a paid order says %q", got)
	}
}

func (b *browser) declineInWallet(base, code string) {
	b.openCode(base, code)
	b.do(chromedp.Click(`button[value=decline]`), chromedp.WaitVisible(`.outcome-title`))
	if got := b.text(".outcome-title"); got != "没有付款" {
		b.t.Errorf("the result says %q", got)
	}
	b.look("wallet-declined")
	b.openCode(base, code) // it can still be paid
	b.do(chromedp.WaitVisible(`button[value=pay]`))
}

// payClosed closes an order behind the open wallet: paying is refused with the
// reason, and late money still reaches it.
func (b *browser) payClosed(client *smartwalle.Client, box *sandboxtest.Box, code string) {
	b.openCode(box.URL, code)
	rsp, err := client.TradeClose(context.Background(), smartwalle.TradeClose{OutTradeNo: "journey_3"})
	if err != nil || rsp.Code != "10000" {
		b.t.Fatalf("close: %+v, %v", rsp, err)
	}
	b.do(chromedp.Click(`button[value=pay]`), chromedp.WaitVisible(`.note`))
	if got := b.text(".note"); got != "商户已关闭这笔订单。" {
		b.t.Errorf("a closed order says %q", got)
	}
	b.look("wallet-closed")
	b.do(chromedp.Click(`button[value=late]`), chromedp.WaitVisible(`.outcome-title`))
	box.Shop.Next(b.t)
	q, err := client.TradeQuery(context.Background(), smartwalle.TradeQuery{OutTradeNo: "journey_3"})
	if err != nil || q.TradeStatus != smartwalle.TradeStatusSuccess {
		b.t.Errorf("after the late payment the query says %+v, %v", q, err)
	}
}

func (b *browser) watchTrades(base string) {
	b.do(chromedp.Navigate(base + "/sandbox/trades"))
	b.look("trades")
	b.do(chromedp.Click(`li:nth-child(3) summary`), chromedp.WaitVisible(`li:nth-child(3) .attempts`))
	b.look("trades-open")
	before, err := chromedp.Run(b.ctx, chromedp.Nodes(`li:nth-child(3) .attempts > li`))
	if err != nil || len(before) != 2 {
		b.t.Fatalf("the duplicated notification shows %d sendings, %v", len(before), err)
	}
	b.do(chromedp.Click(`li:nth-child(3) form[action="/sandbox/trades/replay"] button`), chromedp.WaitVisible(`details[open] .attempts > li:nth-child(3)`))
	if got := b.text(`.attempts > li:nth-child(3)`); !strings.Contains(got, "手动重发") {
		b.t.Errorf("the replay shows as %q", got)
	}
}
