package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// pagesEach is how often each page is opened.
const pagesEach = 40

// console is the browser of the demo's owner, who administers the platform too.
type console struct {
	base, merchant, email, password string
	client                          *http.Client
	pids                            func() []int // whose processor time is a page's
}

func newConsole(b *testing.B, in *installation, cfg Config) *console {
	b.Helper()
	facts, err := demoFacts(b.Context(), in.platform, filepath.Join(cfg.Dir, "data", "demo.env"))
	if err != nil {
		b.Fatal(err)
	}
	c := &console{merchant: facts["PIAOHAO_MERCHANT"], email: facts["PIAOHAO_CONSOLE_EMAIL"], password: facts["PIAOHAO_CONSOLE_PASSWORD"]}
	c.base = strings.TrimSuffix(in.api, "/v1/merchants/"+c.merchant)
	c.signIn(b)
	return c
}

// scope is the start of the addresses about the demo's merchant.
func (c *console) scope() string { return "/console/m/" + c.merchant + "/test" }

// signIn begins a session.
func (c *console) signIn(b *testing.B) {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	c.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	b.Cleanup(c.client.CloseIdleConnections)
	if err := signInWith(context.Background(), c.client, c.base, c.email, c.password); err != nil {
		b.Fatal(err)
	}
}

// get opens a page, and fails unless it is one of somebody who is signed in.
func (c *console) get(b *testing.B, path string) string {
	b.Helper()
	page, err := fetch(b.Context(), c.client, c.base+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	if !strings.Contains(page, "/console/sign-out") {
		b.Fatalf("%s shows somebody who is not signed in:\n%s", path, page)
	}
	return page
}

// listed is how many objects a page names; their ids begin with the prefix.
func listed(page, prefix string) int {
	if prefix == "" {
		return 0
	}
	found := regexp.MustCompile(prefix+`_[0-9A-Z]{26}\b`).FindAllString(page, -1)
	slices.Sort(found)
	return len(slices.Compact(found))
}

// timed is one page and how soon it came.
type timed struct {
	name, path string
	rows       int
	took       []time.Duration // rising
	cpu        time.Duration   // of the platform and the database, for one
}

func (t timed) at(percent int) time.Duration { return t.took[len(t.took)*percent/100] }

// open opens a page pagesEach times.
func (c *console) open(b *testing.B, p page) (t timed) {
	b.Helper()
	t = timed{name: p.name, path: p.path}
	began := c.cpu(b)
	defer func() { t.cpu = (c.cpu(b) - began) / pagesEach }()
	for range pagesEach {
		start := time.Now()
		text := c.get(b, p.path)
		t.took = append(t.took, time.Since(start))
		t.rows = listed(text, p.of)
		if t.rows < p.least || p.least == 0 && p.of != "" && t.rows > p.most {
			b.Errorf("%s (%s) lists %d of %s, at least %d were to be there, or no more than %d", p.name, p.path, t.rows, p.of, p.least, p.most)
			break
		}
	}
	slices.Sort(t.took)
	return t
}

// cpu is the processor time used so far.
func (c *console) cpu(b *testing.B) time.Duration {
	b.Helper()
	var sum time.Duration
	for _, pid := range c.pids() {
		used, err := cpuOf(pid)
		if err != nil {
			b.Fatal(err)
		}
		sum += used
	}
	return sum
}

// browse opens each page again and again, and prints how soon it came.
func (c *console) browse(b *testing.B, in *installation) {
	b.Helper()
	c.measure(b, c.pages(b, in))
}

func (c *console) measure(b *testing.B, all []page) {
	b.Helper()
	pagesReport.line("")
	pagesReport.line("%d pages of the console over them, each opened %d times (target: p95 below 100 ms)", len(all), pagesEach)
	pagesReport.line("  %-52s %6s %9s %9s %9s %7s", "", "rows", "p50", "p95", "CPU", "ratio")
	floor := c.open(b, page{name: "a page without a list", path: "/console/password"})
	var slow []string
	for _, p := range all {
		t := c.open(b, p)
		mark := ""
		if t.at(95) >= 100*time.Millisecond {
			slow = append(slow, p.name)
			mark = "  above the target"
		}
		pagesReport.line("  %-52s %6d %9s %9s %9s %7.1f%s", t.name, t.rows, millis(t.at(50)), millis(t.at(95)), millis(t.cpu), float64(t.at(50))/float64(floor.at(50)), mark)
	}
	pagesReport.line("  %-52s %6s %9s %9s %9s %7.1f", floor.name, "", millis(floor.at(50)), millis(floor.at(95)), millis(floor.cpu), 1.0)
	pagesReport.line("  %d of %d pages are above the target: %s", len(slow), len(all), strings.Join(slow, "; "))
}

// export has the whole list of payments made a file, and prints how fast that was.
func (c *console) export(b *testing.B, in *installation, format string, least int64) {
	b.Helper()
	token := formToken.FindStringSubmatch(c.get(b, c.scope()+"/payments"))
	if token == nil {
		b.Fatal("the list of payments has no form")
	}
	now := time.Now()
	form := url.Values{"_csrf": {token[1]}, "format": {format}, "from": {now.Add(-pagesSpan).Format(time.DateOnly)}, "to": {now.Format(time.DateOnly)}}
	peak := peakOf(b.Context(), in.platform)
	if _, err := fetch(b.Context(), c.client, c.base+c.scope()+"/payments/exports", form); err != nil {
		b.Fatal(err)
	}
	for deadline := now.Add(20 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var e struct {
			Status string `db:"status"`
			Rows   int64  `db:"row_count"`
			Size   int64  `db:"size"`
			Error  string `db:"error"`
		}
		if err := in.database.Get(b.Context(), &e, `SELECT status, row_count, size, error FROM list_exports ORDER BY id DESC LIMIT 1`); err != nil {
			b.Fatal(err)
		}
		took := time.Since(now)
		switch {
		case e.Status == "done" && e.Rows >= least:
			if least > 1 {
				pagesReport.line("  exporting %d payments to %s (%s): %.0f s, %.0f rows/s, at most %s", e.Rows, format, mib(e.Size), took.Seconds(), float64(e.Rows)/took.Seconds(), mib(peak()))
			}
			return
		case e.Status == "done" || e.Status == "failed" || time.Now().After(deadline):
			b.Fatalf("the export is %+v", e)
		}
	}
}

// ids returns what a statement selects.
func (in *installation) ids(b *testing.B, statement string, args ...any) []string {
	b.Helper()
	var ids []string
	if err := in.database.Select(b.Context(), &ids, statement, args...); err != nil {
		b.Fatal(err)
	}
	if len(ids) == 0 {
		b.Fatal(fmt.Sprint("nothing is selected by ", statement))
	}
	return ids
}
