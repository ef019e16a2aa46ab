package gallery

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/web/i18n"
)

// terms are words that read the same in both languages.
var terms = map[string]bool{
	"票号": true, "curl": true, "HTTP": true, "SHA-256": true, "xlsx": true, "CSV": true, "Excel（.xlsx）": true, "CSV（UTF-8）": true, "IP": true,
	"App ID": true, "AppID": true, "App secret": true, "PID": true, "English": true,
}

// written is a constant text that a template's generated code writes.
var written = regexp.MustCompile(`templruntime\.WriteString\(templ_7745c5c3_Buffer, \d+, ("(?:[^"\\]|\\.)*")\)`)

// TestTemplatesHoldNoWordsOfTheirOwn reads what the templates write besides what
// they are given: a word there would be the same in every language.
func TestTemplatesHoldNoWordsOfTheirOwn(t *testing.T) {
	files, err := filepath.Glob("../templates/*/*_templ.go")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d templates: %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range ownWords(t, string(source)) {
			if !terms[word] {
				t.Errorf("%s holds %q, which no catalogue translates", filepath.Base(file), word)
			}
		}
	}
}

var (
	letters   = regexp.MustCompile(`[A-Za-z]{2}|\p{Han}`)
	spoken    = regexp.MustCompile(`\s(?:aria-label|title|alt|placeholder)="([^"]*)"`)
	tag       = regexp.MustCompile(`<(?:[^<>"]|"[^"]*")*>`)
	component = regexp.MustCompile(`templ\.GeneratedTemplate\(`)
)

// ownWords returns the words in the constant parts of a template's code, between
// tags and in the attributes that are read out.
func ownWords(t *testing.T, source string) []string {
	t.Helper()
	var words []string
	// Components are looked at one by one, as each one's tags end in itself.
	for _, part := range component.Split(source, -1) {
		var html strings.Builder
		for _, m := range written.FindAllStringSubmatch(part, -1) {
			text, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(err)
			}
			html.WriteString(text + "\x00") // where a value is put in
		}
		for _, m := range spoken.FindAllStringSubmatch(html.String(), -1) {
			words = appendWord(words, m[1])
		}
		for _, text := range strings.Split(tag.ReplaceAllString(html.String(), "\x00"), "\x00") {
			words = appendWord(words, text)
		}
	}
	return words
}

func appendWord(words []string, text string) []string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
	if !letters.MatchString(text) {
		return words
	}
	return append(words, text)
}

func TestOwnWordsAreFound(t *testing.T) {
	code := `templruntime.WriteString(templ_7745c5c3_Buffer, 1, "<p class=\"a\" title=\"Tip\">Hello<b data-x=\"")
templruntime.WriteString(templ_7745c5c3_Buffer, 2, "\">")
templruntime.WriteString(templ_7745c5c3_Buffer, 3, " 你好</b></p>")`
	if got := strings.Join(ownWords(t, code), "|"); got != "Tip|Hello|你好" {
		t.Errorf("found %q", got)
	}
}

// TestCataloguesAreInTheirLanguage finds sentences that were copied from the
// other catalogue and never translated.
func TestCataloguesAreInTheirLanguage(t *testing.T) {
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	zh, en := bundle.Localizer(i18n.ZH), bundle.Localizer(i18n.EN)
	han := regexp.MustCompile(`\p{Han}`)
	words := regexp.MustCompile(`[A-Za-z]{2,}`)
	for _, key := range zh.Keys() {
		ours, theirs := placeless(zh.T(key)), placeless(en.T(key))
		if words.MatchString(ours) && !han.MatchString(ours) && !terms[strings.TrimSpace(ours)] {
			t.Errorf("%s is not in Chinese: %q", key, ours)
		}
		if han.MatchString(strings.NewReplacer("票号", "", "中文", "").Replace(theirs)) {
			t.Errorf("%s is not in English: %q", key, theirs)
		}
	}
}

var place = regexp.MustCompile(`<no value>`)

func placeless(s string) string { return place.ReplaceAllString(s, "") }
