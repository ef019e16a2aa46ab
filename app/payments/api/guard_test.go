package api_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel/guard"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestAnOpenCircuitIsAnswered503WithTheTimeToWait(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		g := s.Guard(guard.Settings{Failures: 3, OpenFor: 2 * time.Second})
		s.wire.Set(func(w *paymentstest.Wire) {
			w.Fail = func(r *http.Request) error {
				if strings.Contains(r.URL.Path, "/wechat/") {
					return io.ErrUnexpectedEOF
				}
				return nil
			}
		})
		order := func(no string) string {
			return `{"order_no":"` + no + `","amount":1234,"currency":"CNY","subject":"tea","method":"wechat_native"}`
		}
		if a := s.call(t, "POST", "/payments", order("O-1")); a.status != http.StatusAccepted {
			t.Fatalf("the first order: %d %s", a.status, a.text)
		}
		a := s.call(t, "POST", "/payments", order("O-2"), "Idempotency-Key", "k-1")
		if a.status != http.StatusServiceUnavailable || a.code() != "channel_unavailable" {
			t.Fatalf("while the circuit is open: %d %s", a.status, a.text)
		}
		wait, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || wait < 1 || wait > 2 {
			t.Errorf("Retry-After is %q, want what is left of 2 s", a.header.Get("Retry-After"))
		}
		if a := s.call(t, "GET", "/payments?order_no=O-2", ""); strings.Contains(a.text, "O-2") {
			t.Errorf("the order was stored: %s", a.text)
		}
		s.wire.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		time.Sleep(time.Duration(wait) * time.Second)
		if c := g.Counts(); len(c) > 0 && c[0].State == guard.Open {
			t.Fatal("the circuit is open after the time that the answer told to wait")
		}
		if a := s.call(t, "POST", "/payments", order("O-2"), "Idempotency-Key", "k-1"); a.status != http.StatusCreated {
			t.Errorf("after the wait: %d %s", a.status, a.text)
		}
	})
}
