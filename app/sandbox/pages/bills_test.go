package pages_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// sold is a merchant with payments of today, the last of which is partly
// refunded.
func sold(t *testing.T, box *sandboxtest.Box, channel app.Channel, payments int) trade.Merchant {
	t.Helper()
	trades := box.Server.Trades()
	m, err := trades.OpenMerchant(t.Context(), channel, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var last trade.Trade
	for i := range payments {
		o, _, err := trades.Create(t.Context(), trade.Order{
			Merchant: m, AppID: m.AppID, OutTradeNo: fmt.Sprintf("att_01KAV5S7Q4M0N2ZC0VY6X3W8%02d", i), TradeType: "NATIVE", Subject: "龙井茶",
			Amount: app.Money(1288_00 + i*7_35), Code: fmt.Sprintf("code-%s-%d", m.ID, i), Fingerprint: "f", Extra: "{}", ExpiresAt: time.Now().Add(time.Hour),
		})
		if err == nil {
			last, err = trades.Pay(t.Context(), o.Code)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := trades.ConsoleRefund(t.Context(), last.ID, 88_00); err != nil {
		t.Fatal(err)
	}
	return m
}

func today() app.Day { return app.DayOf(time.Now()) }

// TestBillsAreSpoiledOnThePage plans and cancels faults without JavaScript.
func TestBillsAreSpoiledOnThePage(t *testing.T) {
	box := sandboxtest.Start(t)
	b := openBrowser(t, false)
	b.do(chromedp.Navigate(box.URL + "/sandbox/bills"))
	b.look("bills-none")
	sold(t, box, app.Alipay, 2)
	sold(t, box, app.WeChat, 6)
	b.do(chromedp.Navigate(box.URL + "/sandbox"))
	b.look("home-bills")
	b.do(chromedp.Navigate(box.URL+"/sandbox/bills"), chromedp.WaitVisible(`.bill-row`))
	b.look("bills-wechat")
	b.do(chromedp.Click(`.bill-row:nth-child(3) .plant`), chromedp.WaitVisible(`#number`))
	if got := b.value("#number"); got != "att_01KAV5S7Q4M0N2ZC0VY6X3W802" {
		t.Errorf("the row's number is %q", got)
	}
	b.do(chromedp.Clear(`#delta`), chromedp.SendKeys(`#delta`, "-120"), chromedp.Click(`button[value=amount]`), chromedp.WaitVisible(`.bill-row.wrong`))
	if got := b.text(".bill-row.wrong"); !strings.Contains(got, "金额不符") || !strings.Contains(got, "¥1,301.50") {
		t.Errorf("the wrong row shows %q", got)
	}
	b.do(chromedp.Click(`button[value=missing_row]`), chromedp.WaitVisible(`.plans li:nth-child(2)`),
		chromedp.Click(`button[value=not_ready]`), chromedp.WaitVisible(`.plans li:nth-child(3)`),
		chromedp.Click(`.movements-title`), chromedp.WaitVisible(`.movement-row`))
	if got := b.text(".plans li:nth-child(1)"); !strings.Contains(got, "1 / 1") || !strings.Contains(got, "−¥1.20") {
		t.Errorf("the plan shows %q", got)
	}
	b.look("bills-spoiled")
	b.do(chromedp.Click(`.plans li:nth-child(2) button`), chromedp.WaitNotPresent(`.plans li:nth-child(3)`),
		chromedp.Click(`.planned form > button`), chromedp.WaitNotPresent(`.planned`), chromedp.WaitNotPresent(`.bill-row.wrong`))
	b.do(chromedp.Click(`.tabs a:nth-child(2)`), chromedp.WaitVisible(`.tabs a:nth-child(2)[aria-current]`), chromedp.WaitVisible(`.bill-row`))
	b.look("bills-alipay")
	b.do(chromedp.Navigate(box.URL + "/sandbox/bills?lang=en&channel=wechat"))
	b.look("bills-en")
}

func TestEveryFileOfADayIsDownloaded(t *testing.T) {
	box := sandboxtest.Start(t)
	for channel, kinds := range map[app.Channel]map[string]string{
		app.WeChat: {"ALL": "REFUND", "SUCCESS": "SUCCESS", "REFUND": "退款成功时间", "BASIC": "账户结余"},
		app.Alipay: {"trade": "", "signcustomer": ""},
	} {
		m := sold(t, box, channel, 2)
		_, page := visit(t, "GET", box.URL+"/sandbox/bills?channel="+string(channel), "", html)
		for kind, want := range kinds {
			q := url.Values{"channel": {string(channel)}, "account": {m.ID}, "day": {string(today())}, "file": {kind}}
			if link := "/sandbox/bills/file?" + q.Encode(); !strings.Contains(page, strings.ReplaceAll(link, "&", "&amp;")) {
				t.Errorf("%s: no link to %s", channel, link)
			}
			resp, body := visit(t, "GET", box.URL+"/sandbox/bills/file?"+q.Encode(), "", nil)
			if resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s %s: HTTP %d", channel, kind, resp.StatusCode)
			}
			if channel == app.Alipay {
				if _, err := zip.NewReader(strings.NewReader(body), int64(len(body))); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				continue
			}
			if !strings.HasPrefix(body, "\ufeff") || !strings.Contains(body, want) {
				t.Errorf("%s: %s", kind, body)
			}
			q.Set("tar", "GZIP")
			_, packed := visit(t, "GET", box.URL+"/sandbox/bills/file?"+q.Encode(), "", nil)
			z, err := gzip.NewReader(strings.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(z); err != nil || !bytes.HasPrefix(text, []byte("\ufeff")) {
				t.Errorf("%s packed: %s, %v", kind, text, err)
			}
		}
	}
}

func TestTheBillsPageRefusesWhatIsNotThere(t *testing.T) {
	box := sandboxtest.Start(t)
	m := sold(t, box, app.WeChat, 1)
	of := "channel=wechat&account=" + m.ID + "&day=" + string(today())
	for name, c := range map[string]struct {
		path string
		want int
	}{
		"no such day":       {"/sandbox/bills?channel=wechat&account=" + m.ID + "&day=2026-02-30", 422},
		"no such merchant":  {"/sandbox/bills?channel=wechat&account=1600000000", 404},
		"another channel's": {"/sandbox/bills?channel=alipay&account=" + m.ID, 404},
		"no such file":      {"/sandbox/bills/file?" + of + "&file=trade", 404},
		"no zip of WeChat":  {"/sandbox/bills/file?channel=alipay&tar=GZIP&file=trade&account=" + m.ID, 404},
		"a day with none":   {"/sandbox/bills?channel=wechat&account=" + m.ID + "&day=2026-01-01", 200},
	} {
		if resp, _ := visit(t, "GET", box.URL+c.path, "", html); resp.StatusCode != c.want {
			t.Errorf("%s: HTTP %d, want %d", name, resp.StatusCode, c.want)
		}
	}
	form := url.Values{"channel": {"wechat"}, "account": {m.ID}, "day": {string(today())}, "fault": {"amount"}, "count": {"1"}}
	for field, bad := range map[string]string{"count": "many", "delta": "1.5", "fault": "explode", "day": "yesterday", "account": "1600000000"} {
		f := url.Values{}
		for name, v := range form {
			f[name] = v
		}
		f.Set(field, bad)
		if status, _, _ := post(t, box.URL+"/sandbox/bills/faults/plan", f); status != 422 && status != 404 {
			t.Errorf("%s %q: HTTP %d", field, bad, status)
		}
	}
	if status, _, _ := post(t, box.URL+"/sandbox/bills/faults/cancel", url.Values{"channel": {"wechat"}}); status != 422 {
		t.Errorf("cancelling nobody's: HTTP %d", status)
	}
	if status, _, _ := post(t, box.URL+"/sandbox/bills/faults/cancel", url.Values{"fault": {"bft_none"}}); status != 404 {
		t.Errorf("cancelling none: HTTP %d", status)
	}
	// What a whole file has not, is not asked of it.
	form.Set("fault", "wrong_hash")
	form.Set("number", "att_1")
	form.Set("delta", "5")
	if status, location, _ := post(t, box.URL+"/sandbox/bills/faults/plan", form); status != 303 || !strings.Contains(location, m.ID) {
		t.Errorf("an altered file: HTTP %d to %q", status, location)
	}
}

func TestASubMerchantsBillIsItsOwn(t *testing.T) {
	box := sandboxtest.Start(t)
	m := sold(t, box, app.WeChat, 1)
	sub, err := box.Server.Trades().OpenSubMerchant(t.Context(), app.WeChat, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, page := visit(t, "GET", box.URL+"/sandbox/bills?channel=wechat&account="+sub.ID, "", html)
	if !strings.Contains(page, `<option value="`+sub.ID+`" selected>`) || strings.Contains(page, "att_01KAV5S7Q4M0N2ZC0VY6X3W800") {
		t.Error("the page does not show the sub-merchant's own bill")
	}
}
