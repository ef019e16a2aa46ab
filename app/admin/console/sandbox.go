package console

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/access"
)

// MayUseSandbox reports whether the request comes from a signed-in person who
// may change the sandbox, in the platform's name or in that of any merchant of
// theirs. Any doubt is a no. The sandbox's own forms are guarded by their
// origin.
func (c *Console) MayUseSandbox(f *fiber.Ctx) bool {
	ctx := f.UserContext()
	_, user, err := c.Access.Session(ctx, f.Cookies(c.cookieName(sessionCookie)))
	if err != nil || user.MustChangePassword {
		return false
	}
	bindings, err := c.Access.Bindings(ctx, c.DB, user.ID)
	if err != nil {
		return false
	}
	for _, b := range bindings {
		allowed, err := c.Access.Allowed(ctx, user.ID, b.Domain, access.Sandbox, access.Write)
		if err == nil && allowed {
			return true
		}
	}
	return false
}
