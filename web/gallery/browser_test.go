package gallery

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// console answers as the console does: the gallery in English, and what its
// pages ask for, which it keeps.
type console struct {
	*Gallery
	mu    sync.Mutex
	asked []*http.Request // what the pages sent, without the gallery's own pages
}

func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/console") {
		c.Gallery.ServeHTTP(w, r)
		return
	}
	// Forms with files come as multipart, all others encoded in the URL.
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		_ = r.ParseForm()
	}
	c.mu.Lock()
	c.asked = append(c.asked, r)
	c.mu.Unlock()
	w.Header().Set("Content-Security-Policy", Policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v := Variant{i18n.EN, layout.Light}
	ctx, _ := c.Render(r.Context(), c.pages[0], v)
	s := shell(ctx, v, c.files.URL)
	switch {
	case strings.HasSuffix(r.URL.Path, "/check"):
		form := pages.WizardCredentials{Checks: []components.Check{
			{Code: "wechat.api_v3_key_length", Status: "failed", Args: map[string]string{"length": "5"}},
		}}
		_ = pages.WizardFindings(form).Render(ctx, w)
	case strings.HasSuffix(r.URL.Path, "/payments"):
		f := pages.PaymentFilters{Query: r.Form.Get("q"), Status: r.Form.Get("status")}
		_ = pages.PaymentsPage(paymentList(ctx, s, f, 2)).Render(ctx, w)
	case r.URL.Path == "/console/broken":
		http.Error(w, `{"code":"internal"}`, http.StatusInternalServerError)
	default:
		_, _ = w.Write([]byte("done"))
	}
}

// last is the newest request that a page has sent.
func (c *console) last() *http.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == 0 {
		return nil
	}
	return c.asked[len(c.asked)-1]
}

// open starts a browser at a page of the gallery, in English.
func open(t *testing.T, page string, width int64) (context.Context, *console) {
	t.Helper()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{Gallery: g}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	ctx := newTab(t, time.Minute)
	do(t, ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(server.URL+"/en/light/"+page))
	return ctx, c
}

// newTab starts a browser that lives as long as the test, and at most for the time.
func newTab(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	allocator, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(cancel)
	tab, cancelTab := chromedp.NewContext(allocator)
	t.Cleanup(cancelTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	ctx, cancelTime := context.WithTimeout(tab, limit)
	t.Cleanup(cancelTime)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// holds waits until an expression is true in the page.
func holds(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never became true (%v): %s", err, expression)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func run(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](script+"; null")); err != nil {
		t.Fatal(err)
	}
}

func TestFilterReplacesTheListAndTheAddress(t *testing.T) {
	ctx, c := open(t, "payments", 1440)
	holds(t, ctx, `document.querySelectorAll("#list tbody tr").length === 20`)
	run(t, ctx, `const s = document.getElementById("filter-status"); s.value = "closed"; s.dispatchEvent(new Event("change", {bubbles: true}))`)
	holds(t, ctx, `document.querySelectorAll("#list tbody tr").length === 2`)
	holds(t, ctx, `location.pathname.endsWith("/payments") && location.search === "?status=closed"`)
	holds(t, ctx, `document.querySelector("#list .chip-value").textContent === "Closed"`)
	if got := c.last().Form.Encode(); got != "status=closed" {
		t.Errorf("the filter sent %q", got)
	}
}

func TestChecksAppearWhileTheFormIsFilledIn(t *testing.T) {
	ctx, c := open(t, "wizard-wechat-empty", 1440)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#field-api_v3_key"), "short"))
	run(t, ctx, `document.getElementById("field-api_v3_key").dispatchEvent(new Event("change", {bubbles: true}))`)
	holds(t, ctx, `document.querySelector("#checks .check-title")?.textContent.includes("5 characters instead of 32")`)
	holds(t, ctx, `document.getElementById("field-api_v3_key").value === "short"`)
	r := c.last()
	if r.Method != http.MethodPost || r.Header.Get("X-CSRF-Token") != "c3JmLXRva2Vu" || r.Form.Get("api_v3_key") != "short" {
		t.Errorf("%s with token %q and key %q", r.Method, r.Header.Get("X-CSRF-Token"), r.Form.Get("api_v3_key"))
	}
}

func TestFieldsOfTheOtherModeAreHidden(t *testing.T) {
	ctx, _ := open(t, "wizard-wechat-empty", 390)
	const hidden = `getComputedStyle(document.getElementById("field-public_key").closest(".for-public-key")).display === "none"`
	holds(t, ctx, `!(`+hidden+`)`)
	do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="mode"][value="certificate"]`)))
	holds(t, ctx, hidden)
	do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="mode"][value="both"]`)))
	holds(t, ctx, `!(`+hidden+`)`)
}

