// Package wcag has axe-core look at a page in a browser for what WCAG 2.1 AA
// forbids. It is for tests.
package wcag

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/chromedp/chromedp"
)

// audit is evaluated in a page: it opens what is folded, asks axe-core about
// the whole of it and then about each dialog, and says what is wrong. What it
// has looked at already it does not look at again: a dialog that is the same on
// many pages, in the same theme, and style sheets that forbid turning the phone.
const audit = `(async () => {
  const seen = window.auditSeen ??= new Set();
  const fresh = (what) => !seen.has(what) && seen.add(what);
  const theme = document.documentElement.dataset.bsTheme + " ";
  const sheets = fresh("sheets " + [...document.styleSheets].map((s) => s.href).join());
  const rules = {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"], iframes: false, elementRef: false,
    rules: {"css-orientation-lock": {enabled: sheets}}, preload: sheets};
  const found = [];
  const ask = async (where, root) => {
    for (const v of (await axe.run(root, rules)).violations)
      for (const n of v.nodes.slice(0, 4))
        found.push(where + v.id + ": " + n.target.join(" ") + " " + n.html.slice(0, 120) + " (" + n.any.concat(n.all).map((c) => c.message).join("; ").slice(0, 240) + ")");
  };
  const folded = [...document.querySelectorAll("details:not([open])")];
  for (const d of folded) d.open = true;
  document.body.getBoundingClientRect();
  for (const a of document.getAnimations()) a.finish(); // a colour on its way is nobody's colour
  await ask("", document);
  for (const d of document.querySelectorAll("dialog")) {
    if (!fresh(theme + d.outerHTML)) continue;
    const open = d.open;
    if (!open) d.showModal();
    await ask("in #" + d.id + ": ", d);
    if (!open) d.close();
  }
  for (const d of folded) d.open = false;
  return JSON.stringify(found);
})()`

// visit is evaluated with a page's address: it puts that page in the place of
// the present one, with its scripts run, in the same window. So axe-core stays,
// compiled, which a navigation would throw away.
const visit = `(async (url) => {
  const html = await (await fetch(url)).text();
  await new Promise((done) => {
    document.open();
    window.addEventListener("load", done, {once: true});
    document.write(html);
    document.close();
  });
})(%q)`

// Visit shows another page of the site in a tab that holds axe-core and a page
// of the same site with the same security policy.
func Visit(ctx context.Context, url string) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[any](fmt.Sprintf(visit, url)+".then(() => null)", chromedp.EvalAwaitPromise))
	return err
}

// Load puts axe-core into the page that the browser's tab shows. It fails where
// npm has not installed it.
func Load(ctx context.Context) error {
	_, here, _, _ := runtime.Caller(0)
	file := filepath.Join(filepath.Dir(here), "../../../node_modules/axe-core/axe.min.js")
	script, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: axe-core is missing; npm ci, or make test, installs it", err)
	}
	_, err = chromedp.Run(ctx, chromedp.Evaluate[any](string(script)+"; null"))
	return err
}

// Violations says what is wrong with the page, which holds axe-core: the rule,
// the element, and why.
func Violations(ctx context.Context) ([]string, error) {
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](audit, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	var found []string
	return found, json.Unmarshal([]byte(text), &found)
}
