package console

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/piaohao/piaohao/web/i18n"
)

// contentPolicy lets pages use what this server sends and nothing else: no
// inline script or style, no frame, no form that posts elsewhere. Tabler's
// controls draw their marks from data: images.
const contentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

func (c *Console) secureHeaders(r *request) {
	r.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	r.Set(fiber.HeaderCacheControl, "no-store")
	r.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	r.Set(fiber.HeaderXFrameOptions, "DENY")
	r.Set(fiber.HeaderReferrerPolicy, "same-origin")
	r.Set("Cross-Origin-Opener-Policy", "same-origin")
	if c.secure {
		r.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// page answers 200 with a page.
func (c *Console) page(r *request, view templ.Component) error {
	return c.render(r, http.StatusOK, view)
}

// refuse answers 422 with the form that was sent, its errors beside its fields.
func (c *Console) refuse(r *request, view templ.Component) error {
	return c.render(r, http.StatusUnprocessableEntity, view)
}

func (c *Console) render(r *request, status int, view templ.Component) error {
	var body bytes.Buffer
	if err := view.Render(i18n.With(r.ctx, r.words), &body); err != nil {
		return err
	}
	r.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	r.Set(fiber.HeaderContentLanguage, string(r.lang))
	return r.Status(status).Send(body.Bytes())
}

// done leads on to a page after something was done there, and has the page
// announce it. The note is a key below "flash".
func (c *Console) done(r *request, to, note string) error {
	if note != "" {
		c.setCookie(r, flashCookie, note, 0)
	}
	if r.fragment() {
		r.Set("HX-Redirect", to)
		return r.SendStatus(http.StatusNoContent)
	}
	return r.Redirect(to, http.StatusSeeOther)
}

// takeFlash returns what the page before wants announced, once. The cookie
// holds a key and perhaps a number, so nobody can plant words in it.
func (c *Console) takeFlash(r *request) string {
	note := r.Cookies(c.cookieName(flashCookie))
	if note == "" || r.Method() != fiber.MethodGet {
		return ""
	}
	c.dropCookie(r, flashCookie)
	name, count, _ := strings.Cut(note, ":")
	if !r.words.Has("flash." + name) {
		return ""
	}
	if n, ok := smallNumber(count); ok {
		return r.words.T("flash."+name, "count", n)
	}
	return r.words.T("flash." + name)
}

func smallNumber(s string) (int, bool) {
	n := 0
	for _, d := range s {
		if d < '0' || d > '9' || n > 1_000_000 {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, s != ""
}

// staticFile serves the browser bundle; its addresses carry hashes, so browsers
// keep it.
func (c *Console) staticFile(f *fiber.Ctx) error {
	return adaptor.HTTPHandler(c.Static)(f)
}
