// Package sandboxtest starts a whole sandbox on loopback for tests that meet it
// over HTTP only.
package sandboxtest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox"
)

// Box is a running sandbox, reachable at URL.
type Box struct {
	URL    string
	Server *sandbox.Server
	Shop   *Shop

	web   *fiber.App
	asked asked
}

// Start runs a sandbox on a fresh SQLite database and a shop to notify; both
// end with the test. changes adjust its configuration.
func Start(t testing.TB, changes ...func(*sandbox.Config)) *Box {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Box{URL: "http://" + l.Addr().String(), Shop: newShop(t)}
	cfg := sandbox.Config{
		DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: app.SystemClock{}, BaseURL: b.URL, Loopback: true,
		AllowNotify: []string{"127.0.0.1"}, Logger: slog.New(slog.DiscardHandler), NewKey: Keys(),
	}
	for _, change := range changes {
		change(&cfg)
	}
	if b.Server, err = sandbox.New(cfg); err != nil {
		t.Fatal(err)
	}
	web := fiber.New(fiber.Config{
		Immutable: true, DisableStartupMessage: true, ReadBufferSize: 32 << 10, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute,
	})
	b.web = web
	web.Use(b.asked.watch)
	b.Server.Routes(web)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.Server.Run(ctx) })
	running.Go(func() {
		if err := web.Listener(l); err != nil {
			t.Errorf("serve the sandbox: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		if err := web.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("stop the sandbox: %v", err)
		}
		running.Wait()
	})
	return b
}

// Message is a notification as it came over the wire.
type Message struct {
	Header http.Header
	Body   []byte
}

// Shop is a merchant's server: it acknowledges in the words of both channels
// (the path /alipay answers success, any other 204) and keeps what it got.
type Shop struct {
	*httptest.Server
	messages chan Message
}

func newShop(t testing.TB) *Shop {
	s := &Shop{messages: make(chan Message, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the notification: %v", err)
		}
		s.messages <- Message{Header: r.Header.Clone(), Body: body}
		if r.URL.Path == "/alipay" {
			_, _ = io.WriteString(w, "success")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	return s
}

// Next waits for the next notification.
func (s *Shop) Next(t testing.TB) Message {
	t.Helper()
	select {
	case m := <-s.messages:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no notification came within 10 s")
		return Message{}
	}
}
