package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db/dbtest"
)

// How long the lists are that pages are measured over, of a million payments, and
// over how many days their rows are spread.
const (
	pagesMillion    = 1_000_000
	pagesExceptions = 40_000 // of each kind that the demo's day has
	pagesAudit      = 300_000
	pagesCases      = 100_000
	pagesApprovals  = 100_000
	pagesMerchants  = 2_000 // of which pagesTrading have figures
	pagesTrading    = 300
	pagesUsers      = 5_000
	pagesFiles      = 2_000
	pagesSpan       = 90 * 24 * time.Hour
)

// pagesPayments is how many payments there are: a million, or what PAGES_PAYMENTS
// says, and of everything else in proportion.
func pagesPayments(b *testing.B) int {
	b.Helper()
	text := os.Getenv("PAGES_PAYMENTS")
	if text == "" {
		return pagesMillion
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// wares are the payments that there are, by share of a hundred. What happens to
// them is the product's doing.
var wares = []struct {
	method string
	share  int
	become func(*testing.B, *installation, made)
}{
	{"wechat_native", 50, paid},
	{"alipay_qr", 28, paid},
	{"wechat_native", 10, func(b *testing.B, in *installation, m made) { paid(b, in, m); in.refund(b, m) }},
	{"alipay_qr", 2, func(b *testing.B, in *installation, m made) { paid(b, in, m); in.refund(b, m) }},
	{"alipay_qr", 4, func(*testing.B, *installation, made) {}},
	{"wechat_native", 5, func(b *testing.B, in *installation, m made) { in.must(b, http.MethodPost, m.path+"/close", nil) }},
}

// fillLists has the demo trade its day and the product make one of each kind of
// payment, refund, case, approval and file; stops it; copies them into long
// lists; counts the figures by the operators' command; and starts it again.
func (in *installation) fillLists(b *testing.B, cfg Config, own *dbtest.Own, c *console) {
	b.Helper()
	in.awaitDay(b)
	kinds := in.oneOfEach(b)
	in.oneWaits(b, c)
	in.oneIsHeld(b)
	in.oneIsRefused(b)
	c.export(b, in, "csv", 1)
	if err := in.rest(b.Context()); err != nil {
		b.Fatal(err)
	}
	in.platform.end()
	n := pagesPayments(b)
	start := time.Now()
	for i, m := range kinds {
		dbtest.Multiply(b, cfg.Database, familyOf(m), n*wares[i].share/100, pagesSpan)
	}
	in.multiplyRest(b, cfg, c)
	own.Admin("UPDATE own.event_consumers SET seq = (SELECT MAX(seq) FROM own.events)") // nobody is told of copies
	own.Admin("UPDATE own.webhook_deliveries SET status = 'dead', last_code = 500, last_error = 'the receiver answered 500' WHERE MOD(CRC32(id), 20) = 0")
	in.analyze(b, own)
	pagesReport.line("")
	pagesReport.line("%d payments of %d days, and what belongs to them, were made in %.0f s", n, int(pagesSpan.Hours()/24), time.Since(start).Seconds())
	in.countFigures(b, cfg)
	own.Admin(`INSERT INTO own.figures SELECT m.id, f.mode, f.span, f.starts_at, f.channel, f.account_id, f.method, f.created, f.created_amount, f.succeeded, f.succeeded_amount, f.closed, f.failed,
 f.late, f.refunded, f.paid, f.paid_amount, f.refunds, f.refunds_standing, f.refunds_standing_amount, f.refunds_succeeded, f.refunds_succeeded_amount, f.returned, f.returned_amount, f.refused
 FROM own.figures f JOIN (SELECT id FROM own.merchants WHERE id <> '` + c.merchant + fmt.Sprintf(`' LIMIT %d) m WHERE f.merchant_id = '`, pagesTrading) + c.merchant +
		fmt.Sprintf(`' AND (f.span = 'day' OR f.starts_at >= %d)`, time.Now().Add(-72*time.Hour).UnixMilli()))
	own.Admin("ANALYZE TABLE own.figures")
	if err := in.start(b.Context(), cfg, strings.TrimPrefix(c.base, "http://")); err != nil {
		b.Fatal(err)
	}
	c.signIn(b)
}

// made is a payment that the product has made.
type made struct{ id, number, path, code string }

// must calls the API and fails where it refuses.
func (in *installation) must(b *testing.B, method, path string, body []byte) {
	b.Helper()
	if err := in.call(b.Context(), method, path, body, nil); err != nil {
		b.Fatal(err)
	}
}

func (in *installation) oneOfEach(b *testing.B) []made {
	b.Helper()
	var all []made
	for _, w := range wares {
		m := in.one(b, w.method)
		w.become(b, in, m)
		all = append(all, m)
	}
	in.settled(b, "SELECT COUNT(*) FROM refunds WHERE status <> 'succeeded' AND order_no LIKE 'BENCH-%'", 0)
	in.settled(b, "SELECT COUNT(*) FROM webhook_deliveries WHERE status <> 'succeeded'", 0)
	in.settled(b, "SELECT COUNT(*) FROM events WHERE seq IS NULL", 0)
	return all
}

func (in *installation) one(b *testing.B, method string) made {
	b.Helper()
	no := in.nextOrder()
	var o order
	if err := in.call(b.Context(), http.MethodPost, in.api+"/payments", orderOf(no, method), &o, "Idempotency-Key", no); err != nil {
		b.Fatal(err)
	}
	return made{o.ID, no, in.api + "/payments/" + o.ID, o.Action.CodeURL}
}

// paid has the payer pay, and waits until the platform knows.
func paid(b *testing.B, in *installation, m made) {
	b.Helper()
	in.must(b, http.MethodPost, in.channels+"/wallet/pay", fmt.Appendf(nil, `{"code":%q}`, m.code))
	in.settled(b, "SELECT COUNT(*) FROM payments WHERE id = '"+m.id+"' AND status = 'succeeded'", 1)
}

func (in *installation) refund(b *testing.B, m made) {
	b.Helper()
	in.must(b, http.MethodPost, m.path+"/refunds", fmt.Appendf(nil, `{"refund_no":"%s-R","amount":40,"reason":"one cup of two"}`, m.number))
}

// settled waits until a count is what it shall be.
func (in *installation) settled(b *testing.B, count string, want int) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var n int
		if err := in.database.Get(b.Context(), &n, count); err != nil {
			b.Fatal(err)
		}
		if n == want {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s stays %d: %v", count, n, in.trouble())
		}
	}
}

