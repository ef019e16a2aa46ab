package pages

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"
)

const (
	languageCookie = "sandbox_lang"
	languageKept   = 365 * 24 * 60 * 60 // seconds
)

// frame is what every page needs to render itself.
type frame struct {
	W             words
	Path          string // where this page is, for the menu
	OtherLanguage string // this page in the other language
}

// frame chooses the language: ?lang= (kept in a cookie), the cookie, or what
// the browser prefers.
func (p *Pages) frame(c *fiber.Ctx) frame {
	f := frame{W: wordsOf(chooseLanguage(c)), Path: string(c.Request().URI().Path())}
	query := url.Values{}
	for name, value := range c.Queries() {
		query.Set(name, value)
	}
	query.Set("lang", f.W.OtherLangCode)
	f.OtherLanguage = f.Path + "?" + query.Encode()
	return f
}

func chooseLanguage(c *fiber.Ctx) string {
	if asked := c.Query("lang"); asked == "zh" || asked == "en" {
		c.Cookie(&fiber.Cookie{
			Name: languageCookie, Value: asked, Path: "/sandbox", HTTPOnly: true,
			SameSite: fiber.CookieSameSiteLaxMode, MaxAge: languageKept, Secure: c.Protocol() == "https",
		})
		return asked
	}
	if kept := c.Cookies(languageCookie); kept == "zh" || kept == "en" {
		return kept
	}
	return preferred(c.Get(fiber.HeaderAcceptLanguage))
}

// preferred is Chinese when the browser does not say; English when it speaks
// neither.
func preferred(accept string) string {
	if accept == "" {
		return "zh"
	}
	_, i := language.MatchStrings(language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese}), accept)
	if i == 1 {
		return "zh"
	}
	return "en"
}

func wordsOf(lang string) words {
	if lang == "en" {
		return english()
	}
	return chinese()
}
