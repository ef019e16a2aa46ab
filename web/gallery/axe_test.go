package gallery

import (
	"context"
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
// document, on a phone in dark.
func TestNoPageViolatesWCAG(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	defer server.Close()
	tab := newTab(t, 10*time.Minute)
	for i, p := range g.Pages() {
		v := Variant{[]i18n.Lang{i18n.ZH, i18n.EN}[i%2], layout.Light}
		t.Run(strings.TrimPrefix(Path(p, v), "/"), func(t *testing.T) {
			do(t, tab, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+Path(p, v)))
			load(t, tab)
			report(t, "light, 1440 px", violations(t, tab))
			run(t, tab, `document.documentElement.dataset.bsTheme = "dark"`)
			do(t, tab, chromedp.EmulateViewport(390, 844))
			report(t, "dark, 390 px", violations(t, tab))
		})
	}
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
