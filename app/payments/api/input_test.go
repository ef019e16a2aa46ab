package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// valid is a body that creates a payment.
func valid(orderNo string) string {
	return `{"order_no":"` + orderNo + `","amount":1234,"currency":"CNY","subject":"一杯茶","method":"wechat_native"}`
}

// with returns the valid body with members replaced by raw JSON, or removed
// where the JSON is empty.
func with(changes map[string]string) string {
	members := map[string]string{
		"order_no": `"B-1"`, "amount": "1234", "currency": `"CNY"`, "subject": `"tea"`, "method": `"wechat_native"`,
	}
	maps.Copy(members, changes)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if members[name] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, members[name]))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func one(name, value string) string { return with(map[string]string{name: value}) }

func TestEveryMalformedRequestIsNamedAndChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		soon := func(d time.Duration) string { return `"` + time.Now().Add(d).Format(time.RFC3339) + `"` }
		long := strings.Repeat("x", 600)
		before := s.rows(t)
		for _, tc := range []struct {
			name, body  string
			status      int
			code, field string
			headers     []string
		}{
			{"no body", "", 415, "unsupported_media_type", "", nil},
			{"not JSON", "{", 400, "malformed_json", "", nil},
			{"two values", valid("B-1") + "{}", 400, "malformed_json", "", nil},
			{"array", "[]", 400, "invalid_request", "", nil},
			{"form", "order_no=1", 415, "unsupported_media_type", "", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			{"compressed", valid("B-1"), 415, "unsupported_media_type", "", []string{"Content-Encoding", "gzip"}},
			{"not UTF-8", one("subject", "\"\xff\""), 400, "malformed_json", "", nil},
			{"unknown field", one("amout", "1"), 400, "invalid_request", "amout", nil},
			{"unknown nested field", one("payer", `{"open_id":"x"}`), 400, "invalid_request", "payer.open_id", nil},
			{"other case", one("Amount", "5"), 400, "invalid_request", "Amount", nil},
			{"duplicate", `{"amount":1,"amount":2}`, 400, "invalid_request", "amount", nil},
			{"null amount", one("amount", "null"), 400, "invalid_request", "amount", nil},
			{"no amount", one("amount", ""), 400, "invalid_request", "amount", nil},
			{"float amount", one("amount", "12.5"), 400, "invalid_request", "amount", nil},
			{"whole float", one("amount", "12.0"), 400, "invalid_request", "amount", nil},
			{"exponent", one("amount", "1e3"), 400, "invalid_request", "amount", nil},
			{"quoted amount", one("amount", `"1234"`), 400, "invalid_request", "amount", nil},
			{"zero", one("amount", "0"), 400, "invalid_request", "amount", nil},
			{"negative", one("amount", "-1"), 400, "invalid_request", "amount", nil},
			{"above the limit", one("amount", "10000000001"), 400, "invalid_request", "amount", nil},
			{"beyond int64", one("amount", "99999999999999999999"), 400, "invalid_request", "amount", nil},
			{"no order_no", one("order_no", ""), 400, "invalid_request", "order_no", nil},
			{"order_no a number", one("order_no", "7"), 400, "invalid_request", "order_no", nil},
			{"order_no too long", one("order_no", `"`+strings.Repeat("a", 65)+`"`), 400, "invalid_request", "order_no", nil},
			{"order_no with a space", one("order_no", `"a b"`), 400, "invalid_request", "order_no", nil},
			{"other currency", one("currency", `"USD"`), 400, "invalid_request", "currency", nil},
			{"no currency", one("currency", ""), 400, "invalid_request", "currency", nil},
			{"no subject", one("subject", `" "`), 400, "invalid_request", "subject", nil},
			{"long subject", one("subject", `"`+strings.Repeat("茶", 128)+`"`), 400, "invalid_request", "subject", nil},
			{"control in subject", one("subject", `"a\u0000b"`), 400, "invalid_request", "subject", nil},
			{"unknown method", one("method", `"paypal"`), 400, "invalid_request", "method", nil},
			{"no method", one("method", ""), 400, "invalid_request", "method", nil},
			{"time without zone", one("expires_at", `"2026-01-01T00:00:00"`), 400, "invalid_request", "expires_at", nil},
			{"expired", one("expires_at", soon(-time.Hour)), 400, "invalid_request", "expires_at", nil},
			{"expires too soon", one("expires_at", soon(time.Minute)), 400, "invalid_request", "expires_at", nil},
			{"expires too late", one("expires_at", soon(3*time.Hour)), 400, "invalid_request", "expires_at", nil},
			{"bad return_url", one("return_url", `"javascript:alert(1)"`), 400, "invalid_request", "return_url", nil},
			{"bad client_ip", one("payer", `{"client_ip":"1.2.3"}`), 400, "invalid_request", "payer.client_ip", nil},
			{"jsapi without openid", one("method", `"wechat_jsapi"`), 400, "invalid_request", "payer.openid", nil},
			{"mini without openid", one("method", `"wechat_mini"`), 400, "invalid_request", "payer.openid", nil},
			{"h5 without address", one("method", `"wechat_h5"`), 400, "invalid_request", "payer.client_ip", nil},
			{"till without address", with(map[string]string{"method": `"wechat_code"`, "payer": `{"auth_code":"134567890123456789"}`}), 400, "invalid_request", "payer.client_ip", nil},
			{"no buyer", one("method", `"alipay_jsapi"`), 400, "invalid_request", "payer.buyer_id", nil},
			{"no auth_code", one("method", `"alipay_code"`), 400, "invalid_request", "payer.auth_code", nil},
			{"another channel's auth_code", with(map[string]string{"method": `"alipay_code"`, "payer": `{"auth_code":"134567890123456789"}`}), 400, "invalid_request", "payer.auth_code", nil},
			{"short auth_code", with(map[string]string{"method": `"alipay_code"`, "payer": `{"auth_code":"281234567890123"}`}), 400, "invalid_request", "payer.auth_code", nil},
			{"long option", one("channel_options", `{"store_id":"`+long+`"}`), 400, "invalid_request", "channel_options.store_id", nil},
			{"metadata not strings", one("metadata", `{"a":1}`), 400, "invalid_request", "metadata.a", nil},
			{"metadata value too long", one("metadata", `{"a":"`+long+`"}`), 400, "invalid_request", "metadata.a", nil},
			{"metadata key too long", one("metadata", `{"`+strings.Repeat("k", 41)+`":"v"}`), 400, "invalid_request", "metadata", nil},
			{"account_id not ASCII", one("account_id", `"账户"`), 400, "invalid_request", "account_id", nil},
			{"app_id not ASCII", one("app_id", `"应用"`), 400, "invalid_request", "app_id", nil},
			{"unknown account", one("account_id", `"acct_nope"`), 404, "account_not_found", "", nil},
			{"account of the other channel", one("account_id", `"`+s.Alipay.ID+`"`), 400, "", "account_id", nil},
			{"foreign app", one("app_id", `"wx0000000000000000"`), 400, "", "app_id", nil},
			{"bad idempotency key", valid("B-1"), 400, "invalid_request", "Idempotency-Key", []string{"Idempotency-Key", strings.Repeat("k", 256)}},
			{"too large", one("subject", `"`+strings.Repeat("x", 300<<10)+`"`), 413, "body_too_large", "", nil},
		} {
			got := s.call(t, "POST", "/payments", tc.body, tc.headers...)
			if got.status != tc.status || (tc.code != "" && got.code() != tc.code) || (tc.field != "" && got.field() != tc.field) {
				t.Errorf("%s: got %d %s field %q, want %d %s %q\n%s", tc.name, got.status, got.code(), got.field(), tc.status, tc.code, tc.field, got.text)
			}
			if kind := got.header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("%s: answered as %q", tc.name, kind)
			}
			if id := got.str("request_id"); id == "" && tc.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: the problem has no request id", tc.name)
			}
		}
		if after := s.rows(t); after != before {
			t.Errorf("%d rows became %d: bad input changed something", before, after)
		}
		if n := s.wire.Count("POST /sandbox/wechat/v3/pay/transactions/native"); n != 0 {
			t.Errorf("bad input reached the channel %d times", n)
		}
	})
}

