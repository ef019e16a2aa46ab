package layout

import (
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/web/i18n"
)

func (s Shell) otherLang() i18n.Lang {
	if s.Lang == i18n.EN {
		return i18n.ZH
	}
	return i18n.EN
}

func (s Shell) otherTheme() Theme {
	if s.Theme == Dark {
		return Light
	}
	return Dark
}

// initial is the letter that stands for the user.
func (u User) initial() string {
	for _, s := range []string{u.Name, u.Email} {
		if r, _ := utf8.DecodeRuneInString(s); r != utf8.RuneError {
			return strings.ToUpper(string(r))
		}
	}
	return "·"
}

func splitKeys(keys string) []string { return strings.Fields(keys) }
