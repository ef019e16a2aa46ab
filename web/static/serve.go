package static

import (
	"net/http"
	"strconv"
	"strings"
)

// immutable is for addresses that carry the right hash, revalidate for others.
const (
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "public, no-cache"
)

// ServeHTTP serves GET and HEAD of Prefix + name: 304 when the browser has the
// content already, gzip when it accepts it.
func (fsys *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := fsys.Lookup(strings.TrimPrefix(r.URL.Path, Prefix))
	if !ok {
		http.NotFound(w, r)
		return
	}
	fsys.setHeaders(w.Header(), f, r.URL.Query().Get("v"))
	if matches(r.Header.Get("If-None-Match"), f.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.Body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if z := f.Gzip(); len(z) > 0 && len(z) < len(body) {
			body = z
			w.Header().Set("Content-Encoding", "gzip")
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A failed write means that the browser has gone; there is nobody to tell.
	_, _ = w.Write(body)
}

func (fsys *Files) setHeaders(h http.Header, f *File, version string) {
	h.Set("Content-Type", f.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", weak(f.ETag))
	if `"`+version+`"` == f.ETag {
		h.Set("Cache-Control", immutable)
	} else {
		h.Set("Cache-Control", revalidate)
	}
}

// weak marks the tag as weak: the compressed and the plain body share it.
func weak(tag string) string { return "W/" + tag }

func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == tag || part == "*" {
			return true
		}
	}
	return false
}
