package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestOnlyTheMerchantsOwnValidKeyOpensTheAPI(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		expired, secret, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Test, merchants.KeyInput{Name: "short", ExpiresAt: s.Clock.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		other, err := s.Merchants.CreateMerchant(s.Ctx, "Other")
		if err != nil {
			t.Fatal(err)
		}
		_, foreign, err := s.Merchants.CreateKey(s.Ctx, other.ID, app.Test, merchants.KeyInput{Name: "theirs"})
		if err != nil {
			t.Fatal(err)
		}
		_, caged, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Test, merchants.KeyInput{Name: "caged", AllowedIPs: []string{"203.0.113.0/24"}})
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(2 * time.Hour)
		defer s.Clock.Advance(-2 * time.Hour)
		for _, tc := range []struct {
			name, authorization string
			status              int
		}{
			{"none", "", 401},
			{"basic", "Basic eDp5", 401},
			{"unknown", "Bearer sk_test_0000000000000000000000000000000000000", 401},
			{"malformed", "Bearer nonsense", 401},
			{"expired " + expired.Prefix, "Bearer " + secret, 401},
			{"another merchant's", "Bearer " + foreign, 404},
			{"from another address", "Bearer " + caged, 403},
		} {
			got := s.call(t, "POST", "/payments", valid("A-1"), "Authorization", tc.authorization)
			if got.status != tc.status {
				t.Errorf("%s: %d, want %d: %s", tc.name, got.status, tc.status, got.text)
			}
		}
	})
}

func TestAKeyDoesOnlyWhatItsScopesSay(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		reader := "Bearer " + s.newKey(t, merchants.PaymentsRead)
		if got := s.call(t, "POST", "/payments", valid("A-2"), "Authorization", reader); got.status != http.StatusForbidden || got.code() != "missing_scope" {
			t.Errorf("a read-only key created a payment: %d %s", got.status, got.text)
		}
		if got := s.call(t, "GET", "/payments", "", "Authorization", reader); got.status != http.StatusOK {
			t.Errorf("a read-only key could not read: %d %s", got.status, got.text)
		}
		if got := s.call(t, "GET", "/webhook_endpoints", "", "Authorization", reader); got.status != http.StatusForbidden {
			t.Errorf("a payments key read endpoints: %d", got.status)
		}
	})
}

func TestNothingOfAnotherMerchantOrModeExists(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		mine := s.call(t, "POST", "/payments", valid("O-1"))
		if mine.status != http.StatusCreated {
			t.Fatal(mine.text)
		}
		other, err := s.Merchants.CreateMerchant(s.Ctx, "Other")
		if err != nil {
			t.Fatal(err)
		}
		_, theirs, err := s.Merchants.CreateKey(s.Ctx, other.ID, app.Test, merchants.KeyInput{Name: "theirs"})
		if err != nil {
			t.Fatal(err)
		}
		_, live, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Live, merchants.KeyInput{Name: "live"})
		if err != nil {
			t.Fatal(err)
		}
		id := mine.str("id")
		own := s.url
		for _, tc := range []struct{ name, url, key string }{
			{"another merchant", s.raw + "/v1/merchants/" + other.ID, theirs},
			{"the other mode", own, live},
		} {
			s.url = tc.url
			for _, path := range []string{"/payments/" + id, "/payments/pay_01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
				got := s.call(t, "GET", path, "", "Authorization", "Bearer "+tc.key)
				if got.status != http.StatusNotFound || got.code() != "payment_not_found" {
					t.Errorf("%s %s: %d %s", tc.name, path, got.status, got.text)
				}
			}
			if got := s.call(t, "POST", "/payments/"+id+"/close", "", "Authorization", "Bearer "+tc.key); got.status != http.StatusNotFound {
				t.Errorf("%s closed it: %d", tc.name, got.status)
			}
		}
		s.url = own
	})
}
