package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
)

// narrow is a phone's width; methods that live on a phone are bought at it.
const narrow, wide = 390, 1440

// purchase is a journey through the shop: what the payer does between the order
// and the money.
type purchase struct {
	method string
	width  int64
	pay    func(b *browser)
}

// purchases are the ways to pay, one journey each.
func purchases() []purchase {
	return []purchase{
		{"wechat_native", wide, (*browser).scanAndPay},
		{"wechat_jsapi", narrow, (*browser).tapAndPay},
		{"wechat_mini", narrow, (*browser).tapAndPay},
		{"wechat_h5", narrow, (*browser).tapAndPay},
		{"wechat_app", narrow, (*browser).tapAndPay},
		{"wechat_code", wide, (*browser).paid},
		{"alipay_qr", wide, (*browser).scanAndPay},
		{"alipay_jsapi", narrow, (*browser).tapAndPay},
		{"alipay_page", wide, (*browser).tapAndPay},
		{"alipay_wap", narrow, (*browser).tapAndPay},
		{"alipay_app", narrow, (*browser).tapAndPay},
		{"alipay_code", wide, (*browser).paid},
	}
}

// TestEveryWayToPayInTheShop buys the tea once by each method, as a person
// does, and finds it paid in the shop and announced by webhook.
func TestEveryWayToPayInTheShop(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	for _, c := range purchases() {
		t.Run(c.method, func(t *testing.T) {
			p.t = t
			b.do(chromedp.EmulateViewport(c.width, 900))
			b.order(c.method)
			b.looksSound(c.method + "-ordered")
			c.pay(b)
			b.shows(".outcome-title", "Payment received")
			b.looksSound(c.method + "-paid")
			id := b.eval(`location.pathname.split("/").pop()`)
			p.await(id, "succeeded")
			p.received("payment.succeeded", id)
		})
	}
}

// order goes to the shop, chooses the method and orders.
func (b *browser) order(method string) {
	b.t.Helper()
	b.goTo("/shop")
	b.looksSound("shop")
	b.do(chromedp.Click(`button[formaction="/shop/`+method+`"]`), chromedp.WaitVisible(`.panel .primary`))
	if strings.HasSuffix(method, "_code") {
		b.showsCode("ok")
	}
	b.looksSound(method)
	b.do(chromedp.Click(`.panel .primary`), chromedp.WaitVisible(`.facts .status`))
}

// showsCode lets the payer show a code to the till.
func (b *browser) showsCode(behaviour string) {
	b.t.Helper()
	b.do(chromedp.Click(`button[value=` + behaviour + `]`))
	b.eventually("the till reads a code", func() bool { return len(b.eval(`document.querySelector("#code")?.value ?? ""`)) == 18 })
}

// paid is for methods that take the money at once.
func (b *browser) paid() {}

// tapAndPay leaves the shop's page for the payer's client and pays there.
func (b *browser) tapAndPay() {
	b.t.Helper()
	b.do(chromedp.Click(`.handset .channel, .window .channel`))
	b.payAndReturn()
}

// scanAndPay opens the shown code on the phone and pays.
func (b *browser) scanAndPay() {
	b.t.Helper()
	b.do(chromedp.WaitVisible(`svg.qr`), chromedp.Click(`.code-panel a.channel`))
	b.payAndReturn()
}

// payAndReturn pays the order on the phone's screen and goes back to the shop.
func (b *browser) payAndReturn() {
	b.t.Helper()
	b.do(chromedp.WaitVisible(`button[value=pay]`))
	b.shows(".sum", "¥38.00")
	b.looksSound("phone")
	b.do(chromedp.Click(`button[value=pay]`), chromedp.WaitVisible(`.outcome-title`), chromedp.Click(`.to-merchant`), chromedp.WaitVisible(`.facts .status`))
}

// TestTheTillAndItsPayers charges a code whose payer must type a password, and
// one whose payer has no balance.
func TestTheTillAndItsPayers(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	for _, method := range []string{"wechat_code", "alipay_code"} {
		t.Run(method, func(t *testing.T) {
			p.t = t
			b.charge(method, "password")
			b.shows(".scan-hint", "Waiting for the payer's password")
			b.looksSound(method + "-waiting")
			b.do(chromedp.Click(`.code-panel a.channel`), chromedp.WaitVisible(`#password`))
			b.looksSound(method + "-password")
			b.do(chromedp.SendKeys(`#password`, "123456"), chromedp.Click(`button[value=confirm]`),
				chromedp.WaitVisible(`.outcome-title`), chromedp.Click(`.to-merchant`), chromedp.WaitVisible(`.facts .status`))
			// No notification tells of a code's end: the page's own asking does.
			b.shows(".outcome-title", "Payment received")

			b.charge(method, "refuse")
			b.shows(".problem-status", "422")
			b.shows(".problem code", "channel_refused")
			b.looksSound(method + "-refused")
		})
	}
}