func TestListsRefuseWhatTheyDoNotKnow(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for query, field := range map[string]string{
			"?status=paid":                       "status",
			"?sort=amount":                       "sort",
			"?limit=101":                         "limit",
			"?limit=0":                           "limit",
			"?limit=x":                           "limit",
			"?cursor=1%27%20OR%201%3D1":          "cursor",
			"?created_from=yesterday":            "created_from",
			"?status=pending&status=closed":      "status",
			"?created_from=2020-01-01T00:00:00Z": "created_from",
			"?channel=paypal":                    "channel",
			"?method=sleep(10)":                  "method",
			"?account_id=%E8%B4%A6":              "account_id",
			"?order_no=%E5%8D%95":                "order_no",
		} {
			got := s.call(t, "GET", "/payments"+query, "")
			if got.status != http.StatusBadRequest || got.field() != field {
				t.Errorf("%s: %d, field %q, want 400 %q", query, got.status, got.field(), field)
			}
		}
	})
}

func TestAnIDThatNothingCanHaveIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, path := range []string{"/payments/%E5%8D%95", "/payments/%00", "/events/%E5%8D%95", "/webhook_endpoints/%E5%8D%95", "/webhook_deliveries/a%20b"} {
			if got := s.call(t, "GET", path, ""); got.status != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, got.status, got.text)
			}
		}
	})
}
