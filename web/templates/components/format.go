package components

import (
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
)

// The layouts of times. All are shown in UTC+8, the zone of both channels.
const (
	secondLayout = "2006-01-02 15:04:05"
	minuteLayout = "2006-01-02 15:04"
	dayLayout    = "2006-01-02"
	clockLayout  = "15:04:05.000"
	fullLayout   = "2006-01-02 15:04:05.000 -07:00"
)

func beijing(m app.Millis) time.Time { return m.Time().In(app.Beijing) }

// DateTime writes m as "2026-11-23 14:03:22" in UTC+8; 0 as a dash.
func DateTime(m app.Millis) string { return layoutTime(m, secondLayout) }

// Minute writes m without seconds, for narrow columns.
func Minute(m app.Millis) string { return layoutTime(m, minuteLayout) }

// Day writes m's date in UTC+8.
func Day(m app.Millis) string { return layoutTime(m, dayLayout) }

func layoutTime(m app.Millis, layout string) string {
	if m == 0 {
		return "—"
	}
	return beijing(m).Format(layout)
}

// Duration writes d in milliseconds, and in seconds from ten seconds on.
func Duration(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// Count writes n with thousands separators.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Rate writes a rate given in hundredths of a percent: 9876 is "98.76%".
func Rate(basisPoints int64) string {
	return strconv.FormatInt(basisPoints/100, 10) + "." + pad2(basisPoints%100) + "%"
}

func pad2(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// Clock is a time of day in UTC+8, to the millisecond.
func Clock(m app.Millis) string { return beijing(m).Format(clockLayout) }

// Number shortens a number that people gave where it is too long for a list's
// column: its end tells it from its neighbours.
func Number(no string) string {
	const longest, head, tail = 26, 12, 10
	r := []rune(no)
	if len(r) <= longest {
		return no
	}
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}

// Middle shortens an id to its start and end, keeping what people compare.
func Middle(id string) string {
	const head, tail = 10, 6
	r := []rune(id)
	if len(r) <= head+tail+1 {
		return id
	}
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}
