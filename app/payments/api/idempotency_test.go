package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestAnIdempotencyKeyReplaysTheFirstAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		first := s.call(t, "POST", "/payments", valid("I-1"), "Idempotency-Key", "k1")
		if first.status != http.StatusCreated || first.header.Get("Idempotency-Replayed") != "" {
			t.Fatalf("%d %s", first.status, first.text)
		}
		s.Pay(first.json["action"].(map[string]any)["code_url"].(string))
		s.Await(first.str("id"), "succeeded")
		for _, key := range []string{"k1", `"k1"`} {
			again := s.call(t, "POST", "/payments", valid("I-1"), "Idempotency-Key", key)
			if again.status != http.StatusCreated || again.text != first.text || again.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%s: %d %q %s", key, again.status, again.header.Get("Idempotency-Replayed"), again.text)
			}
		}
		other := s.call(t, "POST", "/payments", valid("I-2"), "Idempotency-Key", "k1")
		if other.status != http.StatusUnprocessableEntity || other.code() != "idempotency_key_reused" {
			t.Errorf("another request under the key: %d %s", other.status, other.text)
		}
		bare := s.call(t, "POST", "/payments", valid("I-1"))
		if bare.status != http.StatusOK || bare.str("status") != "succeeded" {
			t.Errorf("the order_no without the key: %d %s", bare.status, bare.text)
		}
		s.Clock.Advance(25 * time.Hour)
		defer s.Clock.Advance(-25 * time.Hour)
		late := s.call(t, "POST", "/payments", valid("I-1"), "Idempotency-Key", "k1")
		if late.status != http.StatusOK || late.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("after 24 hours: %d %s", late.status, late.text)
		}
	})
}

func TestAnUnknownOutcomeIsNotFrozen(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		lost := func(lose bool) {
			s.wire.Set(func(w *paymentstest.Wire) {
				w.Lose = func(r *http.Request) bool { return lose && strings.HasSuffix(r.URL.Path, "/native") }
			})
		}
		lost(true)
		first := s.call(t, "POST", "/payments", valid("I-3"), "Idempotency-Key", "k3")
		if first.status != http.StatusAccepted || first.str("status") != "created" || first.json["action"] != nil {
			t.Fatalf("%d %s", first.status, first.text)
		}
		lost(false)
		again := s.call(t, "POST", "/payments", valid("I-3"), "Idempotency-Key", "k3")
		if again.status != http.StatusOK || again.str("status") != "pending" || again.str("attempt_id") != first.str("attempt_id") {
			t.Errorf("%d %s", again.status, again.text)
		}
	})
}

func TestAHundredPostsWithOneKeyMakeOneOrder(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		var mu sync.Mutex
		seen := map[int]int{}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				got := s.call(t, "POST", "/payments", valid("I-4"), "Idempotency-Key", "k4")
				mu.Lock()
				defer mu.Unlock()
				seen[got.status]++
				if got.status == http.StatusConflict && got.code() != "idempotency_key_in_flight" {
					t.Errorf("409 %s", got.text)
				}
			})
		}
		wg.Wait()
		if seen[http.StatusCreated] == 0 || seen[http.StatusCreated]+seen[http.StatusConflict] != 100 {
			t.Errorf("statuses: %v, want only 201 and 409", seen)
		}
		if n := s.wire.Count(paymentstest.WeChatNative); n != 1 {
			t.Errorf("the channel was asked %d times", n)
		}
	})
}

func TestACertainRefusalIsToldAndRepeatingOpensAnotherAttempt(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		// The channel does not know this app, so it refuses for certain.
		if n, err := s.DB.Exec(s.Ctx, `UPDATE account_app_ids SET app_id = 'wx00000000000000ff' WHERE account_id = ? AND app_id = ?`, s.WeChat.ID, s.WeChat.AppIDs[0].AppID); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		first := s.call(t, "POST", "/payments", valid("R-1"))
		if first.status != http.StatusUnprocessableEntity || first.code() != "channel_refused" || first.str("payment_id") == "" {
			t.Fatalf("%d %s", first.status, first.text)
		}
		refusal, _ := first.json["channel"].(map[string]any)
		if refusal["name"] != "wechat" || refusal["code"] == "" || refusal["message"] == "" {
			t.Errorf("the channel's own words are missing: %v", refusal)
		}
		held := s.call(t, "GET", "/payments/"+first.str("payment_id"), "")
		if held.str("status") != "created" || held.json["action"] != nil {
			t.Errorf("after a refusal: %s", held.text)
		}
		if n, err := s.DB.Exec(s.Ctx, `UPDATE account_app_ids SET app_id = ? WHERE account_id = ? AND app_id = 'wx00000000000000ff'`, s.WeChat.AppIDs[0].AppID, s.WeChat.ID); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		again := s.call(t, "POST", "/payments", valid("R-1"))
		if again.status != http.StatusOK || again.str("id") != first.str("payment_id") || again.str("status") != "pending" {
			t.Fatalf("%d %s", again.status, again.text)
		}
		if again.str("attempt_id") == held.str("attempt_id") {
			t.Error("the refused number was used again")
		}
	})
}
