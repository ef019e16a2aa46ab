package guard_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

// script is a channel whose every call takes some time and then answers as told.
// Only time is virtual here; the payments' tests meet the real sandbox.
type script struct {
	channel.Client
	mu     sync.Mutex
	takes  time.Duration
	answer func(n int) error // of the nth call, from 1
	calls  int
	local  bool // nothing goes over the wire
}

func (s *script) call(ctx context.Context) error {
	s.mu.Lock()
	s.calls++
	n, takes, answer, local := s.calls, s.takes, s.answer, s.local
	s.mu.Unlock()
	if !local {
		channel.Record(ctx, channel.Exchange{})
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Cause: ctx.Err()}
	}
	if answer == nil {
		return nil
	}
	return answer(n)
}

func (s *script) made() int { s.mu.Lock(); defer s.mu.Unlock(); return s.calls }

func (s *script) Pay(ctx context.Context, _ channel.PayRequest) (channel.PayResult, error) {
	return channel.PayResult{}, s.call(ctx)
}

func (s *script) Query(ctx context.Context, _ string) (channel.Trade, error) {
	return channel.Trade{}, s.call(ctx)
}
func (s *script) Close(ctx context.Context, _ string) error   { return s.call(ctx) }
func (s *script) Reverse(ctx context.Context, _ string) error { return s.call(ctx) }

func (s *script) Refund(ctx context.Context, _ channel.RefundRequest) (channel.Refund, error) {
	return channel.Refund{}, s.call(ctx)
}

func (s *script) QueryRefund(ctx context.Context, _ channel.RefundLookup) (channel.Refund, error) {
	return channel.Refund{}, s.call(ctx)
}

func fails(kind channel.Kind) func(int) error {
	return func(int) error { return &channel.Error{Kind: kind, Channel: app.WeChat} }
}

func firstFails(n int) func(int) error {
	return func(call int) error {
		if call <= n {
			return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Status: 502}
		}
		return nil
	}
}

// room is a guarded account and what was told of it.
type room struct {
	*guard.Guard
	account guard.Account
	script  *script
	client  channel.Client
	mu      sync.Mutex
	told    []guard.Change
}

func open(s guard.Settings) *room {
	r := &room{account: guard.Account{ID: "acct_1", Version: 1, Mode: app.Test, Channel: app.WeChat}, script: &script{}}
	s.Changed = func(c guard.Change) { r.mu.Lock(); defer r.mu.Unlock(); r.told = append(r.told, c) }
	r.Guard = guard.New(s)
	r.client = r.Client(r.account, r.script)
	return r
}

func (r *room) states() []guard.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []guard.State
	for _, c := range r.told {
		out = append(out, c.State)
	}
	return out
}

func (r *room) query(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := r.client.Query(ctx, "att_1")
	return err
}

func wantHeld(t *testing.T, err error, code string, atMost time.Duration) {
	t.Helper()
	var e *channel.Error
	if !errors.As(err, &e) || e.Kind != channel.KindHeld || e.Code != code {
		t.Fatalf("got %v, want a call held as %s", err, code)
	}
	if e.RetryAfter <= 0 || e.RetryAfter > atMost {
		t.Errorf("retry after %s, want at most %s", e.RetryAfter, atMost)
	}
}
