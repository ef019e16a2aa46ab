package docs

import (
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"
)

// Where things are served.
const (
	pathDocument = "/openapi.yaml"
	pathDocs     = "/docs"
	pathErrors   = "/docs/errors"
	pathCSS      = "/docs/assets/docs.css"
)

// policy lets a page load its own style sheet and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// languageCookie remembers a language that was asked for.
const languageCookie = "docs_lang"

//go:embed assets/docs.css
var css []byte

// file is something to serve, with the tag that tells browsers whether theirs
// is still the same.
type file struct {
	contentType string
	etag        string
	body        []byte
}

func newFile(contentType string, body []byte) file {
	sum := sha256.Sum256(body)
	return file{contentType: contentType, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, body: body}
}

// cssURL carries the content's hash, so that a new style is a new address.
func cssURL() string { return pathCSS + "?v=" + strings.Trim(newFile("", css).etag, `"`) }

// Routes mounts the document, the reference and the list of error codes.
func (d *Docs) Routes(r fiber.Router) {
	r.Get(pathDocument, d.asset(pathDocument, "public, no-cache"))
	r.Get(pathCSS, d.asset(pathCSS, "public, max-age=86400"))
	r.Get(pathDocs, d.page(pathDocs))
	r.Get(pathErrors, d.page(pathErrors))
	r.Get(pathDocs+"/", func(c *fiber.Ctx) error { return c.Redirect(pathDocs, http.StatusMovedPermanently) })
}

func (d *Docs) asset(path, caching string) fiber.Handler {
	return func(c *fiber.Ctx) error { return answer(c, d.files[path], caching) }
}

func (d *Docs) page(path string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, policy)
		c.Vary(fiber.HeaderAcceptLanguage, fiber.HeaderCookie)
		return answer(c, d.files[path+" "+chooseLanguage(c)], "private, no-cache")
	}
}

func answer(c *fiber.Ctx, f file, caching string) error {
	c.Set(fiber.HeaderETag, f.etag)
	c.Set(fiber.HeaderCacheControl, caching)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	if unchanged(c.Get(fiber.HeaderIfNoneMatch), f.etag) {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.contentType)
	return c.Send(f.body)
}

// unchanged compares weakly (RFC 9110, 13.1.2): proxies that compress weaken
// the tag.
func unchanged(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == etag || part == "*" {
			return true
		}
	}
	return false
}

// chooseLanguage takes ?lang= (kept in a cookie), the cookie, or what the
// browser prefers.
func chooseLanguage(c *fiber.Ctx) string {
	if asked := c.Query("lang"); known(asked) {
		c.Cookie(&fiber.Cookie{
			Name: languageCookie, Value: asked, Path: pathDocs, HTTPOnly: true,
			SameSite: fiber.CookieSameSiteLaxMode, MaxAge: 365 * 24 * 60 * 60, Secure: c.Protocol() == "https",
		})
		return asked
	}
	if kept := c.Cookies(languageCookie); known(kept) {
		return kept
	}
	return preferred(c.Get(fiber.HeaderAcceptLanguage))
}

func known(lang string) bool { return lang == english || lang == chinese }

// preferred is the document's own language unless the browser prefers Chinese.
func preferred(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return english
	}
	_, i, _ := language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese}).Match(tags...)
	return []string{english, chinese}[i]
}
