package api_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/webhooks"
)

// rooms are what a request to the API can pass through, from here. Package app
// itself raises errors only where channels' and bills' amounts are read.
var rooms = []string{".", "..", "../../merchants", "../../webhooks", "../../events", "../../db", "../../reconcile/statements"}

// elsewhere are the codes of these rooms that no call of the API can answer.
var elsewhere = map[string]string{
	"account_changed":        "the console edits accounts",
	"draft_changed":          "the wizard registers accounts",
	"draft_not_found":        "the wizard registers accounts",
	"draft_unproven":         "the wizard registers accounts",
	"too_many_drafts":        "the wizard registers accounts",
	"second_person":          "the console changes keys, credentials, roles and limits",
	"account_exists":         "the console registers accounts",
	"account_is_one_app":     "the console edits an account's apps",
	"account_probe_failed":   "the console enables accounts",
	"being_asked":            "reconciliation asks, and comes again",
	"not_confirmed":          "reconciliation reports it with the exception",
	"refund_exceeds":         "reconciliation reports it with the exception",
	"unpaid":                 "reconciliation recovers the payment first",
	"period_blocked":         "the console locks months",
	"period_changed":         "the console decides about locks",
	"period_locked":          "a run reports it",
	"period_not_locked":      "the console opens months",
	"period_pending":         "the console locks months",
	"nothing_to_export":      "the console exports months",
	"export_not_found":       "the console shows exports",
	"export_not_ready":       "the console downloads exports",
	"bad_signature":          "a callback is answered in the channel's own words",
	"being_reversed":         "a notification meets it, and the job",
	"channel_unclear":        "the console asks the channel",
	"close_pending":          "the close answers 202 with the payment",
	"credentials_incomplete": "the console enables accounts",
	"identity_differs":       "the console edits accounts",
	"key_already_rolled":     "the console rolls keys",
	"key_not_active":         "the console rolls keys",
	"merchant_changed":       "the console edits merchants",
	"provider_disabled":      "the console registers accounts",
	"provider_exists":        "the console registers providers",
	"provider_not_found":     "the console registers accounts",
	"mismatch":               "a contradiction is quarantined, and the caller is not told",
	"refund_not_abnormal":    "the console resolves abnormal refunds",
	"no_certificates_kept":   "the console fetches an account's certificates",
	"notice_not_found":       "the console shows cases of quarantine",
	"notice_resolved":        "the console ends cases of quarantine",
	"notice_without_order":   "the console ends cases of quarantine",
	"still_contradicts":      "the console ends cases of quarantine",
	"outcome_unknown":        "a notification that cannot be confirmed is the channel's to repeat",
}

// fromHTTP are the errors that the HTTP layer raises before any handler.
var fromHTTP = []error{
	fiber.ErrRequestEntityTooLarge, fiber.ErrRequestHeaderFieldsTooLarge, fiber.ErrRequestTimeout,
	fiber.ErrNotFound, fiber.ErrMethodNotAllowed, fiber.ErrBadGateway, fiber.NewError(http.StatusBadRequest, "x"),
}

func TestEveryErrorCodeIsInTheTableWithItsStatus(t *testing.T) {
	table := errorTable(t)
	met := map[string]bool{}
	hold := func(where string, err error) {
		a := restFor(t, err)
		status, listed := table[a.code()]
		if met[a.code()] = true; !listed {
			t.Errorf("%s: the code %s is not in the document", where, a.code())
		} else if status != a.status {
			t.Errorf("%s: %s answers %d, the document says %d", where, a.code(), a.status, status)
		}
		if want := "/docs/errors#" + a.code(); a.str("type") != want {
			t.Errorf("%s: type %q, want %q", where, a.str("type"), want)
		}
	}
	unused := map[string]bool{}
	for code := range elsewhere {
		unused[code] = true
	}
	for _, e := range raised(t) {
		if _, ok := elsewhere[e.name()]; ok {
			delete(unused, e.name())
			continue
		}
		hold(e.where, app.Errorf(e.code, "x").WithReason(e.reason))
	}
	for _, err := range fromHTTP {
		hold("the HTTP layer", err)
	}
	hold("an error of no kind", fs.ErrClosed)
	for code := range table {
		if !met[code] {
			t.Errorf("the document lists %s, which nothing raises", code)
		}
	}
	for code := range unused {
		t.Errorf("%s is raised nowhere any more", code)
	}
}

