package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// logBuffer is a standard error that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.text.String() }

// stand is a server as `piaohao serve` runs it, in this process, in a folder of
// its own, with a configuration that a test chooses.
type stand struct {
	*server
	t   *testing.T
	dir string
	url string
	log *logBuffer
}

// serveWith starts a server on free ports; change adjusts its defaults.
func serveWith(t *testing.T, change func(c *config.Config)) *stand {
	t.Helper()
	s := &stand{t: t, dir: t.TempDir(), log: &logBuffer{}}
	address := freeAddress(t)
	cfg := config.Default()
	cfg.Server.Listen, cfg.Server.BaseURL, cfg.Server.MetricsListen = address, "http://"+address, freeAddress(t)
	cfg.Database.URL = dbtest.SQLiteAt(t, filepath.Join(s.dir, "piaohao.db"))
	cfg.Sandbox.DatabaseURL = dbtest.SQLiteAt(t, filepath.Join(s.dir, "sandbox.db"), dbtest.WithSandbox())
	cfg.Secrets.KeysetFile, cfg.Secrets.AuditKeyFile = filepath.Join(s.dir, "keyset.json"), filepath.Join(s.dir, "audit.key")
	cfg.Reconcile.ArchiveDir, cfg.Reconcile.ScratchDir = filepath.Join(s.dir, "archive"), filepath.Join(s.dir, "scratch")
	cfg.Access.RequireSecondFactor = config.RequireNobody
	cfg.Log.Level = "debug"
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + cfg.Server.Listen
	logger, err := newLogger(environment{stderr: s.log}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	p, err := wire(context.Background(), cfg, logger, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.server, err = start(p); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	return s
}

// seed makes the demo's merchant with its accounts and key.
func (s *stand) seed() demoFacts {
	s.t.Helper()
	facts, err := seedDemo(s.t.Context(), s.platform, filepath.Join(s.dir, "demo.env"))
	if err != nil {
		s.t.Fatal(err)
	}
	return facts
}

// ask sends a request and returns the answer's status and text. Headers come in
// pairs; a repeated name is sent as a line of its own.
func (s *stand) ask(method, path, body string, headers ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// order asks for a payment with the key, and headers as in ask.
func (s *stand) order(facts demoFacts, orderNo string, headers ...string) (int, string) {
	s.t.Helper()
	body := `{"order_no":"` + orderNo + `","amount":1,"currency":"CNY","subject":"茶","method":"wechat_native"}`
	return s.ask(http.MethodPost, "/v1/merchants/"+facts.Merchant+"/payments", body,
		append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + facts.Key}, headers...)...)
}

// metric sums the samples of a counter whose labels all match.
func (s *stand) metric(name string, labels ...string) int {
	s.t.Helper()
	answer := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	sum := 0.0
	for _, m := range regexp.MustCompile(`(?m)^`+name+`\{([^}]*)\} (\S+)$`).FindAllStringSubmatch(answer.Body.String(), -1) {
		matches := true
		for _, label := range labels {
			matches = matches && strings.Contains(m[1], label)
		}
		if n, err := strconv.ParseFloat(m[2], 64); err == nil && matches {
			sum += n
		}
	}
	return int(sum)
}

// count runs a query for one number.
func (s *stand) count(query string) int {
	s.t.Helper()
	var n int
	if err := s.db.Get(s.t.Context(), &n, query); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// files returns what stands in the server's folder whose name begins with the
// prefix.
func (s *stand) files(prefix string) string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, prefix+"*"))
	if err != nil || len(found) == 0 {
		s.t.Fatalf("no file %s*: %v", prefix, err)
	}
	var all strings.Builder
	for _, name := range found {
		text, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
