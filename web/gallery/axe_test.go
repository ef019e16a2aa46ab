package gallery

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// axeFile is axe-core as npm has put it; make test does so.
const axeFile = "../../node_modules/axe-core/axe.min.js"

// audit is evaluated in a page: it opens what is folded, asks axe-core about
// the whole of it and then about each dialog, and says what WCAG 2.1 AA forbids.
const audit = `(async () => {
  const rules = {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"], iframes: false, elementRef: false};
  const found = [];
  const ask = async (where, root) => {
    for (const v of (await axe.run(root, rules)).violations)
      for (const n of v.nodes.slice(0, 4))
        found.push(where + v.id + ": " + n.target.join(" ") + " " + n.html.slice(0, 120) + " (" + n.any.concat(n.all).map((c) => c.message).join("; ").slice(0, 240) + ")");
  };
  for (const d of document.querySelectorAll("details")) d.open = true;
  document.body.getBoundingClientRect();
  for (const a of document.getAnimations()) a.finish(); // a colour on its way is nobody's colour
  await ask("", document);
  for (const d of document.querySelectorAll("dialog:not(.audited)")) {
    d.classList.add("audited");
    if (!d.open) d.showModal();
    await ask("in #" + d.id + ": ", d);
    d.close();
  }
  return JSON.stringify(found);
})()`

// TestNoPageViolatesWCAG audits each page on a desk in light and, of the same
// document, on a phone in dark.
func TestNoPageViolatesWCAG(t *testing.T) {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatalf("%v: axe-core is missing; npm ci, or make test, installs it", err)
	}
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
			run(t, tab, string(axe))
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

// violations returns what axe-core, which the page holds, objects to.
func violations(t *testing.T, tab context.Context) []string {
	t.Helper()
	text, err := chromedp.Run(tab, chromedp.Evaluate[string](audit, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheAuditFindsWhatIsWrong(t *testing.T) {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatal(err)
	}
	tab := newTab(t, time.Minute)
	do(t, tab, chromedp.Navigate("about:blank"))
	run(t, tab, string(axe))
	run(t, tab, `document.body.innerHTML = '<main><img src="data:,"><p class="p">pale</p><dialog id="d"><input></dialog></main>';
		document.querySelector(".p").style.color = "#bbb"; document.body.style.background = "#fff"`)
	found := strings.Join(violations(t, tab), "\n")
	for _, rule := range []string{"image-alt: img", "color-contrast: p", "in #d: label: ", "document-title", "html-has-lang"} {
		if !strings.Contains(found, rule) {
			t.Errorf("%s was not found:\n%s", rule, found)
		}
	}
}
