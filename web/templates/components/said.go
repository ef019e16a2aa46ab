package components

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// together are the dates, times and numbers of a sentence that have a hyphen, a
// colon or a point inside, where a narrow line would be broken.
var together = regexp.MustCompile(`[+-]?¥?[0-9A-Za-z_]+(?:[-:.,][0-9A-Za-z_]+)+`)

// longestTogether is the longest that fits a phone's line beside other words.
const longestTogether = 26

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
		if len(word) > longestTogether || !strings.ContainsAny(word, "0123456789") {
			continue
		}
		b.WriteString(templ.EscapeString(sentence[at:m[0]]))
		b.WriteString(`<span class="num">` + templ.EscapeString(word) + `</span>`)
		at = m[1]
	}
	b.WriteString(templ.EscapeString(sentence[at:]))
	return b.String()
}
