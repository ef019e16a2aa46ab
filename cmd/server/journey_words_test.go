package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/web/i18n"
)

// reader is a person at the console who reads it in one of its languages. What
// they look for are the catalogue's own words.
type reader struct {
	*browser
	*i18n.Localizer
}

// inEachLanguage lets the same person do the same things in both languages.
func inEachLanguage(t *testing.T, b *browser, journey func(r reader)) {
	t.Helper()
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{i18n.EN, i18n.ZH} {
		done := t.Run(string(lang), func(t *testing.T) {
			b.t = t
			journey(reader{b, bundle.Localizer(lang)})
		})
		b.t = t
		if !done {
			return // nobody signed out
		}
	}
}

// switchLanguage uses the page's own form, unless the page is in the reader's
// language already.
func (r reader) switchLanguage() {
	r.t.Helper()
	if want := string(r.Lang()); r.eval(`document.documentElement.lang`) != want {
		r.leaves(func() { r.eval(`document.querySelector("button[name=language]").click(); ""`) })
		if got := r.eval(`document.documentElement.lang`); got != want {
			r.t.Fatalf("the page is in %s, want %s\n%s", got, want, r.page())
		}
	}
}

// says waits until the element shows the words of a key.
func (r reader) says(sel, key string, args ...any) {
	r.t.Helper()
	r.shows(sel, r.word(key, args...))
}

// word is the catalogue's for a key that it has.
func (r reader) word(key string, args ...any) string {
	r.t.Helper()
	if !r.Has(key) {
		r.t.Fatalf("no words for %s", key)
	}
	return r.T(key, args...)
}

// studies looks at a page that a journey sees for the first time.
func (r reader) studies(name string) {
	r.t.Helper()
	r.sound()
	r.look(name + "-" + string(r.Lang()))
	r.do(chromedp.EmulateViewport(wide, 900))
}

// presses clicks what leads to another page, and waits for that. The click is at
// the element, not at a place of a page that may still be scrolling to its error.
func (b *browser) presses(sel string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(sel))
	b.leaves(func() { b.eval("document.querySelector(`" + sel + "`).click(); ''") })
}

// leaves waits for the page that comes after this one.
func (b *browser) leaves(act func()) {
	b.t.Helper()
	b.eval(`window.stays = "yes"`)
	act()
	deadline := time.Now().Add(15 * time.Second)
	for {
		// Between two pages there is nothing to ask.
		arrived, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.stays === undefined && document.readyState === "complete"`))
		if err == nil && arrived {
			return
		}
		if time.Now().After(deadline) {
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

// age makes every session's last proof an old one.
func (p *product) age() {
	p.t.Helper()
	if _, err := p.server.db.Exec(p.t.Context(), `UPDATE sessions SET authenticated_at = 1`); err != nil {
		p.t.Fatal(err)
	}
}
