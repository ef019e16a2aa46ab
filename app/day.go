package app

import "time"

// Day is a calendar day in Beijing, "2026-11-24": what a bill is dated by. It
// never shifts with a reader's zone. The empty Day is none.
type Day string

// DayOf returns the day of t in Beijing.
func DayOf(t time.Time) Day { return Day(t.In(Beijing).Format(time.DateOnly)) }

// ParseDay reads "2026-11-24"; anything else is Invalid.
func ParseDay(s string) (Day, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Beijing)
	if err != nil || DayOf(t) != Day(s) {
		return "", Errorf(Invalid, "%q is not a day such as 2026-11-24", s)
	}
	return Day(s), nil
}

// Start is the day's first moment, and the zero time for what is not a day.
func (d Day) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Beijing)
	if err != nil {
		return time.Time{}
	}
	return t
}

// End is the first moment of the next day.
func (d Day) End() time.Time { return d.Next().Start() }

// Add returns the day n days later.
func (d Day) Add(n int) Day { return DayOf(d.Start().AddDate(0, 0, n)) }

// Next returns the day after.
func (d Day) Next() Day { return d.Add(1) }

// Compact is the day as the channels' files write it, "20261124".
func (d Day) Compact() string { return d.Start().Format("20060102") }

// Month is the day's month, "2026-11".
func (d Day) Month() string {
	if len(d) < len("2026-11") {
		return ""
	}
	return string(d[:len("2026-11")])
}

// Has reports whether t lies in the day.
func (d Day) Has(t time.Time) bool { return !t.IsZero() && DayOf(t) == d }
