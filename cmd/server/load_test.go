package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/merchants"
)

// Thousands of orders at once, each with an order_no, a subject, a metadata
// value and an Idempotency-Key of its own, stand in the database as they were
// sent. The channel is cut off, so that signatures do not take the time.
func TestThousandsOfOrdersAtOncePersistAsTheyWereSent(t *testing.T) {
	s := serveWith(t, func(c *config.Config) { c.Webhooks.AllowPrivate = true })
	facts := s.seed()
	s.clients.gateways = gateways{}
	const n, perKey = 3000, 150 // a key may send 200 at once
	var keys []string
	for i := range n / perKey {
		_, secret, err := s.merchants.CreateKey(t.Context(), facts.Merchant, app.Test, merchants.KeyInput{Name: fmt.Sprint("key ", i)})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, secret)
	}
	hammer(t, s.config.Server.Listen, n, 32, func(i int) string {
		body := fmt.Sprintf(`{"order_no":"no-%d","amount":%d,"currency":"CNY","subject":"subject %d","method":"wechat_native","metadata":{"i":"value %d"}}`, i, i+1, i, i)
		return fmt.Sprintf("POST /v1/merchants/%s/payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nIdempotency-Key: key-%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			facts.Merchant, keys[i%len(keys)], i, len(body), body)
	})
	var rows []struct {
		OrderNo  string `db:"order_no"`
		Amount   int    `db:"amount"`
		Subject  string `db:"subject"`
		Metadata string `db:"metadata"`
	}
	if err := s.db.Select(t.Context(), &rows, `SELECT order_no, amount, subject, metadata FROM payments ORDER BY amount`); err != nil || len(rows) != n {
		t.Fatalf("%d orders, %v", len(rows), err)
	}
	var claims []string
	if err := s.db.Select(t.Context(), &claims, `SELECT ikey FROM idempotency_records`); err != nil || len(claims) != n {
		t.Fatalf("%d keys, %v", len(claims), err)
	}
	for i, r := range rows {
		if r.OrderNo != fmt.Sprint("no-", i) || r.Amount != i+1 || r.Subject != fmt.Sprint("subject ", i) || r.Metadata != fmt.Sprintf(`{"i":"value %d"}`, i) {
			t.Fatalf("order %d stands as %+v", i, r)
		}
	}
	seen := map[string]bool{}
	for _, key := range claims {
		seen[key] = true
	}
	for i := range n {
		if !seen[fmt.Sprint("key-", i)] {
			t.Fatalf("the Idempotency-Key of order %d is not stored", i)
		}
	}
}

func TestAKeyThatSendsTooMuchIsToldToWait(t *testing.T) {
	s := serveWith(t, nil)
	m, err := s.merchants.CreateMerchant(t.Context(), "Hasty")
	if err != nil {
		t.Fatal(err)
	}
	key := func() string {
		_, secret, err := s.merchants.CreateKey(t.Context(), m.ID, app.Test, merchants.KeyInput{Name: "k"})
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + secret
	}
	hasty, calm, path := key(), key(), s.url+"/v1/merchants/"+m.ID+"/echo"
	for i := range 5000 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", hasty)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			continue
		}
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("request %d: %d %v", i, res.StatusCode, res.Header)
		}
		if status, text := s.ask(http.MethodPost, "/v1/merchants/"+m.ID+"/echo", "", "Authorization", calm); status != http.StatusOK {
			t.Errorf("another key pays for it: %d %s", status, text)
		}
		return
	}
	t.Error("five thousand requests in a row were let through")
}
