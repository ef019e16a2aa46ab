package billfile_test

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// TestMoments: what is a time is one by the standard library too, and no other
// day passes for this one.
func TestMoments(t *testing.T) {
	clock := billfile.NewClock("2026-11-24")
	for _, s := range []string{
		"2026-11-24 00:00:00", "2026-11-24 23:59:59", "2026-11-24 24:00:00", "2026-11-24 12:60:00", "2026-11-24 12:00:60",
		"2026-11-23 23:59:59", "2026-11-25 00:00:00", "2026-11-24", "", "2026-11-24 1:02:03", "2026-11-24T01:02:03", "2026-11-24 0a:00:00",
		"2026-11-24 00:00:00 ", "2026-02-30 00:00:00", "2026/11/24 00:00:00", "2026-11-24 -1:00:00", "2026-11-24 00.00:00", "2026-11-24 00:00-00",
	} {
		want, err := time.ParseInLocation(time.DateTime, s, app.Beijing)
		got, inDay, ok := clock.Moment(s)
		if ok != (err == nil) || (ok && (!got.Equal(want) || inDay != app.Day("2026-11-24").Has(want))) {
			t.Errorf("%q: %v %v %v, want %v %v", s, got, inDay, ok, want, err)
		}
	}
	if _, inDay, _ := billfile.NewClock("").Moment("2026-11-24 00:00:00"); inDay {
		t.Error("a moment lies in no day")
	}
}

func FuzzMoments(f *testing.F) {
	f.Add("2026-11-24 09:30:00")
	f.Add("2026-11-24 99:99:99")
	clock := billfile.NewClock("2026-11-24")
	f.Fuzz(func(t *testing.T, s string) {
		got, _, ok := clock.Moment(s)
		want, err := time.ParseInLocation(time.DateTime, s, app.Beijing)
		if ok && (err != nil || !got.Equal(want)) {
			t.Errorf("%q: %v, want %v %v", s, got, want, err)
		}
	})
}
