package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/web/i18n"
)

// reader is a person at the console who reads it in one of its languages. What
// they look for are the catalogue's own words.
type reader struct {
	*browser
	*i18n.Localizer
}

// languages are the console's, each with its words.
func languages(t *testing.T) []*i18n.Localizer {
	t.Helper()
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return []*i18n.Localizer{bundle.Localizer(i18n.EN), bundle.Localizer(i18n.ZH)}
}

// inEachLanguage lets the same person do the same things in both languages.
func inEachLanguage(t *testing.T, b *browser, journey func(r reader)) {
	t.Helper()
	for _, words := range languages(t) {
		done := t.Run(string(words.Lang()), func(t *testing.T) {
			b.t = t
			journey(reader{b, words})
		})
		b.t = t
		if !done {
			return // nobody signed out
		}
	}
}

// onEachEngine lets a person do the same things twice, in other words each time:
// in English on SQLite, in Chinese on MariaDB or MySQL.
func onEachEngine(t *testing.T, journey func(r reader)) {
	t.Helper()
	urls := []func(testing.TB, ...dbtest.Option) string{dbtest.SQLiteURL, dbtest.MySQLURL}
	for i, engine := range []string{"sqlite", "mysql"} {
		words := languages(t)[i]
		t.Run(string(words.Lang())+" on "+engine, func(t *testing.T) {
			journey(reader{startProduct(t, urls[i](t)).openBrowser(), words})
		})
	}
}

// beside is another person with a browser of their own, who reads the same language.
func (r reader) beside() reader {
	r.t.Helper()
	return reader{r.openBrowser(), r.Localizer}
}

// signsIn goes through the door in the reader's language.
func (r reader) signsIn(email, password string) {
	r.t.Helper()
	r.goTo("/console/sign-in")
	r.switchLanguage()
	r.do(chromedp.SendKeys(`input[name=email]`, email), chromedp.SendKeys(`input[name=password]`, password))
	r.presses(`main button[type=submit]`)
	r.do(chromedp.WaitVisible(`.topbar`))
	r.switchLanguage()
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

// isTold waits until the page has announced the words of a key.
func (r reader) isTold(key string, args ...any) {
	r.t.Helper()
	want := r.word(key, args...)
	r.eventually("“"+want+"” is announced", func() bool { return strings.Contains(r.eval(`(window.announced ?? []).join("\n")`), want) })
}

// word is the catalogue's for a key that it has.
func (r reader) word(key string, args ...any) string {
	r.t.Helper()
	if !r.Has(key) {
		r.t.Fatalf("no words for %s", key)
	}
	return r.T(key, args...)
}

// around is what the words of a key say beside a place whose value nobody here
// knows.
func (r reader) around(key, place string, args ...any) string {
	r.t.Helper()
	before, after, _ := strings.Cut(r.word(key, append(args, place, "\x00")...), "\x00")
	if len(after) > len(before) {
		return after
	}
	return before
}

// studies looks at a page that a journey sees for the first time, at the desk and
// on a phone. That nothing of it violates WCAG does not depend on the words: once
// is enough.
func (r reader) studies(name string) {
	r.t.Helper()
	if r.Lang() == i18n.EN {
		r.sound()
	}
	r.look(name + "-" + string(r.Lang()))
	r.takesPhone()
	r.fits()
	r.sitsDown()
}

// age makes every session's last proof an old one.
func (p *product) age() {
	p.t.Helper()
	if _, err := p.server.db.Exec(p.t.Context(), `UPDATE sessions SET authenticated_at = 1`); err != nil {
		p.t.Fatal(err)
	}
}
