package bench

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
)

// furtherLink leads to the next page of a list.
var furtherLink = regexp.MustCompile(`href="([^"]*[?&]cursor=[^"]*)"`)

// page is a page that is measured: it names at least so many objects whose ids
// begin with of. Where least is 0 it names most at most.
type page struct {
	name, path, of string
	least, most    int
}

// pages are the pages that are measured.
func (c *console) pages(b *testing.B, in *installation) []page {
	b.Helper()
	var all []page
	for _, part := range []func(*testing.B, *installation) []page{c.homes, c.payments, c.searches, c.refunds, c.told, c.finance, c.people, c.platform} {
		all = append(all, part(b, in)...)
	}
	return all
}

// days is a range of dates, so many days ago.
func days(from, to int) string {
	now := time.Now().In(app.Beijing)
	return "from=" + now.AddDate(0, 0, -from).Format(time.DateOnly) + "&to=" + now.AddDate(0, 0, -to).Format(time.DateOnly)
}

// idAt is an id of a list, so many days ago, where a deep page begins.
func idAt(prefix string, ago time.Duration) string {
	return app.FirstID(prefix, app.ToMillis(time.Now().Add(-ago)))
}

func (c *console) homes(*testing.B, *installation) []page {
	at := "/console?merchant=" + c.merchant + "&mode=test"
	return []page{
		{"home", at, "", 0, 0},
		{"home, 7 days", at + "&range=7d", "", 0, 0},
		{"home, 30 days", at + "&range=30d", "", 0, 0},
		{"platform's home", "/console/admin?mode=test", "mch", 5, 0},
		{"platform's home, 7 days", "/console/admin?mode=test&range=7d", "mch", 5, 0},
		{"platform's home, 30 days, by channel", "/console/admin?mode=test&range=30d&channel=alipay", "mch", 5, 0},
	}
}