// charge orders at the till with a payer of the behaviour.
func (b *browser) charge(method, behaviour string) {
	b.t.Helper()
	b.goTo("/shop/" + method)
	b.showsCode(behaviour)
	b.do(chromedp.Click(`.panel .primary`), chromedp.WaitVisible(`.facts`))
}

// TestAClientRefusesABrokenSignature hands a spoilt signature to the phone.
func TestAClientRefusesABrokenSignature(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	for _, method := range []string{"wechat_jsapi", "wechat_mini", "wechat_app", "alipay_app"} {
		b.order(method)
		b.do(chromedp.Click(`#spoil`), chromedp.WaitVisible(`.outcome.declined`))
		b.shows(".outcome-title", "The cashier did not open")
		b.looksSound(method + "-spoilt")
	}
}

// TestAnUnpaidOrderIsPaidAnotherWay changes the method of an order, and closes
// another.
func TestAnUnpaidOrderIsPaidAnotherWay(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	b.order("wechat_native")
	id := b.eval(`location.pathname.split("/").pop()`)
	b.do(chromedp.Click(`.change summary`), chromedp.SetValue(`#to`, "alipay_wap"), chromedp.Click(`#switch`), chromedp.WaitVisible(`.handset`))
	b.shows("h1", "alipay_wap")
	if got := b.eval(`location.pathname.split("/").pop()`); got != id {
		t.Errorf("another way to pay is another payment: %s, was %s", got, id)
	}
	// A payer who gives up comes back to an order that is still open.
	b.do(chromedp.Click(`.handset .channel`), chromedp.WaitVisible(`button[value=decline]`), chromedp.Click(`button[value=decline]`),
		chromedp.WaitVisible(`.outcome.declined`), chromedp.Click(`.to-merchant`), chromedp.WaitVisible(`.facts .status`))
	b.shows(".facts .status", "Unpaid")
	b.tapAndPay()
	b.shows(".outcome-title", "Payment received")
	p.await(id, "succeeded")

	b.order("alipay_qr")
	b.do(chromedp.Click(`.change summary`), chromedp.Click(`#close`), chromedp.WaitVisible(`.outcome.closed`))
	b.shows(".outcome-title", "Order closed")
	b.looksSound("closed")
}

// TestMoneyComesBackInTheShop refunds a paid order in two parts at Alipay and
// one in whole at WeChat.
func TestMoneyComesBackInTheShop(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	for method, parts := range map[string][]string{"alipay_qr": {"8.00", "30.00"}, "wechat_native": {"38.00"}} {
		b.order(method)
		b.scanAndPay()
		b.shows(".outcome-title", "Payment received")
		for i, amount := range parts {
			b.do(chromedp.SetValue(`#refund-amount`, amount), chromedp.Click(`#refund`))
			b.eventually("refund "+amount+" has arrived", func() bool {
				return strings.Count(b.text(".refunds li .status"), "Arrived") == i+1
			})
			b.looksSound(method + "-refunded")
		}
		if b.eval(`String(document.querySelector("#refund"))`) != "null" {
			t.Errorf("%s: an order given back in whole still offers a refund", method)
		}
		id := b.eval(`location.pathname.split("/").pop()`)
		if got := p.call("GET", "/payments/"+id, nil)["amount_refunded"]; got != 3800.0 {
			t.Errorf("%s: %v fen are refunded, want 3800", method, got)
		}
	}
}

// looksSound checks what neither a strict policy nor a narrow screen forgives.
func (b *browser) looksSound(name string) {
	b.t.Helper()
	const problems = `(() => {
	  const found = [];
	  const over = document.documentElement.scrollWidth - window.innerWidth;
	  if (over > 0) found.push("scrolls sideways by " + over + " px");
	  for (const e of document.querySelectorAll("[style], style, script:not([src])")) found.push("inline " + e.tagName);
	  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
	    if (!e.labels || e.labels.length === 0) found.push("no label: " + e.outerHTML);
	  return found.join("; ");
	})()`
	if found := b.eval(problems); found != "" {
		b.t.Errorf("%s: %s", name, found)
	}
	b.look("shop-" + name)
}

