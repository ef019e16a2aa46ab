package console_test

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/access/sso/ssotest"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/admin/changes"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	listfiles "github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/status"
	"github.com/piaohao/piaohao/app/views"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/static"
)

const password = "correct horse battery"

// passkeyOrigin is where the house's passkeys are bound to: the listener's own
// address of numbers cannot have any.
const passkeyOrigin = "http://localhost:8080"

// house is the console on a listener, over a shop with a running sandbox.
type house struct {
	*testing.T
	shop     *paymentstest.Shop
	world    *reconciletest.World
	clock    *paymentstest.Clock
	access   *access.Service
	admin    *admin.Service
	logins   *admin.Logins
	audit    *audit.Log
	webhooks *webhooks.Service
	figures  *figures.Service
	exports  *exports.Service
	idp      *ssotest.Provider
	provider sso.Provider
	config   console.Config
	base     string
	system   context.Context
	watch    *watch // sees every form, where a test wants it
}

// open builds a house on SQLite.
func open(t *testing.T) *house {
	t.Helper()
	clock := &paymentstest.Clock{}
	return openOn(t, dbtest.OpenSQLite(t, dbtest.WithClock(clock)), clock)
}

func openOn(t *testing.T, d *db.DB, clock *paymentstest.Clock) *house {
	t.Helper()
	w := reconciletest.Open(t, d, clock)
	shop := w.Shop
	h := &house{T: t, shop: shop, world: w, clock: clock, system: audit.WithActor(context.Background(), audit.System("test"))}
	h.audit = audit.New(d, make([]byte, 32), clock)
	h.access = access.New(d, clock, access.Config{
		Hash: h.cheap(), Require: access.RequireNobody, Sealer: plainSealer{},
	})
	h.admin = admin.New(d, h.access, h.audit)
	h.webhooks = webhooks.New(d, shop.Events, h.audit, plainSealer{}, clock, webhooks.Config{AllowPrivate: true, PollEvery: 20 * time.Millisecond})
	h.figures = shop.Figures
	h.exports = exports.New(exports.Config{
		DB: d, Audit: h.audit, Shelf: w.Archive, Logger: slog.New(slog.DiscardHandler), Sources: h.sources(), Dir: t.TempDir(), Owner: "srv_test",
	})
	keys, err := passkeys.New(d, h.access, clock, passkeyOrigin)
	if err != nil {
		t.Fatal(err)
	}
	h.idp = ssotest.New(t)
	provider := sso.Provider{
		Name: "corp", Title: "Corp", Issuer: h.idp.URL, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Scopes: []string{"email", "profile"},
		AllowedDomains: []string{"example.com"}, GroupsClaim: "groups", Roles: []sso.RoleRule{{Group: "finance", Role: access.Finance, Merchant: shop.Scope.MerchantID}},
	}
	h.logins = admin.NewLogins(h.admin, keys, sso.New(sso.Config{
		DB: d, Clock: clock, BaseURL: shop.Base, Providers: []sso.Provider{provider}, Client: func(sso.Provider) *http.Client { return h.idp.Client() },
	}))
	h.provider = provider
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	files, err := static.Load()
	if files == nil {
		t.Fatal(err)
	}
	key := sha256.Sum256([]byte("form key"))
	h.config = console.Config{
		DB: d, Access: h.access, Admin: h.admin, Logins: h.logins, Audit: h.audit, Merchants: shop.Merchants, Payments: shop.Payments, Approvals: shop.Approvals,
		Webhooks: h.webhooks, Events: shop.Events, Figures: h.figures, Reconcile: w.Reconcile, Exceptions: w.Exceptions, Statements: w.Statements,
		Exports: h.exports, Views: views.New(d),
		Trial: shop.Try,
		Probe: shop.Probe, Keeper: shop.Keeper, Static: files, Words: words, Clock: clock,
		Inspectors: map[app.Channel]console.Inspector{app.WeChat: wechat.New(nil, clock), app.Alipay: alipay.New(nil, clock)},
		Jobs:       jobs.New(d, h.audit), Servers: status.NewServers(d), JobTable: []console.JobInfo{{Name: "audit.verify", Schedule: "@daily", Leased: true}},
		Logger: slog.New(slog.DiscardHandler), FormKey: key[:], BaseURL: shop.Base, SandboxURL: shop.Base + "/sandbox",
	}
	h.admin.At(clock).Guarded(shop.Merchants.TwoPeople)
	h.config.Changes = changes.New(changes.Config{DB: d, Audit: h.audit, Approvals: shop.Approvals, Merchants: shop.Merchants, Admin: h.admin, Sealer: plainSealer{}})
	h.config.Applications = applications.New(applications.Config{DB: d, Access: h.access, Audit: h.audit, Admin: h.admin, Merchants: shop.Merchants, Clock: clock})
	h.config.TakesApplications = true
	for _, kind := range changes.Kinds() {
		shop.Approvals.Register(kind, h.config.Changes)
	}
	shop.Approvals.Register(statements.ApprovalPeriod, h.config.Statements.PeriodApprovals())
	shop.Approvals.Register(exceptions.ApprovalException, h.config.Exceptions.Decisions())
	shop.Approvals.Register(exceptions.ApprovalBatch, h.config.Exceptions.BatchDecisions())
	h.base = h.listen(h.config)
	return h
}

