package docs

import (
	"reflect"
	"testing"
)

func TestMarkdownIsReadAsTheDocumentWritesIt(t *testing.T) {
	got := markdown("Lead *in*.\n\n## Two: words\nA `code` and **bold**\nline.\n\n- one\n- [two](/x)\n\n| a | b |\n|---|---|\n| `c` | d |\n")
	want := []block{
		{Kind: "text", Spans: []span{{Text: "Lead "}, {Kind: "em", Text: "in"}, {Text: "."}}},
		{Kind: "heading", ID: "guide-two-words", Spans: []span{{Text: "Two: words"}}},
		{Kind: "text", Spans: []span{{Text: "A "}, {Kind: "code", Text: "code"}, {Text: " and "}, {Kind: "strong", Text: "bold"}, {Text: " line."}}},
		{Kind: "list", Items: [][]span{{{Text: "one"}}, {{Kind: "link", Text: "two", Href: "/x"}}}},
		{Kind: "table", Rows: [][]string{{"a", "b"}, {"`c`", "d"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
