package docs_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/payments/api/docs"
)

func site(t *testing.T) *fiber.App {
	t.Helper()
	d, err := docs.New()
	if err != nil {
		t.Fatal(err)
	}
	f := fiber.New(fiber.Config{DisableStartupMessage: true, StrictRouting: true})
	d.Routes(f)
	return f
}

// get returns the answer and its body; headers come in pairs.
func get(t *testing.T, f *fiber.App, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := f.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestPagesKeepTheStrictPolicy(t *testing.T) {
	f := site(t)
	for _, path := range []string{"/docs", "/docs/errors"} {
		for _, lang := range []string{"en", "zh-CN"} {
			res, html := get(t, f, path+"?lang="+lang)
			if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				t.Fatalf("%s %s: %d %s", path, lang, res.StatusCode, res.Header.Get("Content-Type"))
			}
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", path, csp)
			}
			for _, forbidden := range []string{"<script", " style=", "<style", "javascript:", " onclick"} {
				if strings.Contains(html, forbidden) {
					t.Errorf("%s %s holds %q", path, lang, forbidden)
				}
			}
			if !strings.Contains(html, `<html lang="`+lang+`"`) {
				t.Errorf("%s does not say that it is in %s", path, lang)
			}
		}
	}
}

var (
	hrefs = regexp.MustCompile(`href="([^"]+)"`)
	ids   = regexp.MustCompile(` id="([^"]+)"`)
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	f := site(t)
	for _, lang := range []string{"en", "zh-CN"} {
		anchors := map[string]bool{}
		pages := map[string]string{}
		for _, path := range []string{"/docs", "/docs/errors"} {
			_, pages[path] = get(t, f, path+"?lang="+lang)
			for _, m := range ids.FindAllStringSubmatch(pages[path], -1) {
				if anchors[path+"#"+m[1]] {
					t.Errorf("%s has the id %s twice", path, m[1])
				}
				anchors[path+"#"+m[1]] = true
			}
		}
		for path, html := range pages {
			links := hrefs.FindAllStringSubmatch(html, -1)
			if len(links) < 30 {
				t.Errorf("%s has only %d links", path, len(links))
			}
			for _, m := range links {
				target := m[1]
				switch {
				case strings.HasPrefix(target, "#"):
					target = path + target
					fallthrough
				case strings.Contains(target, "#"):
					if !anchors[target] {
						t.Errorf("%s (%s) links to %s, which is not there", path, lang, m[1])
					}
				case strings.HasPrefix(target, "https://"):
				default:
					if res, _ := get(t, f, strings.ReplaceAll(target, "&amp;", "&")); res.StatusCode != http.StatusOK {
						t.Errorf("%s links to %s: %d", path, target, res.StatusCode)
					}
				}
			}
		}
	}
}

func TestWhatIsUnchangedIsNotSentAgain(t *testing.T) {
	f := site(t)
	for _, path := range []string{"/openapi.yaml", "/docs?lang=en", "/docs?lang=zh-CN", "/docs/errors", "/docs/assets/docs.css"} {
		res, body := get(t, f, path)
		etag := res.Header.Get("ETag")
		if res.StatusCode != http.StatusOK || body == "" || etag == "" || res.Header.Get("Cache-Control") == "" {
			t.Fatalf("%s: %d, ETag %q", path, res.StatusCode, etag)
		}
		for _, tag := range []string{etag, "W/" + etag, `"other", ` + etag} {
			if again, body := get(t, f, path, "If-None-Match", tag); again.StatusCode != http.StatusNotModified || body != "" {
				t.Errorf("%s with %s: %d, %d bytes", path, tag, again.StatusCode, len(body))
			}
		}
		if other, _ := get(t, f, path, "If-None-Match", `"other"`); other.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: %d", path, other.StatusCode)
		}
	}
	if _, body := get(t, f, "/openapi.yaml"); body != string(docs.Source()) {
		t.Error("the document is not served as it is")
	}
}

func TestTheLanguageIsTheReaders(t *testing.T) {
	f := site(t)
	for _, tc := range []struct{ query, cookie, accept, want string }{
		{"", "", "", "en"},
		{"", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
		{"", "", "zh-TW", "zh-CN"},
		{"", "", "en-GB,zh;q=0.5", "en"},
		{"", "", "fr", "en"},
		{"", "", ";;;", "en"},
		{"?lang=en", "", "zh-CN", "en"},
		{"?lang=zh-CN", "", "en", "zh-CN"},
		{"?lang=tlh", "", "zh-CN", "zh-CN"},
		{"", "docs_lang=zh-CN", "en", "zh-CN"},
		{"", "docs_lang=../etc", "en", "en"},
	} {
		_, html := get(t, f, "/docs"+tc.query, "Accept-Language", tc.accept, "Cookie", tc.cookie)
		if !strings.Contains(html, `<html lang="`+tc.want+`"`) {
			t.Errorf("%+v was answered in another language", tc)
		}
	}
	if res, _ := get(t, f, "/docs?lang=zh-CN"); !strings.Contains(res.Header.Get("Set-Cookie"), "docs_lang=zh-CN") {
		t.Error("a language that was asked for is not remembered")
	}
}

func TestEachOperationShowsACommandToPaste(t *testing.T) {
	_, html := get(t, site(t), "/docs?lang=en")
	commands := regexp.MustCompile(`(?s)<code>(curl .*?)</code>`).FindAllStringSubmatch(html, -1)
	if len(commands) < 17 {
		t.Fatalf("only %d commands", len(commands))
	}
	for _, m := range commands {
		rest := m[1]
		for _, place := range []string{"{url}", "{merchant}", "{key}"} {
			if !strings.Contains(rest, place) {
				t.Errorf("%s is missing in %s", place, m[1])
			}
			rest = strings.ReplaceAll(rest, place, "")
		}
		if strings.Contains(rest, "{id}") {
			t.Errorf("an id is missing in %s", m[1])
		}
	}
}