func (c *console) payments(b *testing.B, in *installation) []page {
	b.Helper()
	at := c.scope() + "/payments"
	account := in.ids(b, `SELECT id FROM accounts WHERE channel = 'alipay' AND merchant_id = ?`, c.merchant)[0]
	const day = 24 * time.Hour
	list := func(name, query string, least int) page { return page{"payments" + name, at + query, "pay", least, 0} }
	one := in.ids(b, `SELECT payment_id FROM refunds WHERE status = 'succeeded' AND merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	return []page{
		list("", "", 20), list(", succeeded", "?status=succeeded", 20), list(", closed", "?status=closed", 20), list(", pending", "?status=pending", 20),
		{"payments, failed (none)", at + "?status=failed", "pay", 0, 0},
		list(", by channel", "?channel=alipay", 20), list(", by method", "?method=alipay_qr", 20), list(", by account", "?account="+account, 20),
		list(", closed at WeChat", "?status=closed&channel=wechat", 20), {"payments, closed at Alipay (none)", at + "?status=closed&channel=alipay", "pay", 0, 0},
		list(", ninety days", "?"+days(90, 0), 20), list(", twenty days two months ago", "?"+days(60, 40), 20), list(", a day two months ago", "?"+days(60, 60), 20),
		list(", oldest first", "?sort=oldest", 20), list(", oldest first, ninety days, pending", "?sort=oldest&status=pending&"+days(90, 0), 20),
		list(", by amount", "?min=0.99&max=1.01", 20), {"payments, of an amount that none has", at + "?min=5000&max=6000", "pay", 0, 1},
		{"payments, of an amount that none has, ninety days", at + "?min=5000&max=6000&" + days(90, 0), "pay", 0, 1},
		c.fiftieth(b, "payments, the 50th page", at, "pay"), c.fiftieth(b, "payments, pending, the 50th page", at+"?status=pending", "pay"),
		list(", the last page", "?cursor="+idAt("pay_", 29*day), 5),
		list(", the last page of ninety days", "?"+days(90, 0)+"&cursor="+idAt("pay_", 90*day-20*time.Minute), 10),
		list(", closed, the last page of ninety days", "?status=closed&"+days(90, 0)+"&cursor="+idAt("pay_", 90*day-2*time.Hour), 5),
		{"payments, totals", at + "/totals", "", 0, 0}, {"payments, totals of an amount", at + "/totals?min=0.99&max=1.01", "", 0, 0},
		{"payment with its story", at + "/" + one, "pay", 1, 0}, {"refund form", at + "/" + one + "/refund", "pay", 1, 0},
		{"refusals", c.scope() + "/refusals", "pay", 1, 0},
	}
}

// fiftieth follows the link to the next page 49 times.
func (c *console) fiftieth(b *testing.B, name, at, of string) page {
	b.Helper()
	for range 49 {
		text := c.get(b, at)
		next := furtherLink.FindStringSubmatch(text)
		if next == nil {
			b.Fatalf("%s: no page comes after %s", name, at)
		}
		at = strings.ReplaceAll(next[1], "&amp;", "&")
		if strings.HasPrefix(at, "?") {
			path, _, _ := strings.Cut(at, "?")
			at = path + at
		}
	}
	least := 20
	if of == "" { // rows that name no object
		least = 0
	}
	return page{name, at, of, least, 0}
}

// searches look numbers up as people paste them.
func (c *console) searches(b *testing.B, in *installation) []page {
	b.Helper()
	var one struct {
		ID       string `db:"id"`
		OrderNo  string `db:"order_no"`
		Attempt  string `db:"attempt_id"`
		TradeNo  string `db:"channel_trade_no"`
		Refund   string `db:"refund_id"`
		RefundNo string `db:"refund_no"`
	}
	if err := in.database.Get(b.Context(), &one, `SELECT p.id, p.order_no, r.attempt_id, p.channel_trade_no, r.id AS refund_id, r.refund_no FROM refunds r JOIN payments p ON p.id = r.payment_id
 WHERE r.merchant_id = ? AND r.status = 'succeeded' AND r.refund_no LIKE 'BENCH%' ORDER BY r.id LIMIT 1`, c.merchant); err != nil {
		b.Fatal(err)
	}
	q := func(list, what, number, of string, least int) page {
		return page{list + ", by " + what, c.scope() + "/" + list + "?q=" + url.QueryEscape(number), of, least, 0}
	}
	everywhere := func(what, number string) page {
		return page{"search, " + what, "/console/search?merchant=" + c.merchant + "&mode=test&q=" + url.QueryEscape(number), "pay", 1, 0}
	}
	return []page{
		q("payments", "its id", one.ID, "pay", 1), q("payments", "order number", one.OrderNo, "pay", 1), q("payments", "the number at the channel", one.Attempt, "pay", 1),
		q("payments", "the channel's number", one.TradeNo, "pay", 1), q("payments", "a number that none has", "4200001234202611250000000000", "pay", 0),
		q("payments", "the beginning of an order number", "BENCH-1-777", "pay", 1), q("payments", "the end of an order number", "777", "pay", 0),
		q("refunds", "its id", one.Refund, "rfd", 1), q("refunds", "refund number", one.RefundNo, "rfd", 1), q("refunds", "a number that none has", "5030001234202611250000000000", "rfd", 0),
		everywhere("payment", one.ID), everywhere("order number", one.OrderNo), everywhere("number at the channel", one.Attempt),
	}
}

func (c *console) refunds(b *testing.B, in *installation) []page {
	b.Helper()
	at := c.scope() + "/refunds"
	one := in.ids(b, `SELECT id FROM refunds WHERE status = 'succeeded' AND merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	const day = 24 * time.Hour
	return []page{
		{"refunds", at, "rfd", 20, 0}, {"refunds, succeeded", at + "?status=succeeded", "rfd", 20, 0}, {"refunds, awaiting approval", at + "?status=awaiting_approval", "rfd", 1, 0},
		{"refunds, pending (none)", at + "?status=pending", "rfd", 0, 0}, {"refunds, by channel", at + "?channel=alipay", "rfd", 20, 0},
		{"refunds, twenty days two months ago", at + "?" + days(60, 40), "rfd", 20, 0}, {"refunds, by amount", at + "?min=0.30&max=0.50", "rfd", 20, 0},
		{"refunds, of an amount that none has", at + "?min=5000&max=6000", "rfd", 0, 0},
		c.fiftieth(b, "refunds, the 50th page", at, "rfd"), {"refunds, the last page", at + "?" + days(90, 60) + "&cursor=" + idAt("rfd_", 89*day+20*time.Hour), "rfd", 5, 0},
		{"refunds, totals", at + "/totals", "", 0, 0}, {"refund with its story", at + "/" + one, "rfd", 1, 0},
	}
}

// told are the pages about webhooks, what people did, and files.
func (c *console) told(b *testing.B, in *installation) []page {
	b.Helper()
	const day = 24 * time.Hour
	at := c.scope() + "/deliveries"
	d := in.ids(b, `SELECT id FROM webhook_deliveries WHERE merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	e := in.ids(b, `SELECT id FROM webhook_endpoints WHERE merchant_id = ?`, c.merchant)[0]
	object := in.ids(b, `SELECT object_id FROM webhook_deliveries WHERE merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	return []page{
		{"deliveries", at, "dlv", 20, 0}, {"deliveries, dead", at + "?status=dead", "dlv", 20, 0}, {"deliveries, pending (none)", at + "?status=pending", "dlv", 0, 0},
		{"deliveries, by endpoint", at + "?endpoint=" + e, "dlv", 20, 0}, {"deliveries, by type", at + "?type=refund.succeeded", "dlv", 20, 0},
		{"deliveries, by code", at + "?code=500", "dlv", 20, 0}, {"deliveries, by object", at + "?object=" + object, "dlv", 1, 0},
		c.fiftieth(b, "deliveries, the 50th page", at, "dlv"), {"deliveries, the last page", at + "?cursor=" + idAt("dlv_", 90*day-time.Hour), "dlv", 5, 0},
		{"delivery", at + "/" + d, "dlv", 1, 0}, {"webhooks", c.scope() + "/webhooks", "whe", 1, 0}, {"endpoint", c.scope() + "/webhooks/" + e, "whe", 1, 0},
		{"audit", c.scope() + "/audit", "", 0, 0}, c.fiftieth(b, "audit, the 50th page", c.scope()+"/audit", ""),
		{"exports", c.scope() + "/exports", "exp", 20, 0}, {"exports, deep", c.scope() + "/exports?cursor=" + idAt("exp_", 80*day), "exp", 20, 0},
	}
}

func (c *console) finance(b *testing.B, in *installation) []page {
	b.Helper()
	const day = 24 * time.Hour
	at := c.scope() + "/exceptions"
	today := time.Now().In(app.Beijing)
	run := in.ids(b, `SELECT id FROM reconcile_runs WHERE merchant_id = ? AND status = 'done'`, c.merchant)[0]
	exception := in.ids(b, `SELECT id FROM exceptions WHERE merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	approval := in.ids(b, `SELECT id FROM approvals WHERE merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	held := in.ids(b, `SELECT id FROM channel_notifications WHERE merchant_id = ? ORDER BY id LIMIT 1`, c.merchant)[0]
	return []page{
		{"exceptions", at, "exc", 20, 0}, {"exceptions, by type", at + "?type=amount_mismatch", "exc", 0, 1000}, {"exceptions, resolved (none)", at + "?status=resolved", "exc", 0, 0},
		{"exceptions, by channel", at + "?channel=alipay", "exc", 20, 0}, {"exceptions, twenty days two months ago", at + "?" + days(60, 40), "exc", 20, 0},
		c.fiftieth(b, "exceptions, the 50th page", at, "exc"), {"exception", at + "/" + exception, "exc", 1, 0},
		{"cases", c.scope() + "/cases", "ntf", 20, 0}, {"case", c.scope() + "/cases/" + held, "ntf", 1, 0}, {"cases, deep", c.scope() + "/cases?cursor=" + idAt("ntf_", 80*day), "ntf", 20, 0},
		{"approvals", c.scope() + "/approvals", "apr", 20, 0},
		{"approvals, deep", c.scope() + "/approvals?cursor=" + idAt("apr_", 80*day), "apr", 20, 0}, {"approval", c.scope() + "/approvals/" + approval, "apr", 1, 0}, {"inbox", "/console/approvals", "apr", 0, 1000},
		{"reconciliation, the day", c.scope() + "/reconciliation?day=" + today.Format(time.DateOnly), "run", 1, 0}, {"reconciliation, the month", c.scope() + "/reconciliation/month?month=" + today.Format("2006-01"), "", 0, 0},
		{"reconciliation, a run", c.scope() + "/reconciliation/runs/" + run, "run", 1, 0}, {"reconciliation, its bill", c.scope() + "/reconciliation/runs/" + run + "/bill", "", 0, 0},
		{"statements' files", c.scope() + "/reconciliation/exports", "", 0, 0},
	}
}

func (c *console) people(*testing.B, *installation) []page {
	return []page{
		{"members", c.scope() + "/members", "usr", 20, 0}, {"accounts", c.scope() + "/accounts", "acct", 2, 0}, {"keys", c.scope() + "/keys", "key", 1, 0},
		{"permissions", c.scope() + "/members/permissions", "", 0, 0}, {"settings", c.scope() + "/settings", "", 0, 0}, {"sessions", "/console/sessions", "", 0, 0},
	}
}

func (c *console) platform(b *testing.B, _ *installation) []page {
	b.Helper()
	const day = 24 * time.Hour
	return []page{
		{"platform's merchants", "/console/admin/merchants", "mch", 20, 0}, {"platform's merchants, suspended (none)", "/console/admin/merchants?status=suspended", "mch", 0, 1},
		{"platform's merchants, deep", "/console/admin/merchants?cursor=" + idAt("mch_", 80*day), "mch", 20, 0}, {"platform's merchant", "/console/admin/merchants/" + c.merchant, "mch", 1, 0},
		{"platform's users", "/console/admin/users", "usr", 20, 0}, {"platform's users, by email", "/console/admin/users?q=" + url.QueryEscape(c.email), "usr", 1, 0},
		{"platform's users, deep", "/console/admin/users?cursor=" + idAt("usr_", 80*day), "usr", 20, 0},
		{"platform's audit", "/console/admin/audit", "", 0, 0}, c.fiftieth(b, "platform's audit, the 50th page", "/console/admin/audit", ""),
		{"jobs", "/console/admin/jobs", "", 0, 0}, {"channels", "/console/admin/channels?mode=test", "acct", 2, 0}, {"system", "/console/admin/system", "", 0, 0},
	}
}
