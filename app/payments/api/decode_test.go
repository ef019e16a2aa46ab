package api

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/piaohao/piaohao/app"
)

// FuzzDecode holds the decoder to its promise: whatever comes, it answers an
// Invalid error or a value that encodes to the same thing again, and it never
// reads an amount that was not written as an integer.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"order_no":"A","amount":1,"currency":"CNY","subject":"茶","method":"wechat_native"}`,
		`{"amount":1,"Amount":5}`, `{"amount":1,"amount":5}`, `{"amount":1e2}`, `{"amount":1.0}`, `{"amount":"1"}`, `{"amount":-0}`,
		`{"payer":{"openid":"o"},"metadata":{"a":"b"}}`, `{"expires_at":"2026-01-01T00:00:00+08:00"}`, `null`, `[]`, `{`, "\xff", `{"a":{"b":{"c":1}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v createBody
		err := decodeJSON(body, &v)
		if err != nil {
			var e *app.Error
			if !errors.As(err, &e) || e.Code != app.Invalid || e.Message == "" {
				t.Fatalf("%q gave %v, want an Invalid error with a message", body, err)
			}
			return
		}
		if v.Amount == nil {
			return
		}
		var loose map[string]any
		if err := json.Unmarshal(body, &loose); err != nil {
			t.Fatalf("%q was accepted, but is not JSON: %v", body, err)
		}
		var exact struct{ Amount json.Number }
		if err := json.Unmarshal(body, &exact); err != nil {
			t.Fatal(err)
		}
		if n, err := exact.Amount.Int64(); err != nil || app.Money(n) != *v.Amount {
			t.Fatalf("%q: amount %q was read as %d", body, exact.Amount, *v.Amount)
		}
	})
}
