package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// readWhole are tables that a page may read from end to end, and why.
var readWhole = map[string]string{
	"role_bindings": "the policy is compiled from all of them, once per change",
	"custom_roles":  "likewise",
}

// maxRows is how many rows a step may read: what a figure sums at most, and some.
const maxRows = 21_000

// TestNoPageReadsWithoutAnIndex opens every page with every choice of its
// filters on tables with many rows, and has the server explain each query.
func TestNoPageReadsWithoutAnIndex(t *testing.T) {
	own := dbtest.StartOwn(t)
	clock := &paymentstest.Clock{}
	h := openOn(t, own.Open(dbtest.WithClock(clock)), clock)
	ids := h.belongings(t)
	ids[":payment"], ids[":account"] = paid(h, "PLAN-1"), h.shop.WeChat.ID
	ids[":refund"], ids[":approval"] = h.awaitingRefund(ids[":payment"])
	u := h.user("root@example.com", h.inShop(access.Owner))
	if err := h.admin.Grant(h.system, u.ID, grantPlatform(access.PlatformAdmin)); err != nil {
		t.Fatal(err)
	}
	b := h.browser().signIn("root@example.com")
	h.multiply(own, ids, u)
	opened := 0
	queries := own.Queries(func() {
		for _, route := range console.Table() {
			if route.Method == http.MethodGet && route.Path != "/console/sign-in" {
				opened += b.openWithFilters(asked(h, console.Route{Path: replaceAll(route.Path, ids), Place: route.Place}))
			}
		}
	})
	if opened < 60 || len(queries) < 80 {
		t.Errorf("only %d pages were opened, with %d queries", opened, len(queries))
	}
	for shape, query := range queries {
		for _, step := range own.Explain(t.Context(), query) {
			if step.Access != "ALL" && stopsEarly.MatchString(shape) {
				step.Rows = 0
			}
			if problem := wrongWith(query, step); problem != "" {
				t.Errorf("%s: %+v\n%s", problem, step, shape)
			}
		}
	}
}

// stopsEarly are queries that count a queue along the index its worker claims by
// and stop after a thousand entries, which EXPLAIN does not take into account.
var stopsEarly = regexp.MustCompile(`^SELECT COUNT\(\*\) FROM \(SELECT id FROM \w+ WHERE [^()]+ LIMIT \?\) waiting$`)

// behindCursor is a condition on the id by which a list goes on, or begins.
var behindCursor = regexp.MustCompile(`\(id [<>]=? '[a-z]+_[0-9A-Z]{26}'\)`)

func wrongWith(query string, s dbtest.Step) string {
	switch {
	case s.Table == "" || strings.HasPrefix(s.Table, "<") || readWhole[s.Table] != "":
		return ""
	case s.Access == "ALL" && s.Possible == "":
		return "no index serves this"
	case s.Rows > maxRows:
		return "this reads too many rows"
	case s.Access == "ref" && s.Rows > 2000 && behindCursor.MatchString(query):
		return "this skips row by row what lies before the cursor"
	case s.Rows > 2000 && strings.Contains(s.Note, "filesort"):
		return "no index has this order"
	}
	return ""
}

