package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browser is a person at the console.
type browser struct {
	*product
	ctx context.Context
}

// chromium runs for all people; none shares a cookie with another.
var chromium = sync.OnceValues(func() (context.Context, error) {
	dir, err := sharedDir()
	if err != nil {
		return nil, err
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		// Whoever is not looked at goes on as fast.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("lang", "en-US"))
	first, cancelFirst := chromedp.NewContext(allocator)
	atTheEnd(func() { cancelFirst(); cancel() })
	if err := chromedp.Do(first); err != nil {
		return nil, fmt.Errorf("start the browser: %w (Debian's package chromium must be installed)", err)
	}
	return first, nil
})

func (p *product) openBrowser() *browser {
	p.t.Helper()
	running, err := chromium()
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(running, chromedp.WithNewBrowserContext())
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatal(err)
	}
	b := &browser{p, ctx}
	b.do(chromedp.EmulateViewport(wide, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: hearing})
		return err
	}))
	return b
}

// hearing keeps what a page announces: a toast goes after four seconds, whether
// or not anybody has looked.
const hearing = `addEventListener("DOMContentLoaded", () => {
	const box = document.getElementById("toasts");
	if (!box) return;
	window.announced = [...box.children].map((line) => line.textContent);
	new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => window.announced.push(n.textContent)))).observe(box, { childList: true });
})`

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.photograph("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
		b.t.Fatalf("%v\non %s", err, b.page())
	}
}

// look photographs the page at both widths, for whoever wants to see what the
// test saw, and leaves it as wide as it was.
func (b *browser) look(name string) {
	b.t.Helper()
	if os.Getenv("E2E_SHOTS") == "" {
		return
	}
	was := b.eval(`String(window.innerWidth)`)
	for _, width := range []int64{narrow, wide} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.photograph(fmt.Sprintf("%s-%d", name, width))
	}
	if was == fmt.Sprint(narrow) {
		b.takesPhone()
	}
}

// photograph writes a picture into the folder that E2E_SHOTS names, if it does.
func (b *browser) photograph(name string) {
	b.t.Helper()
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) page() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (b *browser) goTo(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.facts.URL + path)) }

// takesPhone and sitsDown change what the pages are read on.
func (b *browser) takesPhone() { b.t.Helper(); b.do(chromedp.EmulateViewport(narrow, 844)) }
func (b *browser) sitsDown()   { b.t.Helper(); b.do(chromedp.EmulateViewport(wide, 900)) }

// fits finds nothing on the page that a screen of this width could only show
// sideways.
func (b *browser) fits() {
	b.t.Helper()
	const beyond = `(() => {
		const page = document.documentElement, over = page.scrollWidth - window.innerWidth;
		if (over <= 0) return "";
		const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().left + e.scrollWidth > window.innerWidth + 1);
		return over + " px: " + out.map((e) => e.tagName + "." + e.className).slice(0, 8).join(", ");
	})()`
	if over := b.eval(beyond); over != "" {
		b.t.Errorf("%s scrolls sideways by %s", b.eval(`location.pathname`), over)
	}
}

// value reads a field of the page, text what it shows.
func (b *browser) value(sel string) string {
	b.t.Helper()
	return b.eval("document.querySelector(`" + sel + "`).value")
}

func (b *browser) text(sel string) string {
	b.t.Helper()
	return b.eval("[...document.querySelectorAll(`" + sel + "`)].map(e => e.innerText).join('\\n')")
}

func (b *browser) eval(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatalf("%s: %v\non %s", expression, err, b.page())
	}
	return s
}

// shows waits until the element shows the text.
func (b *browser) shows(sel, want string) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(b.text(sel), want) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s never showed %q on %s", sel, want, b.page())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// pressing clicks an element as a person does who sees it: in the middle of the
// screen, with nothing over it.
const pressing = `((sel) => {
	const e = document.querySelector(sel);
	if (!e) return "there is none";
	e.scrollIntoView({ block: "center", behavior: "instant" });
	const box = e.getClientRects()[0];
	if (!box) return "it is not shown";
	const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
	if (!e.contains(hit)) return "it lies under " + (hit ? hit.outerHTML.slice(0, 160) : "nothing");
	e.click();
	return "";
})`

// presses clicks what leads to another page, and waits for that. Waiting for an
// element would not do: the page that is left may have one like it, and a click at
// that goes nowhere, or somewhere else.
func (b *browser) presses(sel string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(sel))
	b.leaves(func() {
		b.t.Helper()
		if wrong := b.eval(pressing + "(`" + sel + "`)"); wrong != "" {
			b.t.Fatalf("%s cannot be pressed: %s\non %s", sel, wrong, b.page())
		}
	})
}

// leaves waits for the page that comes after this one.
func (b *browser) leaves(act func()) {
	b.t.Helper()
	b.eval(`window.stays = "yes"`)
	act()
	deadline := time.Now().Add(time.Minute)
	for {
		// Between two pages there is nothing to ask.
		arrived, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.stays === undefined && document.readyState === "complete"`))
		if err == nil && arrived {
			return
		}
		if time.Now().After(deadline) {
			b.photograph("stayed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("no page followed %s", b.page())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// has reports whether the page has such an element.
func (b *browser) has(sel string) bool {
	b.t.Helper()
	return b.eval("String(document.querySelector(`"+sel+"`) !== null)") == "true"
}

// types fills fields of the page by their names.
func (b *browser) types(pairs ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		b.eval(fmt.Sprintf(`document.querySelector("main [name='%s']").value = %q`, pairs[i], pairs[i+1]))
	}
}

// answered is the status of the answer that the page came with.
func (b *browser) answered() string {
	b.t.Helper()
	return b.eval(`String(performance.getEntriesByType("navigation")[0].responseStatus)`)
}
