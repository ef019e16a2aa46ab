package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/api"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// unrecorded are the calls that leave no row in the audit log: it holds what people
// and configuration do, and a payment's own timeline holds what keys do to it.
var unrecorded = map[string]string{
	"POST /echo":                  "changes nothing",
	"POST /payments":              "in the payment's timeline, with the key, its address and the request",
	"POST /payments/:id/close":    "likewise",
	"POST /payments/:id/attempts": "likewise",
	"POST /payments/:id/refunds":  "in the timelines of the payment and the refund, likewise",
}

// TestEveryCallThatChangesConfigurationIsInTheAuditLog makes each call by which a
// key changes anything, and holds it against the log.
func TestEveryCallThatChangesConfigurationIsInTheAuditLog(t *testing.T) {
	c := &paymentstest.Clock{}
	d := dbtest.OpenSQLite(t, dbtest.WithClock(c))
	inner, wire := paymentstest.Open(t, d, c)
	s := &shop{Shop: inner, wire: wire}
	s.serve(t, d, c)
	log := audit.New(d, make([]byte, 32), c)
	head := func() audit.Head {
		t.Helper()
		h, err := log.Head(t.Context(), s.Scope.MerchantID)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	endpoint := s.call(t, "POST", "/webhook_endpoints", `{"url":"`+s.Base+`/sandbox/inbox/a"}`).str("id")
	delivery := s.call(t, "POST", "/webhook_endpoints/"+endpoint+"/test", "").str("id")
	paid := s.Paid("REC-1", channel.AlipayQR).ID
	open := s.Create(paymentstest.Order("REC-2", channel.WeChatNative)).ID
	other := s.Create(paymentstest.Order("REC-3", channel.WeChatNative)).ID
	calls := map[string]struct{ path, body string }{
		"POST /echo":                                {"/echo", `{}`},
		"POST /payments":                            {"/payments", `{"order_no":"REC-4","amount":100,"currency":"CNY","subject":"Tea","method":"wechat_native"}`},
		"POST /payments/:id/close":                  {"/payments/" + open + "/close", ``},
		"POST /payments/:id/attempts":               {"/payments/" + other + "/attempts", `{"method":"alipay_qr"}`},
		"POST /payments/:id/refunds":                {"/payments/" + paid + "/refunds", `{"refund_no":"REC-5","amount":1,"reason":"test"}`},
		"POST /webhook_endpoints":                   {"/webhook_endpoints", `{"url":"` + s.Base + `/sandbox/inbox/b"}`},
		"PATCH /webhook_endpoints/:id":              {"/webhook_endpoints/" + endpoint, `{"description":"Orders"}`},
		"POST /webhook_endpoints/:id/rotate_secret": {"/webhook_endpoints/" + endpoint + "/rotate_secret", ``},
		"POST /webhook_endpoints/:id/test":          {"/webhook_endpoints/" + endpoint + "/test", ``},
		"POST /webhook_deliveries/:id/redeliver":    {"/webhook_deliveries/" + delivery + "/redeliver", ``},
		"DELETE /webhook_endpoints/:id":             {"/webhook_endpoints/" + endpoint, ``},
	}
	f := fiber.New()
	api.New(api.Config{}).Routes(f)
	tried := 0
	for _, r := range f.GetRoutes(true) {
		name := r.Method + " " + strings.TrimPrefix(r.Path, "/v1/merchants/:merchant")
		if r.Method == http.MethodGet || r.Method == http.MethodHead || name == "DELETE /webhook_endpoints/:id" {
			continue
		}
		tried++
		s.recorded(t, name, calls[name].path, calls[name].body, head)
	}
	const last = "DELETE /webhook_endpoints/:id"
	s.recorded(t, last, calls[last].path, "", head)
	if tried+1 != len(calls) {
		t.Errorf("%d calls stand in the API, %d here", tried+1, len(calls))
	}
	page, err := log.List(t.Context(), audit.Filter{Chain: s.Scope.MerchantID, Limit: 1})
	if err != nil || page.Rows[0].ActorKind != audit.KindKey || !strings.HasPrefix(page.Rows[0].ActorID, "key_") || page.Rows[0].ActorIP == "" {
		t.Errorf("the last row is %+v, %v", page.Rows, err)
	}
}

func (s *shop) recorded(t *testing.T, name, path, body string, head func() audit.Head) {
	t.Helper()
	if path == "" {
		t.Errorf("%s: make the call here, so that its row is seen", name)
		return
	}
	before := head()
	a := s.call(t, strings.Fields(name)[0], path, body)
	if a.status >= http.StatusBadRequest {
		t.Errorf("%s: %d %s", name, a.status, a.text)
	}
	switch written, reason := head().Seq-before.Seq, unrecorded[name]; {
	case written == 0 && reason == "":
		t.Errorf("%s leaves no row in the audit log; record it, or say in unrecorded why not", name)
	case written > 0 && reason != "":
		t.Errorf("%s is recorded; take it out of unrecorded", name)
	}
}