// sources read every list that can be exported.
func (h *house) sources() map[string]exports.Source {
	words, err := i18n.New()
	if err != nil {
		h.Fatal(err)
	}
	all := listfiles.Sources(h.shop.Payments, h.shop.Merchants)
	all[trails.Kind] = trails.Source{Log: h.audit, Words: console.AuditWords(words)}
	return all
}

// cheap makes password hashes quick; their cost is not what is tested.
func (*house) cheap() *argon2id.Params {
	return &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// listen serves a console and returns its address.
func (h *house) listen(cfg console.Config) string {
	h.Helper()
	pages, err := console.New(cfg)
	if err != nil {
		h.Fatal(err)
	}
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, StrictRouting: true, CaseSensitive: true, ReadBufferSize: 16 << 10})
	f.Use(func(c *fiber.Ctx) error {
		id := app.NewID(app.PrefixRequest, time.Now())
		ip := c.Get("X-Test-IP", "127.0.0.1")
		c.SetUserContext(app.WithUserAgent(app.WithClientIP(app.WithRequestID(c.UserContext(), id), ip), c.Get(fiber.HeaderUserAgent)))
		return c.Next()
	})
	if err := pages.Routes(f); err != nil {
		h.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = f.Listener(listener) }()
	// A server that is shut down before it has begun to serve never ends.
	if res, err := http.Get("http://" + listener.Addr().String() + "/static/none"); err != nil {
		h.Fatal(err)
	} else if err := res.Body.Close(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := f.ShutdownWithTimeout(5 * time.Second); err != nil {
			h.Errorf("shut down: %v", err)
		}
		<-served
	})
	return "http://" + listener.Addr().String()
}

// deliver runs the sequencer and the delivery worker until the test ends.
func (h *house) deliver() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { _ = h.shop.Events.Run(ctx); done <- struct{}{} }()
	go func() { _ = h.webhooks.Run(ctx); done <- struct{}{} }()
	h.Cleanup(func() { cancel(); <-done; <-done })
}

// userID finds a user by email.
func (h *house) userID(email string) string {
	h.Helper()
	u, err := h.access.UserByEmail(h.system, h.shop.DB, email)
	if err != nil {
		h.Fatal(err)
	}
	return u.ID
}

func grantPlatform(r access.Role) admin.Grant {
	return admin.Grant{Role: r, Domain: access.Platform}
}

// user adds a user with a role in the domain.
func (h *house) user(email string, grants ...admin.Grant) access.User {
	h.Helper()
	u, _, err := h.admin.CreateUser(h.system, admin.NewUser{Email: email, Name: "Somebody", Password: password, Grants: grants})
	if err != nil {
		h.Fatal(err)
	}
	return u
}

func (h *house) inShop(r access.Role) admin.Grant {
	return admin.Grant{Role: r, Domain: h.shop.Scope.MerchantID}
}

