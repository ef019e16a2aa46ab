package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestADefaultInstallationOpensToNobody(t *testing.T) {
	defaults := config.Default()
	for name, address := range map[string]string{"server.listen": defaults.Server.Listen, "server.metrics_listen": defaults.Server.MetricsListen} {
		if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().IsLoopback() {
			t.Errorf("%s is %s by default, not on loopback", name, address)
		}
	}
	s := serveWith(t, nil)
	for _, table := range []struct{ name, query string }{
		{"users", `SELECT COUNT(*) FROM users`}, {"API keys", `SELECT COUNT(*) FROM api_keys`}, {"merchants", `SELECT COUNT(*) FROM merchants`},
		{"sessions", `SELECT COUNT(*) FROM sessions`}, {"accounts", `SELECT COUNT(*) FROM accounts`},
	} {
		if n := s.count(table.query); n != 0 {
			t.Errorf("a new installation has %d %s", n, table.name)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/.env", "/data/keyset.json", "/v1/merchants"} {
		if status, text := s.ask(http.MethodGet, path, ""); status != http.StatusNotFound {
			t.Errorf("%s on the public listener: %d %.80s", path, status, text)
		}
	}
	public := s.url
	s.url = "http://" + s.config.Server.MetricsListen
	if status, text := s.ask(http.MethodGet, "/metrics", ""); status != http.StatusOK || !strings.Contains(text, "piaohao_") {
		t.Errorf("/metrics on its own listener: %d %.80s", status, text)
	}
	for _, path := range []string{"/debug/pprof/", "/debug/vars", "/v1/merchants", "/console", "/"} {
		if status, _ := s.ask(http.MethodGet, path, ""); status != http.StatusNotFound {
			t.Errorf("%s on the metrics' listener: %d", path, status)
		}
	}
	s.url = public
}

// Off loopback the sandbox takes its token or a session of the console, and
// where no token is set the session alone.
func TestASandboxThatOthersReachServesNoStranger(t *testing.T) {
	const token = "a-token-of-more-than-24-characters"
	for name, set := range map[string]config.Secret{"with a token": token, "without": ""} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(c *config.Config) {
				c.Server.BaseURL, c.Sandbox.Token = "https://pay.example.com", set
				c.Access.RequireSecondFactor = config.RequirePlatform
			})
			for _, tc := range []struct{ path, body string }{
				{"/sandbox/merchants", `{"channel":"wechat","mode":"public_key"}`},
				{"/sandbox/faults", `{"channel":"wechat","fault":"http_500","count":1}`},
				{"/sandbox/wallet/pay", `{"code":"weixin://x"}`},
			} {
				write := func(authorization string) int {
					status, _ := s.ask(http.MethodPost, tc.path, tc.body, "Content-Type", "application/json", "Authorization", authorization, "Cookie", "__Host-piaohao_session=forged")
					return status
				}
				for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + token} {
					if status := write(authorization); status != http.StatusUnauthorized {
						t.Errorf("%s with %q: %d, want 401", tc.path, authorization, status)
					}
				}
				if opens := write("Bearer "+token) != http.StatusUnauthorized; opens != (set == token) {
					t.Errorf("%s with the token: let in is %t", tc.path, opens)
				}
			}
		})
	}
}

// A container listens on every address while its base URL names loopback: what
// counts is who can reach it.
func TestASandboxBehindALoopbackURLIsNotPrivateByItsName(t *testing.T) {
	s := serveWith(t, func(c *config.Config) {
		_, port, _ := net.SplitHostPort(c.Server.Listen)
		c.Server.Listen = "0.0.0.0:" + port
	})
	s.url = s.config.Server.BaseURL
	if status, text := s.ask(http.MethodPost, "/sandbox/merchants", `{"channel":"wechat","mode":"public_key"}`, "Content-Type", "application/json"); status != http.StatusUnauthorized {
		t.Errorf("a stranger opened a sandbox merchant: %d %s", status, text)
	}
}

// allowed makes a key that may be used from 203.0.113.0/24 only.
func (s *stand) allowed(merchantID string) string {
	s.t.Helper()
	_, secret, err := s.merchants.CreateKey(s.t.Context(), merchantID, app.Test, merchants.KeyInput{Name: "caged", AllowedIPs: []string{"203.0.113.0/24"}})
	if err != nil {
		s.t.Fatal(err)
	}
	return "Bearer " + secret
}

func TestAClientCannotWriteItsOwnAddress(t *testing.T) {
	const xff = "X-Forwarded-For"
	for _, tc := range []struct {
		name    string
		trusted []string
		headers []string
		status  int
	}{
		{"no proxy is trusted", nil, []string{xff, "203.0.113.9"}, 403},
		{"nor other headers", nil, []string{"X-Real-Ip", "203.0.113.9", "Forwarded", "for=203.0.113.9", "True-Client-Ip", "203.0.113.9"}, 403},
		{"the proxy says so", []string{"127.0.0.1"}, []string{xff, "203.0.113.9"}, 200},
		{"the client wrote a hop before the proxy's", []string{"127.0.0.1"}, []string{xff, "203.0.113.9, 198.51.100.7"}, 403},
		{"the proxy adds a line of its own", []string{"127.0.0.1"}, []string{xff, "203.0.113.9", xff, "198.51.100.7"}, 403},
		{"two lines that both are proxies'", []string{"127.0.0.1", "10.0.0.0/8"}, []string{xff, "203.0.113.9", xff, "10.1.1.1"}, 200},
		{"no header", []string{"127.0.0.1"}, nil, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serveWith(t, func(c *config.Config) { c.Server.TrustedProxies = tc.trusted })
			m, err := s.merchants.CreateMerchant(t.Context(), "Caged")
			if err != nil {
				t.Fatal(err)
			}
			headers := append([]string{"Authorization", s.allowed(m.ID)}, tc.headers...)
			if status, text := s.ask(http.MethodPost, "/v1/merchants/"+m.ID+"/echo", "", headers...); status != tc.status {
				t.Errorf("%d %s, want %d", status, text, tc.status)
			}
		})
	}
}

