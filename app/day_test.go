package app

import (
	"testing"
	"time"
)

func TestADayIsBeijings(t *testing.T) {
	d := DayOf(time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC))
	if d != "2026-11-25" {
		t.Fatalf("16:00 UTC is on %s in Beijing, want 2026-11-25", d)
	}
	if got := d.Start().UTC(); got != time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC) {
		t.Errorf("the day starts at %s", got)
	}
	if !d.Has(d.Start()) || d.Has(d.End()) || !d.Has(d.End().Add(-time.Millisecond)) || d.Has(time.Time{}) {
		t.Error("a day has its first moment and not the next day's")
	}
	if d.Add(-25) != "2026-10-31" || d.Next() != "2026-11-26" || d.Compact() != "20261125" || d.Month() != "2026-11" {
		t.Errorf("%s: add %s, next %s, compact %s, month %s", d, d.Add(-25), d.Next(), d.Compact(), d.Month())
	}
}

func TestWhatIsNoDayIsRefused(t *testing.T) {
	for _, s := range []string{"", "2026-02-30", "20261124", "2026-11-24 ", "2026-1-2", "0x"} {
		if d, err := ParseDay(s); !Is(err, Invalid) || d != "" {
			t.Errorf("%q was read as %q, %v", s, d, err)
		}
	}
	if d, err := ParseDay("2024-02-29"); err != nil || d != "2024-02-29" {
		t.Errorf("a leap day: %q, %v", d, err)
	}
}