// multiply makes many of what lists show, as of the last eighty days. Copies of
// audit rows stand beyond their chain's head, which goes on where it was.
func (h *house) multiply(own *dbtest.Own, ids map[string]string, u access.User) {
	const span = 80 * 24 * time.Hour
	dbtest.Multiply(h, own.URL(), dbtest.Family{ID: ids[":payment"], Words: []string{"PLAN-1"}, Tables: []dbtest.Table{
		{Name: "payments", Where: "id = ?"}, {Name: "payment_keys", Where: "payment_id = ?"}, {Name: "attempts", Where: "payment_id = ?"},
		{Name: "refunds", Where: "payment_id = ?", Every: 2}, {Name: "payment_timeline", Where: "payment_id = ?", Every: 20},
		{Name: "events", Where: "object_id = ?", Serial: "seq"},
	}}, 30_000, span)
	rows, err := h.audit.List(h.system, audit.Filter{Chain: h.shop.Scope.MerchantID, Limit: 1})
	if err != nil || len(rows.Rows) == 0 {
		h.Fatalf("audit rows %v, %v", rows, err)
	}
	for _, f := range []dbtest.Family{
		{ID: rows.Rows[0].ID, Tables: []dbtest.Table{{Name: "audit_rows", Where: "id = ?", Serial: "seq", After: 1 << 40}}},
		{ID: u.ID, Words: []string{"root@example.com"}, Tables: []dbtest.Table{{Name: "users", Where: "id = ?"}}},
		{ID: h.shop.Scope.MerchantID, Tables: []dbtest.Table{{Name: "merchants", Where: "id = ?"}}},
	} {
		dbtest.Multiply(h, own.URL(), f, 30_000, span)
	}
	for id, table := range map[string]dbtest.Table{
		":delivery": {Name: "webhook_deliveries", Differs: []string{"event_id"}}, ":exception": {Name: "exceptions", Differs: []string{"object_key"}},
		":approval": {Name: "approvals"}, ":case": {Name: "channel_notifications", Differs: []string{"notice_id"}},
	} {
		table.Where = "id = ?"
		dbtest.Multiply(h, own.URL(), dbtest.Family{ID: ids[id], Tables: []dbtest.Table{table}}, 30_000, span)
	}
	for _, table := range []string{"payments", "payment_keys", "attempts", "refunds", "payment_timeline", "events", "webhook_deliveries", "exceptions", "approvals", "channel_notifications", "audit_rows", "users", "merchants"} {
		own.Admin("ANALYZE TABLE own." + table)
	}
}

var (
	selects = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?</select>`)
	options = regexp.MustCompile(`<option value="([^"]+)"`)
	further = regexp.MustCompile(`href="([^"]*[?&]cursor=[^"]*)"`)
)

// openWithFilters opens a page, again with the first choices of each of its
// filters, and the page after it. It returns how many it opened.
func (b *browser) openWithFilters(path string) int {
	b.Helper()
	first := b.get(path)
	if first.status >= http.StatusInternalServerError {
		b.Errorf("GET %s: %d", path, first.status)
	}
	var more []string
	with := func(values url.Values) string {
		if strings.Contains(path, "?") {
			return path + "&" + values.Encode()
		}
		return path + "?" + values.Encode()
	}
	for _, s := range selects.FindAllStringSubmatch(first.body, -1) {
		found := options.FindAllStringSubmatch(s[0], -1)
		for _, o := range found[:min(3, len(found))] {
			more = append(more, with(url.Values{s[1]: {o[1]}}))
		}
	}
	if strings.Contains(first.body, `name="from"`) {
		at := time.Now()
		more = append(more, with(url.Values{"from": {at.AddDate(0, 0, -70).Format(time.DateOnly)}, "to": {at.AddDate(0, 0, -10).Format(time.DateOnly)}}))
	}
	if strings.Contains(first.body, `name="min"`) {
		more = append(more, with(url.Values{"min": {"0.01"}, "max": {"999999"}}))
	}
	if strings.Contains(first.body, `name="q"`) {
		more = append(more, with(url.Values{"q": {"4200002341202611230000"}}), with(url.Values{"q": {"PLAN-1-17"}}))
	}
	if next := further.FindStringSubmatch(first.body); next != nil {
		more = append(more, strings.ReplaceAll(next[1], "&amp;", "&"))
	}
	for _, m := range slices.Compact(more) {
		if r := b.get(m); r.status >= http.StatusInternalServerError {
			b.Errorf("GET %s: %d %s", m, r.status, fmt.Sprint(plain(r.body)))
		}
	}
	return 1 + len(more)
}