func TestASlowRequestIsCutOff(t *testing.T) {
	s := serveWith(t, func(c *config.Config) { c.Server.ReadTimeout = config.Duration{Duration: 300 * time.Millisecond} })
	for name, start := range map[string]string{
		"headers": "POST /v1/merchants/x/payments HTTP/1.1\r\nHost: x\r\nX-A: ",
		"body":    "POST /callbacks/wechat/acct_x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{",
		"chunks":  "POST /callbacks/alipay/acct_x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", s.config.Server.Listen)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, start); err != nil {
				t.Fatal(err)
			}
			// A byte now and then must not keep the request alive.
			dripping := make(chan struct{})
			go func() {
				defer close(dripping)
				for drop := time.NewTicker(50 * time.Millisecond); ; <-drop.C {
					if _, err := io.WriteString(conn, "a"); err != nil {
						drop.Stop()
						return
					}
				}
			}()
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err = io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection lives on: %v", err)
			}
			_ = conn.Close()
			<-dripping
		})
	}
	if s.scrape.ReadHeaderTimeout <= 0 {
		t.Error("the metrics' listener waits for headers without end")
	}
}

func TestOversizedRequestsAreRefusedOnEverySurface(t *testing.T) {
	s := serveWith(t, nil)
	account := app.NewID(app.PrefixAccount, time.Now())
	for _, path := range []string{"/v1/merchants/x/payments", "/callbacks/wechat/" + account, "/callbacks/alipay/" + account, "/sandbox/faults", "/console/sign-in"} {
		for name, framing := range map[string]string{
			"announced": "Content-Length: 2000000000\r\n\r\n",
			"chunked":   "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("a", 0x10000)+"\r\n", 100),
			// The server reads as much for a spreadsheet's sake; no other surface takes it.
			"complete": "Content-Length: 2000000\r\n\r\n" + strings.Repeat("a", 2_000_000),
		} {
			if status := s.raw(t, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+framing); status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s %s: %d, want 413", path, name, status)
			}
		}
	}
	upload := "POST /console/m/" + app.NewID(app.PrefixMerchant, time.Now()) + "/test/exceptions/import HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
	if status := s.raw(t, upload+strings.Repeat("a", 2_000_000)); status == http.StatusRequestEntityTooLarge {
		t.Errorf("a spreadsheet of 2 MB: %d", status)
	}
	if status := s.raw(t, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "+strings.Repeat("a", 64<<10)+"\r\n\r\n"); status != http.StatusRequestHeaderFieldsTooLarge && status != http.StatusBadRequest {
		t.Errorf("64 KiB of headers: %d, want 431", status)
	}
}

// raw sends bytes and returns the status of the answer. The server may stop
// reading before they are all sent.
func (s *stand) raw(t *testing.T, request string) int {
	t.Helper()
	conn, err := net.Dial("tcp", s.config.Server.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, request)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("no answer to %.40q: %v", request, err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// Fiber hands out strings that point into buffers it uses again. Ten thousand
// requests keep theirs beyond the request, under the server's own settings.
func TestWhatARequestSaidOutlivesIt(t *testing.T) {
	s := serveWith(t, nil)
	const n, clients = 10_000, 32
	cfg := s.app.Config()
	cfg.ErrorHandler = fiber.DefaultErrorHandler
	f := fiber.New(cfg)
	type said struct{ param, query, header, path, body string }
	kept := make([]said, n)
	f.Post("/keep/:id", func(c *fiber.Ctx) error {
		i, err := c.ParamsInt("id")
		if err != nil {
			return err
		}
		kept[i] = said{c.Params("id"), c.Query("q"), c.Get("X-Id"), c.Path(), string(c.BodyRaw())}
		return nil
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = f.Listener(listener) }()
	t.Cleanup(func() { _ = f.ShutdownWithTimeout(5 * time.Second); <-done })
	hammer(t, listener.Addr().String(), n, clients, func(i int) string {
		return fmt.Sprintf("POST /keep/%d?q=q%d HTTP/1.1\r\nHost: x\r\nX-Id: h%d\r\nContent-Length: %d\r\n\r\nb%d", i, i, i, len(fmt.Sprint(i))+1, i)
	})
	for i, got := range kept {
		if want := (said{fmt.Sprint(i), fmt.Sprint("q", i), fmt.Sprint("h", i), fmt.Sprint("/keep/", i), fmt.Sprint("b", i)}); got != want {
			t.Fatalf("request %d is remembered as %q, want %q", i, got, want)
		}
	}
}

// hammer sends n requests over a few connections that are used again and again.
func hammer(t *testing.T, address string, n, clients int, request func(i int) string) {
	t.Helper()
	next := make(chan int)
	failed := make(chan error, clients)
	for range clients {
		go func() { failed <- hammerOne(address, next, request) }()
	}
	for i := range n {
		next <- i
	}
	close(next)
	for range clients {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func hammerOne(address string, next <-chan int, request func(i int) string) error {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		defer conn.Close()
		in := bufio.NewReader(conn)
		for i := range next {
			if err == nil {
				err = exchange(conn, in, request(i))
			}
		}
	}
	for range next { // let the others be fed when this connection is lost
	}
	return err
}

func exchange(conn net.Conn, in *bufio.Reader, request string) error {
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %.60q", res.Status, request)
	}
	return nil
}
