package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// serve runs a sandbox over a real listener and returns its origin.
func serve(t *testing.T, d *db.DB, change func(*sandbox.Config)) (*sandbox.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://" + l.Addr().String()
	cfg := sandbox.Config{DB: d, Clock: app.SystemClock{}, BaseURL: origin, NewKey: sandboxtest.Keys(), Loopback: true, AllowNotify: []string{"127.0.0.1"}}
	if change != nil {
		change(&cfg)
	}
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute})
	s.Routes(server)
	s.Hosts(server)
	done := make(chan error, 1)
	go func() { done <- server.Listener(l) }()
	t.Cleanup(func() {
		if err := server.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, origin
}

// script calls a script endpoint and reads its JSON.
type script struct {
	t      *testing.T
	origin string
	header map[string]string
}

func (s script) call(method, path string, in any, wantStatus int) map[string]any {
	s.t.Helper()
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case string:
		body = bytes.NewReader([]byte(in))
	default:
		b, err := json.Marshal(in)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.origin+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range s.header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != wantStatus {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, raw, wantStatus)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		s.t.Fatalf("%s %s: not JSON: %s", method, path, raw)
	}
	return out
}

// first returns the first element of a list answer, which must have n.
func first(t *testing.T, list map[string]any, n int) map[string]any {
	t.Helper()
	data, ok := list["data"].([]any)
	if !ok || len(data) != n {
		t.Fatalf("list %v, want %d elements", list, n)
	}
	if n == 0 {
		return nil
	}
	return data[0].(map[string]any)
}

// newShop accepts notifications as either channel wants.
func newShop(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "success")
	}))
	t.Cleanup(s.Close)
	return s
}
