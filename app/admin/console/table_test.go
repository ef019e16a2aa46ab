package console

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
)

func TestATableThatIsNotFullyDecidedKeepsTheServerFromStarting(t *testing.T) {
	if err := checkTable(Table()); err != nil {
		t.Fatal(err)
	}
	handler := (*Console).missing
	for name, c := range map[string]struct {
		route Route
		want  string
	}{
		"a permission nobody has":   {get("/console/x", InMerchant, access.Payments, access.Run, handler), "no policy allows"},
		"an object nobody knows":    {get("/console/x", OnPlatform, "secrets", access.Read, handler), "no policy allows"},
		"no permission at all":      {get("/console/x", InMerchant, "", "", handler), "no policy allows"},
		"no place":                  {get("/console/x", "", access.Payments, access.Read, handler), "where its permission"},
		"a permission not asked":    {get("/console/x", SignedIn, access.Keys, access.Read, handler), "nobody would ask"},
		"no handler":                {get("/console/x", InMerchant, access.Payments, access.Read, nil), "no handler"},
		"a route that stands twice": {Table()[0], "twice"},
	} {
		err := checkTable(append(Table(), c.route))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryRouteSaysByItsPathWhereItIs(t *testing.T) {
	for _, r := range Table() {
		if strings.HasPrefix(r.Path, "/console/m/") != (r.Place == InMerchant) {
			t.Errorf("%s %s is at %s", r.Method, r.Path, r.Place)
		}
		if strings.HasPrefix(r.Path+"/", "/console/admin/") != (r.Place == OnPlatform) {
			t.Errorf("%s %s is at %s", r.Method, r.Path, r.Place)
		}
		if r.Method == "GET" && (r.Action == access.Run || r.Action == access.Resend || r.Action == access.Close || r.Action == access.Sync) {
			t.Errorf("GET %s would change something", r.Path)
		}
	}
}

func TestSafeNextKeepsToTheConsole(t *testing.T) {
	for _, next := range []string{"/console", "/console?merchant=mch_1&mode=test", "/console/m/mch_1/test/payments?status=closed"} {
		if safeNext(next) != next {
			t.Errorf("%q is refused", next)
		}
	}
	for _, next := range []string{"", "/", "//x", "/console//x", "http://x/console", "/consolation", "/console/\\x", "/console\n"} {
		if got := safeNext(next); got != "" {
			t.Errorf("%q becomes %q", next, got)
		}
	}
}
