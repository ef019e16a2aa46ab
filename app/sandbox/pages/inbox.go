package pages

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/inbox"
)

type inboxView struct {
	Name       string
	URL        string
	Registered bool
	Messages   []messageRow
}

type messageRow struct {
	inbox.Message
	Headers []headerRow
}

type headerRow struct{ Name, Value string }

// openInbox goes to the inbox of ?name=.
func (p *Pages) openInbox(c *fiber.Ctx) error {
	name := strings.ToLower(strings.TrimSpace(c.Query("name")))
	if err := inbox.CheckName(name); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/inbox/"+name, fiber.StatusSeeOther)
}

func (p *Pages) inbox(c *fiber.Ctx) error {
	ctx, name := c.UserContext(), c.Params("name")
	messages, err := p.cfg.Inbox.Messages(ctx, name)
	if err != nil {
		return p.fail(c, err)
	}
	registered, err := p.cfg.Inbox.Registered(ctx, name)
	if err != nil {
		return p.fail(c, err)
	}
	v := inboxView{Name: name, URL: p.cfg.BaseURL + "/sandbox/inbox/" + name, Registered: registered}
	for _, m := range messages {
		v.Messages = append(v.Messages, messageRow{Message: m, Headers: headerRows(m.Header())})
	}
	return p.render(c, fiber.StatusOK, inboxPage(p.frame(c), v))
}

func headerRows(h http.Header) []headerRow {
	rows := make([]headerRow, 0, len(h))
	for name, values := range h {
		rows = append(rows, headerRow{strings.ToLower(name), strings.Join(values, ", ")})
	}
	slices.SortFunc(rows, func(a, b headerRow) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

// messageJSON is a message for scripts. Body is the exact text that arrived.
type messageJSON struct {
	ID         string      `json:"id"`
	Verified   bool        `json:"verified"`
	Problem    string      `json:"problem,omitempty"`
	WebhookID  string      `json:"webhook_id"`
	Type       string      `json:"type,omitempty"`
	Headers    http.Header `json:"headers"`
	Body       string      `json:"body"`
	ReceivedAt string      `json:"received_at"`
}

// inboxJSON: GET /sandbox/inbox/{name}.json → {"data": [...]}, newest first.
func (p *Pages) inboxJSON(c *fiber.Ctx) error {
	messages, err := p.cfg.Inbox.Messages(c.UserContext(), c.Params("name"))
	if err != nil {
		return p.fail(c, err)
	}
	data := make([]messageJSON, 0, len(messages))
	for _, m := range messages {
		data = append(data, messageJSON{
			ID: m.ID, Verified: m.Verified, Problem: m.Problem, WebhookID: m.WebhookID(), Type: m.EventType(),
			Headers: m.Header(), Body: m.Body, ReceivedAt: m.ReceivedAt.Time().In(app.Beijing).Format(time.RFC3339Nano),
		})
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"name": c.Params("name"), "data": data})
}

func (p *Pages) setSecret(c *fiber.Ctx) error {
	name := c.Params("name")
	if err := p.cfg.Inbox.SetSecret(c.UserContext(), name, strings.TrimSpace(c.FormValue("secret"))); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect("/sandbox/inbox/"+name, fiber.StatusSeeOther)
}

// receive takes a webhook. The first one may bring the inbox's secret in
// ?secret=, from those who may use the sandbox. It answers 204 to what is
// verified or cannot be (no secret yet) and 401 to what is not.
func (p *Pages) receive(c *fiber.Ctx) error {
	ctx, name := c.UserContext(), c.Params("name")
	if err := p.mayReceive(c, name); err != nil {
		return answer(c, err)
	}
	m, err := p.cfg.Inbox.Receive(ctx, name, headerOf(c), slices.Clone(c.BodyRaw()))
	if err != nil {
		return answer(c, err)
	}
	registered, err := p.cfg.Inbox.Registered(ctx, name)
	if err != nil {
		return answer(c, err)
	}
	if registered && !m.Verified {
		return answer(c, app.Errorf(app.Unauthenticated, "the signature does not verify: %s", m.Problem))
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// mayReceive keeps strangers from filling a sandbox that they can reach: there
// only inboxes with a secret take anything.
func (p *Pages) mayReceive(c *fiber.Ctx, name string) error {
	if err := inbox.CheckName(name); err != nil {
		return err
	}
	if len(c.BodyRaw()) > inbox.MaxBody {
		return app.InvalidField("body", "too_long", "the body is over %d bytes", inbox.MaxBody)
	}
	if secret := c.Query("secret"); secret != "" && p.cfg.Allowed(c) {
		if err := p.cfg.Inbox.Register(c.UserContext(), name, secret); err != nil {
			return err
		}
	}
	if p.cfg.Allowed(c) {
		return nil
	}
	registered, err := p.cfg.Inbox.Registered(c.UserContext(), name)
	if err == nil && !registered {
		err = app.Errorf(app.NotFound, "there is no inbox %q: set its secret first", name)
	}
	return err
}

func headerOf(c *fiber.Ctx) http.Header {
	h := http.Header{}
	for name, values := range c.GetReqHeaders() {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	return h
}

// answer answers a sender of webhooks.
func answer(c *fiber.Ctx, err error) error {
	code := app.CodeOf(err)
	if code == app.Internal {
		return err // the host's error handler logs and hides it
	}
	body, _ := json.Marshal(map[string]string{"code": string(code), "message": err.Error()})
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(statusOf(code)).Send(body)
}
