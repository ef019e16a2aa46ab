package paymentstest

import (
	"sync"
	"time"
)

// Clock is the platform's time in tests; the sandbox and the SDKs keep the
// machine's, since signatures are only good for five minutes.
type Clock struct {
	sync.Mutex
	ahead time.Duration
}

// Now returns the platform's time.
func (c *Clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return time.Now().UTC().Add(c.ahead)
}

// Advance moves the platform's time forward.
func (c *Clock) Advance(d time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.ahead += d
}
