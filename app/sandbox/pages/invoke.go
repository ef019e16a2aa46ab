package pages

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// refusalView is a client that opens no cashier.
type refusalView struct {
	Channel app.Channel
	Why     string // in the reader's language
	Detail  string // for the developer
	Back    string
}

// invoke takes what a page or an app hands to the channel's client (fields p.…,
// channel and back), lets the client verify it and opens the order. Scripts
// share the path.
func (p *Pages) invoke(c *fiber.Ctx) error {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) {
		return c.Next()
	}
	if err := p.mayEnter(c); err != nil {
		return p.fail(c, err)
	}
	channel, params := app.Channel(c.FormValue("channel")), map[string]string{}
	for name, value := range c.Request().PostArgs().All() {
		if field, ok := strings.CutPrefix(string(name), "p."); ok {
			params[field] = string(value)
		}
	}
	back := p.back(c.FormValue("back"))
	t, err := p.cfg.Invoke(c.UserContext(), channel, params)
	if app.Is(err, app.Invalid) {
		var e *app.Error
		errors.As(err, &e)
		f := p.frame(c)
		why := or(f.W.Refusals[e.Reason], f.W.InvalidText)
		return p.render(c, fiber.StatusUnprocessableEntity, refusalPage(f, refusalView{Channel: channel, Why: why, Detail: e.Message, Back: back}))
	}
	if err != nil {
		return p.fail(c, err)
	}
	q := url.Values{"code": {t.Code}}
	if back != "" {
		q.Set("back", back)
	}
	return c.Redirect("/sandbox/wallet?"+q.Encode(), fiber.StatusSeeOther)
}
