package api_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// expect makes a call, which is held to the document, and checks its status.
func (s *shop) expect(t *testing.T, status int, method, path, body string, headers ...string) answer {
	t.Helper()
	a := s.call(t, method, path, body, headers...)
	if a.status != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.text)
	}
	return a
}

func TestEveryAnswerAboutPaymentsIsAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		full := with(map[string]string{
			"order_no": `"C-1"`, "account_id": `"` + s.WeChat.ID + `"`, "app_id": `"` + s.WeChat.AppIDs[0].AppID + `"`,
			"expires_at": `"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"`, "return_url": `"https://shop.example/back"`,
			"payer":           `{"openid":"o1","buyer_id":"b1","buyer_open_id":"bo1","client_ip":"203.0.113.7","auth_code":"1"}`,
			"channel_options": `{"profit_sharing":true,"limit_pay":"no_credit","goods_tag":"g","store_id":"s"}`,
			"metadata":        `{"shop":"12"}`,
		})
		created := s.expect(t, http.StatusCreated, "POST", "/payments", full, "Idempotency-Key", "c1")
		s.expect(t, http.StatusCreated, "POST", "/payments", full, "Idempotency-Key", "c1")
		s.expect(t, http.StatusOK, "POST", "/payments", full)
		s.expect(t, http.StatusUnprocessableEntity, "POST", "/payments", valid("C-2"), "Idempotency-Key", "c1")
		s.expect(t, http.StatusConflict, "POST", "/payments", with(map[string]string{"order_no": `"C-1"`, "amount": "5"}))
		s.expect(t, http.StatusCreated, "POST", "/payments", with(map[string]string{"order_no": `"C-3"`, "method": `"alipay_qr"`}))
		s.expect(t, http.StatusBadRequest, "POST", "/payments", one("amount", "1.5"))
		s.expect(t, http.StatusUnauthorized, "GET", "/payments", "", "Authorization", "")

		path := "/payments/" + created.str("id")
		s.expect(t, http.StatusOK, "GET", path, "")
		s.Pay(created.json["action"].(map[string]any)["code_url"].(string))
		s.Await(created.str("id"), "succeeded")
		if paid := s.expect(t, http.StatusOK, "GET", path, ""); paid.json["payer_amount"] == nil || paid.json["channel_trade_no"] == nil {
			t.Errorf("a paid payment lacks what was paid: %s", paid.text)
		}
		s.expect(t, http.StatusConflict, "POST", path+"/close", "")

		open := s.expect(t, http.StatusCreated, "POST", "/payments", valid("C-4"))
		if closed := s.expect(t, http.StatusOK, "POST", "/payments/"+open.str("id")+"/close", ""); closed.str("status") != "closed" {
			t.Errorf("closed: %s", closed.text)
		}
		s.expect(t, http.StatusNotFound, "POST", "/payments/pay_01ARZ3NDEKTSV4RRFFQ69G5FAV/close", "")
		first := s.expect(t, http.StatusOK, "GET", "/payments?limit=2&status=", "")
		s.expect(t, http.StatusOK, "GET", "/payments?limit=2&channel=wechat&cursor="+first.str("next_cursor"), "")
		s.expect(t, http.StatusOK, "GET", "/payments?order_no=C-1", "")
		s.expect(t, http.StatusBadRequest, "GET", "/payments?sort=amount", "")
	})
}

func TestEveryMethodsAnswerIsAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, m := range s.Methods() {
			if m == channel.WeChatCode || m == channel.AlipayCode {
				continue // they end at once: below
			}
			payer, err := json.Marshal(s.Payer(m))
			if err != nil {
				t.Fatal(err)
			}
			created := s.expect(t, http.StatusCreated, "POST", "/payments", with(map[string]string{
				"order_no": `"M-` + string(m) + `"`, "method": `"` + string(m) + `"`, "payer": string(payer), "return_url": `"https://shop.example/back"`,
			}))
			got := s.expect(t, http.StatusOK, "GET", "/payments/"+created.str("id"), "")
			if got.json["action"] == nil || !reflect.DeepEqual(got.json["action"], created.json["action"]) {
				t.Errorf("%s: read, the action is %v, was %v", m, got.json["action"], created.json["action"])
			}
		}
	})
}

func TestAPaymentCodesAnswersAreAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		charge := func(m channel.Method, behaviour trade.Behaviour, status int) answer {
			code, err := s.Sandbox.Trades().NewPayCode(s.Ctx, trade.PayCodeOrder{Channel: m.Channel(), Behaviour: behaviour})
			if err != nil {
				t.Fatal(err)
			}
			body := with(map[string]string{
				"order_no": `"P-` + string(m) + `-` + string(behaviour) + `"`, "method": `"` + string(m) + `"`,
				"payer": `{"auth_code":"` + code.AuthCode + `","client_ip":"203.0.113.7"}`,
			})
			a := s.expect(t, status, "POST", "/payments", body, "Idempotency-Key", code.AuthCode+"-key")
			if again := s.expect(t, status, "POST", "/payments", body, "Idempotency-Key", code.AuthCode+"-key"); again.text != a.text {
				t.Errorf("%s: replayed %s, was %s", m, again.text, a.text)
			}
			return a
		}
		for _, m := range []channel.Method{channel.WeChatCode, channel.AlipayCode} {
			if paid := charge(m, trade.PaysAtOnce, http.StatusCreated); paid.str("status") != "succeeded" || paid.json["action"] != nil {
				t.Errorf("%s: paid as %s", m, paid.text)
			}
			waiting := charge(m, trade.AsksPassword, http.StatusCreated)
			action, _ := waiting.json["action"].(map[string]any)
			if waiting.str("status") != "pending" || action["type"] != "none" {
				t.Errorf("%s: waiting as %s", m, waiting.text)
			}
			if refused := charge(m, trade.HasNoBalance, http.StatusUnprocessableEntity); refused.code() != "channel_refused" {
				t.Errorf("%s: refused as %s", m, refused.text)
			}
		}
	})
}

func TestEveryAnswerAboutSwitchingIsAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		created := s.expect(t, http.StatusCreated, "POST", "/payments", valid("S-1"))
		path := "/payments/" + created.str("id") + "/attempts"
		full := `{"method":"alipay_qr","account_id":"` + s.Alipay.ID + `","app_id":"` + s.Alipay.AppIDs[0].AppID + `","return_url":"https://shop.example/back",` +
			`"payer":{"client_ip":"203.0.113.7"},"channel_options":{"store_id":"s"}}`
		switched := s.expect(t, http.StatusCreated, "POST", path, full, "Idempotency-Key", "s1")
		if switched.str("method") != "alipay_qr" || switched.str("account_id") != s.Alipay.ID || switched.str("return_url") == "" || switched.json["action"] == nil {
			t.Errorf("switched to %s", switched.text)
		}
		replayed := s.expect(t, http.StatusCreated, "POST", path, full, "Idempotency-Key", "s1")
		if replayed.text != switched.text || replayed.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("replayed %s", replayed.text)
		}
		s.expect(t, http.StatusUnprocessableEntity, "POST", path, `{"method":"alipay_qr"}`, "Idempotency-Key", "s1")
		s.expect(t, http.StatusOK, "POST", path, full)
		s.expect(t, http.StatusOK, "POST", "/payments", valid("S-1"))
		for body, field := range map[string]string{
			`{}`: "method", `{"method":"paypal"}`: "method", `{"method":"alipay_qr","amount":5}`: "amount",
			`{"method":"alipay_jsapi"}`: "payer.buyer_id", `{"method":"wechat_native","account_id":"` + s.Alipay.ID + `"}`: "account_id",
		} {
			// A key that came to nothing may be used again.
			for range 2 {
				if got := s.expect(t, http.StatusBadRequest, "POST", path, body, "Idempotency-Key", "bad-"+field); got.field() != field {
					t.Errorf("%s: field %q, want %q", body, got.field(), field)
				}
			}
		}
		s.expect(t, http.StatusNotFound, "POST", "/payments/pay_01ARZ3NDEKTSV4RRFFQ69G5FAV/attempts", `{"method":"alipay_qr"}`)
		s.Pay(switched.json["action"].(map[string]any)["code_url"].(string))
		s.Await(created.str("id"), "succeeded")
		if got := s.expect(t, http.StatusConflict, "POST", path, `{"method":"wechat_native"}`); got.code() != "already_paid" {
			t.Errorf("a paid payment: %s", got.text)
		}
		closed := s.expect(t, http.StatusCreated, "POST", "/payments", valid("S-2"))
		s.expect(t, http.StatusOK, "POST", "/payments/"+closed.str("id")+"/close", "")
		if got := s.expect(t, http.StatusConflict, "POST", "/payments/"+closed.str("id")+"/attempts", `{"method":"alipay_qr"}`); got.code() != "payment_closed" {
			t.Errorf("a closed payment: %s", got.text)
		}
	})
}

func TestUnknownOutcomesAreAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		lose := func(suffix string) {
			s.wire.Set(func(w *paymentstest.Wire) {
				w.Lose = func(r *http.Request) bool { return suffix != "" && strings.HasSuffix(r.URL.Path, suffix) }
			})
		}
		lose("/native")
		s.expect(t, http.StatusAccepted, "POST", "/payments", valid("U-1"))
		lose("")
		created := s.expect(t, http.StatusCreated, "POST", "/payments", valid("U-2"))
		lose("/close")
		path := "/payments/" + created.str("id")
		s.expect(t, http.StatusAccepted, "POST", path+"/close", "")
		other := s.expect(t, http.StatusCreated, "POST", "/payments", valid("U-3"))
		s.expect(t, http.StatusAccepted, "POST", "/payments/"+other.str("id")+"/attempts", `{"method":"alipay_qr"}`)
		lose("")
	})
}

func TestEveryAnswerAboutWebhooksIsAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		body := `{"url":"http://127.0.0.1:9/hook","description":"orders","event_types":["payment.*"],"asymmetric":true}`
		created := s.expect(t, http.StatusCreated, "POST", "/webhook_endpoints", body)
		if created.str("public_key") == "" {
			t.Errorf("no public key: %s", created.text)
		}
		path := "/webhook_endpoints/" + created.str("id")
		s.expect(t, http.StatusOK, "GET", path, "")
		s.expect(t, http.StatusOK, "POST", path+"/rotate_secret", "")
		sent := s.expect(t, http.StatusAccepted, "POST", path+"/test", "")
		s.expect(t, http.StatusOK, "PATCH", path, `{"description":"the orders"}`)
		s.expect(t, http.StatusBadRequest, "PATCH", path, `{"status":"off"}`)
		s.expect(t, http.StatusBadRequest, "POST", "/webhook_endpoints", `{"url":"ftp://x"}`)
		s.expect(t, http.StatusOK, "GET", "/webhook_endpoints?limit=1", "")

		delivery := "/webhook_deliveries/" + sent.str("id")
		s.expect(t, http.StatusAccepted, "POST", delivery+"/redeliver", "")
		if _, err := s.hooks.Deliver(s.Ctx); err != nil {
			t.Fatal(err)
		}
		detail := s.expect(t, http.StatusOK, "GET", delivery, "")
		if history, _ := detail.json["history"].([]any); len(history) == 0 {
			t.Errorf("no attempt is shown: %s", detail.text)
		}
		s.expect(t, http.StatusOK, "GET", "/webhook_deliveries?status=pending&event_type=endpoint.test", "")
		s.expect(t, http.StatusBadRequest, "GET", "/webhook_deliveries?status=lost", "")
		s.expect(t, http.StatusOK, "PATCH", path, `{"status":"disabled"}`)
		s.expect(t, http.StatusConflict, "POST", path+"/test", "")
		s.expect(t, http.StatusConflict, "POST", delivery+"/redeliver", "")
		s.expect(t, http.StatusNoContent, "DELETE", path, "")
		s.expect(t, http.StatusNotFound, "GET", path, "")
	})
}

func TestEventsAndTheEchoAreAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, order := range []string{"E-1", "E-2"} {
			created := s.expect(t, http.StatusCreated, "POST", "/payments", valid(order))
			s.expect(t, http.StatusOK, "POST", "/payments/"+created.str("id")+"/close", "")
		}
		if _, err := s.Events.Sequence(s.Ctx); err != nil {
			t.Fatal(err)
		}
		list := s.expect(t, http.StatusOK, "GET", "/events?limit=1&type=payment.closed", "")
		data, _ := list.json["data"].([]any)
		if len(data) != 1 || list.str("next_cursor") == "" {
			t.Fatalf("events: %s", list.text)
		}
		s.expect(t, http.StatusOK, "GET", "/events?cursor="+list.str("next_cursor"), "")
		one, _ := data[0].(map[string]any)
		id, _ := one["id"].(string)
		s.expect(t, http.StatusOK, "GET", "/events/"+id, "")
		s.expect(t, http.StatusNotFound, "GET", "/events/evt_01ARZ3NDEKTSV4RRFFQ69G5FAV", "")
		s.expect(t, http.StatusOK, "POST", "/echo", `{"hello":"world"}`)
		s.expect(t, http.StatusOK, "POST", "/echo", "")
		s.expect(t, http.StatusNotFound, "GET", "/nowhere", "")
	})
}

// A key with every scope but the documented one is refused, and one with that
// scope alone is not.
func TestEachOperationNeedsTheScopeItNames(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for path, item := range theContract(t).doc.Paths.Map() {
			for method, op := range item.Operations() {
				scope, _ := op.Extensions["x-scope"].(string)
				path := strings.ReplaceAll(path, "{id}", "x_01ARZ3NDEKTSV4RRFFQ69G5FAV")
				if scope == "" {
					if path != "/echo" {
						t.Errorf("%s %s names no scope", method, path)
					}
					continue
				}
				var others []merchants.Scope
				for _, other := range merchants.Scopes() {
					if string(other) != scope {
						others = append(others, other)
					}
				}
				if got := s.call(t, method, path, "", "Authorization", "Bearer "+s.newKey(t, others...)); got.code() != "missing_scope" {
					t.Errorf("%s %s without %s: %d %s", method, path, scope, got.status, got.code())
				}
				if got := s.call(t, method, path, "", "Authorization", "Bearer "+s.newKey(t, merchants.Scope(scope))); got.status == http.StatusForbidden {
					t.Errorf("%s %s with %s alone: %s", method, path, scope, got.text)
				}
			}
		}
	})
}

func TestAProblemOutsideAnyOperationIsAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		if got := s.call(t, "PUT", "/payments", ""); got.status != http.StatusNotFound || got.code() != string(app.NotFound) {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}
