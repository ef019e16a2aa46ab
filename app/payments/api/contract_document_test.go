package api_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/api"
	"github.com/piaohao/piaohao/app/payments/api/docs"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

func TestTheDocumentIsValidOpenAPI31(t *testing.T) {
	c := theContract(t)
	if c.doc.OpenAPI != "3.1.0" || !c.doc.IsOpenAPI31OrLater() {
		t.Errorf("version %s", c.doc.OpenAPI)
	}
}

// The validator is only worth its name when it refuses what is wrong.
func TestAWrongDocumentIsRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"an example with an unknown member": {"    late: false\n", "    late: false\n                    early: true\n"},
		"an example of the wrong type":      {"status: pending\n", "status: 7\n"},
		"a reference that leads nowhere":    {"#/components/schemas/PaymentPage", "#/components/schemas/PaymentPages"},
		"a keyword that does not exist":     {"      maxLength: 64\n", "      maxLength: 64\n          longest: 64\n"},
	} {
		source := strings.Replace(string(docs.Source()), change[0], change[1], 1)
		if source == string(docs.Source()) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := readContract([]byte(source)); err == nil {
			t.Errorf("%s was not noticed", name)
		}
	}
}

func TestAnAnswerThatIsNotAsDocumentedIsNoticed(t *testing.T) {
	schemas := theContract(t).doc.Components.Schemas
	problem := `{"type":"/docs/errors#not_found","title":"Not Found","status":404,"detail":"x","code":"not_found","request_id":"req_1"}`
	if err := violation(schemas["Problem"], problem); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"an unknown member":         {`"detail"`, `"hint":"y","detail"`},
		"a missing member":          {`"detail":"x",`, ``},
		"a wrong type":              {`404`, `"404"`},
		"an unknown code":           {`"code":"not_found"`, `"code":"lost"`},
		"an unknown member inside":  {`"request_id"`, `"channel":{"name":"wechat","code":"X","message":"y","hint":"z"},"request_id"`},
		"a type that leads nowhere": {`/docs/errors#`, `/errors#`},
	} {
		if violation(schemas["Problem"], strings.Replace(problem, change[0], change[1], 1)) == nil {
			t.Errorf("%s was not noticed", name)
		}
	}
}

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	f := fiber.New()
	api.New(api.Config{}).Routes(f)
	var served []string
	for _, r := range f.GetRoutes(true) {
		path, ok := strings.CutPrefix(r.Path, "/v1/merchants/:merchant")
		if !ok {
			t.Errorf("%s %s lies outside a merchant", r.Method, r.Path)
		}
		if r.Method != http.MethodHead { // Fiber's companion of every GET
			served = append(served, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}"))
		}
	}
	var described []string
	for path, item := range theContract(t).doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served    %v\ndescribed %v", served, described)
	}
}

func TestEveryOperationIsDescribedInFull(t *testing.T) {
	ids := map[string]bool{}
	doc := theContract(t).doc
	describe := func(name string, op *openapi3.Operation) {
		zh, _ := op.Extensions["x-summary-zh"].(string)
		if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || op.Description == "" || zh == "" {
			t.Errorf("%s: an id of its own, a summary, a description and x-summary-zh are due", name)
		}
		ids[op.OperationID] = true
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			describe(method+" "+path, op)
			for _, status := range []string{"401", "403", "404", "429", "500", "503"} {
				if op.Responses.Value(status) == nil {
					t.Errorf("%s %s does not list %s, which any call can meet", method, path, status)
				}
			}
		}
	}
	for name, item := range doc.Webhooks {
		describe(name, item.Post)
	}
}

func TestEveryObjectIsClosed(t *testing.T) {
	for name, ref := range theContract(t).doc.Components.Schemas {
		closed(t, name, ref.Value)
	}
}

// closed checks that an object lists its members or types those it leaves open.
func closed(t *testing.T, name string, s *openapi3.Schema) {
	t.Helper()
	if s.Type.Is("object") {
		extra := s.AdditionalProperties
		if extra.Schema == nil && (extra.Has == nil || *extra.Has) {
			t.Errorf("%s allows members that nobody described", name)
		}
	}
	for member, ref := range s.Properties {
		closed(t, name+"."+member, ref.Value)
	}
	if s.Items != nil {
		closed(t, name+"[]", s.Items.Value)
	}
}

func TestTheListedValuesAreTheProgramsOwn(t *testing.T) {
	schemas := theContract(t).doc.Components.Schemas
	var methods, statuses, scopes []string
	for _, m := range wechat.New(http.DefaultTransport, app.SystemClock{}).Methods() {
		methods = append(methods, string(m))
	}
	for _, m := range alipay.New(http.DefaultTransport, app.SystemClock{}).Methods() {
		methods = append(methods, string(m))
	}
	for _, s := range payments.Statuses {
		statuses = append(statuses, string(s))
	}
	var refunds []string
	for _, s := range payments.RefundStatuses {
		refunds = append(refunds, string(s))
	}
	same(t, "RefundStatus", values(schemas["RefundStatus"]), refunds)
	for _, s := range merchants.Scopes() {
		scopes = append(scopes, string(s))
	}
	same(t, "PaymentMethod", values(schemas["PaymentMethod"]), methods)
	same(t, "PaymentStatus", values(schemas["PaymentStatus"]), statuses)
	authentication := schemas["Echo"].Value.Properties["authentication"].Value
	same(t, "scopes", values(authentication.Properties["scopes"].Value.Items), scopes)
	same(t, "ErrorCode", values(schemas["ErrorCode"]), slices.Collect(maps.Keys(errorTable(t))))
}

func values(s *openapi3.SchemaRef) []string {
	var out []string
	for _, v := range s.Value.Enum {
		out = append(out, v.(string))
	}
	return out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the document lists %v, the program has %v", what, got, want)
	}
}

// restFor answers one request with an error, as the API does.
func restFor(t *testing.T, err error) answer {
	t.Helper()
	rest := api.New(api.Config{Logger: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))})
	f := fiber.New(fiber.Config{ErrorHandler: rest.Answer})
	f.Get("/", func(*fiber.Ctx) error { return err })
	req, reqErr := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://api.test/", nil)
	if reqErr != nil {
		t.Fatal(reqErr)
	}
	res, testErr := f.Test(req, -1)
	if testErr != nil {
		t.Fatal(testErr)
	}
	return readAnswer(t, res)
}
