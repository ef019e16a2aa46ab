package api_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// paid returns the id of a payment of 1234 fen that was paid.
func (s *shop) paid(t *testing.T, orderNo, method string) string {
	t.Helper()
	created := s.expect(t, http.StatusCreated, "POST", "/payments", with(map[string]string{"order_no": `"` + orderNo + `"`, "amount": "1234", "method": `"` + method + `"`}))
	s.Pay(created.json["action"].(map[string]any)["code_url"].(string))
	s.Await(created.str("id"), "succeeded")
	return created.str("id")
}

func refundOf(no string, amount int) string {
	return `{"refund_no":"` + no + `","amount":` + strconv.Itoa(amount) + `,"reason":"sold out"}`
}

// refunded waits until a refund has a status, with the job running.
func (s *shop) refunded(t *testing.T, id, status string) answer {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r := s.expect(t, http.StatusOK, "GET", "/refunds/"+id, "")
		if r.str("status") == status {
			return r
		}
		if time.Now().After(deadline) {
			t.Fatalf("refund %s is %s, want %s: %s", id, r.str("status"), status, r.text)
		}
		s.Clock.Advance(5 * time.Second)
		if _, err := s.Payments.RefundDue(s.Ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMoneyGoesBackThroughTheAPI(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, method := range []string{"wechat_native", "alipay_qr"} {
			id := s.paid(t, "R-"+method, method)
			path := "/payments/" + id + "/refunds"
			part := refundOf("P-"+method, 234)
			first := s.expect(t, http.StatusCreated, "POST", path, part, "Idempotency-Key", "r"+method)
			again := s.expect(t, http.StatusCreated, "POST", path, part, "Idempotency-Key", "r"+method)
			if again.text != first.text || again.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("replayed %s, first %s", again.text, first.text)
			}
			if same := s.expect(t, http.StatusOK, "POST", path, part); same.str("id") != first.str("id") {
				t.Errorf("the same refund_no made another refund: %s", same.text)
			}
			if other := s.expect(t, http.StatusConflict, "POST", path, refundOf("P-"+method, 235)); other.code() != "refund_no_conflict" || other.str("refund_id") != first.str("id") {
				t.Errorf("%s", other.text)
			}
			done := s.refunded(t, first.str("id"), "succeeded")
			if done.json["succeeded_at"] == nil || done.json["accepted_at"] == nil || done.str("source") != "api" || done.str("order_no") != "R-"+method {
				t.Errorf("%s", done.text)
			}
			if p := s.expect(t, http.StatusOK, "GET", "/payments/"+id, ""); p.json["amount_refunded"] != float64(234) || p.str("status") != "succeeded" {
				t.Errorf("the payment says %s", p.text)
			}
			if much := s.expect(t, http.StatusConflict, "POST", path, refundOf("M-"+method, 1001)); much.code() != "refund_exceeds_remainder" || much.json["remainder"] != float64(1000) {
				t.Errorf("%s", much.text)
			}
			list := s.expect(t, http.StatusOK, "GET", "/refunds?payment_id="+id, "")
			if data, _ := list.json["data"].([]any); len(data) != 1 {
				t.Errorf("%s", list.text)
			}
			s.expect(t, http.StatusOK, "GET", "/refunds?refund_no=P-"+method, "")
			if got := s.EventTypes(first.str("id")); !slices.Equal(got, []string{"refund.succeeded"}) {
				t.Errorf("events %v", got)
			}
		}
		page := s.expect(t, http.StatusOK, "GET", "/refunds?limit=1", "")
		s.expect(t, http.StatusOK, "GET", "/refunds?limit=1&status=succeeded&cursor="+page.str("next_cursor"), "")
		s.expect(t, http.StatusBadRequest, "GET", "/refunds?status=lost", "")
		s.expect(t, http.StatusBadRequest, "GET", "/refunds?sort=amount", "")
		s.expect(t, http.StatusNotFound, "GET", "/refunds/rfd_01ARZ3NDEKTSV4RRFFQ69G5FAV", "")
	})
}

func TestRefundsThatCannotBeAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		open := s.expect(t, http.StatusCreated, "POST", "/payments", valid("N-1"))
		if got := s.expect(t, http.StatusConflict, "POST", "/payments/"+open.str("id")+"/refunds", refundOf("N-1", 1)); got.code() != "payment_not_refundable" {
			t.Errorf("%s", got.text)
		}
		s.expect(t, http.StatusNotFound, "POST", "/payments/pay_01ARZ3NDEKTSV4RRFFQ69G5FAV/refunds", refundOf("N-2", 1))
		path := "/payments/" + s.paid(t, "N-3", "alipay_qr") + "/refunds"
		for body, field := range map[string]string{
			`{"amount":1,"reason":"x"}`:                                                                 "refund_no",
			`{"refund_no":"a b","amount":1,"reason":"x"}`:                                               "refund_no",
			`{"refund_no":"N-4","reason":"x"}`:                                                          "amount",
			`{"refund_no":"N-4","amount":0,"reason":"x"}`:                                               "amount",
			`{"refund_no":"N-4","amount":1.5,"reason":"x"}`:                                             "amount",
			`{"refund_no":"N-4","amount":1}`:                                                            "reason",
			`{"refund_no":"N-4","amount":1,"reason":" "}`:                                               "reason",
			`{"refund_no":"N-4","amount":1,"Amount":2}`:                                                 "Amount",
			`{"refund_no":"N-4","amount":1,"notify_url":"x"}`:                                           "notify_url",
			`{"refund_no":"N-4","amount":1,"reason":"x","attempt_id":"att_01ARZ3NDEKTSV4RRFFQ69G5FAV"}`: "attempt_id",
		} {
			if got := s.expect(t, http.StatusBadRequest, "POST", path, body); got.field() != field {
				t.Errorf("%s names %q, want %q: %s", body, got.field(), field, got.text)
			}
		}
		if list := s.expect(t, http.StatusOK, "GET", "/refunds", ""); len(list.json["data"].([]any)) != 0 {
			t.Errorf("left behind: %s", list.text)
		}
	})
}

func TestAChannelsRefusalOfARefundIsPassedOn(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for c, method := range map[app.Channel]string{app.WeChat: "wechat_native", app.Alipay: "alipay_qr"} {
			id := s.paid(t, "C-"+method, method)
			s.Fault(c, trade.RefundNoBalance, 1)
			got := s.expect(t, http.StatusUnprocessableEntity, "POST", "/payments/"+id+"/refunds", refundOf("F-"+method, 1234))
			if got.code() != "channel_refused" || got.str("refund_id") == "" {
				t.Errorf("%s", got.text)
			}
			failed := s.expect(t, http.StatusOK, "GET", "/refunds/"+got.str("refund_id"), "")
			if failed.str("status") != "failed" || failed.json["last_error"] == nil {
				t.Errorf("%s", failed.text)
			}
			// What it reserved is free again.
			s.expect(t, http.StatusCreated, "POST", "/payments/"+id+"/refunds", refundOf("G-"+method, 1234))
		}
	})
}

func TestARefundOfUnknownOutcomeIsAccepted202AndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.paid(t, "U-9", "wechat_native")
		s.wire.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool { return r.Method == http.MethodPost }
		})
		path, body := "/payments/"+id+"/refunds", refundOf("U-9", 1234)
		lost := s.expect(t, http.StatusAccepted, "POST", path, body)
		s.wire.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		if found := s.expect(t, http.StatusOK, "POST", path, body); found.str("id") != lost.str("id") {
			t.Errorf("another refund: %s", found.text)
		}
		s.refunded(t, lost.str("id"), "succeeded")
	})
}

func TestALargeRefundWaitsForAPerson(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.paid(t, "A-1", "alipay_qr")
		if _, err := s.Merchants.UpdateSettings(s.Ctx, s.Scope.MerchantID, merchants.Settings{RefundApprovalAbove: 1000}); err != nil {
			t.Fatal(err)
		}
		waits := s.expect(t, http.StatusCreated, "POST", "/payments/"+id+"/refunds", refundOf("A-1", 1001))
		if waits.str("status") != "awaiting_approval" || waits.str("approval_id") == "" {
			t.Errorf("%s", waits.text)
		}
		if got := s.expect(t, http.StatusOK, "GET", "/refunds?status=awaiting_approval", ""); len(got.json["data"].([]any)) != 1 {
			t.Errorf("%s", got.text)
		}
		small := s.expect(t, http.StatusCreated, "POST", "/payments/"+id+"/refunds", refundOf("A-2", 233))
		s.refunded(t, small.str("id"), "succeeded")
	})
}

// A key of another merchant or the other mode sees nothing.
func TestRefundsOfOthersDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.paid(t, "O-1", "alipay_qr")
		made := s.expect(t, http.StatusCreated, "POST", "/payments/"+id+"/refunds", refundOf("O-1", 1))
		_, live, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Live, merchants.KeyInput{Name: "live"})
		if err != nil {
			t.Fatal(err)
		}
		as := []string{"Authorization", "Bearer " + live}
		s.expect(t, http.StatusNotFound, "GET", "/refunds/"+made.str("id"), "", as...)
		s.expect(t, http.StatusNotFound, "POST", "/payments/"+id+"/refunds", refundOf("O-2", 1), as...)
		if got := s.expect(t, http.StatusOK, "GET", "/refunds?refund_no=O-1", "", as...); len(got.json["data"].([]any)) != 0 {
			t.Errorf("%s", got.text)
		}
	})
}
