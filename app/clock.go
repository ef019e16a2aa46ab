package app

import "time"

// Clock tells the time. Production uses SystemClock, tests inject their own.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the current time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Millis is a point in time as the database stores it: UTC milliseconds since
// 1970; 0 means never.
type Millis int64

// ToMillis converts t; the zero time becomes 0.
func ToMillis(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time converts m back to UTC; 0 becomes the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Add returns m moved by d.
func (m Millis) Add(d time.Duration) Millis { return m + Millis(d.Milliseconds()) }

// Beijing is UTC+8, the zone of both channels and of every bill date.
var Beijing = time.FixedZone("UTC+8", 8*60*60)