// awaitDay waits until the demo's day is compared.
func (in *installation) awaitDay(b *testing.B) {
	b.Helper()
	in.settled(b, "SELECT CASE WHEN COUNT(*) = 2 THEN 1 ELSE 0 END FROM reconcile_runs WHERE status = 'done'", 1)
}

// oneWaits makes a refund that somebody has to approve.
func (in *installation) oneWaits(b *testing.B, c *console) {
	b.Helper()
	in.exec(b, `UPDATE merchants SET settings = JSON_SET(settings, '$.refund_approval_above', 1) WHERE id = '`+c.merchant+`'`)
	m := in.one(b, "alipay_qr")
	paid(b, in, m)
	in.refund(b, m)
	in.settled(b, "SELECT COUNT(*) FROM approvals", 1)
}

// oneIsHeld makes a notification that contradicts the books.
func (in *installation) oneIsHeld(b *testing.B) {
	b.Helper()
	in.must(b, http.MethodPost, in.channels+"/faults", []byte(`{"channel":"wechat","fault":"tamper_amount","count":1}`))
	m := in.one(b, "wechat_native")
	in.must(b, http.MethodPost, in.channels+"/wallet/pay", fmt.Appendf(nil, `{"code":%q}`, m.code))
	in.settled(b, "SELECT COUNT(*) FROM channel_notifications WHERE payment_id = '"+m.id+"'", 1)
}

// oneIsRefused makes an order that the channel does not take.
func (in *installation) oneIsRefused(b *testing.B) {
	b.Helper()
	body := strings.TrimSuffix(string(orderOf(in.nextOrder(), "wechat_jsapi")), "}") + `,"payer":{"openid":"not an openid of this app"}}`
	if err := in.call(b.Context(), http.MethodPost, in.api+"/payments", []byte(body), nil); err == nil || !strings.Contains(err.Error(), "channel_refused") {
		b.Fatalf("an order of another app's payer: %v", err)
	}
	in.settled(b, "SELECT COUNT(*) FROM refused_attempts", 1)
}

func (in *installation) exec(b *testing.B, statement string) {
	b.Helper()
	if _, err := in.database.Exec(b.Context(), statement); err != nil {
		b.Fatal(err)
	}
}