// errorTable reads the description's table, which must say the same as the
// schema of codes.
func errorTable(t *testing.T) map[string]int {
	t.Helper()
	c := theContract(t)
	table := map[string]int{}
	for line := range strings.SplitSeq(c.doc.Info.Description, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) == 6 && strings.HasPrefix(cells[1], " `") {
			status, err := strconv.Atoi(strings.TrimSpace(cells[2]))
			if err != nil {
				t.Fatalf("row %q: %v", line, err)
			}
			table[strings.Trim(cells[1], " `")] = status
		}
	}
	said, _ := c.doc.Components.Schemas["ErrorCode"].Value.Extensions["x-errors"].(map[string]any)
	if len(said) != len(table) || len(table) == 0 {
		t.Errorf("x-errors has %d codes, the table %d", len(said), len(table))
	}
	for code, status := range table {
		one, _ := said[code].(map[string]any)
		if got, _ := one["status"].(float64); int(got) != status || one["zh"] == "" || one["do-zh"] == "" {
			t.Errorf("x-errors says %v of %s, the table %d", one, code, status)
		}
	}
	return table
}

// Each status of each operation lists only codes that have this status.
func TestTheCodesOfAnAnswerHaveItsStatus(t *testing.T) {
	table := errorTable(t)
	listed := map[string]bool{}
	for path, item := range theContract(t).doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, r := range op.Responses.Map() {
				codes := codesOf(r.Value)
				if status >= "400" && len(codes) == 0 {
					t.Errorf("%s %s: %s lists no code", method, path, status)
				}
				for _, code := range codes {
					listed[code] = true
					if strconv.Itoa(table[code]) != status {
						t.Errorf("%s %s: %s lists %s, whose status is %d", method, path, status, code, table[code])
					}
				}
			}
		}
	}
	for code := range table {
		if !listed[code] {
			t.Errorf("no operation lists %s", code)
		}
	}
}

// fieldCodes are where a field's code stands among the arguments of whatever
// names a wrong field.
var fieldCodes = map[string]int{"InvalidField": 1, "add": 1, "fail": 1, "bad": 0}

func TestEveryFieldCodeIsListed(t *testing.T) {
	found := map[string]bool{}
	for _, file := range sources(t, ".", "..", "../../webhooks", "../../merchants") {
		// Of merchants, the API only chooses accounts: the console does the rest.
		if filepath.Base(filepath.Dir(file.name)) == "merchants" && filepath.Base(file.name) != "choose.go" {
			continue
		}
		ast.Inspect(file.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for name, at := range fieldCodes {
				if calls(call, name) && len(call.Args) > at+1 {
					if lit, ok := call.Args[at].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						found[file.literal(t, lit)] = true
					}
				}
			}
			return true
		})
	}
	var list []string
	for code := range found {
		list = append(list, code)
	}
	field := theContract(t).doc.Components.Schemas["FieldError"].Value.Properties["code"]
	same(t, "FieldError.code", values(field), list)
}

func TestEveryEventIsDocumented(t *testing.T) {
	written := []string{
		webhooks.EventDisabled, webhooks.EventTest, merchants.EventCertificateExpiring, merchants.EventCertificatesStale,
		merchants.EventCircuitOpened, merchants.EventCircuitClosed, merchants.EventDeaf, statements.EventCompleted,
	}
	for _, file := range sources(t, "..") {
		ast.Inspect(file.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if calls(n, "emit") && len(n.Args) > 2 {
					written = append(written, file.literal(t, n.Args[2]))
				}
			case *ast.ValueSpec:
				if n.Names[0].Name == "refundEvents" {
					for _, pair := range n.Values[0].(*ast.CompositeLit).Elts {
						written = append(written, file.literal(t, pair.(*ast.KeyValueExpr).Value))
					}
				}
			}
			return true
		})
	}
	doc := theContract(t).doc
	var described, mapped []string
	for name := range doc.Webhooks {
		described = append(described, name)
	}
	for name := range doc.Components.Schemas["Event"].Value.Discriminator.Mapping {
		mapped = append(mapped, name)
	}
	slices.Sort(written)
	written = slices.Compact(written)
	same(t, "webhooks", described, written)
	same(t, "Event", mapped, slices.Clone(written))
}
