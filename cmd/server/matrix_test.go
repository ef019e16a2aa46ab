package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// twoProcesses are two servers, each a process of its own, on one MariaDB, and
// the same installation opened by this test, to make its people.
type twoProcesses struct {
	t        *testing.T
	urls     [2]string
	platform *platform
	merchant string
	other    string // a merchant in which nobody here has a part
}

func startTwoProcesses(t *testing.T) *twoProcesses {
	t.Helper()
	binary, dir, database := buildBinary(t), t.TempDir(), dbtest.MySQLURL(t)
	w := &twoProcesses{t: t}
	cfg := config.Default()
	cfg.Database.URL, cfg.Sandbox.Enabled = database, false
	cfg.Secrets.KeysetFile, cfg.Secrets.AuditKeyFile = filepath.Join(dir, "keyset.json"), filepath.Join(dir, "audit.key")
	cfg.Reconcile.ArchiveDir, cfg.Reconcile.ScratchDir = filepath.Join(dir, "archive"), filepath.Join(dir, "scratch")
	var err error
	if w.platform, err = wire(t.Context(), cfg, slog.New(slog.DiscardHandler), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.platform.close(); err != nil {
			t.Error(err)
		}
	})
	for i := range w.urls {
		home := filepath.Join(dir, string(rune('a'+i)))
		if err := os.Mkdir(home, 0o700); err != nil {
			t.Fatal(err)
		}
		listen := freeAddress(t)
		w.urls[i] = "http://" + listen
		p := spawn(t, binary, home, []string{
			"PIAOHAO_SERVER_LISTEN=" + listen, "PIAOHAO_SERVER_BASE_URL=" + w.urls[i], "PIAOHAO_SERVER_METRICS_LISTEN=" + freeAddress(t),
			"PIAOHAO_DATABASE_URL=" + database, "PIAOHAO_SANDBOX_ENABLED=false", "PIAOHAO_SANDBOX_URL=http://127.0.0.1:1/sandbox", "PIAOHAO_LOG_LEVEL=error",
			"PIAOHAO_SECRETS_KEYSET_FILE=" + cfg.Secrets.KeysetFile, "PIAOHAO_SECRETS_AUDIT_KEY_FILE=" + cfg.Secrets.AuditKeyFile,
		}, "serve")
		p.await(w.urls[i] + "/readyz")
	}
	for _, id := range []*string{&w.merchant, &w.other} {
		m, err := w.platform.merchants.CreateMerchant(audit.WithActor(t.Context(), audit.System("test")), "Shop")
		if err != nil {
			t.Fatal(err)
		}
		*id = m.ID
	}
	return w
}

// visitor is one person's browser, signed in or not.
type visitor struct {
	*twoProcesses
	client *http.Client
	csrf   string
	user   access.User
}

// as is somebody new with the role, whom both processes know.
func (w *twoProcesses) as(role access.Role, name string) *visitor {
	w.t.Helper()
	v := w.newcomer(role, name)
	v.settle(role)
	return v
}

