package sandbox_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// TestTheGuideNamesEveryFault, and no fault or script that there is not.
func TestTheGuideNamesEveryFault(t *testing.T) {
	raw, err := os.ReadFile("../../docs/SANDBOX.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(raw)
	calls := regexp.MustCompile("(?m)^\\| `(GET|POST) (/sandbox/[a-z/{}-]+)").FindAllStringSubmatch(guide, -1)
	guide, bills, ok := strings.Cut(guide, "## Bill faults")
	if !ok {
		t.Fatal("the guide says nothing of bill faults")
	}
	wantTable(t, guide, trade.Faults())
	wantTable(t, bills, trade.BillFaults())

	s, err := sandbox.New(sandbox.Config{
		DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: app.SystemClock{}, BaseURL: "http://127.0.0.1", NewKey: sandboxtest.Keys(), Loopback: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	web := fiber.New()
	s.Routes(web)
	routes := map[string]bool{}
	for _, r := range web.GetRoutes() {
		routes[r.Method+" "+regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, "{id}")] = true
	}
	if len(calls) == 0 {
		t.Error("the guide names no script")
	}
	for _, call := range calls {
		if !routes[call[1]+" "+call[2]] {
			t.Errorf("the guide names a script %s %s that there is not", call[1], call[2])
		}
	}
}

// wantTable demands a row for every fault, and no other.
func wantTable[F ~string](t *testing.T, text string, faults []F) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range faults {
		known[string(f)] = true
		if !strings.Contains(text, "| `"+string(f)+"` |") {
			t.Errorf("the guide does not name the fault %s", f)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|").FindAllStringSubmatch(text, -1) {
		if !known[row[1]] {
			t.Errorf("the guide names a fault %s that there is not", row[1])
		}
	}
}
