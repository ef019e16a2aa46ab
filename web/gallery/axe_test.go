package gallery

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/web/gallery/wcag"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// TestNoPageViolatesWCAG audits each page on a desk in light and, of the same
// document, on a phone in dark. Two browsers share the pages.
func TestNoPageViolatesWCAG(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	const browsers = 2
	for b := range browsers {
		t.Run(fmt.Sprintf("browser %d", b+1), func(t *testing.T) {
			t.Parallel()
			tab := newTab(t, 10*time.Minute)
			do(t, tab, chromedp.Navigate(server.URL+"/"))
			load(t, tab)
			for i, p := range g.Pages() {
				if i%browsers == b {
					auditPage(t, tab, server.URL, Path(p, Variant{[]i18n.Lang{i18n.ZH, i18n.EN}[i/browsers%2], layout.Light}))
				}
			}
		})
	}
}

func auditPage(t *testing.T, tab context.Context, site, path string) {
	t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
		do(t, tab, chromedp.EmulateViewport(1440, 900))
		if err := wcag.Visit(tab, site+path); err != nil {
			t.Fatal(err)
		}
		report(t, "light, 1440 px", violations(t, tab))
		run(t, tab, `document.documentElement.dataset.bsTheme = "dark"`)
		do(t, tab, chromedp.EmulateViewport(390, 844))
		report(t, "dark, 390 px", violations(t, tab))
	})
}

func report(t *testing.T, way string, found []string) {
	t.Helper()
	for _, problem := range found {
		t.Errorf("%s: %s", way, problem)
	}
}

func load(t *testing.T, tab context.Context) {
	t.Helper()
	if err := wcag.Load(tab); err != nil {
		t.Fatal(err)
	}
}

func violations(t *testing.T, tab context.Context) []string {
	t.Helper()
	found, err := wcag.Violations(tab)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheAuditFindsWhatIsWrong(t *testing.T) {
	tab := newTab(t, time.Minute)
	do(t, tab, chromedp.Navigate("about:blank"))
	load(t, tab)
	run(t, tab, `document.body.innerHTML = '<main><img src="data:,"><p class="p">pale</p><dialog id="d"><input></dialog></main>';
		document.querySelector(".p").style.color = "#bbb"; document.body.style.background = "#fff"`)
	found := strings.Join(violations(t, tab), "\n")
	for _, rule := range []string{"image-alt: img", "color-contrast: p", "in #d: label: ", "document-title", "html-has-lang"} {
		if !strings.Contains(found, rule) {
			t.Errorf("%s was not found:\n%s", rule, found)
		}
	}
}

// TestAVisitedPageIsAsIfNavigatedTo holds Visit to what a navigation does: its
// scripts run, its attributes hold, and the page before it is gone.
func TestAVisitedPageIsAsIfNavigatedTo(t *testing.T) {
	tab, _ := open(t, "sign-in", 1440)
	load(t, tab)
	if err := wcag.Visit(tab, siteOf(t, tab)+"/zh-CN/dark/home"); err != nil {
		t.Fatal(err)
	}
	holds(t, tab, `document.documentElement.lang === "zh-CN" && document.documentElement.dataset.bsTheme === "dark"`)
	holds(t, tab, `document.querySelector("[data-chart] svg") && document.documentElement.classList.contains("has-script")`)
	holds(t, tab, `!document.querySelector(".auth") && typeof axe === "object"`)
	run(t, tab, `document.querySelector("h1").style.color = "#333"`)
	if found := strings.Join(violations(t, tab), "\n"); !strings.Contains(found, "color-contrast: h1") {
		t.Errorf("what is wrong with the visited page was not found:\n%s", found)
	}
}

func siteOf(t *testing.T, tab context.Context) string {
	t.Helper()
	site, err := chromedp.Run(tab, chromedp.Evaluate[string]("location.origin"))
	if err != nil {
		t.Fatal(err)
	}
	return site
}
