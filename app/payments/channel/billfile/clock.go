package billfile

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// Clock reads the times of one day's lines.
type Clock struct {
	day   string
	start time.Time
}

// NewClock reads the times of a day in Beijing.
func NewClock(day app.Day) Clock {
	return Clock{day: string(day), start: day.Start()}
}

// Moment reads "2026-11-24 09:30:00". ok is false for what is no time, inDay for
// a time of another day.
func (c Clock) Moment(s string) (t time.Time, inDay, ok bool) {
	if len(s) != len(time.DateTime) || s[:len(time.DateOnly)] != c.day || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return c.other(s)
	}
	h, m, sec := two(s[11:]), two(s[14:]), two(s[17:])
	if h > 23 || m > 59 || sec > 59 || c.start.IsZero() {
		return time.Time{}, false, false
	}
	return c.start.Add(time.Duration(h*3600+m*60+sec) * time.Second), true, true
}

func (c Clock) other(s string) (time.Time, bool, bool) {
	t, err := time.ParseInLocation(time.DateTime, s, app.Beijing)
	if err != nil {
		return time.Time{}, false, false
	}
	return t, app.DayOf(t) == app.Day(c.day), true
}

// two reads two digits; anything else is more than any part of a time.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int(a)*10 + int(b)
}