// newcomer opens a session of a new user with the role; nobody's without one.
func (w *twoProcesses) newcomer(role access.Role, name string) *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	v := &visitor{twoProcesses: w, client: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	w.t.Cleanup(v.client.CloseIdleConnections)
	if role == "" {
		return v
	}
	domain := w.merchant
	if !role.FitsDomain(domain) {
		domain = access.Platform
	}
	system := audit.WithActor(w.t.Context(), audit.System("test"))
	if v.user, _, err = w.platform.admin.CreateUser(system, admin.NewUser{Email: name + "@example.com", Name: name, Password: "correct horse battery", Grants: []admin.Grant{{Role: role, Domain: domain}}}); err != nil {
		w.t.Fatal(err)
	}
	var token string
	err = w.platform.db.InTx(system, func(tx *db.Tx) error {
		var err error
		token, _, err = w.platform.access.Open(system, tx, access.NewSession{UserID: v.user.ID, IP: "127.0.0.1", Stage: access.StageActive, Methods: access.MethodsOf(access.ByPassword, access.ByTOTP)})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	at, _ := url.Parse(w.urls[0])
	jar.SetCookies(at, []*http.Cookie{{Name: "piaohao_session", Value: token, Path: "/"}})
	v.csrf = access.FormToken(token)
	return v
}

// settle waits until both processes know the visitor, and has the platform's
// people say why they look into the merchant.
func (v *visitor) settle(role access.Role) {
	v.t.Helper()
	if role == "" {
		return
	}
	v.awaitKnown()
	if !role.FitsDomain(v.merchant) {
		if status, text := v.ask(0, http.MethodPost, "/console/admin/merchants/"+v.merchant+"/view", "reason", "support ticket 7"); status != http.StatusSeeOther {
			v.t.Fatalf("%s looks into the merchant: %d %s", role, status, text)
		}
	}
}

// awaitKnown waits until both processes know of the new user's role, as they
// must within five seconds.
func (v *visitor) awaitKnown() {
	v.t.Helper()
	start := time.Now()
	for server := range 2 {
		for status := 0; status != http.StatusOK; time.Sleep(50 * time.Millisecond) {
			if status, _ = v.ask(server, http.MethodGet, "/console/sessions"); time.Since(start) > 5*time.Second {
				v.t.Fatalf("server %d does not know of the role of %s after five seconds: %d", server, v.user.Email, status)
			}
		}
	}
}

// ask sends a genuine form, or asks for a page, at one of the two servers.
func (v *visitor) ask(server int, method, path string, fields ...string) (int, string) {
	v.t.Helper()
	form := url.Values{"_csrf": {v.csrf}}
	for pair := range slices.Chunk(fields, 2) {
		form.Set(pair[0], pair[1])
	}
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.urls[server]+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// mayRole reads the policy itself: whether the role's holder has the route's
// permission where the route asks for it. own are the rights of a custom role.
func mayRole(role access.Role, own []access.Right, route console.Route) bool {
	if route.Place == console.Own {
		return true
	}
	if role.Custom() {
		return route.Place != console.OnPlatform && slices.Contains(own, access.Right{Object: route.Object, Action: route.Action})
	}
	return slices.ContainsFunc(access.Policy(), func(p access.Permission) bool {
		if p.Role != role || p.Object != route.Object || !slices.Contains(p.Actions, route.Action) {
			return false
		}
		if route.Place == console.OnPlatform {
			return p.Where == access.OnPlatform
		}
		// Who looks into a merchant sends nothing but what helps.
		helps := route.Method == http.MethodGet || route.Action == access.Sync || route.Action == access.Resend
		return p.Where == access.InMerchant || p.Where == access.EveryMerchant && helps
	})
}

var routeParam = regexp.MustCompile(`:\w+`)

// address puts ids that could be, and lead nowhere, into a route's path.
func (w *twoProcesses) address(route console.Route, merchant string) string {
	path := strings.NewReplacer(":merchant", merchant, ":mode", "test", ":channel", "wechat").Replace(route.Path)
	path = routeParam.ReplaceAllString(path, "xxx_01J0000000000000000000000A")
	if route.Place == console.InQuery || route.Place == console.Start {
		path += "?merchant=" + merchant + "&mode=test"
	}
	return path
}

// walk asks both servers, by turns, for every route by every method as the
// visitor; want says whether a route's own method may be used.
func (v *visitor) walk(who string, want func(console.Route) bool) int {
	known, paths := map[string]console.Route{}, []console.Route{}
	for _, route := range console.Table() {
		if route.Object == "" {
			continue
		}
		known[route.Method+" "+v.address(route, v.merchant)] = route
		paths = append(paths, route)
	}
	asked := 0
	done := map[string]bool{}
	for _, r := range paths {
		path := v.address(r, v.merchant)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if done[method+path] {
				continue
			}
			done[method+path] = true
			asked++
			status, _ := v.ask(asked%2, method, path, "confirm", "nothing")
			route, exists := known[method+" "+path]
			switch {
			case v.user.ID == "" && exists:
				if status != http.StatusSeeOther && status != http.StatusForbidden {
					v.t.Errorf("%s: %s %s answers %d", who, method, path, status)
				}
			case exists && (status == http.StatusForbidden) == want(route):
				v.t.Errorf("%s: %s %s needs %s:%s, allowed %v, server %d answers %d", who, method, route.Path, route.Object, route.Action, want(route), asked%2, status)
			case !exists && status >= 200 && status < 300 && method != http.MethodGet:
				v.t.Errorf("%s: %s %s is no route and answers %d", who, method, path, status)
			case status >= http.StatusInternalServerError:
				v.t.Errorf("%s: %s %s answers %d", who, method, path, status)
			}
		}
	}
	return asked
}

func TestEveryRouteObeysThePolicyOnTwoProcesses(t *testing.T) {
	w := startTwoProcesses(t)
	system := audit.WithActor(t.Context(), audit.System("test"))
	roles := map[access.Role][]access.Right{}
	for _, r := range slices.Concat(access.MerchantRoles(), access.PlatformRoles()) {
		roles[r] = nil
	}
	for name, rights := range map[string][]access.Right{
		"Refund clerk": {{Object: access.Refunds, Action: access.Create}}, "Everything": access.RoleRights(),
	} {
		c, err := w.platform.admin.CreateRole(system, w.merchant, admin.RoleInput{Name: name, Rights: rights})
		if err != nil {
			t.Fatal(err)
		}
		roles[c.Role()] = c.Rights
	}
	visitors := map[access.Role]*visitor{}
	for role := range roles {
		visitors[role] = w.newcomer(role, strings.ToLower(string(role)))
	}
	asked := w.as("", "").walk("signed out", func(console.Route) bool { return false })
	for role, own := range roles {
		v := visitors[role]
		v.settle(role)
		asked += v.walk(string(role), func(r console.Route) bool { return mayRole(role, own, r) })
		if role.FitsDomain(w.merchant) {
			v.strangerSeesNothing(string(role))
		}
	}
	t.Logf("%d requests", asked)
	w.revokedOnOneIsRefusedOnTheOther()
}

// strangerSeesNothing swaps the merchant of every address for one in which the
// visitor has no part, and for none: both answers are the same 404.
func (v *visitor) strangerSeesNothing(who string) {
	const nobody = "mch_01J0000000000000000000000A"
	for i, route := range console.Table() {
		if route.Place != console.InMerchant && route.Place != console.InQuery {
			continue
		}
		theirs, one := v.ask(i%2, route.Method, v.address(route, v.other))
		missing, two := v.ask(i%2, route.Method, v.address(route, nobody))
		if theirs != http.StatusNotFound || missing != http.StatusNotFound || blank(one, v.other) != blank(two, nobody) {
			v.t.Errorf("%s: %s %s: another merchant's %d, a missing one's %d", who, route.Method, route.Path, theirs, missing)
		}
	}
}

var differing = regexp.MustCompile(`req_[0-9A-Z]{26}|req_[0-9A-Z]{6}…[0-9A-Z]{6}|name="next" value="[^"]*"`)

func blank(body, id string) string {
	return strings.ReplaceAll(differing.ReplaceAllString(body, ""), id, "")
}

// revokedOnOneIsRefusedOnTheOther takes roles away at the first process, while
// their holders work at the second.
func (w *twoProcesses) revokedOnOneIsRefusedOnTheOther() {
	owner := w.as(access.Owner, "second-owner")
	clerk, err := w.platform.admin.CreateRole(audit.WithActor(w.t.Context(), audit.System("test")), w.merchant,
		admin.RoleInput{Name: "Payments", Rights: []access.Right{{Object: access.Payments, Action: access.Read}}})
	if err != nil {
		w.t.Fatal(err)
	}
	page := "/console/m/" + w.merchant + "/test/payments"
	for _, role := range []access.Role{access.Finance, clerk.Role()} {
		v := w.as(role, "leaver-"+strings.ToLower(string(role)))
		for server := range 2 {
			if status, text := v.ask(server, http.MethodGet, page); status != http.StatusOK {
				w.t.Fatalf("%s before: %d %s", role, status, text)
			}
		}
		if status, text := owner.ask(0, http.MethodPost, "/console/m/"+w.merchant+"/test/members/"+v.user.ID+"/revoke", "role", string(role)); status != http.StatusSeeOther {
			w.t.Fatalf("take %s away: %d %s", role, status, text)
		}
		revoked := time.Now()
		if status, _ := v.ask(0, http.MethodGet, page); status != http.StatusNotFound {
			w.t.Errorf("%s: the process that took it away answers %d", role, status)
		}
		for status := http.StatusOK; status != http.StatusNotFound; time.Sleep(50 * time.Millisecond) {
			status, _ = v.ask(1, http.MethodGet, page)
			if time.Since(revoked) > 5*time.Second {
				w.t.Fatalf("%s: the other process still answers %d after five seconds", role, status)
			}
		}
	}
}

// TestARouteWithoutAPolicyKeepsTheProcessFromStarting builds the program with
// one route more, whose permission no policy knows, and starts it.
func TestARouteWithoutAPolicyKeepsTheProcessFromStarting(t *testing.T) {
	dir := t.TempDir()
	table, err := filepath.Abs("../../app/admin/console/table.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	const begins = "func homeRoutes() []Route {\n\treturn []Route{\n"
	changed := strings.Replace(string(source), begins, begins+"\t\tget(\"/console/forgotten\", OnPlatform, \"secrets\", access.Read, (*Console).home),\n", 1)
	if changed == string(source) {
		t.Fatal("the table has another shape")
	}
	other := filepath.Join(dir, "table.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {table: other}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{other: []byte(changed), filepath.Join(dir, "overlay.json"): overlay} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "piaohao")
	if err := build(binary, "-overlay", filepath.Join(dir, "overlay.json")); err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	server := spawn(t, binary, dir, []string{"PIAOHAO_SERVER_LISTEN=" + listen, "PIAOHAO_SERVER_BASE_URL=http://" + listen, "PIAOHAO_SERVER_METRICS_LISTEN=" + freeAddress(t)}, "serve")
	if code := server.exitCode(30 * time.Second); code == 0 {
		t.Error("the server with a route that no policy knows ended as if all were well")
	}
	if text := server.log(); !strings.Contains(text, "/console/forgotten") || !strings.Contains(text, "no policy allows") {
		t.Errorf("it says %s", text)
	}
}
