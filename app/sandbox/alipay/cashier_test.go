package alipay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// page is an order for a browser on a desk.
func (b *box) page(t *testing.T, number string, changes ...func(*smartwalle.TradePagePay)) *url.URL {
	t.Helper()
	o := smartwalle.TradePagePay{Trade: b.trade(number)}
	o.ProductCode, o.ReturnURL = "FAST_INSTANT_TRADE_PAY", "https://shop.example/back?order=1"
	for _, change := range changes {
		change(&o)
	}
	u, err := b.client(t).TradePagePay(o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (b *box) wap(t *testing.T, number string) *url.URL {
	t.Helper()
	o := smartwalle.TradeWapPay{Trade: b.trade(number), QuitURL: "https://shop.example/cart"}
	o.ProductCode, o.ReturnURL = "QUICK_WAP_WAY", "https://shop.example/back"
	u, err := b.client(t).TradeWapPay(o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// visited is what a browser gets for an address.
type visited struct {
	status int
	code   string // of the cashier it is sent to
	body   string
}

func visit(t *testing.T, send func(c *http.Client) (*http.Response, error)) visited {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := send(browser)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	v := visited{status: resp.StatusCode, body: string(body)}
	if to, ok := strings.CutPrefix(resp.Header.Get("Location"), walletURL+"?code="); ok {
		if v.code, err = url.QueryUnescape(to); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func open(t *testing.T, u *url.URL) visited {
	t.Helper()
	return visit(t, func(c *http.Client) (*http.Response, error) { return c.Get(u.String()) })
}

// TestTheBrowsersCashiers follows a page order and a WAP order with the SDK
// that signs them: opened, paid, announced, and the payer sent back.
func TestTheBrowsersCashiers(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		for method, u := range map[string]*url.URL{"alipay.trade.page.pay": b.page(t, "page_1"), "alipay.trade.wap.pay": b.wap(t, "wap_1")} {
			number := strings.Split(method, ".")[2] + "_1"
			t.Run(number, func(t *testing.T) { b.followCashier(t, method, number, u) })
		}
	})
}

func (b *box) followCashier(t *testing.T, method, number string, u *url.URL) {
	ctx, c := context.Background(), b.client(t)
	b.wantQuery(t, c, number, "ACQ.TRADE_NOT_EXIST", "")
	first := open(t, u)
	if first.status != http.StatusFound || first.code == "" {
		t.Fatalf("opened: %+v", first)
	}
	if again := open(t, u); again.code != first.code {
		t.Errorf("opened again: another order, %q", again.code)
	}
	b.wantQuery(t, c, number, "ACQ.TRADE_NOT_EXIST", "") // nobody has seen the cashier yet
	if _, err := b.trades.Scan(ctx, first.code); err != nil {
		t.Fatal(err)
	}
	b.wantQuery(t, c, number, "", "WAIT_BUYER_PAY")
	paid, err := b.trades.Pay(ctx, first.code)
	if err != nil {
		t.Fatal(err)
	}
	b.wantQuery(t, c, number, "", "TRADE_SUCCESS")
	b.deliver(t)
	if n := b.last(t); n.OutTradeNo != number || n.TradeStatus != "TRADE_SUCCESS" {
		t.Errorf("notification %+v", n)
	}
	if v := open(t, u); v.status != http.StatusOK || !strings.Contains(v.body, "TRADE_HAS_SUCCESS") {
		t.Errorf("opened after paying: %d %s", v.status, v.body)
	}
	b.wantReturn(t, c, method, paid)
}

// wantReturn checks where the payer goes after paying.
func (b *box) wantReturn(t *testing.T, c *smartwalle.Client, method string, paid trade.Trade) {
	t.Helper()
	back, err := b.trades.ReturnURL(context.Background(), paid)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil || u.Host != "shop.example" || u.Path != "/back" {
		t.Fatalf("return to %q, %v", back, err)
	}
	q := u.Query()
	if (q.Get("order") == "1") != (method == "alipay.trade.page.pay") {
		t.Errorf("the shop's own parameters: %v", q)
	}
	q.Del("order")
	if err := c.VerifySign(context.Background(), q); err != nil {
		t.Errorf("the way back does not verify: %v", err)
	}
	for name, want := range map[string]string{
		"out_trade_no": paid.OutTradeNo, "trade_no": paid.ChannelTradeNo, "total_amount": "12.30", "method": method + ".return",
		"app_id": b.merchant.ID, "auth_app_id": b.merchant.ID, "seller_id": b.merchant.SellerID,
	} {
		if q.Get(name) != want {
			t.Errorf("return: %s %q, want %q", name, q.Get(name), want)
		}
	}
	q.Set("total_amount", "0.01")
	if err := c.VerifySign(context.Background(), q); err == nil {
		t.Error("a changed way back verifies")
	}
}

// last is the newest notification, verified.
func (b *box) last(t *testing.T) *smartwalle.Notification {
	t.Helper()
	forms := b.shop.received()
	if len(forms) == 0 {
		t.Fatal("no notification")
	}
	n, err := b.client(t).DecodeNotification(context.Background(), forms[len(forms)-1])
	if err != nil {
		t.Fatalf("the notification does not verify: %v", err)
	}
	return n
}

func TestABrowserMayPostTheOrder(t *testing.T) {
	b := setup(t, trade.PublicKey)
	u := b.page(t, "post_1")
	v := visit(t, func(c *http.Client) (*http.Response, error) { return c.PostForm(b.gateway, u.Query()) })
	if v.status != http.StatusFound || v.code == "" {
		t.Errorf("posted: %+v", v)
	}
}

// TestAPayerSeesWhyAnOrderIsNoGood: a page with the code, never JSON, and
// nothing is recorded.
func TestAPayerSeesWhyAnOrderIsNoGood(t *testing.T) {
	b := setup(t, trade.PublicKey)
	other := setup(t, trade.PublicKey)
	change := func(u *url.URL, name, value string) *url.URL {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u
	}
	for name, c := range map[string]struct {
		url  *url.URL
		code string
	}{
		"changed":           {change(b.page(t, "bad_1"), "biz_content", `{"out_trade_no":"bad_1","total_amount":"0.01","subject":"x","product_code":"FAST_INSTANT_TRADE_PAY"}`), "isv.invalid-signature"},
		"another's app":     {change(b.page(t, "bad_1"), "app_id", other.merchant.ID), "isv.invalid-app-id"},
		"unsigned":          {change(b.page(t, "bad_1"), "sign", ""), "isv.missing-signature"},
		"another product":   {b.page(t, "bad_1", func(o *smartwalle.TradePagePay) { o.ProductCode = "QUICK_WAP_WAY" }), "INVALID_PARAMETER"},
		"no product":        {b.page(t, "bad_1", func(o *smartwalle.TradePagePay) { o.ProductCode = "" }), "INVALID_PARAMETER"},
		"no amount":         {b.page(t, "bad_1", func(o *smartwalle.TradePagePay) { o.TotalAmount = "" }), "INVALID_PARAMETER"},
		"a script to go to": {b.page(t, "bad_1", func(o *smartwalle.TradePagePay) { o.ReturnURL = "javascript:alert(1)" }), "isv.invalid-parameter"},
		"expired":           {b.page(t, "bad_1", func(o *smartwalle.TradePagePay) { o.TimeExpire = "2020-01-01 00:00:00" }), "NOW_TIME_AFTER_EXPIRE_TIME_ERROR"},
	} {
		v := open(t, c.url)
		if v.status != http.StatusOK || !strings.Contains(v.body, `id="error-code">`+c.code+"<") || strings.HasPrefix(v.body, "{") {
			t.Errorf("%s: %d %s, want %s", name, v.status, v.body, c.code)
		}
	}
	if _, err := b.trades.ByNumber(context.Background(), b.merchant.ID, "bad_1"); !app.Is(err, app.NotFound) {
		t.Errorf("a refused order left a trade: %v", err)
	}
}

func TestARefusalPageEscapesWhatItShows(t *testing.T) {
	b := setup(t, trade.PublicKey)
	u := b.page(t, "bad_1")
	q := u.Query()
	q.Set("biz_content", "<script>alert(1)</script>")
	u.RawQuery = q.Encode()
	if v := open(t, u); strings.Contains(v.body, "<script>") || !strings.Contains(v.body, "&lt;script&gt;") {
		t.Errorf("page: %s", v.body)
	}
}

// TestANumberStandsForOneOrder: once a payer has seen it, another order under
// its number is refused, whatever cashier it is for.
func TestANumberStandsForOneOrder(t *testing.T) {
	b := setup(t, trade.PublicKey)
	dearer := func(o *smartwalle.TradePagePay) { o.TotalAmount = "99.00" }
	first := open(t, b.page(t, "one_1"))
	changed := open(t, b.page(t, "one_1", dearer))
	if changed.code == "" || changed.code == first.code {
		t.Fatalf("before anybody saw it, a changed order takes its place: %+v", changed)
	}
	if _, err := b.trades.Scan(context.Background(), changed.code); err != nil {
		t.Fatal(err)
	}
	if v := open(t, b.page(t, "one_1")); !strings.Contains(v.body, "CONTEXT_INCONSISTENT") {
		t.Errorf("after that: %+v", v)
	}
	if rsp := b.precreate(t, b.client(t), b.order("one_1")); rsp.SubCode != "ACQ.CONTEXT_INCONSISTENT" {
		t.Errorf("as a QR code: %+v", rsp)
	}
}

func TestTheEndOfACashiersOrderIsAnnounced(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, b *box, number string){
		"closed": func(t *testing.T, b *box, number string) {
			rsp, err := b.client(t).TradeClose(context.Background(), smartwalle.TradeClose{OutTradeNo: number})
			if err != nil || rsp.Code != "10000" {
				t.Errorf("close: %+v, %v", rsp, err)
			}
		},
		"expired": func(_ *testing.T, b *box, _ string) { b.clock.advance(31 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, trade.PublicKey)
			v := open(t, b.page(t, "end_1"))
			if _, err := b.trades.Scan(context.Background(), v.code); err != nil {
				t.Fatal(err)
			}
			end(t, b, "end_1")
			b.deliver(t)
			n := b.last(t)
			if n.TradeStatus != smartwalle.TradeStatusClosed || n.OutTradeNo != "end_1" || n.GmtClose == "" || n.GmtPayment != "" || n.RefundFee != "" {
				t.Errorf("notification %+v", n)
			}
		})
	}
}

func TestAnAppsOrderString(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		ctx, c := context.Background(), b.client(t)
		o := smartwalle.TradeAppPay{Trade: b.trade("app_1")}
		o.ProductCode = "QUICK_MSECURITY_PAY"
		order, err := c.TradeAppPay(o)
		if err != nil {
			t.Fatal(err)
		}
		b.wantQuery(t, c, "app_1", "ACQ.TRADE_NOT_EXIST", "")
		made, err := b.api.Invoke(ctx, map[string]string{"order_string": order})
		if err != nil || made.OutTradeNo != "app_1" {
			t.Fatalf("opened: %+v, %v", made, err)
		}
		b.wantQuery(t, c, "app_1", "", "WAIT_BUYER_PAY")
		if again, err := b.api.OpenOrderString(ctx, order); err != nil || again.Code != made.Code {
			t.Errorf("opened again: %+v, %v", again, err)
		}
		if _, err := b.trades.Pay(ctx, made.Code); err != nil {
			t.Fatal(err)
		}
		b.deliver(t)
		if n := b.last(t); n.TradeStatus != "TRADE_SUCCESS" || n.OutTradeNo != "app_1" {
			t.Errorf("notification %+v", n)
		}
	})
}

