package webhooks

import (
	"math/rand/v2"
	"time"
)

// MaxTries is how often a delivery is tried before it is dead: at once, and
// after each of the delays.
const MaxTries = 10

const (
	// failingLimit is how long nothing may be accepted before the endpoint is
	// disabled (Standard Webhooks 1.0.0, "Disabling endpoints").
	failingLimit = 5 * 24 * time.Hour
	// maxRetryAfter bounds how long a receiver can put us off.
	maxRetryAfter = 24 * time.Hour
)

// delay returns how long to wait after the given number of failed tries, and
// false when none are left.
func delay(tries int64) (time.Duration, bool) {
	delays := [MaxTries - 1]time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	if tries < 1 || tries > int64(len(delays)) {
		return 0, false
	}
	d := delays[tries-1]
	// Up to a tenth more, so that what failed together does not come back together.
	return d + time.Duration(rand.Int64N(int64(d/10)+1)), true
}
