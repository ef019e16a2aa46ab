package pages

import "github.com/gofiber/fiber/v2"

type homeView struct {
	Inboxes []string
}

func (p *Pages) home(c *fiber.Ctx) error {
	names, err := p.cfg.Inbox.Names(c.UserContext())
	if err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, homePage(p.frame(c), homeView{Inboxes: names}))
}
