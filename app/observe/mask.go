package observe

import (
	"regexp"
	"strings"
)

// pattern finds one kind of secret in running text. Most texts hold none, so a
// cheap test goes before the expression.
type pattern struct {
	maybe   func(s string) bool
	re      *regexp.Regexp
	replace string
}

// patterns apply in this order: a later one could eat the beginning by which an
// earlier one knows its own.
var patterns = []pattern{
	// Our own keys: the prefix the console shows stays readable.
	{has("sk_"), regexp.MustCompile(`(sk_(?:test|live)_[0-9A-Za-z]{4})[0-9A-Za-z_-]{4,}`), "$1****"},
	{has("whs"), regexp.MustCompile(`(whsec|whsk)_[0-9A-Za-z+/=_-]+`), "${1}_****"},
	// PEM blocks, also cut off, also with \n written out.
	{has("-----BEGIN"), regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)`), "[masked PEM]"},
	// DER keys and certificates in bare base64, as Alipay hands them out.
	{has("MII"), regexp.MustCompile(`MII[A-Za-z0-9+/\s\\]{64,}={0,2}`), "[masked key]"},
	// Authorization schemes.
	{has("earer ", "EARER "), regexp.MustCompile(`(?i)(bearer) +[0-9A-Za-z._~+/=-]{8,}`), "$1 ****"},
	{has("Basic "), regexp.MustCompile(`(Basic) +[0-9A-Za-z+/]{8,}={0,2}`), "$1 ****"},
	{has("ignature=", "IGNATURE="), regexp.MustCompile(`(?i)(signature=)"[^"]*"`), `$1"****"`},
	// A password inside a URL or a MySQL DSN.
	{has("@"), regexp.MustCompile(`([^\s:/@"']+:)[^\s@"']+(@(?:tcp|unix)\()`), "$1****$2"},
	{has("://"), regexp.MustCompile(`(://[^\s:/@]+:)[^\s@]+@`), "$1****@"},
	// name=value and "name": "value" of a secret or a person, wherever they are.
	{named, regexp.MustCompile(`(?i)((?:password|passwd|passphrase|api_?v3_?key|api_?key|private_?key|app_?secret|client_?secret|secret|(?:access|session|csrf|refresh|_)token|cookie|open_?id|buyer_(?:logon_|user_)?id|auth_code)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\&,;{}]+`), "${1}****"},
	// Mainland mobile numbers.
	{hasPhone, regexp.MustCompile(`(^|[^0-9A-Za-z.])((?:\+?86[ -]?)?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})($|[^0-9A-Za-z])`), "$1$2****$3$4"},
	// Alipay user ids.
	{has("2088"), regexp.MustCompile(`\b2088\d{8}(\d{4})\b`), "2088****$1"},
}

// openID is the shape of a WeChat openid. Words joined by underscores can have
// it too, so a capital letter or a digit is asked for.
var openID = regexp.MustCompile(`\bo[0-9A-Za-z_-]{27}\b`)

const openIDLen = 28

// shortest is the length below which no pattern can match.
const shortest = 8

// Mask hides what looks like a secret, an openid or a phone number in text. It
// is the last line of defence, for texts that come from elsewhere; code that
// knows it holds a secret does not log it.
func Mask(text string) string {
	if len(text) < shortest {
		return text
	}
	for _, p := range patterns {
		if p.maybe(text) {
			text = p.re.ReplaceAllString(text, p.replace)
		}
	}
	if len(text) >= openIDLen && strings.ContainsRune(text, 'o') {
		text = openID.ReplaceAllStringFunc(text, maskOpenID)
	}
	return text
}

func maskOpenID(s string) string {
	if !strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		return s
	}
	return s[:4] + "****"
}

func has(parts ...string) func(string) bool {
	return func(s string) bool {
		for _, part := range parts {
			if strings.Contains(s, part) {
				return true
			}
		}
		return false
	}
}

// named reports whether text may assign something at all.
func named(s string) bool { return strings.ContainsAny(s, ":=") }

// hasPhone reports whether text has eleven digits, blanks and dashes aside.
func hasPhone(s string) bool {
	run := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if run++; run == 11 {
				return true
			}
		case c != ' ' && c != '-':
			run = 0
		}
	}
	return false
}
