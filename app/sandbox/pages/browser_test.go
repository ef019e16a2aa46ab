package pages_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is one tab. Scripts of pages are switched off: everything must work
// without them.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func openBrowser(t *testing.T, scripts bool) *browser {
	t.Helper()
	allocator, end := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("accept-lang", "zh-CN"))
	t.Cleanup(end)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser (Debian's package chromium): %v", err)
	}
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, ctx: ctx}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("at %s: %v", b.location(), err)
	}
}

func (b *browser) location() string {
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return at
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.TextContent(selector))
	if err != nil {
		b.t.Fatalf("read %s at %s: %v", selector, b.location(), err)
	}
	return strings.TrimSpace(text)
}

func (b *browser) value(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Value(selector))
	if err != nil {
		b.t.Fatalf("read %s at %s: %v", selector, b.location(), err)
	}
	return text
}

// problems is what a strict policy or a narrow screen would not forgive.
const problems = `(() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) found.push("scrolls sideways by " + wide + " px");
  for (const e of document.querySelectorAll("[style], style, script:not([src])")) found.push("inline " + e.tagName);
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!e.labels || e.labels.length === 0) found.push("no label: " + e.outerHTML);
  return found.join("; ");
})()`

// look checks the page at both widths. With SANDBOX_SHOTS naming a folder it
// also takes pictures there, light and dark.
func (b *browser) look(name string) {
	b.t.Helper()
	for _, width := range []int64{1440, 390} {
		b.do(chromedp.EmulateViewport(width, 900))
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](problems))
		if err != nil {
			b.t.Fatal(err)
		}
		if found != "" {
			b.t.Errorf("%s at %d px: %s", name, width, found)
		}
		b.shoot(name, width)
	}
	b.do(chromedp.EmulateViewport(1440, 900))
}

func (b *browser) shoot(name string, width int64) {
	b.t.Helper()
	dir := os.Getenv("SANDBOX_SHOTS")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			b.t.Fatal(err)
		}
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
		if err := os.WriteFile(file, png, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}
