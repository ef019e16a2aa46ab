package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// received is a webhook as it came in.
type received struct {
	header http.Header
	body   string
}

// receiver takes webhooks and answers them with 200.
func receiver(t *testing.T) (url string, got func() []received) {
	t.Helper()
	ch := make(chan received, 32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ch <- received{r.Header, string(body)}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []received {
		var out []received
		for len(ch) > 0 {
			out = append(out, <-ch)
		}
		return out
	}
}

func TestWebhooksArriveAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		url, got := receiver(t)
		endpoint := s.expect(t, http.StatusCreated, "POST", "/webhook_endpoints", `{"url":"`+url+`","asymmetric":true}`)
		s.expect(t, http.StatusAccepted, "POST", "/webhook_endpoints/"+endpoint.str("id")+"/test", "")
		for _, pay := range []bool{true, false} {
			created := s.expect(t, http.StatusCreated, "POST", "/payments", valid("W-"+map[bool]string{true: "1", false: "2"}[pay]))
			if pay {
				s.Pay(created.json["action"].(map[string]any)["code_url"].(string))
				s.Await(created.str("id"), "succeeded")
			} else {
				s.expect(t, http.StatusOK, "POST", "/payments/"+created.str("id")+"/close", "")
			}
		}
		s.deliver(t)
		var types []string
		for _, r := range got() {
			types = append(types, theContract(t).webhook(t, r))
		}
		slices.Sort(types)
		if want := []string{"endpoint.test", "payment.closed", "payment.succeeded"}; !slices.Equal(types, want) {
			t.Errorf("%v arrived, want %v", types, want)
		}
	})
}

// deliver brings what happened to its receivers.
func (s *shop) deliver(t *testing.T) {
	t.Helper()
	for _, job := range []func() (int, error){
		func() (int, error) { return s.Events.Sequence(s.Ctx) },
		func() (int, error) { return s.hooks.FanOut(s.Ctx) },
		func() (int, error) { return s.hooks.Deliver(s.Ctx) },
	} {
		if _, err := job(); err != nil {
			t.Fatal(err)
		}
	}
}

// webhook holds a webhook to the document and returns its type.
func (c *contract) webhook(t *testing.T, r received) string {
	t.Helper()
	for name, item := range c.doc.Webhooks {
		if !strings.Contains(r.body, `"type":"`+name+`"`) {
			continue
		}
		op := item.Post
		for _, p := range op.Parameters {
			value := r.header.Get(p.Value.Name)
			if err := p.Value.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
				t.Errorf("%s: header %s is %q: %v", name, p.Value.Name, value, err)
			}
		}
		c.conforms(t, name, op.RequestBody.Value.Content["application/json"].Schema, r.body)
		c.conforms(t, name+" as an event", c.doc.Components.Schemas["Event"], r.body)
		return name
	}
	t.Errorf("the document does not know %s", r.body)
	return ""
}
