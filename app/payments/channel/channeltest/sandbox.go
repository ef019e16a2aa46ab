package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// Sandbox is the simulator of the channels on a loopback port, with a
// merchant's server beside it that receives notifications. Tests speak to it
// over HTTP only.
type Sandbox struct {
	URL  string // of the simulator
	shop *httptest.Server

	mu       sync.Mutex
	messages []channel.Notification
	arrived  chan struct{}
}

// StartSandbox runs a simulator until the test ends.
func StartSandbox(t testing.TB) *Sandbox {
	t.Helper()
	s := &Sandbox{arrived: make(chan struct{}, 1024)}
	s.shop = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.shop.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + l.Addr().String()
	box, err := sandbox.New(sandbox.Config{
		DB: dbtest.OpenSQLite(t, dbtest.WithSandbox()), Clock: app.SystemClock{}, NewKey: sandboxtest.Keys(), Unlimited: true,
		BaseURL: s.URL, Loopback: true, AllowNotify: []string{s.shop.Listener.Addr().String()}, RefundDelay: 20 * time.Millisecond,
		SameDayBills: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, ReadTimeout: 3 * time.Second, IdleTimeout: time.Minute})
	box.Routes(server)
	serve(t, server, l, box)
	return s
}

func serve(t testing.TB, server *fiber.App, l net.Listener, box *sandbox.Server) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { box.Run(ctx) })
	running.Go(func() {
		if err := server.Listener(l); err != nil {
			t.Errorf("serve the sandbox: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		if err := server.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("stop the sandbox: %v", err)
		}
		running.Wait()
	})
}

// receive keeps a message and answers as both channels expect.
func (s *Sandbox) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.messages = append(s.messages, channel.Notification{Header: r.Header.Clone(), Body: body})
	s.mu.Unlock()
	s.arrived <- struct{}{}
	_, _ = w.Write([]byte("success"))
}

// NotifyURL is where the channel is told to notify.
func (s *Sandbox) NotifyURL() string { return s.shop.URL + "/callbacks" }

// Next waits for the next notification.
func (s *Sandbox) Next(t testing.TB) channel.Notification {
	t.Helper()
	select {
	case <-s.arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("no notification within 10 s")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.messages[0]
	s.messages = s.messages[1:]
	return first
}

// OpenMerchant opens a merchant in a mode ("public_key", "certificate" or, at
// WeChat, "both") and
// returns its credentials as the channel hands them out, with the app id of each
// kind that is bound to it under "appid_" and the kind.
func (s *Sandbox) OpenMerchant(t testing.TB, c app.Channel, mode string) map[string]string {
	t.Helper()
	return s.open(t, map[string]any{"channel": c, "mode": mode})
}

// OpenSubMerchant opens a merchant under a service provider, which is named by
// its mchid or app id.
func (s *Sandbox) OpenSubMerchant(t testing.TB, c app.Channel, provider string) map[string]string {
	t.Helper()
	return s.open(t, map[string]any{"channel": c, "provider": provider})
}

func (s *Sandbox) open(t testing.TB, wanted map[string]any) map[string]string {
	t.Helper()
	var answer map[string]any
	s.post(t, "/sandbox/merchants", wanted, &answer)
	credentials := map[string]string{}
	for field, value := range answer {
		if text, ok := value.(string); ok {
			credentials[field] = text
		}
	}
	apps, _ := answer["apps"].([]any)
	for _, bound := range apps {
		named, _ := bound.(map[string]any)
		credentials[fmt.Sprint("appid_", named["kind"])] = fmt.Sprint(named["appid"])
	}
	return credentials
}

// Pay pays a code in the wallet.
func (s *Sandbox) Pay(t testing.TB, code string) {
	t.Helper()
	s.post(t, "/sandbox/wallet/pay", map[string]any{"code": code}, nil)
}

// Scan opens a code in the wallet and leaves it unpaid.
func (s *Sandbox) Scan(t testing.TB, code string) {
	t.Helper()
	s.post(t, "/sandbox/wallet/decline", map[string]any{"code": code}, nil)
}

// Plan plans a fault of the channel for the next count occasions.
func (s *Sandbox) Plan(t testing.TB, c app.Channel, fault string, count int) {
	t.Helper()
	s.post(t, "/sandbox/faults", map[string]any{"channel": c, "fault": fault, "count": count}, nil)
}

// PlanBillFault plans what is wrong with an account's bill of a day.
func (s *Sandbox) PlanBillFault(t testing.TB, plan map[string]any) {
	t.Helper()
	s.post(t, "/sandbox/bill-faults", plan, nil)
}

// CancelBillFaults makes every bill true again.
func (s *Sandbox) CancelBillFaults(t testing.TB) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodDelete, s.URL+"/sandbox/bill-faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("cancel bill faults: %d", response.StatusCode)
	}
}

func (s *Sandbox) post(t testing.TB, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(s.URL+path, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("POST %s: %d %s", path, response.StatusCode, answer)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}
