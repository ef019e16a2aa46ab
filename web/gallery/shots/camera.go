package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// camera is one browser tab.
type camera struct {
	ctx     context.Context
	cancels []context.CancelFunc
	profile string
}

func newCamera(parent context.Context) (*camera, error) {
	profile, err := os.MkdirTemp("", "gallery-")
	if err != nil {
		return nil, err
	}
	c := &camera{profile: profile}
	allocator, cancelAllocator := chromedp.NewExecAllocator(parent,
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewContext(allocator)
	c.ctx, c.cancels = ctx, []context.CancelFunc{cancel, cancelAllocator}
	if err := chromedp.Do(ctx); err != nil {
		c.close()
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	return c, nil
}

func (c *camera) close() {
	for _, cancel := range c.cancels {
		cancel()
	}
	// A profile that outlives us is in the temporary folder and harmless.
	_ = os.RemoveAll(c.profile)
}

// problems is evaluated in the page: what sticks out to the side, and what the
// security policy has blocked.
const problems = `(() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) {
    const culprits = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest("dialog"));
    found.push("scrolls sideways by " + wide + " px: " + culprits.slice(0, 3).map((e) => e.tagName + "." + e.className).join(", "));
  }
  for (const e of document.querySelectorAll("[style], style, script:not([src])")) if (!e.closest("[data-chart]")) found.push("inline " + e.tagName);
  if (!window.htmx) found.push("the script did not run");
  return found.join("; ");
})()`

const settled = `new Promise((done) => {
  window.scrollTo({ top: 0, behavior: "instant" });
  requestAnimationFrame(() => requestAnimationFrame(() => done("")));
})`

func (c *camera) shoot(url string, width int64) ([]byte, string, error) {
	ctx, cancel := context.WithTimeout(c.ctx, 30*time.Second)
	defer cancel()
	height := int64(900)
	if width < 600 {
		height = 844
	}
	err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(url))
	if err != nil {
		return nil, "", err
	}
	problem, err := chromedp.Run(ctx, chromedp.Evaluate[string](problems))
	if err != nil {
		return nil, "", err
	}
	// A refused form's field has the focus, and the page may have followed it; the
	// charts are drawn with the next frames.
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](settled, chromedp.EvalAwaitPromise)); err != nil {
		return nil, "", err
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	return png, strings.TrimSpace(problem), err
}
