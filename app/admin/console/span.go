package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// hourLayout is how a filter names an hour, as the figures' links do.
const hourLayout = "2006-01-02T15:04"

// readDay reads a date in UTC+8; "" is no bound.
func readDay(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(time.DateOnly, s, app.Beijing)
	return t, err == nil && t.Year() >= 2000 && t.Year() < 3000
}

// readDayOrHour reads a date, or a whole hour, in UTC+8; "" is no bound.
func readDayOrHour(s string) (time.Time, bool) {
	if len(s) != len(hourLayout) {
		return readDay(s)
	}
	t, err := time.ParseInLocation(hourLayout, s, app.Beijing)
	return t, err == nil && t.Year() >= 2000 && t.Year() < 3000 && t.Minute() == 0
}

// rangeEnd is the end of a range that is to include the day or hour that s named
// and that begins at t.
func rangeEnd(s string, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	if len(s) == len(hourLayout) {
		return t.Add(time.Hour)
	}
	return t.AddDate(0, 0, 1)
}
