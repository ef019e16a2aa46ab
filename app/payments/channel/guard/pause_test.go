package guard_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

func TestTooManyCallsPauseTheAccountLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.answer = fails(channel.KindRateLimited)
		var waits []time.Duration
		for range 4 {
			before := r.script.made()
			if err := r.query(t); channel.KindOf(err) != channel.KindRateLimited || r.script.made() != before+1 {
				t.Fatalf("%v after %d calls", err, r.script.made()-before)
			}
			var e *channel.Error
			if !errors.As(r.Ready(r.account), &e) || e.Code != guard.CodePaused {
				t.Fatalf("ready: %v", e)
			}
			waits = append(waits, e.RetryAfter)
			wantHeld(t, r.query(t), guard.CodePaused, e.RetryAfter)
			time.Sleep(e.RetryAfter)
		}
		for i, least := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			if w := waits[i]; w < least || w > least*3/2 {
				t.Errorf("pause %d took %s, want %s and up to half more", i+1, w, least)
			}
		}
		r.script.answer = nil
		if err := r.query(t); err != nil {
			t.Error(err)
		}
		r.script.answer = fails(channel.KindRateLimited)
		_ = r.query(t)
		wantHeld(t, r.Ready(r.account), guard.CodePaused, 1500*time.Millisecond)
	})
}

func TestThePauseIsAsLongAsTheChannelSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.answer = func(int) error {
			return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Status: 429, RetryAfter: 30 * time.Second}
		}
		_ = r.query(t)
		time.Sleep(29 * time.Second)
		wantHeld(t, r.query(t), guard.CodePaused, time.Second)
		if r.script.made() != 1 {
			t.Errorf("%d calls in the pause, want 1 before it", r.script.made())
		}
	})
}

func TestWhatCannotWaitPassesAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.answer = fails(channel.KindRateLimited)
		_ = r.query(t)
		r.script.answer = nil
		if err := r.client.Reverse(t.Context(), "n"); err != nil {
			t.Error(err)
		}
		if err := r.client.Close(t.Context(), "n"); err != nil {
			t.Error(err)
		}
		wantHeld(t, r.query(t), guard.CodePaused, 2*time.Second)
	})
}

func TestCallsThatMeetTheLimitTogetherPauseOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.takes, r.script.answer = 100*time.Millisecond, fails(channel.KindRateLimited)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { _ = r.query(t) })
		}
		all.Wait()
		wantHeld(t, r.Ready(r.account), guard.CodePaused, 1500*time.Millisecond)
		if got := r.states(); len(got) != 1 {
			t.Errorf("told %v", got)
		}
	})
}
