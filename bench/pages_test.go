package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db/dbtest"
)

// pagesPayments is how many payments the lists are measured over, and over how
// many days they are spread.
const (
	pagesPayments = 1_000_000
	pagesSpan     = 90 * 24 * time.Hour
	pagesEach     = 40 // how often each page is opened
)

// pagesReport prints what was measured.
var pagesReport = &report{w: os.Stdout}

// BenchmarkPages prints how soon the console's lists answer over a million
// payments in MariaDB, beside a page without a list. Run it with -benchtime 1x.
func BenchmarkPages(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		cfg := Default()
		cfg.Binary, cfg.Dir = binary, b.TempDir()
		cfg.Database, cfg.Scratch = durable(b)
		in, err := install(b.Context(), cfg)
		b.Cleanup(func() { _ = in.close() })
		if err != nil {
			b.Fatal(err)
		}
		in.fillLists(b, cfg)
		in.browse(b, cfg)
	}
}

// fillLists has the product make one of each kind of payment, and then copies
// them. Their figures are counted by the command that operators have for it.
func (in *installation) fillLists(b *testing.B, cfg Config) {
	b.Helper()
	start := time.Now()
	for _, k := range []struct {
		method string
		share  int // of a hundred
		paid   bool
		refund bool
	}{
		{"wechat_native", 55, true, false}, {"alipay_qr", 30, true, false}, {"wechat_native", 5, true, true}, {"alipay_qr", 10, false, false},
	} {
		o := in.oneOf(b, k.method, k.paid, k.refund)
		dbtest.Multiply(b, cfg.Database, dbtest.Family{ID: o.id, Words: []string{o.number}, Tables: []dbtest.Table{
			{Name: "payments", Where: "id = ?"}, {Name: "payment_keys", Where: "payment_id = ?"}, {Name: "attempts", Where: "payment_id = ?"},
			{Name: "refunds", Where: "payment_id = ?"}, {Name: "refund_keys", Where: "refund_id IN (SELECT id FROM refunds WHERE payment_id = ?)"},
		}}, pagesPayments*k.share/100, pagesSpan)
	}
	if err := in.rest(b.Context()); err != nil {
		b.Fatal(err)
	}
	pagesReport.line("")
	pagesReport.line("%d payments of %d days were made in %.0f s", pagesPayments, int(pagesSpan.Hours()/24), time.Since(start).Seconds())
	start = time.Now()
	count := exec.CommandContext(b.Context(), cfg.Binary, "figures", "rebuild")
	count.Env = append(os.Environ(), "PIAOHAO_DATABASE_URL="+cfg.Database)
	count.Dir = cfg.Dir
	if out, err := count.CombinedOutput(); err != nil {
		b.Fatalf("count the figures: %v\n%s", err, out)
	}
	pagesReport.line("their figures were counted in %.0f s", time.Since(start).Seconds())
}

// made is a payment that the product has made.
type made struct{ id, number string }

func (in *installation) oneOf(b *testing.B, method string, paid, refund bool) made {
	b.Helper()
	o, err := in.createBy(b.Context(), method)
	if err != nil {
		b.Fatal(err)
	}
	var seen struct {
		OrderNo string `json:"order_no"`
		Status  string `json:"status"`
	}
	at := in.api + "/payments/" + o.ID
	if paid {
		if err := in.pay(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err := in.call(b.Context(), http.MethodGet, at, nil, &seen); err != nil {
			b.Fatal(err)
		}
		if !paid || seen.Status == "succeeded" {
			break
		}
		if time.Now().After(deadline) {
			b.Fatalf("payment %s stays %s", o.ID, seen.Status)
		}
	}
	if refund {
		body := fmt.Appendf(nil, `{"refund_no":"%s-R","amount":40,"reason":"one cup of two"}`, seen.OrderNo)
		if err := in.call(b.Context(), http.MethodPost, at+"/refunds", body, nil); err != nil {
			b.Fatal(err)
		}
	}
	return made{o.ID, seen.OrderNo}
}

// browse signs in as the demo's owner and opens each page again and again.
func (in *installation) browse(b *testing.B, cfg Config) {
	b.Helper()
	facts, err := demoFacts(b.Context(), in.platform, filepath.Join(cfg.Dir, "data", "demo.env"))
	if err != nil {
		b.Fatal(err)
	}
	base := strings.TrimSuffix(in.api, "/v1/merchants/"+facts["PIAOHAO_MERCHANT"])
	client := signedIn(b, base, facts["PIAOHAO_CONSOLE_EMAIL"], facts["PIAOHAO_CONSOLE_PASSWORD"])
	defer client.CloseIdleConnections()
	scope := "/console/m/" + facts["PIAOHAO_MERCHANT"] + "/test"
	early := time.Now().Add(-60 * 24 * time.Hour)
	days := "?from=" + early.Format(time.DateOnly) + "&to=" + early.AddDate(0, 0, 20).Format(time.DateOnly)
	pagesReport.line("the console's pages over them, each opened %d times (target of lists: p95 below 100 ms)", pagesEach)
	pagesReport.line("  %-44s %10s %10s %10s", "", "p50", "p95", "ratio p50")
	floor := in.open(b, client, "a page without a list", base+"/console/sessions", 0)
	for _, page := range []struct{ name, path string }{
		{"home", "/console?merchant=" + facts["PIAOHAO_MERCHANT"] + "&mode=test"},
		{"payments", scope + "/payments"},
		{"payments, succeeded", scope + "/payments?status=succeeded"},
		{"payments, none such", scope + "/payments?status=failed"},
		{"payments, by channel", scope + "/payments?channel=alipay"},
		{"payments, by method", scope + "/payments?method=alipay_qr"},
		{"payments, twenty days two months ago", scope + "/payments" + days},
		{"payments, by amount", scope + "/payments?min=0.99&max=1.01"},
		{"payments, of an amount that none has", scope + "/payments?min=5000&max=6000"},
		{"payments, by order number", scope + "/payments?q=" + url.QueryEscape("BENCH-1-777")},
		{"payments, by a number that none has", scope + "/payments?q=4200001234202611250000000000"},
		{"refunds", scope + "/refunds"},
		{"refunds, twenty days two months ago", scope + "/refunds" + days},
		{"refunds, pending", scope + "/refunds?status=pending"},
		{"deliveries", scope + "/deliveries"}, {"audit", scope + "/audit"}, {"approvals", scope + "/approvals"},
		{"exceptions", scope + "/exceptions"}, {"accounts", scope + "/accounts"}, {"members", scope + "/members"},
	} {
		in.open(b, client, page.name, base+page.path, floor)
	}
}

// open opens a page pagesEach times, prints and returns how long the median took.
func (in *installation) open(b *testing.B, client *http.Client, name, address string, floor time.Duration) time.Duration {
	b.Helper()
	var took []time.Duration
	for range pagesEach {
		start := time.Now()
		page, err := fetch(b.Context(), client, address, nil)
		if err != nil {
			b.Fatal(err)
		}
		if !strings.Contains(page, "/console/sign-out") {
			b.Fatalf("%s is not shown:\n%s", name, page)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	if floor == 0 {
		floor = median
	}
	pagesReport.line("  %-44s %10s %10s %10.1f", name, millis(median), millis(took[len(took)*95/100]), float64(median)/float64(floor))
	return median
}

// signedIn returns a client with the console's session.
func signedIn(b *testing.B, base, email, password string) *http.Client {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	if err := signInWith(context.Background(), client, base, email, password); err != nil {
		b.Fatal(err)
	}
	return client
}
