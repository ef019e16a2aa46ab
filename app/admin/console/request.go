package console

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// request is one request on its way through the console. Who asks and what it
// is about are filled in by identify and authorize; handlers only read them.
type request struct {
	*fiber.Ctx
	ctx   context.Context
	route Route

	lang  i18n.Lang
	theme layout.Theme
	words *i18n.Localizer

	token    string // of the session cookie
	formless string // of the form cookie, for those who are not signed in
	session  access.Session
	user     access.User
	lacks    access.Standing // what the session lacks before it opens pages

	merchant merchants.Merchant
	mode     app.Mode

	// view is what the session looks into as the platform, if anything; viewing
	// says that it is why this request is served.
	view    access.View
	viewing bool

	form url.Values
}

// serve runs a route: who asks, may they send this form, may they do this, do
// it, answer.
func (c *Console) serve(route Route) fiber.Handler {
	return func(f *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(f.UserContext(), c.Timeout)
		defer cancel()
		r := &request{Ctx: f, ctx: ctx, route: route}
		c.secureHeaders(r)
		c.readPreferences(r)
		if err := c.run(r); err != nil {
			return c.fail(r, err)
		}
		return nil
	}
}

func (c *Console) run(r *request) error {
	if err := c.identify(r); err != nil {
		return err
	}
	if r.Method() == fiber.MethodPost {
		if err := c.readForm(r); err != nil {
			return err
		}
	}
	if err := c.authorize(r); err != nil {
		return err
	}
	if err := c.proven(r); err != nil {
		return err
	}
	return r.route.handle(c, r)
}

// scope is whose payments of which mode the request is about.
func (r *request) scope() payments.Scope {
	return payments.Scope{MerchantID: r.merchant.ID, Mode: r.mode}
}

// to makes the addresses of the request's merchant and mode.
func (r *request) to() routes.Scope { return routes.Scope{Merchant: r.merchant.ID, Mode: r.mode} }

// id returns a path parameter that is an id of the prefix, and NotFound for
// anything else: no other spelling of an id leads anywhere.
func (r *request) id(name, prefix string) (string, error) {
	value, err := url.PathUnescape(r.Params(name))
	if err != nil || !app.ValidID(prefix, value) {
		return "", app.Errorf(app.NotFound, "no %s of that id", name)
	}
	return value, nil
}

// query returns a query parameter, trimmed; text that is not UTF-8 or is longer
// than any real value counts as absent.
func (r *request) query(name string) string {
	const longest = 500
	value := strings.TrimSpace(r.Query(name))
	if len(value) > longest || strings.ToValidUTF8(value, "") != value {
		return ""
	}
	return value
}

// field returns a field of the form, trimmed.
func (r *request) field(name string) string {
	return strings.TrimSpace(strings.ToValidUTF8(r.form.Get(name), ""))
}

// fragment reports whether htmx asks for a part of a page. Going back asks for
// the whole page again.
func (r *request) fragment() bool {
	return r.Get("HX-Request") == "true" && r.Get("HX-History-Restore-Request") != "true"
}

// acting makes the user the author of what services record.
func (r *request) acting(ip string) {
	r.ctx = audit.WithActor(r.ctx, audit.Actor{Kind: audit.KindUser, ID: r.user.ID, Name: r.user.Name, IP: ip, Session: r.session.ID})
	r.ctx = payments.WithCause(r.ctx, payments.Cause{Kind: "user", Name: r.user.Email})
}

// t translates into the reader's language.
func (r *request) t(key string, args ...any) string { return r.words.T(key, args...) }

// path is the page's own address, to come back to. What was posted has none:
// its page leads home.
func (r *request) path() string {
	if r.Method() == fiber.MethodGet {
		return r.OriginalURL()
	}
	if r.merchant.ID != "" {
		return r.to().Home()
	}
	return routes.Home
}
