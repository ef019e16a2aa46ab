package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Codes of a KindHeld.
const (
	CodeCircuitOpen = "CIRCUIT_OPEN"
	CodePaused      = "PAUSED"
)

const (
	// window is the time over which failures are weighed against calls.
	window        = time.Minute
	bucket        = 10 * time.Second
	enoughToJudge = 20
	// probeWait is how long to stand back while another call probes.
	probeWait = time.Second
	// firstPause doubles with each further answer of "too many", up to maxPause.
	firstPause = time.Second
	maxPause   = time.Minute
)

// record is what is known of one account's calls.
type record struct {
	account  Account
	settings Settings
	breaker  *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu       sync.Mutex
	openTill time.Time
	paused   time.Time // until when
	pauses   int       // in a row
	told     State     // the last change told; "" before the first
	reason   string    // of the latest failure
}

// errExcluded marks a call that says nothing about the channel.
var errExcluded = errors.New("the call says nothing about the channel")

func newRecord(a Account, s Settings) *record {
	r := &record{account: a, settings: s}
	r.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: a.ID, MaxRequests: 1, Interval: window, BucketPeriod: bucket, Timeout: s.OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return int(c.ConsecutiveFailures) >= s.Failures || (c.Requests >= enoughToJudge && 2*c.TotalFailures >= c.Requests)
		},
		IsExcluded:    func(err error) bool { return errors.Is(err, errExcluded) },
		OnStateChange: func(_ string, _, to gobreaker.State) { r.moved(to) },
	})
	return r
}

// moved notes the breaker's change; the breaker is locked meanwhile.
func (r *record) moved(to gobreaker.State) {
	now := clock.Now()
	switch to {
	case gobreaker.StateOpen:
		r.mu.Lock()
		r.openTill = now.Add(r.settings.OpenFor)
		change := Change{Account: r.account, State: Open, At: now, RetryAt: r.openTill, Reason: r.reason}
		r.told = Open
		r.mu.Unlock()
		r.settings.Changed(change)
	case gobreaker.StateClosed:
		r.recovered(now)
	}
}

// recovered tells that calls are answered, once. The first answer of a record is
// told too: an earlier process may have left another word.
func (r *record) recovered(now time.Time) {
	r.mu.Lock()
	tell := r.told != Closed
	r.told = Closed
	r.mu.Unlock()
	if tell {
		r.settings.Changed(Change{Account: r.account, State: Closed, At: now})
	}
}

// enter asks to make one call; done must be told its outcome. What cannot wait
// passes a pause, but not an open circuit.
func (r *record) enter(urgent bool) (done func(error), held *channel.Error) {
	if held := r.pausedAt(clock.Now()); held != nil && !urgent {
		return nil, held
	}
	done, err := r.breaker.Allow()
	switch {
	case errors.Is(err, gobreaker.ErrOpenState):
		return nil, r.held(CodeCircuitOpen, r.openFor(clock.Now()))
	case err != nil:
		return nil, r.held(CodeCircuitOpen, probeWait)
	}
	return done, nil
}

// ready is enter for somebody who does not call yet.
func (r *record) ready(now time.Time) *channel.Error {
	if held := r.pausedAt(now); held != nil {
		return held
	}
	switch r.breaker.State() {
	case gobreaker.StateOpen:
		return r.held(CodeCircuitOpen, r.openFor(now))
	case gobreaker.StateHalfOpen:
		if c := r.breaker.Counts(); c.Requests > c.TotalExclusions {
			return r.held(CodeCircuitOpen, probeWait)
		}
	}
	return nil
}

func (r *record) state(now time.Time) State {
	switch r.breaker.State() {
	case gobreaker.StateOpen:
		return Open
	case gobreaker.StateHalfOpen:
		return HalfOpen
	}
	if r.pausedAt(now) != nil {
		return Paused
	}
	return Closed
}

func (r *record) openFor(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.openTill.Sub(now), time.Millisecond)
}

func (r *record) pausedAt(now time.Time) *channel.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.paused) {
		return nil
	}
	return r.held(CodePaused, r.paused.Sub(now))
}

func (r *record) held(code string, wait time.Duration) *channel.Error {
	message := "the channel has not answered; it is asked again shortly"
	if code == CodePaused {
		message = "the channel asked for fewer calls"
	}
	return &channel.Error{Kind: channel.KindHeld, Channel: r.account.Channel, Code: code, Message: message, RetryAfter: wait}
}

// left tells what became of a call that was made under ctx. sent says whether
// anything went over the wire.
func (r *record) left(ctx context.Context, done func(error), err error, sent bool) {
	now := clock.Now()
	switch {
	case tooMany(err):
		done(nil) // it answers
		r.pause(now, err)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled), channel.KindOf(err) == channel.KindConfig:
		done(errExcluded) // our caller left, or our own keys failed
	case channel.KindOf(err) == channel.KindUnknown:
		r.mu.Lock()
		r.reason = reasonOf(err)
		r.mu.Unlock()
		done(err)
	case !sent:
		done(errExcluded) // signed or refused without asking the channel
	default:
		done(nil)
		r.answered(now)
	}
}

// answered ends the pauses, and tells of the first answer.
func (r *record) answered(now time.Time) {
	r.mu.Lock()
	over := !now.Before(r.paused)
	if over {
		r.pauses = 0
	}
	quiet := r.told == "" || (r.told == Paused && over)
	r.mu.Unlock()
	if quiet {
		r.recovered(now)
	}
}

// pause holds what can wait, twice as long each time in a row, or as long as the
// channel says.
func (r *record) pause(now time.Time, err error) {
	r.mu.Lock()
	wait := min(firstPause<<min(r.pauses, 10), maxPause)
	wait += time.Duration(rand.Int64N(int64(wait)/2 + 1))
	var said *channel.Error
	if errors.As(err, &said) {
		wait = max(wait, min(said.RetryAfter, 10*maxPause))
	}
	if now.Before(r.paused) {
		// Calls that were under way together are one occasion.
		r.mu.Unlock()
		return
	}
	r.pauses++
	r.paused, r.told = now.Add(wait), Paused
	change := Change{Account: r.account, State: Paused, At: now, RetryAt: r.paused, Reason: reasonOf(err)}
	r.mu.Unlock()
	r.settings.Changed(change)
}

func tooMany(err error) bool {
	var said *channel.Error
	return errors.As(err, &said) && (said.Kind == channel.KindRateLimited || said.Status == http.StatusTooManyRequests)
}
