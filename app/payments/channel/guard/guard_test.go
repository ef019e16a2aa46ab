package guard_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

func TestFailuresOpenTheCircuitAndOneProbeClosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 5, OpenFor: 10 * time.Second})
		r.script.answer = fails(channel.KindUnknown)
		_, _ = r.query(t), r.query(t) // three calls and two
		if r.script.made() != 5 {
			t.Fatalf("%d calls before the circuit opened, want 5", r.script.made())
		}
		wantHeld(t, r.query(t), guard.CodeCircuitOpen, 10*time.Second)
		wantHeld(t, r.Ready(r.account), guard.CodeCircuitOpen, 10*time.Second)
		wantHeld(t, r.client.Reverse(t.Context(), "n"), guard.CodeCircuitOpen, 10*time.Second)

		time.Sleep(10*time.Second + time.Millisecond)
		if err := r.query(t); channel.KindOf(err) != channel.KindUnknown || r.script.made() != 6 {
			t.Fatalf("the first probe: %v, %d calls, want unknown after one more", err, r.script.made())
		}
		wantHeld(t, r.query(t), guard.CodeCircuitOpen, 10*time.Second)

		time.Sleep(10*time.Second + time.Millisecond)
		r.script.answer = fails(channel.KindNotExist) // certain: the channel is back
		if err := r.Ready(r.account); err != nil {
			t.Errorf("nothing may be tried: %v", err)
		}
		_ = r.query(t)
		r.script.answer = nil
		if err := r.query(t); err != nil {
			t.Error(err)
		}
		if want := []guard.State{guard.Open, guard.Open, guard.Closed}; !slices.Equal(r.states(), want) {
			t.Errorf("told %v, want %v", r.states(), want)
		}
	})
}

func TestOneProbeGoesThroughAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 3, OpenFor: 10 * time.Second})
		r.script.answer = fails(channel.KindUnknown)
		_ = r.query(t)
		time.Sleep(11 * time.Second)
		r.script.takes, r.script.answer = 500*time.Millisecond, nil
		var all sync.WaitGroup
		var held sync.Map
		for i := range 10 {
			all.Go(func() { held.Store(i, channel.KindOf(r.query(t))) })
		}
		time.Sleep(10 * time.Millisecond)
		wantHeld(t, r.Ready(r.account), guard.CodeCircuitOpen, time.Second)
		all.Wait()
		n := 0
		held.Range(func(_, kind any) bool {
			if kind == channel.KindHeld {
				n++
			}
			return true
		})
		if n != 9 || r.script.made() != 4 {
			t.Errorf("%d of 10 were held and %d calls made, want 9 and 4", n, r.script.made())
		}
	})
}

// A call signed here asks nobody: it must not pass for the channel's answer.
func TestWhatSendsNothingDoesNotCloseTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 3, OpenFor: 10 * time.Second})
		r.script.answer = fails(channel.KindUnknown)
		_ = r.query(t)
		time.Sleep(11 * time.Second)
		r.script.local, r.script.answer = true, nil
		if _, err := r.client.Pay(t.Context(), channel.PayRequest{Method: channel.AlipayPage}); err != nil {
			t.Fatal(err)
		}
		if want := []guard.State{guard.Open}; !slices.Equal(r.states(), want) {
			t.Errorf("told %v, want %v", r.states(), want)
		}
		if err := r.Ready(r.account); err != nil {
			t.Errorf("the probe's place was not given back: %v", err)
		}
	})
}

func TestSomethingSentIsNeverCalledHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 1})
		r.script.answer = fails(channel.KindUnknown)
		if err := r.query(t); channel.KindOf(err) != channel.KindUnknown {
			t.Errorf("the call that opened the circuit came back as %v", err)
		}
	})
}

func TestOtherCredentialsStartClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 1})
		r.script.answer = fails(channel.KindUnknown)
		_ = r.query(t)
		next := r.account
		next.Version++
		if err := r.Ready(next); err != nil {
			t.Error(err)
		}
		r.script.answer = nil
		if _, err := r.Client(next, r.script).Query(t.Context(), "n"); err != nil {
			t.Error(err)
		}
		if want := []guard.State{guard.Open, guard.Closed}; !slices.Equal(r.states(), want) {
			t.Errorf("told %v, want %v", r.states(), want)
		}
	})
}

func TestCountsNameWhatIsNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 1, OpenFor: 10 * time.Second})
		_ = r.query(t)
		if got := r.Counts(); len(got) != 0 {
			t.Errorf("counts %v while all is well", got)
		}
		r.script.answer = fails(channel.KindUnknown)
		_ = r.query(t)
		if got, want := r.Counts(), []guard.Count{{app.WeChat, app.Test, guard.Open, 1}}; !slices.Equal(got, want) {
			t.Errorf("counts %v, want %v", got, want)
		}
		time.Sleep(11 * time.Second)
		if got, want := r.Counts(), []guard.Count{{app.WeChat, app.Test, guard.HalfOpen, 1}}; !slices.Equal(got, want) {
			t.Errorf("counts %v, want %v", got, want)
		}
	})
}

func TestAMinuteInWhichHalfTheCallsFailOpensTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.answer = func(n int) error {
			if n%2 == 0 {
				return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat}
			}
			return nil
		}
		for n := 1; n <= 20; n++ {
			if err := r.Ready(r.account); err != nil {
				t.Fatalf("the circuit opened before call %d", n)
			}
			_, _ = r.client.Pay(t.Context(), channel.PayRequest{Method: channel.WeChatCode})
			time.Sleep(time.Second)
		}
		wantHeld(t, r.Ready(r.account), guard.CodeCircuitOpen, 10*time.Second)
	})
}
