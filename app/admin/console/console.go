// Package console holds the page handlers of the console: each decodes a
// request, calls one service and renders a page of web/templates.
//
// What may be asked for stands in one table (see Table). Every route names the
// permission it needs, and one function decides about all of them; a route
// whose permission no policy knows keeps the server from starting.
package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/admin/changes"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/status"
	"github.com/piaohao/piaohao/app/views"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/static"
)

// Inspector reads a channel's credentials offline and puts them in the form in
// which they are stored.
type Inspector interface {
	Inspect(credentials json.RawMessage) channel.Report
	Normalize(credentials json.RawMessage) (json.RawMessage, channel.Report)
	// Fields lists the fields of the credentials.
	Fields() []channel.CredentialField
	// SubFields lists those of a merchant under a service provider.
	SubFields() []channel.CredentialField
	channel.CredentialSorter
}

// Config holds the console's parts. All are required but SandboxURL and the
// limits, which have defaults.
type Config struct {
	DB         *db.DB
	Access     *access.Service
	Admin      *admin.Service
	Logins     *admin.Logins
	Audit      *audit.Log
	Merchants  *merchants.Service
	Payments   *payments.Service
	Approvals  *approvals.Service
	Changes    *changes.Service
	Webhooks   *webhooks.Service
	Reconcile  *reconcile.Service
	Exceptions *exceptions.Service
	Statements *statements.Service
	Events     *events.Log
	Figures    *figures.Service
	Exports    *exports.Service
	Views      *views.Service
	// Applications are those of people who want to be merchants;
	// TakesApplications opens the public form.
	Applications      *applications.Service
	TakesApplications bool
	Jobs              *jobs.Service
	Servers           *status.Servers
	// JobTable lists the background jobs.
	JobTable []JobInfo
	// System checks the installation; nil where nobody can.
	System func(ctx context.Context) ([]status.Check, error)
	// Effective is the configuration that this server runs with.
	Effective []Setting
	// Inspectors read credentials, by channel.
	Inspectors map[app.Channel]Inspector
	// Probe makes the live test call with credentials.
	Probe merchants.Probe
	// Trial places and closes an order of one fen with credentials.
	Trial merchants.Trial
	// Keeper gives the keeper of an account's certificates. Without one, nobody
	// can have them fetched.
	Keeper merchants.KeeperOf
	Static *static.Files
	Words  *i18n.Bundle
	Clock  app.Clock
	Logger *slog.Logger
	// FormKey protects the forms of people who are not signed in; every server
	// of an installation shares it.
	FormKey []byte
	// BaseURL is how the world names us, without a trailing slash.
	BaseURL string
	// SandboxURL is the simulator's address; empty where there is none.
	SandboxURL string
	// Mailer sends invitations; nil where no mail server is configured.
	Mailer Mailer
	// LiveOnly installations have no test mode.
	LiveOnly bool
	// SessionLife is how long a session cookie is kept; 12 hours when 0.
	SessionLife time.Duration
	// Timeout bounds one request; 30 s when 0.
	Timeout time.Duration
	// BodyLimit bounds a form in bytes; 256 KiB when 0.
	BodyLimit int
}

// Console serves the pages.
type Console struct {
	Config
	forms  *access.Forms
	secure bool // the base URL is https
}

// New returns the console. It fails when a part is missing or when a route asks
// for a permission that nobody could have.
func New(cfg Config) (*Console, error) {
	if cfg.DB == nil || cfg.Access == nil || cfg.Admin == nil || cfg.Logins == nil || cfg.Audit == nil || cfg.Merchants == nil || cfg.Payments == nil || cfg.Approvals == nil || cfg.Changes == nil ||
		cfg.Webhooks == nil || cfg.Reconcile == nil || cfg.Exceptions == nil || cfg.Statements == nil || cfg.Events == nil || cfg.Jobs == nil || cfg.Servers == nil || cfg.Figures == nil || cfg.Exports == nil || cfg.Views == nil || cfg.Applications == nil || cfg.Probe == nil || cfg.Static == nil || cfg.Words == nil || cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("console: a part is missing")
	}
	if cfg.Trial == nil {
		return nil, errors.New("console: nothing places a test order")
	}
	if len(cfg.FormKey) < 32 {
		return nil, errors.New("console: the form key needs 32 bytes")
	}
	if cfg.SessionLife == 0 {
		cfg.SessionLife = 12 * time.Hour
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = 256 << 10
	}
	if err := checkTable(Table()); err != nil {
		return nil, err
	}
	return &Console{
		Config: cfg, forms: access.NewForms(cfg.FormKey, cfg.Clock),
		secure: strings.HasPrefix(cfg.BaseURL, "https://"),
	}, nil
}

// Routes registers the table, the static files and the page for everything
// else below /console.
func (c *Console) Routes(r fiber.Router) error {
	routes := Table()
	if err := checkTable(routes); err != nil {
		return err
	}
	r.Get("/", func(f *fiber.Ctx) error { return f.Redirect("/console", fiber.StatusSeeOther) })
	r.Get(static.Prefix+":name", c.staticFile)
	for _, route := range routes {
		r.Add(route.Method, route.Path, c.serve(route))
		if route.Method == fiber.MethodGet {
			r.Add(fiber.MethodHead, route.Path, c.serve(route))
		}
	}
	missing := c.serve(Route{Path: "/console/*", Place: Public, handle: (*Console).missing})
	r.All("/console/*", missing)
	return nil
}

func (c *Console) missing(*request) error { return app.Errorf(app.NotFound, "no such page") }

// checkTable refuses routes that are not fully decided: a route without a
// permission would be open, one with an unknown permission closed to everybody.
func checkTable(routes []Route) error {
	seen := map[string]bool{}
	for _, r := range routes {
		key := r.Method + " " + r.Path
		switch {
		case r.handle == nil:
			return fmt.Errorf("console: %s has no handler", key)
		case seen[key]:
			return fmt.Errorf("console: %s stands twice in the table", key)
		case !r.Place.valid():
			return fmt.Errorf("console: %s does not say where its permission is held", key)
		case r.Place.asks() && !access.Known(r.Object, r.Action):
			return fmt.Errorf("console: %s needs %s:%s, which no policy allows anybody", key, r.Object, r.Action)
		case !r.Place.asks() && (r.Object != "" || r.Action != ""):
			return fmt.Errorf("console: %s names a permission that nobody would ask for", key)
		}
		seen[key] = true
	}
	return nil
}
