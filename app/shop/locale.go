package shop

import (
	"net/http"
	"net/url"

	"golang.org/x/text/language"
)

const (
	languageCookie = "shop_lang"
	languageKept   = 365 * 24 * 60 * 60 // seconds
)

// frame is what every page needs to render itself.
type frame struct {
	W             words
	OtherLanguage string // this page in the other language
	Phone         string // the payer's phone
	Poll          string // asked until it says another status than Status
	Status        string
}

func (s *Shop) frame(w http.ResponseWriter, r *http.Request) frame {
	f := frame{W: wordsOf(chooseLanguage(w, r)), Phone: s.cfg.PhoneURL}
	query := r.URL.Query()
	query.Set("lang", f.W.OtherLangCode)
	f.OtherLanguage = (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
	return f
}

// chooseLanguage takes ?lang= (kept in a cookie), the cookie, or what the
// browser prefers.
func chooseLanguage(w http.ResponseWriter, r *http.Request) string {
	if asked := r.URL.Query().Get("lang"); asked == "zh" || asked == "en" {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: asked, Path: "/shop", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: languageKept,
		})
		return asked
	}
	if kept, err := r.Cookie(languageCookie); err == nil && (kept.Value == "zh" || kept.Value == "en") {
		return kept.Value
	}
	accept := r.Header.Get("Accept-Language")
	if accept == "" {
		return "zh"
	}
	if _, i := language.MatchStrings(language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese}), accept); i == 1 {
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
