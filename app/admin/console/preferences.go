package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
)

const preferenceLife = 365 * 24 * time.Hour

// readPreferences takes language and theme from the cookies, and the language
// from the browser where there is none.
func (c *Console) readPreferences(r *request) {
	r.lang = i18n.Lang(r.Cookies(c.cookieName(languageCookie)))
	if !r.lang.Valid() {
		r.lang = c.Words.Match(r.Get("Accept-Language"))
	}
	r.theme = layout.Theme(r.Cookies(c.cookieName(themeCookie)))
	if !r.theme.Valid() {
		r.theme = layout.Light
	}
	r.words = c.Words.Localizer(r.lang)
}

// preferOwnLanguage lets what the user chose win over the browser, wherever
// they sign in.
func (c *Console) preferOwnLanguage(r *request) {
	if own := i18n.Lang(r.user.Locale); own.Valid() {
		r.lang, r.words = own, c.Words.Localizer(own)
	}
}

// setPreferences keeps a language or a theme and goes back to the page.
func (c *Console) setPreferences(r *request) error {
	if lang := i18n.Lang(r.field("language")); lang.Valid() {
		c.setCookie(r, languageCookie, string(lang), preferenceLife)
		if r.user.ID != "" && r.lacks == access.Complete && r.user.Locale != string(lang) {
			_, err := c.Admin.UpdateProfile(r.ctx, r.user.Name, string(lang))
			if err != nil && !app.Is(err, app.Conflict) {
				return err
			}
		}
	}
	if theme := layout.Theme(r.field("theme")); theme.Valid() {
		c.setCookie(r, themeCookie, string(theme), preferenceLife)
	}
	next := safeNext(r.field("next"))
	if next == "" {
		next = routes.Home
	}
	return c.done(r, next, "")
}