// shopOrder orders in the shop by form and returns the payment's page.
func (s *stand) shopOrder(method, amount, number string) (int, string) {
	s.t.Helper()
	form := url.Values{"amount": {amount}, "number": {number}}
	return s.ask(http.MethodPost, "/shop/"+method, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func shopStand(t *testing.T) *stand {
	s := serveWith(t, func(c *config.Config) {
		c.Demo.Enabled, c.Demo.Shop, c.Webhooks.AllowPrivate = true, true, true
	})
	s.seed()
	return s
}

func TestTheShopIsServedByTheDemoOnLoopbackAlone(t *testing.T) {
	for name, change := range map[string]func(c *config.Config){
		"a plain installation": nil,
		"the demo without it":  func(c *config.Config) { c.Demo.Enabled = true },
		"off loopback": func(c *config.Config) {
			c.Demo.Enabled, c.Demo.Shop, c.Server.BaseURL = true, true, "https://pay.example.com"
			c.Sandbox.Token, c.Access.RequireSecondFactor = "a-token-of-more-than-24-characters", config.RequirePlatform
		},
	} {
		s := serveWith(t, change)
		for _, path := range []string{"/shop", "/shop/wechat_native", "/shop/assets/shop.css"} {
			if status, _ := s.ask(http.MethodGet, path, ""); status != http.StatusNotFound {
				t.Errorf("%s serves %s: %d", name, path, status)
			}
		}
	}
	s := shopStand(t)
	for _, path := range []string{"/shop", "/shop/wechat_native", "/shop/assets/shop.css", "/shop/assets/shop.js", "/shop/assets/mark.svg"} {
		if status, text := s.ask(http.MethodGet, path, ""); status != http.StatusOK {
			t.Errorf("the demo's %s: %d %.200s", path, status, text)
		}
	}
	for _, path := range []string{"/shop/", "/shop/paypal", "/shop/assets/nothing.css", "/shop/wechat_native/pay_nothing"} {
		if status, _ := s.ask(http.MethodGet, path, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, status)
		}
	}
}

// A demo from when a sandbox merchant had one app gets the others.
func TestAnOldDemoLearnsItsApps(t *testing.T) {
	s := shopStand(t)
	apps := func() []merchants.AppID {
		accounts, err := s.merchants.Accounts(t.Context(), merchants.AccountFilter{MerchantID: s.seed().Merchant, Mode: app.Test, Channel: app.WeChat})
		if err != nil || len(accounts) != 1 {
			t.Fatalf("the demo has %d WeChat accounts, %v", len(accounts), err)
		}
		old := []merchants.AppInput{{AppID: accounts[0].AppIDs[0].AppID, Kind: merchants.AppOfficial}}
		if _, err := s.merchants.SetAppIDs(t.Context(), accounts[0].MerchantID, accounts[0].ID, old); err != nil {
			t.Fatal(err)
		}
		return accounts[0].AppIDs
	}
	first := apps() // and leaves the demo with one
	if second := apps(); len(first) != 3 || fmt.Sprint(second) != fmt.Sprint(first) {
		t.Errorf("the demo's apps are %v, and were %v", second, first)
	}
}

func TestTheShopShowsTheAPIsRefusalAsItCame(t *testing.T) {
	s := shopStand(t)
	status, text := s.shopOrder("wechat_native", "100000001", "SHOPTOOMUCH")
	for _, want := range []string{"400 Bad Request", "invalid_request", "too_large", "request_id"} {
		if status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%d: the page does not show %q", status, want)
		}
	}
	for _, amount := range []string{"", "0", "-1", "1.234", "ten"} {
		if status, text := s.shopOrder("wechat_native", amount, "SHOPAMOUNT"); status != http.StatusUnprocessableEntity || !strings.Contains(text, `aria-invalid="true"`) {
			t.Errorf("%q yuan: %d", amount, status)
		}
	}
}

func TestAFormSentTwiceOrdersOnce(t *testing.T) {
	s := shopStand(t)
	for range 2 {
		if status, text := s.shopOrder("wechat_native", "38.00", "SHOPTWICE"); status != http.StatusOK {
			t.Fatalf("%d %.300s", status, text)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM payments`); n != 1 {
		t.Errorf("there are %d payments", n)
	}
}

func TestAnotherSitesPageCannotOrderInTheShop(t *testing.T) {
	s := shopStand(t)
	form := url.Values{"amount": {"38.00"}, "number": {"SHOPFOREIGN"}}.Encode()
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		status, _ := s.ask(http.MethodPost, "/shop/wechat_native", form, "Content-Type", "application/x-www-form-urlencoded", header[0], header[1])
		if status != http.StatusForbidden {
			t.Errorf("with %s: %d, want 403", header[0], status)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM payments`); n != 0 {
		t.Errorf("there are %d payments", n)
	}
}

// Without JavaScript the page of an open payment asks again by itself.
func TestAnOpenPaymentsPageRefreshesWithoutScripts(t *testing.T) {
	s := shopStand(t)
	_, text := s.shopOrder("wechat_native", "38.00", "SHOPREFRESH")
	if !strings.Contains(text, `<noscript><meta http-equiv="refresh"`) {
		t.Error("the page never changes without scripts")
	}
	m := regexp.MustCompile(`data-poll="([^"]+)"`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the page names nothing to ask")
	}
	if status, body := s.ask(http.MethodGet, m[1], ""); status != http.StatusOK || strings.TrimSpace(body) != `{"status":"pending"}` {
		t.Errorf("%s: %d %s", m[1], status, body)
	}
	code := regexp.MustCompile(`weixin://[^"&< ]+`).FindString(text)
	if _, err := s.sandbox.Trades().Pay(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		if _, body := s.ask(http.MethodGet, m[1], ""); strings.Contains(body, "succeeded") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the page's question is never answered with succeeded")
		}
		time.Sleep(50 * time.Millisecond)
	}
}
