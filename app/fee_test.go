package app

import "testing"

func TestFeesAreReadExactly(t *testing.T) {
	for s, want := range map[string]Millifen{
		"0.00600": 600, "0.6": 60_000, "-0.12": -12_000, "1.230000": 123_000, "12": 1_200_000, "0.00001": 1, "-0.00000": 0,
	} {
		if got, err := ParseMillifen(s); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "-", ".5", "1.", "0.000001", "1e3", "1,000.00", "--1", "99999999999999999999", "`0.01"} {
		if got, err := ParseMillifen(s); !Is(err, Invalid) {
			t.Errorf("%q was read as %d", s, got)
		}
	}
	if got := Millifen(-600).Yuan(); got != "-0.00600" {
		t.Errorf("-600 is written %s", got)
	}
	for f, want := range map[Millifen]Money{499: 0, 500: 1, 1499: 1, -500: -1, -499: 0, 60_000: 60} {
		if got := f.Round(); got != want {
			t.Errorf("%d rounds to %d fen, want %d", f, got, want)
		}
	}
}

func TestRatesAreReadAndWrittenAsBillsWriteThem(t *testing.T) {
	for s, want := range map[string]Rate{"0.60%": 6000, "0.6%": 6000, "1%": 10_000, "0.38%": 3800, "0.0055%": 55, "100%": 1_000_000, "0.00%": 0} {
		if got, err := ParseRate(s); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "%", "0.6", "-1%", "0.00001%", "101%", "0.6 %"} {
		if got, err := ParseRate(s); !Is(err, Invalid) {
			t.Errorf("%q was read as %d", s, got)
		}
	}
	for r, want := range map[Rate]string{6000: "0.60%", 3800: "0.38%", 55: "0.0055%", 10_000: "1.00%", 0: "0.00%"} {
		if got := r.String(); got != want {
			t.Errorf("%d is written %s, want %s", r, got, want)
		}
	}
}

func TestAFeeIsRoundedPerTransaction(t *testing.T) {
	for _, c := range []struct {
		rate   Rate
		amount Money
		want   Money
	}{{6000, 100_00, 60}, {6000, 1, 0}, {6000, 83, 0}, {6000, 84, 1}, {6000, -84, -1}, {6000, MaxAmount, 600_000_00}, {0, 100, 0}} {
		if got := c.rate.Fee(c.amount); got != c.want {
			t.Errorf("%s of %d fen is %d, want %d", c.rate, c.amount, got, c.want)
		}
	}
}
