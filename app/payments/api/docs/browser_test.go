package docs_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func openBrowser(t *testing.T) context.Context {
	t.Helper()
	allocator, end := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	t.Cleanup(end)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser (Debian's package chromium): %v", err)
	}
	return ctx
}

// problems is what a narrow screen, a strict policy or a reader's eyes would
// not forgive: sideways scrolling, a style sheet that did not load, text too
// close to its background.
const problems = `(() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) {
    const out = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest("pre"));
    found.push("scrolls sideways by " + wide + " px: " + out.slice(0, 3).map((e) => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40)).join(", "));
  }
  if (document.styleSheets.length !== 1) found.push(document.styleSheets.length + " style sheets");
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[0-9.]+/g).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!c.endsWith(", 0)")) return c;
    }
    return "rgb(255, 255, 255)";
  };
  for (const e of document.querySelectorAll("p, a, code, .field-type, .verb, .status, .label, .nav-title, .required, figcaption, td")) {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) found.push(e.className + " " + e.tagName + " has contrast " + contrast.toFixed(1));
  }
  return [...new Set(found)].join("; ");
})()`

func TestPagesHoldOnEveryScreen(t *testing.T) {
	f := site(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = f.Listener(listener) }()
	t.Cleanup(func() {
		if err := f.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		<-done
	})
	browser := openBrowser(t)
	for _, path := range []string{"/docs?lang=en", "/docs?lang=zh-CN", "/docs/errors?lang=en", "/docs/errors?lang=zh-CN"} {
		for _, width := range []int64{390, 820, 1440} {
			for _, scheme := range []string{"light", "dark"} {
				url := "http://" + listener.Addr().String() + path
				if got := look(browser, t, url, width, scheme); got != "" {
					t.Errorf("%s at %d px, %s: %s", path, width, scheme, got)
				}
			}
		}
	}
}

func look(browser context.Context, t *testing.T, url string, width int64, scheme string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser, time.Minute)
	defer cancel()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](problems))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
