package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/api"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/webhooks"
)

// shop is a merchant that calls the API over real HTTP.
type shop struct {
	*paymentstest.Shop
	wire  *paymentstest.Wire
	hooks *webhooks.Service
	// statements keeps its files in archive.
	statements *statements.Service
	archive    archive.Store
	url        string // of the merchant's resources
	key        string
	raw        string // of the server
}

// sealer keeps secrets in the clear: sealing has tests of its own.
type sealer struct{}

func (sealer) Seal(plain []byte, _, _ string) ([]byte, error)  { return plain, nil }
func (sealer) Open(sealed []byte, _, _ string) ([]byte, error) { return sealed, nil }

func each(t *testing.T, f func(t *testing.T, s *shop)) {
	c := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		inner, wire := paymentstest.Open(t, d, c)
		s := &shop{Shop: inner, wire: wire}
		s.serve(t, d, c)
		f(t, s)
		s.Sound()
	}, dbtest.WithClock(c))
}

// serve puts the API on a listener of its own and makes a key.
func (s *shop) serve(t *testing.T, d *db.DB, c app.Clock) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	s.hooks = webhooks.New(d, s.Events, audit.New(d, make([]byte, 32), c), sealer{}, c, webhooks.Config{AllowPrivate: true})
	s.keepStatements(t, d, logger, c)
	rest := api.New(api.Config{
		Payments: s.Payments, Events: s.Events, Webhooks: s.hooks, Statements: s.statements, Keys: s.Merchants, Logger: logger, Clock: c,
		RequestsPerSecond: 1e6, Burst: 1e6,
	})
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, BodyLimit: 1 << 20, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute, StrictRouting: true, ErrorHandler: rest.Answer})
	f.Use(func(c *fiber.Ctx) error {
		ctx := app.WithRequestID(c.UserContext(), app.NewID(app.PrefixRequest, time.Now()))
		c.SetUserContext(app.WithClientIP(ctx, c.IP()))
		return c.Next()
	})
	rest.Routes(f)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = f.Listener(listener) }()
	t.Cleanup(func() {
		if err := f.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		<-done
	})
	s.raw = "http://" + listener.Addr().String()
	s.url = s.raw + "/v1/merchants/" + s.Scope.MerchantID
	s.key = s.newKey(t)
}

func (s *shop) newKey(t *testing.T, scopes ...merchants.Scope) string {
	t.Helper()
	_, secret, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Test, merchants.KeyInput{Name: "test", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (a answer) code() string { s, _ := a.json["code"].(string); return s }

// field returns the first wrong field that a problem names.
func (a answer) field() string {
	list, _ := a.json["errors"].([]any)
	if len(list) == 0 {
		return ""
	}
	first, _ := list[0].(map[string]any)
	s, _ := first["field"].(string)
	return s
}

func (a answer) str(name string) string { s, _ := a.json[name].(string); return s }

// call sends a request as the merchant and holds the answer to the OpenAPI
// document; headers come in pairs.
func (s *shop) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(s.Ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Del(headers[i]); headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	a := do(t, req)
	theContract(t).check(t, method, path, body, a)
	return a
}

func do(t *testing.T, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, res)
}

func readAnswer(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	file := strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment")
	if !file && len(bytes.TrimSpace(text)) > 0 && json.Unmarshal(text, &a.json) != nil {
		t.Fatalf("%s answered with what is not JSON: %s", res.Status, text)
	}
	return a
}

// rows counts what must not change.
func (s *shop) rows(t *testing.T) int {
	t.Helper()
	var n int
	if err := s.DB.Get(s.Ctx, &n, `SELECT (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM payment_keys) + (SELECT COUNT(*) FROM attempts) + (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM idempotency_records)`); err != nil {
		t.Fatal(err)
	}
	return n
}
