package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/web/gallery/wcag"
)

// sound has axe-core look at the page: nothing on it may violate WCAG 2.1 AA.
func (b *browser) sound() {
	b.t.Helper()
	if err := wcag.Load(b.ctx); err != nil {
		b.t.Fatal(err)
	}
	found, err := wcag.Violations(b.ctx)
	if err != nil {
		b.t.Fatalf("%v\non %s", err, b.page())
	}
	for _, problem := range found {
		b.t.Errorf("%s: %s", b.eval(`location.pathname`), problem)
	}
}

// TestNoRunningPageViolatesWCAG follows every link of the navigation, as its
// owner and the platform's administrator sees it, and opens the sandbox's pages.
// The gallery's test looks at each page in all its states; this one at the pages
// as they are put together.
func TestNoRunningPageViolatesWCAG(t *testing.T) {
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	b.signIn()
	id, code := p.create("WCAG-1", "wechat_native", nil)
	b.payInWallet(code)
	p.await(id, "succeeded")
	b.goTo("/console")
	links := strings.Fields(b.eval(`[...document.querySelectorAll("#sidebar a[href^='/console']")].map(a => a.getAttribute("href")).join("\n")`))
	if len(links) < 12 {
		t.Fatalf("the navigation has only %d links", len(links))
	}
	pages := append(links, "/console/m/"+p.facts.Merchant+"/test/payments/"+id,
		"/sandbox/merchants", "/sandbox/wallet", "/sandbox/wallet?code="+url.QueryEscape(code), "/sandbox/wallet/code?channel=alipay", "/sandbox/bills", "/sandbox/trades", "/sandbox/faults", "/sandbox/inbox/"+demoInbox)
	for _, page := range pages {
		b.goTo(page)
		b.sound()
	}
}
