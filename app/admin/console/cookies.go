package console

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// The cookies. Over https their names begin with __Host-, which browsers accept
// only from this host, for the whole site, and secure.
const (
	sessionCookie  = "piaohao_session"
	formCookie     = "piaohao_form"
	languageCookie = "piaohao_language"
	themeCookie    = "piaohao_theme"
	flashCookie    = "piaohao_flash"
	deviceCookie   = "piaohao_device"
)

func (c *Console) cookieName(name string) string {
	if c.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie keeps a value in the browser; a life of 0 ends with the browser.
func (c *Console) setCookie(r *request, name, value string, life time.Duration) {
	cookie := &fiber.Cookie{
		Name: c.cookieName(name), Value: value, Path: "/", HTTPOnly: true, Secure: c.secure, SameSite: fiber.CookieSameSiteLaxMode,
	}
	if life > 0 {
		cookie.MaxAge = int(life.Seconds())
	}
	r.Cookie(cookie)
}

func (c *Console) dropCookie(r *request, name string) {
	r.Cookie(&fiber.Cookie{
		Name: c.cookieName(name), Path: "/", HTTPOnly: true, Secure: c.secure, SameSite: fiber.CookieSameSiteLaxMode,
		Expires: time.Unix(1, 0),
	})
}
