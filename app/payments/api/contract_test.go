package api_test

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/piaohao/piaohao/app/payments/api/docs"
)

// contract is the OpenAPI document that every answer in these tests is held to.
type contract struct {
	doc   *openapi3.T
	paths map[*regexp.Regexp]*openapi3.PathItem // below the merchant's base
}

var loadContract = sync.OnceValues(func() (*contract, error) { return readContract(docs.Source()) })

func readContract(source []byte) (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, err
	}
	c := &contract{doc: doc, paths: map[*regexp.Regexp]*openapi3.PathItem{}}
	for path, item := range doc.Paths.Map() {
		pattern := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, `[^/]+`)
		c.paths[regexp.MustCompile("^"+pattern+"$")] = item
	}
	return c, nil
}

func theContract(t *testing.T) *contract {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatalf("the document is not valid: %v", err)
	}
	return c
}

// operation finds what the document says of a call, nil when it says nothing.
func (c *contract) operation(method, path string) *openapi3.Operation {
	path, _, _ = strings.Cut(path, "?")
	for pattern, item := range c.paths {
		if pattern.MatchString(path) {
			return item.GetOperation(method)
		}
	}
	return nil
}

// check holds an answer to the document: its status is listed, its headers and
// its body are as described, and what it accepted was allowed.
func (c *contract) check(t *testing.T, method, path, body string, a answer) {
	t.Helper()
	op := c.operation(method, path)
	if op == nil {
		// What the document does not know must not exist.
		if a.status != http.StatusNotFound && a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
			t.Errorf("%s %s is not in the document and answers %d", method, path, a.status)
		}
		c.conforms(t, method+" "+path, c.doc.Components.Schemas["Problem"], a.text)
		return
	}
	what := op.OperationID + " " + strconv.Itoa(a.status)
	c.answered(t, what, op, a)
	if a.status < 300 && op.RequestBody != nil {
		if typed := op.RequestBody.Value.Content.Get("application/json"); typed != nil && body != "" {
			c.conforms(t, op.OperationID+"'s accepted body", typed.Schema, body)
		}
	}
}

func (c *contract) answered(t *testing.T, what string, op *openapi3.Operation, a answer) {
	t.Helper()
	described := op.Responses.Value(strconv.Itoa(a.status))
	if described == nil {
		t.Errorf("%s: the document does not list the status: %s", what, a.text)
		return
	}
	for _, name := range []string{"Retry-After", "Idempotency-Replayed", "WWW-Authenticate"} {
		if a.header.Get(name) != "" && described.Value.Headers[name] == nil {
			t.Errorf("%s: the header %s is not in the document", what, name)
		}
	}
	if len(described.Value.Content) == 0 {
		if a.text != "" {
			t.Errorf("%s: no body was promised: %s", what, a.text)
		}
		return
	}
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	content := described.Value.Content[kind]
	if err != nil || content == nil {
		t.Errorf("%s: the document does not promise %q", what, a.header.Get("Content-Type"))
		return
	}
	if kind == "application/json" || kind == "application/problem+json" {
		c.conforms(t, what, content.Schema, a.text)
	}
	if a.status >= 400 && !slices.Contains(codesOf(described.Value), a.code()) {
		t.Errorf("%s: the status does not list the code %s", what, a.code())
	}
}

// codesOf returns the codes that the document lists for an answer.
func codesOf(r *openapi3.Response) []string {
	list, _ := r.Extensions["x-codes"].([]any)
	out := make([]string, 0, len(list))
	for _, code := range list {
		s, _ := code.(string)
		out = append(out, s)
	}
	return out
}

func (c *contract) conforms(t *testing.T, what string, schema *openapi3.SchemaRef, text string) bool {
	t.Helper()
	if err := violation(schema, text); err != nil {
		t.Errorf("%s is not as the document says: %v\n%s", what, err, text)
		return false
	}
	return true
}

// violation says what in a JSON text the schema does not allow.
func violation(schema *openapi3.SchemaRef, text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
}
