package components

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// together are the dates, the long numbers and the negative amounts of a sentence,
// which a narrow line would break at their hyphens.
var together = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}|[A-Z]{0,4}[0-9]{6,12}-[0-9]{3,8}|-¥[0-9,]+\.[0-9]{2}`)

// Said is a sentence whose dates and numbers stay in one piece.
func Said(sentence string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, said(sentence))
		return err
	})
}

// longLine is how many characters of an address every line has room for.
const longLine = 28

// Breaks is an address that a narrow line breaks behind its slashes and its @,
// and not within a word.
func Breaks(address string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, broken(address))
		return err
	})
}

func broken(address string) string {
	escaped := templ.EscapeString(address)
	if len(address) <= longLine {
		return escaped
	}
	return breaks.Replace(escaped)
}

// breaks keeps a scheme with its host.
var breaks = strings.NewReplacer("//", "//", "/", "/<wbr>", "@", "@<wbr>", "?", "?<wbr>")

func said(sentence string) string {
	var b strings.Builder
	at := 0
	for _, m := range together.FindAllStringIndex(sentence, -1) {
		word := sentence[m[0]:m[1]]
		b.WriteString(templ.EscapeString(sentence[at:m[0]]))
		b.WriteString(`<span class="num">` + templ.EscapeString(word) + `</span>`)
		at = m[1]
	}
	b.WriteString(templ.EscapeString(sentence[at:]))
	return b.String()
}