func TestKeysSearchHelpAndGo(t *testing.T) {
	ctx, c := open(t, "home-quiet", 1440)
	do(t, ctx, chromedp.KeyEvent("/"))
	holds(t, ctx, `document.activeElement.id === "global-search"`)
	run(t, ctx, `document.activeElement.blur()`)
	do(t, ctx, chromedp.KeyEvent("?"))
	holds(t, ctx, `document.getElementById("shortcuts").open`)
	run(t, ctx, `document.getElementById("shortcuts").close()`)
	do(t, ctx, chromedp.KeyEvent("g"), chromedp.KeyEvent("p"))
	holds(t, ctx, `location.pathname.endsWith("/live/payments")`)
	if r := c.last(); !strings.HasSuffix(r.URL.Path, "/live/payments") {
		t.Errorf("went to %s", r.URL.Path)
	}
}

func TestDangerousActAsksForTheName(t *testing.T) {
	ctx, c := open(t, "keys", 1440)
	do(t, ctx, chromedp.Click(chromedp.CSS(`[data-opens="revoke-key_1"]`)))
	holds(t, ctx, `document.getElementById("revoke-key_1").open`)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#revoke-key_1-typed"), "Order"), chromedp.Click(chromedp.CSS(`#revoke-key_1 [type="submit"]`)))
	holds(t, ctx, `document.getElementById("revoke-key_1-typed").matches(":invalid")`)
	if c.last() != nil {
		t.Error("the form was sent with the wrong name")
	}
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#revoke-key_1-typed"), " service"), chromedp.Click(chromedp.CSS(`#revoke-key_1 [type="submit"]`)))
	holds(t, ctx, `location.pathname.endsWith("/keys/key_1/revoke")`)
	if r := c.last(); r == nil || r.Form.Get("_csrf") != "c3JmLXRva2Vu" || r.Form.Get("confirm") != "Order service" {
		t.Errorf("sent %v", r)
	}
}

func TestPhoneOpensTheNavigation(t *testing.T) {
	ctx, _ := open(t, "payments", 390)
	const shown = `getComputedStyle(document.getElementById("sidebar")).display !== "none"`
	holds(t, ctx, `!(`+shown+`)`)
	do(t, ctx, chromedp.Click(chromedp.CSS(".nav-open")))
	holds(t, ctx, shown)
	do(t, ctx, chromedp.Click(chromedp.CSS(`.filter-toggle`)))
	holds(t, ctx, `!(`+shown+`)`)
}

func TestRefusedFormFocusesTheWrongField(t *testing.T) {
	ctx, _ := open(t, "key-new", 1440)
	holds(t, ctx, `document.activeElement.id === "field-allowed_ips"`)
}

func TestServerErrorKeepsThePageAndSaysSo(t *testing.T) {
	ctx, _ := open(t, "payments", 1440)
	run(t, ctx, `htmx.ajax("GET", "/console/broken", {target: "#list"})`)
	holds(t, ctx, `document.querySelector("#toasts .toast-bad")?.textContent.includes("failed on our side")`)
	holds(t, ctx, `document.querySelectorAll("#list tbody tr").length === 20`)
}
