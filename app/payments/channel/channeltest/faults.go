package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// testFaults: whatever the channel does instead of answering, the outcome is
// unknown, and the same request settles it.
func testFaults(t *testing.T, h *Harness) {
	c := h.open(t, h.Account)
	wantKind(t, c.Probe(t.Context()), "") // fetches what the client fetches once
	for _, fault := range []string{"http_500", "garbage", "timeout_before", "timeout_after_success", "forge_answer", "unsigned_answer", "truncated"} {
		if !h.supports(fault) {
			continue
		}
		t.Run(fault, func(t *testing.T) {
			r := h.order()
			h.Plan(t, h.Driver.Name(), fault, 1)
			ctx, cancel := context.WithTimeout(t.Context(), faultPatience(fault))
			defer cancel()
			_, err := c.Pay(ctx, r)
			wantKind(t, err, channel.KindUnknown)
			h.Pay(t, h.place(t, c, r))
			h.Next(t)
		})
	}
	t.Run("bad signature on a notification", func(t *testing.T) {
		r := h.order()
		h.Plan(t, h.Driver.Name(), "bad_signature", 1)
		h.Pay(t, h.place(t, c, r))
		_, err := c.ParseNotification(t.Context(), h.Next(t))
		wantKind(t, err, channel.KindForged)
	})
	t.Run("an altered amount is reported as it was signed", func(t *testing.T) {
		r := h.order()
		h.Plan(t, h.Driver.Name(), "tamper_amount", 1)
		h.Pay(t, h.place(t, c, r))
		notice, err := c.ParseNotification(t.Context(), h.Next(t))
		wantKind(t, err, "")
		if notice.Trade.Amount == r.Amount {
			t.Error("the signed amount was not the altered one")
		}
	})
}

// supports reports whether the simulator knows the fault for this channel.
func (h *Harness) supports(fault string) bool { return h.Faults[fault] }

func testRecorder(t *testing.T, h *Harness) {
	var mu sync.Mutex
	var seen []channel.Exchange
	ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	})
	c := h.open(t, h.Account)
	r := h.order()
	result, err := c.Pay(ctx, r)
	wantKind(t, err, "")
	h.Pay(t, result.Action.CodeURL)
	notice, err := c.ParseNotification(ctx, h.Next(t))
	wantKind(t, err, "")
	_, err = c.Query(ctx, r.Number)
	wantKind(t, err, "")
	wantKind(t, c.Close(ctx, r.Number), channel.KindPaid)

	operations := map[string]bool{}
	for _, e := range seen {
		operations[e.Operation] = true
		if e.Status == 0 || e.Duration <= 0 || e.Err != nil || e.Response == "" || !strings.HasPrefix(e.URL, h.URL) {
			t.Errorf("incomplete exchange %+v", e)
		}
		text := fmt.Sprintf("%+v", e)
		for _, secret := range append(h.Secrets, notice.Trade.PayerID) {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret or the payer: %s", e.Operation, text)
			}
		}
	}
	for _, o := range []string{"pay", "query", "close"} {
		if !operations[o] {
			t.Errorf("no exchange of %s was recorded", o)
		}
	}
	nowhere := h.Account
	nowhere.Gateway = "http://127.0.0.1:1/"
	seen = nil
	_, err = h.open(t, nowhere).Query(ctx, r.Number)
	wantKind(t, err, channel.KindUnknown)
	if len(seen) != 1 || seen[0].Err == nil || seen[0].Status != 0 {
		t.Errorf("a failed dial is recorded as %+v", seen)
	}
}

func testPool(t *testing.T, h *Harness) {
	pool := channel.NewPool(8, h.Driver)
	loads := 0
	load := func(context.Context) (channel.Account, error) { loads++; return h.Account, nil }
	first, err := pool.Client(t.Context(), h.Driver.Name(), "acct_1", 1, load)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, first.Probe(t.Context()), "")
	again, err := pool.Client(t.Context(), h.Driver.Name(), "acct_1", 1, load)
	if err != nil || again != first || loads != 1 {
		t.Errorf("the second look loads again: %v, %d loads", err, loads)
	}
	next, err := pool.Client(t.Context(), h.Driver.Name(), "acct_1", 2, load)
	if err != nil || next == first || loads != 2 {
		t.Errorf("a new version does not rebuild: %v, %d loads", err, loads)
	}
	if _, err := pool.Client(t.Context(), "other", "acct_1", 3, load); channel.KindOf(err) != channel.KindConfig {
		t.Errorf("an unknown channel: %v", err)
	}
	broken := errors.New("sealed")
	_, err = pool.Client(t.Context(), h.Driver.Name(), "acct_2", 1, func(context.Context) (channel.Account, error) { return channel.Account{}, broken })
	if !errors.Is(err, broken) {
		t.Errorf("a failing load: %v", err)
	}
}
