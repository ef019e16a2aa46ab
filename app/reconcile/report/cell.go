package report

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
)

// Kind is what a column holds.
type Kind int

// The kinds of columns.
const (
	Text  Kind = iota // words and ids
	Money             // amounts in yuan, to the fen
	Fee               // amounts in yuan, to a thousandth of a fen
	Count             // whole numbers
)

// Column is one column of a table. Width is in characters.
type Column struct {
	Title string
	Kind  Kind
	Width int
}

// A row is one value for each column: a string, app.Money, app.Millifen, int64,
// or nil for an empty cell.

// Plain renders a value as CSV and summaries show it: amounts in decimal yuan
// without grouping, text escaped as Escape says.
func Plain(v any) string {
	switch v := v.(type) {
	case string:
		return Escape(v)
	case app.Money:
		return v.Yuan()
	case app.Millifen:
		return yuan(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// yuan writes whole fen with two places, and what is finer with as many as it has.
func yuan(f app.Millifen) string {
	s := f.Yuan()
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// formula are the characters with which a spreadsheet begins a formula, or skips
// to one: ASCII and, as some versions take them for the same, full-width.
const formula = "=+-@\t\r\n＝＋－＠"

// Escape makes text harmless in a spreadsheet: what would begin a formula, blanks
// before it aside, gets an apostrophe in front. Line breaks become blanks.
func Escape(s string) string {
	if s == "" {
		return s
	}
	first, _ := utf8.DecodeRuneInString(s)
	danger := strings.ContainsRune(formula, first)
	if !danger {
		if rest := strings.TrimLeft(s, " \u00a0\u3000\ufeff\u200b\x00"); rest != s {
			next, _ := utf8.DecodeRuneInString(rest)
			danger = strings.ContainsRune(formula, next) && rest != ""
		}
	}
	s = breaks.Replace(s)
	if danger {
		return "'" + s
	}
	return s
}

var breaks = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\x00", "")

// misread reports whether a spreadsheet that opens a CSV would take text for
// something else and lose what it said: a number of many digits, or with zeros in
// front or an exponent, or a date. Only numbers of the merchant's or the channel's
// own look so; a time with its zone does not.
func misread(s string) bool {
	switch digits := countDigits(s); {
	case len(s) < 2:
		return false
	case digits == len(s):
		return digits >= 12 || s[0] == '0'
	case digits > 0:
		return exponent.MatchString(s[digits:]) || len(s) <= longestDate && dayLike.MatchString(s)
	}
	return len(s) <= longestDate && monthLike.MatchString(s)
}

// longestDate is how long text can be that is taken for a date.
const longestDate = 14

var (
	exponent  = regexp.MustCompile(`^[eE]\d+$`)
	dayLike   = regexp.MustCompile(`(?i)^\d{1,4}-(\d{1,2}|[a-z]{3,4})(-\d{1,4})?$`)
	monthLike = regexp.MustCompile(`(?i)^(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)-?\d{1,4}(-\d{1,4})?$`)
)

// countDigits counts the digits that s begins with.
func countDigits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}
