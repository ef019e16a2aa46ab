package alipay_test

import (
	"strings"
	"testing"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// A payer who gives up goes to the mobile page's quit_url, from a computer back
// to the shop; who has paid goes to the signed return_url instead.
func TestAPayerWhoGivesUpIsSentBack(t *testing.T) {
	b := setup(t, trade.PublicKey)
	wap, page := open(t, b.wap(t, "quit_1")), open(t, b.page(t, "quit_2"))
	for code, want := range map[string]string{wap.code: "https://shop.example/cart", page.code: "https://shop.example/back?order=1"} {
		o, err := b.trades.Scan(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.trades.QuitURL(o); got != want {
			t.Errorf("%s: gives up to %q, want %q", o.OutTradeNo, got, want)
		}
		if o, err = b.trades.Pay(t.Context(), code); err != nil || b.trades.QuitURL(o) != "" {
			t.Errorf("a paid order gives up to %q, %v", b.trades.QuitURL(o), err)
		}
	}
	o := smartwalle.TradeWapPay{Trade: b.trade("quit_3"), QuitURL: "javascript:alert(1)"}
	o.ProductCode = "QUICK_WAP_WAY"
	u, err := b.client(t).TradeWapPay(o)
	if err != nil {
		t.Fatal(err)
	}
	if v := open(t, u); v.code != "" || !strings.Contains(v.body, "INVALID_PARAMETER") {
		t.Errorf("a script to quit to: %+v", v)
	}
}
