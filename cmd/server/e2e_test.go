package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// clock is the platform's, to be moved ahead; the sandbox and the SDKs keep the
// machine's.
type clock struct {
	sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return time.Now().UTC().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.ahead += d
}

// product is the whole demo, running in this process.
type product struct {
	t      *testing.T
	server *server
	clock  *clock
	facts  demoFacts
}

// startProduct brings up what `make run` does, on free ports and in a folder of
// its own; change adjusts its configuration.
func startProduct(t *testing.T, databaseURL string, change ...func(c *config.Config)) *product {
	t.Helper()
	dir := t.TempDir()
	address := freeAddress(t)
	cfg := config.ForDemo()
	cfg.Server.Listen, cfg.Server.BaseURL, cfg.Server.MetricsListen = address, "http://"+address, freeAddress(t)
	cfg.Database.URL = databaseURL
	cfg.Sandbox.DatabaseURL = dbtest.SQLiteURL(t, dbtest.WithSandbox())
	cfg.Secrets.KeysetFile, cfg.Secrets.AuditKeyFile = filepath.Join(dir, "keyset.json"), filepath.Join(dir, "audit.key")
	cfg.Reconcile.ArchiveDir, cfg.Reconcile.ScratchDir = filepath.Join(dir, "archive"), filepath.Join(dir, "scratch")
	for _, f := range change {
		f(&cfg)
	}
	p := &product{t: t, clock: &clock{}}
	platform, err := wire(context.Background(), cfg, slog.New(slog.DiscardHandler), p.clock)
	if err != nil {
		t.Fatal(err)
	}
	if p.server, err = start(platform); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.server.shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	file := filepath.Join(dir, "demo.env")
	if p.facts, err = seedDemo(context.Background(), p.server.platform, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.env: %v, %v; want mode 0600", info, err)
	}
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// onBoth runs f on SQLite and on MariaDB or MySQL.
func onBoth(t *testing.T, f func(t *testing.T, p *product)) {
	t.Run("sqlite", func(t *testing.T) { f(t, startProduct(t, dbtest.SQLiteURL(t))) })
	t.Run("mysql", func(t *testing.T) { f(t, startProduct(t, dbtest.MySQLURL(t))) })
}

// call sends a request to the API with the demo's key and decodes the answer.
func (p *product) call(method, path string, body any) map[string]any {
	p.t.Helper()
	return p.ask(method, p.facts.URL+"/v1/merchants/"+p.facts.Merchant+path, body)
}

func (p *product) ask(method, url string, body any) map[string]any {
	p.t.Helper()
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			p.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, url, &payload)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.facts.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil || res.StatusCode >= 300 {
		p.t.Fatalf("%s %s: %s: %s", method, url, res.Status, text)
	}
	return out
}

// create places an order of one fen and returns its id and its code.
func (p *product) create(orderNo, method string, more map[string]any) (id, code string) {
	p.t.Helper()
	body := map[string]any{"order_no": orderNo, "amount": 1, "currency": "CNY", "subject": "一杯茶", "method": method}
	for k, v := range more {
		body[k] = v
	}
	got := p.call("POST", "/payments", body)
	action, _ := got["action"].(map[string]any)
	id, _ = got["id"].(string)
	code, _ = action["code_url"].(string)
	if got["status"] != "pending" || id == "" || code == "" {
		p.t.Fatalf("%s: created as %v", method, got)
	}
	return id, code
}

// await waits until the payment reaches the status.
func (p *product) await(id, status string) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("payment %s becomes %s", id, status), func() bool {
		return p.call("GET", "/payments/"+id, nil)["status"] == status
	})
}

// received waits until the inbox has a verified message of the type about the
// payment.
func (p *product) received(kind, id string) {
	p.t.Helper()
	p.eventually("a verified "+kind+" about "+id, func() bool {
		inbox := p.ask("GET", p.facts.URL+"/sandbox/inbox/demo.json", nil)
		messages, _ := inbox["data"].([]any)
		for _, m := range messages {
			message, _ := m.(map[string]any)
			text, _ := message["body"].(string)
			if message["verified"] == true && message["type"] == kind && strings.Contains(text, id) {
				return true
			}
		}
		return false
	})
}

func (p *product) eventually(what string, done func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			p.t.Fatalf("never happened: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