func TestAForgedOrderStringOpensNothing(t *testing.T) {
	b := setup(t, trade.PublicKey)
	o := smartwalle.TradeAppPay{Trade: b.trade("app_1")}
	good, err := b.client(t).TradeAppPay(o) // the product may be left out
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ order, reason string }{
		"changed":        {strings.Replace(good, "12.30", "00.01", 1), "isv.invalid-signature"},
		"nobody's app":   {strings.Replace(good, b.merchant.ID, "9021000000000000", 1), "isv.invalid-app-id"},
		"another method": {strings.Replace(good, "app.pay", "page.pay", 1), ""},
		"no query":       {"%zz", ""},
	} {
		_, err := b.api.OpenOrderString(context.Background(), c.order)
		var e *app.Error
		if !errors.As(err, &e) || e.Code != app.Invalid || c.reason != "" && e.Reason != c.reason {
			t.Errorf("%s: %v, want %s", name, err, c.reason)
		}
	}
	if _, err := b.trades.ByNumber(context.Background(), b.merchant.ID, "app_1"); !app.Is(err, app.NotFound) {
		t.Errorf("a forged order left a trade: %v", err)
	}
	if _, err := b.api.OpenOrderString(context.Background(), good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// TestABrowserMeetsFaultsToo: what needs no signature to show.
func TestABrowserMeetsFaultsToo(t *testing.T) {
	for fault, want := range map[trade.Fault]struct {
		status   int
		happened bool
	}{
		trade.Garbage: {http.StatusBadGateway, false}, trade.HTTP500: {http.StatusInternalServerError, false}, trade.RateLimit: {http.StatusOK, false},
	} {
		b := setup(t, trade.PublicKey)
		b.plan(t, fault)
		v := open(t, b.page(t, "fault_1"))
		_, err := b.trades.ByNumber(context.Background(), b.merchant.ID, "fault_1")
		if v.status != want.status || v.code != "" || (err == nil) != want.happened {
			t.Errorf("%s: %+v, trade %v", fault, v, err)
		}
		if v := open(t, b.page(t, "fault_1")); v.code == "" {
			t.Errorf("%s: after it %+v", fault, v)
		}
	}
}
