package paymentstest

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Trap catches the next notification instead of letting it through.
type Trap struct {
	mu    sync.Mutex
	armed bool
	got   chan caught
}

type caught struct {
	body   []byte
	header http.Header
}

// Arm makes the trap catch the next notification; its sender is answered 500.
func (tr *Trap) Arm() { tr.mu.Lock(); defer tr.mu.Unlock(); tr.armed = true }

// Wait returns what was caught: the body and its headers.
func (tr *Trap) Wait(t testing.TB) ([]byte, http.Header) {
	t.Helper()
	select {
	case c := <-tr.got:
		return c.body, c.header
	case <-time.After(time.Minute):
		t.Fatal("no notification came")
		return nil, nil
	}
}

func (tr *Trap) handle(c *fiber.Ctx) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !tr.armed || c.Get("X-Test-Delivery") != "" {
		return c.Next()
	}
	tr.armed = false
	header := http.Header{}
	for key, value := range c.Request().Header.All() {
		header.Add(string(key), string(value))
	}
	tr.got <- caught{append([]byte(nil), c.BodyRaw()...), header}
	return c.SendStatus(http.StatusInternalServerError)
}
