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
