package static

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func bundle(t *testing.T, script string) *Files {
	t.Helper()
	files, err := load(fstest.MapFS{
		"dist/app.js":    {Data: []byte(script)},
		"dist/style.css": {Data: []byte(strings.Repeat("a{color:red}", 100))},
		"img/seal.svg":   {Data: []byte("<svg/>")},
		"css/app.css":    {Data: []byte("source, not served")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func get(files *Files, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if header != nil {
		r.Header = header
	}
	w := httptest.NewRecorder()
	files.ServeHTTP(w, r)
	return w
}

func TestMissingBundleIsNamed(t *testing.T) {
	_, err := load(fstest.MapFS{"img/seal.svg": {Data: []byte("<svg/>")}})
	if !errors.Is(err, ErrNotBuilt) {
		t.Fatalf("err = %v, want ErrNotBuilt", err)
	}
}

func TestAddressChangesWithContent(t *testing.T) {
	a, b := bundle(t, "one"), bundle(t, "two")
	if a.URL("app.js") == b.URL("app.js") {
		t.Errorf("both builds are at %s", a.URL("app.js"))
	}
	if a.URL("style.css") != b.URL("style.css") {
		t.Error("an unchanged file has moved")
	}
}

func TestHashedAddressIsCachedForGood(t *testing.T) {
	files := bundle(t, "one")
	w := get(files, files.URL("app.js"), nil)
	if w.Code != 200 || w.Header().Get("Cache-Control") != immutable {
		t.Errorf("status %d, Cache-Control %q", w.Code, w.Header().Get("Cache-Control"))
	}
	if ct := w.Header().Get("Content-Type"); !strings.Contains(ct, "javascript") {
		t.Errorf("Content-Type = %q", ct)
	}
}

func TestStaleOrBareAddressIsRevalidated(t *testing.T) {
	files := bundle(t, "one")
	for _, target := range []string{"/static/app.js", "/static/app.js?v=0123456789abcdef"} {
		if got := get(files, target, nil).Header().Get("Cache-Control"); got != revalidate {
			t.Errorf("%s: Cache-Control = %q", target, got)
		}
	}
}

func TestKnownContentIsNotSentAgain(t *testing.T) {
	files := bundle(t, "one")
	tag := get(files, "/static/app.js", nil).Header().Get("ETag")
	w := get(files, "/static/app.js", http.Header{"If-None-Match": {`"x", ` + tag}})
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("status %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestCompressedBodyIsTheSameContent(t *testing.T) {
	files := bundle(t, "one")
	w := get(files, "/static/style.css", http.Header{"Accept-Encoding": {"br, gzip"}})
	if w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := files.Lookup("style.css")
	if string(plain) != string(f.Body) {
		t.Error("content differs")
	}
}

func TestSourcesAndOtherPathsAreNotServed(t *testing.T) {
	files := bundle(t, "one")
	for _, target := range []string{"/static/app.css", "/static/static.go", "/static/../img/seal.svg", "/static/"} {
		if code := get(files, target, nil).Code; code != http.StatusNotFound {
			t.Errorf("%s: status %d", target, code)
		}
	}
}

func TestOnlyReadsAreAnswered(t *testing.T) {
	w := httptest.NewRecorder()
	bundle(t, "one").ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/static/app.js", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("status %d", w.Code)
	}
}
