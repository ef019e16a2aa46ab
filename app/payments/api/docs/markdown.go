package docs

import (
	"regexp"
	"strings"
)

// block is a piece of the document's Markdown. Only what the document uses is
// understood; everything else would show as it is written.
type block struct {
	Kind  string // heading, text, list or table
	ID    string // of a heading
	Spans []span
	Items [][]span
	Rows  [][]string // of a table, its cells as written
}

// span is a run of text in one style.
type span struct {
	Kind string // "", code, strong, em or link
	Text string
	Href string
}

func markdown(text string) []block {
	var blocks []block
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		for part != "" {
			var b block
			b, part = nextBlock(part)
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// nextBlock reads the block at the start of part; a heading may be followed by
// another without an empty line.
func nextBlock(part string) (block, string) {
	if title, ok := strings.CutPrefix(part, "## "); ok {
		title, rest, _ := strings.Cut(title, "\n")
		return block{Kind: "heading", Spans: spans(title), ID: anchor(title)}, rest
	}
	lines := strings.Split(part, "\n")
	switch {
	case strings.HasPrefix(part, "- "):
		b := block{Kind: "list"}
		for _, line := range lines {
			b.Items = append(b.Items, spans(strings.TrimPrefix(line, "- ")))
		}
		return b, ""
	case strings.HasPrefix(part, "|"):
		return block{Kind: "table", Rows: tableRows(lines)}, ""
	}
	return block{Kind: "text", Spans: spans(strings.Join(lines, " "))}, ""
}

// tableRows returns a table's cells, heading first, without the line of dashes.
func tableRows(lines []string) [][]string {
	var rows [][]string
	for _, line := range lines {
		if strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

func anchor(title string) string {
	fields := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return strings.ContainsRune(" ,.:：，、？", r) })
	return "guide-" + strings.Join(fields, "-")
}

var inline = regexp.MustCompile("`([^`]+)`|\\*\\*([^*]+)\\*\\*|\\*([^*]+)\\*|\\[([^\\]]+)\\]\\(([^)]+)\\)")

func spans(text string) []span {
	var out []span
	at := 0
	for _, m := range inline.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			out = append(out, span{Text: text[at:m[0]]})
		}
		group := func(i int) string { return text[m[2*i]:m[2*i+1]] }
		switch {
		case m[2] >= 0:
			out = append(out, span{Kind: "code", Text: group(1)})
		case m[4] >= 0:
			out = append(out, span{Kind: "strong", Text: group(2)})
		case m[6] >= 0:
			out = append(out, span{Kind: "em", Text: group(3)})
		default:
			out = append(out, span{Kind: "link", Text: group(4), Href: group(5)})
		}
		at = m[1]
	}
	if at < len(text) {
		out = append(out, span{Text: text[at:]})
	}
	return out
}