// familyOf is a payment with all its rows; of what is told and written about it,
// some copies have none.
func familyOf(m made) dbtest.Family {
	const refunds = "(SELECT id FROM refunds WHERE payment_id = ?)"
	return dbtest.Family{ID: m.id, Words: []string{m.number}, Tables: []dbtest.Table{
		{Name: "payments", Where: "id = ?"}, {Name: "payment_keys", Where: "payment_id = ?"}, {Name: "attempts", Where: "payment_id = ?"},
		{Name: "refunds", Where: "payment_id = ?"}, {Name: "refund_keys", Where: "refund_id IN " + refunds},
		{Name: "payment_timeline", Where: "payment_id = ?", Every: 8},
		{Name: "events", Where: "object_id = ? OR object_id IN " + refunds, Serial: "seq", Every: 4},
		{Name: "webhook_deliveries", Where: "object_id = ? OR object_id IN " + refunds, Every: 4},
		{Name: "webhook_attempts", Where: "delivery_id IN (SELECT id FROM webhook_deliveries WHERE object_id = ? OR object_id IN " + refunds + ")", Every: 4},
	}}
}

// multiplyRest copies what belongs to no payment. Copies of audit rows stand
// beyond their chain's head, which goes on where it was.
func (in *installation) multiplyRest(b *testing.B, cfg Config, c *console) {
	b.Helper()
	for _, t := range []struct {
		n     int
		each  string // lists the ids that are copied, n times each
		table dbtest.Table
	}{
		{pagesExceptions, "SELECT id FROM exceptions", dbtest.Table{Name: "exceptions", Differs: []string{"object_key"}}},
		{pagesCases, "SELECT id FROM channel_notifications LIMIT 1", dbtest.Table{Name: "channel_notifications", Differs: []string{"notice_id"}}},
		{pagesApprovals, "SELECT id FROM approvals LIMIT 1", dbtest.Table{Name: "approvals"}},
		{pagesAudit, "SELECT MAX(id) FROM audit_rows WHERE chain = '" + c.merchant + "'", dbtest.Table{Name: "audit_rows", Serial: "seq", After: 1 << 40}},
		{pagesAudit, "SELECT MAX(id) FROM audit_rows WHERE chain <> '" + c.merchant + "'", dbtest.Table{Name: "audit_rows", Serial: "seq", After: 1 << 40}},
		{pagesFiles, "SELECT id FROM list_exports LIMIT 1", dbtest.Table{Name: "list_exports"}},
		{pagesMerchants, "SELECT id FROM merchants LIMIT 1", dbtest.Table{Name: "merchants"}},
		{pagesUsers, "SELECT id FROM users WHERE email = '" + c.email + "'", dbtest.Table{Name: "users", Differs: []string{"email"}}},
	} {
		var ids []string
		if err := in.database.Select(b.Context(), &ids, t.each); err != nil {
			b.Fatal(err)
		}
		t.table.Where = "id = ?"
		for _, id := range ids {
			f := dbtest.Family{ID: id, Tables: []dbtest.Table{t.table}}
			if t.table.Name == "users" {
				f.Tables = append(f.Tables, dbtest.Table{Name: "role_bindings", Where: "user_id = ?", Every: 20})
			}
			dbtest.Multiply(b, cfg.Database, f, max(t.n*pagesPayments(b)/pagesMillion, 1000), pagesSpan)
		}
	}
}

// analyze has the server look at its tables, as it does by itself in time.
func (in *installation) analyze(b *testing.B, own *dbtest.Own) {
	b.Helper()
	var tables []string
	if err := in.database.Select(b.Context(), &tables, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`); err != nil {
		b.Fatal(err)
	}
	for _, t := range tables {
		own.Admin("ANALYZE TABLE own." + t)
	}
}

// countFigures counts all payments by the operators' command, twice: the second
// time what was counted has to be forgotten first.
func (in *installation) countFigures(b *testing.B, cfg Config) {
	b.Helper()
	for _, which := range []string{"counted", "forgotten and counted again"} {
		start := time.Now()
		count := exec.CommandContext(b.Context(), cfg.Binary, "figures", "rebuild")
		count.Env = append(os.Environ(), "PIAOHAO_DATABASE_URL="+cfg.Database)
		count.Dir = cfg.Dir
		if out, err := count.CombinedOutput(); err != nil {
			b.Fatalf("count the figures: %v\n%s", err, out)
		}
		took, n := time.Since(start), float64(pagesPayments(b))
		pagesReport.line("their figures were %s in %.1f s (%.0f payments/s)", which, took.Seconds(), n/took.Seconds())
	}
}

// peakOf watches the most memory of a process from now on.
func peakOf(ctx context.Context, p *process) func() int64 {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0o200); err != nil || ctx.Err() != nil {
		return func() int64 { return 0 }
	}
	return func() int64 {
		_, most, err := p.resident()
		if err != nil {
			return 0
		}
		return most
	}
}