// path makes an address below the shop's merchant and mode.
func (h *house) path(rest string) string {
	return "/console/m/" + h.shop.Scope.MerchantID + "/test" + rest
}

// browser is one person's browser. It follows no redirect.
type browser struct {
	*house
	client *http.Client
	csrf   string
	header http.Header
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	return &browser{house: h, header: http.Header{}, client: &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) location() string { return r.header.Get("Location") }

func (b *browser) do(method, path string, body io.Reader, contentType string) reply {
	b.Helper()
	if b.watch != nil && method == http.MethodPost {
		return b.watch.around(b.house, path, func() reply { return b.ask(method, path, body, contentType) })
	}
	return b.ask(method, path, body, contentType)
}

func (b *browser) ask(method, path string, body io.Reader, contentType string) reply {
	b.Helper()
	q, err := http.NewRequest(method, b.base+path, body)
	if err != nil {
		b.Fatal(err)
	}
	q.Header = b.header.Clone()
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	res, err := b.client.Do(q)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

var tokenPattern = regexp.MustCompile(`name="csrf-token" content="([^"]*)"`)

func (b *browser) get(path string) reply {
	b.Helper()
	r := b.do(http.MethodGet, path, nil, "")
	if found := tokenPattern.FindStringSubmatch(r.body); found != nil {
		b.csrf = found[1]
	}
	return r
}

// send posts a form with the page's token. Fields are pairs of name and value.
func (b *browser) send(path string, fields ...string) reply {
	b.Helper()
	form := url.Values{"_csrf": {b.csrf}}
	for pair := range slices.Chunk(fields, 2) {
		form.Add(pair[0], pair[1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// signIn signs the user in and takes up the session's form token.
func (b *browser) signIn(email string) *browser {
	b.Helper()
	b.get("/console/sign-in")
	if r := b.send("/console/sign-in", "email", email, "password", password); r.status != http.StatusSeeOther {
		b.Fatalf("sign in: %d\n%s", r.status, r.body)
	}
	if r := b.get("/console/password"); r.status != http.StatusOK {
		b.Fatalf("after signing in: %d to %s", r.status, r.location())
	}
	return b
}

// as is a browser signed in as a new user with the role in the shop; as the
// platform, it looks into the shop.
func (h *house) as(r access.Role) *browser {
	h.Helper()
	email := string(r) + "@example.com"
	g := h.inShop(r)
	if !r.FitsDomain(g.Domain) {
		g.Domain = access.Platform
	}
	h.user(email, g)
	b := h.browser().signIn(email)
	if g.Domain == access.Platform {
		b.lookInto(h.shop.Scope.MerchantID)
	}
	return b
}

// lookInto has a platform role say why it looks into a merchant.
func (b *browser) lookInto(merchant string) *browser {
	b.Helper()
	if r := b.send("/console/admin/merchants/"+merchant+"/view", "reason", "support ticket 7"); r.status != http.StatusSeeOther {
		b.Fatalf("look into %s: %d\n%s", merchant, r.status, plain(r.body))
	}
	return b
}

func (b *browser) wants(r reply, status int, texts ...string) {
	b.Helper()
	if r.status != status {
		b.Fatalf("status %d, want %d\n%s", r.status, status, plain(r.body))
	}
	if found := missingWords.FindString(r.body); found != "" {
		b.Errorf("the page has no words for %s:\n%s", found, plain(r.body))
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			b.Errorf("the page does not say %q:\n%s", text, plain(r.body))
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func plain(html string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(html, " ")), " ")
}

// plainSealer keeps secrets readable: sealing is another room's matter.
type plainSealer struct{}

func (plainSealer) Seal(plain []byte, _, _ string) ([]byte, error)  { return plain, nil }
func (plainSealer) Open(sealed []byte, _, _ string) ([]byte, error) { return sealed, nil }

func paid(h *house, orderNo string) string {
	h.Helper()
	v := h.shop.Create(paymentstest.Order(orderNo, channel.WeChatNative))
	h.shop.Pay(v.Action.CodeURL)
	h.shop.Await(v.ID, "succeeded")
	return v.ID
}
