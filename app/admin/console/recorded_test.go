package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/admin/console"
)

// housekeeping are tables that say nothing of what anybody did: sessions and what
// is asked while signing in, counters against guessing, the log itself, and what
// is sent or computed because of something else.
var housekeeping = []string{
	"audit_rows", "audit_heads", "sessions", "sign_in_throttles", "user_devices", "passkey_ceremonies", "sso_attempts", "job_leases", "servers",
	"events", "event_consumers", "payment_timeline", "access_versions", "account_circuits", "webhook_attempts", "statement_mails", "idempotency_records",
}

// unrecorded are the forms that leave no row in the audit log, and why.
var unrecorded = map[string]string{
	"/console/sign-in/passkey/options":                         "a question to the browser; signing in with its answer is recorded",
	"/console/second-factor/passkey/options":                   "likewise",
	"/console/confirm/passkey/options":                         "likewise",
	"/console/security/passkeys/options":                       "likewise; the passkey is recorded when it is registered",
	"/console/security/identities/link/:idp":                   "leads to the provider; the link is recorded when its user comes back",
	"/console/apply":                                           "anybody may ask to become a merchant; what administrators answer is recorded",
	"/console/apply/:proof":                                    "likewise: the applicant proves an address",
	"/console/m/:merchant/:mode/audit/verify":                  "the check is kept with who made it and stands above the log",
	"/console/admin/audit/verify":                              "likewise",
	"/console/m/:merchant/:mode/payments/views":                "a list's filters under a name: they open nothing to anybody",
	"/console/m/:merchant/:mode/refunds/views":                 "likewise",
	"/console/m/:merchant/:mode/deliveries/views":              "likewise",
	"/console/admin/providers/check/:mode/:channel":            "looks at what was entered and keeps nothing",
	"/console/m/:merchant/:mode/accounts/drafts/:draft/check":  "likewise",
	"/console/m/:merchant/:mode/payments/views/:view/change":   "as saving a view",
	"/console/m/:merchant/:mode/payments/views/:view/delete":   "as saving a view",
	"/console/m/:merchant/:mode/refunds/views/:view/change":    "as saving a view",
	"/console/m/:merchant/:mode/refunds/views/:view/delete":    "as saving a view",
	"/console/m/:merchant/:mode/deliveries/views/:view/change": "as saving a view",
	"/console/m/:merchant/:mode/deliveries/views/:view/delete": "as saving a view",
}

// watch sees what each form changes and whether the audit log has it.
type watch struct {
	routes []watched
	seen   map[string]int // what came of the forms that were accepted: rows written, by route
}

type watched struct {
	path    string
	pattern *regexp.Regexp
}

// watching has the database note which of its tables are written.
func (h *house) watching() *watch {
	h.Helper()
	run := func(statement string) {
		h.Helper()
		if _, err := h.shop.DB.Exec(h.system, statement); err != nil {
			h.Fatalf("%s: %v", statement, err)
		}
	}
	run(`CREATE TABLE touched (name TEXT NOT NULL)`)
	var tables []string
	if err := h.shop.DB.Select(h.system, &tables, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' AND name <> 'touched'`); err != nil {
		h.Fatal(err)
	}
	for _, table := range tables {
		for _, act := range []string{"INSERT", "UPDATE", "DELETE"} {
			if !slices.Contains(housekeeping, table) {
				run(`CREATE TRIGGER touch_` + table + `_` + act + ` AFTER ` + act + ` ON ` + table + ` BEGIN INSERT INTO touched (name) VALUES ('` + table + `'); END`)
			}
		}
	}
	w := &watch{seen: map[string]int{}}
	for _, r := range console.Table() {
		if r.Method != http.MethodGet {
			w.routes = append(w.routes, watched{r.Path, regexp.MustCompile("^" + regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, "[^/]+") + "$")})
		}
	}
	// What has no parameter where another has one comes first.
	slices.SortStableFunc(w.routes, func(a, b watched) int { return strings.Count(a.path, ":") - strings.Count(b.path, ":") })
	return w
}

func (w *watch) route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, r := range w.routes {
		if r.pattern.MatchString(path) {
			return r.path
		}
	}
	return ""
}

// around sends a form and holds what it did against the log.
func (w *watch) around(h *house, path string, send func() reply) reply {
	h.Helper()
	count := func(of string) (n int) {
		h.Helper()
		if err := h.shop.DB.Get(h.system, &n, `SELECT COUNT(*) FROM `+of); err != nil {
			h.Fatal(err)
		}
		return n
	}
	rows, touched := count("audit_rows"), count("touched")
	answer := send()
	route := w.route(path)
	if answer.status >= http.StatusBadRequest || route == "" {
		return answer
	}
	written := count("audit_rows") - rows
	w.seen[route] += written
	if written > 0 || unrecorded[route] != "" {
		return answer
	}
	var names []string
	if err := h.shop.DB.Select(h.system, &names, `SELECT DISTINCT name FROM touched WHERE rowid > ?`, touched); err != nil {
		h.Fatal(err)
	}
	if len(names) > 0 {
		h.Errorf("POST %s changed %v and the audit log says nothing of it", route, names)
	}
	return answer
}

// ended reports what the log missed: a form that was never accepted proves
// nothing.
func (w *watch) ended(t *testing.T) {
	t.Helper()
	for _, r := range w.routes {
		written, tried := w.seen[r.path]
		reason := unrecorded[r.path]
		switch {
		case !tried:
			t.Errorf("POST %s: no form was accepted; give it one below, so that its row is seen", r.path)
		case written == 0 && reason == "":
			t.Errorf("POST %s leaves no row in the audit log; record it, or say in unrecorded why not", r.path)
		case written > 0 && reason != "":
			t.Errorf("POST %s is recorded; take it out of unrecorded", r.path)
		}
	}
	for path := range unrecorded {
		if !slices.ContainsFunc(w.routes, func(r watched) bool { return r.path == path }) {
			t.Errorf("unrecorded names %s, which is no route", path)
		}
	}
}
