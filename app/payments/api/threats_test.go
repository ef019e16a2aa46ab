package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// lists are the parameters of every list.
func lists() map[string][]string {
	return map[string][]string{
		"/payments":           {"order_no", "status", "method", "channel", "account_id", "created_from", "created_to", "limit", "cursor"},
		"/events":             {"type", "object_id", "limit", "cursor"},
		"/webhook_deliveries": {"endpoint_id", "event_type", "object_id", "event_id", "created_from", "created_to", "status", "limit", "cursor"},
		"/webhook_endpoints":  {"limit", "cursor"},
	}
}

// probes are what an injected statement would answer with rows, an error of
// the engine, or a pause.
var probes = []string{
	"'", `"`, "'--", "'OR'1'='1", "' OR 1=1 -- ", "1;DROP TABLE payments", "x'UNION/**/SELECT/**/secret_hash/**/FROM/**/api_keys--",
	"'||(SELECT/**/1)||'", "1/**/AND/**/SLEEP(5)", "'AND(SELECT*FROM(SELECT(SLEEP(5)))a)--", "%", "_", `\`, "id", "(SELECT 1)", "\x00", "\xff",
}

func TestNoParameterReachesTheDatabaseAsSQL(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		made := s.call(t, "POST", "/payments", valid("SQL-1"))
		if made.status != http.StatusCreated {
			t.Fatal(made.text)
		}
		before := s.rows(t)
		for path, parameters := range lists() {
			if all := s.call(t, "GET", path, ""); all.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, all.status, all.text)
			}
			for _, name := range append(parameters, "sort", "order_by", "filter", "fields") {
				for _, probe := range probes {
					begun := time.Now()
					got := s.call(t, "GET", path+"?"+name+"="+url.QueryEscape(probe), "")
					if took := time.Since(begun); took > 4*time.Second {
						t.Errorf("%s?%s=%q took %s", path, name, probe, took)
					}
					found, _ := got.json["data"].([]any)
					if literal := got.status == http.StatusOK && len(found) == 0; !literal && got.status != http.StatusBadRequest {
						t.Errorf("%s?%s=%q: %d %s, want 400 or nothing found", path, name, probe, got.status, got.text)
					}
				}
			}
		}
		for _, probe := range probes {
			for _, path := range []string{"/payments/", "/events/", "/webhook_endpoints/", "/webhook_deliveries/"} {
				if got := s.call(t, "GET", path+url.PathEscape(probe), ""); got.status != http.StatusNotFound && got.status != http.StatusBadRequest {
					t.Errorf("%s%q: %d %s", path, probe, got.status, got.text)
				}
			}
		}
		if after := s.rows(t); after != before {
			t.Errorf("%d rows became %d", before, after)
		}
	})
}

func TestEveryPageIsBounded(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for path := range lists() {
			if got := s.call(t, "GET", path+"?limit=100", ""); got.status != http.StatusOK {
				t.Errorf("%s?limit=100: %d %s", path, got.status, got.text)
			}
			for _, limit := range []string{"101", "1000000000", "9223372036854775808", "-1", "0"} {
				if got := s.call(t, "GET", path+"?limit="+limit, ""); got.status != http.StatusBadRequest || got.field() != "limit" {
					t.Errorf("%s?limit=%s: %d %s", path, limit, got.status, got.text)
				}
			}
		}
		order := s.Create(paymentstest.Order("PG-1", channel.WeChatNative))
		for range 25 {
			err := s.DB.InTx(s.Ctx, func(tx *db.Tx) error {
				_, err := s.Events.Write(s.Ctx, tx, events.New{Type: "payment.duplicate", MerchantID: s.Scope.MerchantID, Mode: app.Test, ObjectID: order.ID, Data: order})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Events.Sequence(s.Ctx); err != nil {
			t.Fatal(err)
		}
		got := s.call(t, "GET", "/events", "")
		if rows, _ := got.json["data"].([]any); len(rows) != 20 || got.json["next_cursor"] == nil {
			t.Errorf("a list without limit has %d rows and cursor %v, want 20 and one", len(rows), got.json["next_cursor"])
		}
	})
}

// Every id on every route, asked for by another merchant and in the other mode,
// is answered like one that never was.
func TestSwappedIDsOnEveryRouteDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		payment := s.call(t, "POST", "/payments", valid("SW-1")).str("id")
		endpoint := s.call(t, "POST", "/webhook_endpoints", `{"url":"http://127.0.0.1:9/hook"}`).str("id")
		if closed := s.call(t, "POST", "/payments/"+payment+"/close", ""); closed.status != http.StatusOK {
			t.Fatal(closed.text)
		}
		tested := s.call(t, "POST", "/webhook_endpoints/"+endpoint+"/test", "")
		var event, delivery string
		if err := s.DB.Get(s.Ctx, &event, `SELECT id FROM events WHERE object_id = ? AND type = 'payment.closed'`, payment); err != nil {
			t.Fatal(err)
		}
		if err := s.DB.Get(s.Ctx, &delivery, `SELECT id FROM webhook_deliveries`); err != nil {
			t.Fatalf("%v; the endpoint's test answered %d %s", err, tested.status, tested.text)
		}
		other, err := s.Merchants.CreateMerchant(s.Ctx, "Other")
		if err != nil {
			t.Fatal(err)
		}
		key := func(merchantID string, mode app.Mode) string {
			_, secret, err := s.Merchants.CreateKey(s.Ctx, merchantID, mode, merchants.KeyInput{Name: "k"})
			if err != nil {
				t.Fatal(err)
			}
			return "Bearer " + secret
		}
		own, before := s.url, s.rows(t)
		for _, asker := range []struct{ name, url, key string }{
			{"another merchant", s.raw + "/v1/merchants/" + other.ID, key(other.ID, app.Test)},
			{"the other mode", own, key(s.Scope.MerchantID, app.Live)},
		} {
			s.url = asker.url
			for _, route := range []struct{ method, path, id, body string }{
				{"GET", "/payments/%s", payment, ""},
				{"POST", "/payments/%s/close", payment, ""},
				{"GET", "/events/%s", event, ""},
				{"GET", "/webhook_endpoints/%s", endpoint, ""},
				{"PATCH", "/webhook_endpoints/%s", endpoint, `{"description":"theirs"}`},
				{"DELETE", "/webhook_endpoints/%s", endpoint, ""},
				{"POST", "/webhook_endpoints/%s/rotate_secret", endpoint, ""},
				{"POST", "/webhook_endpoints/%s/test", endpoint, ""},
				{"GET", "/webhook_deliveries/%s", delivery, ""},
				{"POST", "/webhook_deliveries/%s/redeliver", delivery, ""},
			} {
				prefix, _, _ := strings.Cut(route.id, "_")
				never := prefix + "_01ARZ3NDEKTSV4RRFFQ69G5FAV"
				got := s.call(t, route.method, fmt.Sprintf(route.path, route.id), route.body, "Authorization", asker.key)
				nobodys := s.call(t, route.method, fmt.Sprintf(route.path, never), route.body, "Authorization", asker.key)
				if got.status != http.StatusNotFound || nobodys.status != http.StatusNotFound || got.code() != nobodys.code() ||
					strings.ReplaceAll(got.str("detail"), route.id, "") != strings.ReplaceAll(nobodys.str("detail"), never, "") {
					t.Errorf("%s: %s %s answered %d %s, an id that never was %d %s", asker.name, route.method, route.path, got.status, got.text, nobodys.status, nobodys.text)
				}
			}
			for path := range lists() {
				got := s.call(t, "GET", path, "", "Authorization", asker.key)
				if rows, _ := got.json["data"].([]any); got.status != http.StatusOK || len(rows) != 0 {
					t.Errorf("%s lists %s: %d %s", asker.name, path, got.status, got.text)
				}
			}
		}
		s.url = own
		if after := s.rows(t); after != before {
			t.Errorf("%d rows became %d", before, after)
		}
	})
}
