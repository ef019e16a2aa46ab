// Package guard stands between the platform and a channel's client, one guard
// for every account of the process. It repeats what may safely be repeated,
// stops calling an account whose calls find no certain answer (a circuit
// breaker), and slows down where the channel asks for it. What it holds back is
// KindHeld: nothing was sent.
package guard

import (
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Account names whose calls are guarded. A greater Version is other credentials,
// which start with a clean record.
type Account struct {
	ID      string
	Version int64
	Mode    app.Mode
	Channel app.Channel
}

// State is what the guard lets through for an account.
type State string

// The states.
const (
	Closed   State = "closed"    // every call
	Open     State = "open"      // none
	HalfOpen State = "half_open" // one, to see whether the channel answers again
	Paused   State = "paused"    // what cannot wait: the channel asked us to slow down
)

// Change tells of an account that entered a state. Half-open is not told: it
// lasts for one call.
type Change struct {
	Account Account
	State   State
	At      time.Time
	RetryAt time.Time // when calls may be tried again; zero when Closed
	Reason  string    // the failure that brought it, without what was sent; "" when Closed
}

// Settings adjust a Guard; zero values mean the defaults.
type Settings struct {
	// Failures in a row open the circuit; 5 by default. So does a minute in which
	// half of at least 20 calls failed.
	Failures int
	// OpenFor is how long an open circuit holds every call; 10 s by default.
	OpenFor time.Duration
	// Changed is told of changes, from within calls: it must not block.
	Changed func(Change)
	// Retried is told of each repeated call. It must not block.
	Retried func(c app.Channel, operation string)
}

const (
	defaultFailures = 5
	defaultOpenFor  = 10 * time.Second
	// maxQuiet bounds the accounts remembered although nothing is wrong with them.
	maxQuiet = 8192
)

// clock is the machine's: the circuit breaker knows no other.
var clock app.SystemClock

// Guard holds the accounts' records. It is safe for concurrent use.
type Guard struct {
	settings Settings

	mu     sync.Mutex
	states map[string]*record
}

// New returns a guard that knows nothing against anybody.
func New(s Settings) *Guard {
	if s.Failures <= 0 {
		s.Failures = defaultFailures
	}
	if s.OpenFor <= 0 {
		s.OpenFor = defaultOpenFor
	}
	if s.Changed == nil {
		s.Changed = func(Change) {}
	}
	if s.Retried == nil {
		s.Retried = func(app.Channel, string) {}
	}
	return &Guard{settings: s, states: map[string]*record{}}
}

// Client returns c under guard.
func (g *Guard) Client(a Account, c channel.Client) channel.Client {
	return &client{Client: c, record: g.record(a)}
}

// Ready reports whether a new order may be sent for the account: nil, or a
// KindHeld with the time to wait.
func (g *Guard) Ready(a Account) error {
	g.mu.Lock()
	r := g.states[a.ID]
	g.mu.Unlock()
	if r == nil || r.account.Version < a.Version {
		return nil
	}
	if held := r.ready(clock.Now()); held != nil {
		return held
	}
	return nil
}

// Count is how many accounts of a channel and mode are in a state.
type Count struct {
	Channel app.Channel
	Mode    app.Mode
	State   State
	N       int
}

// Counts returns the accounts that are not Closed, for metrics.
func (g *Guard) Counts() []Count {
	type group struct {
		channel app.Channel
		mode    app.Mode
		state   State
	}
	found := map[group]int{}
	now := clock.Now()
	for _, r := range g.records() {
		if s := r.state(now); s != Closed {
			found[group{r.account.Channel, r.account.Mode, s}]++
		}
	}
	counts := make([]Count, 0, len(found))
	for of, n := range found {
		counts = append(counts, Count{of.channel, of.mode, of.state, n})
	}
	return counts
}

func (g *Guard) records() []*record {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]*record, 0, len(g.states))
	for _, r := range g.states {
		all = append(all, r)
	}
	return all
}

// record returns the account's record, a new one for newer credentials. Who has
// read an old version of the account shares the newer record.
func (g *Guard) record(a Account) *record {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.states[a.ID]
	if r != nil && r.account.Version >= a.Version {
		return r
	}
	if r == nil && len(g.states) >= maxQuiet {
		g.forgetQuiet()
	}
	r = newRecord(a, g.settings)
	g.states[a.ID] = r
	return r
}

// forgetQuiet drops the records that say nothing. Their clients keep them until
// they are opened again.
func (g *Guard) forgetQuiet() {
	now := clock.Now()
	for id, r := range g.states {
		if r.state(now) == Closed {
			delete(g.states, id)
		}
	}
}
