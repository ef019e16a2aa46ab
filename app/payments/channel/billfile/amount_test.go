package billfile_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var amounts = []string{
	"", "0", "1", "-1", "0.00", "-0.00", "0.5", "12.34", "-12.34", "1.20000", "0.00600", "-0.12", "0.001", "0.000001", ".5", "5.", "-", "-.5", "--1",
	"+1", "1e3", "1,000.00", " 1", "1 ", "1.2.3", "٣", "９", "99999999999.99", "9999999999999", "99999999999999", "92233720368547758.07",
	"92233720368547758.08", "-92233720368547758.08", "99999999999999999999", "0.60%", "100%", "100.01%", "-1%", "%", "1%%", "0.0001%", "0.00001%", "0.38000%",
	"0x10", "1.23456", "1.234560", "1.234561", "00012.30", "0000000000000000000001.5",
}

// agree checks that the quick ways read what the words' own parsers read, and
// nothing else.
func agree(t *testing.T, s string) {
	t.Helper()
	if want, err := app.ParseYuan(s); true {
		if got, ok := billfile.Fen(s); ok != (err == nil) || got != want {
			t.Errorf("Fen(%q) = %d %v, ParseYuan says %d %v", s, got, ok, want, err)
		}
	}
	if want, err := app.ParseMillifen(s); true {
		if got, ok := billfile.Millifen(s); ok != (err == nil) || got != want {
			t.Errorf("Millifen(%q) = %d %v, ParseMillifen says %d %v", s, got, ok, want, err)
		}
	}
	if want, err := app.ParseRate(s); true {
		if got, ok := billfile.Rate(s); ok != (err == nil) || got != want {
			t.Errorf("Rate(%q) = %d %v, ParseRate says %d %v", s, got, ok, want, err)
		}
	}
}

func TestAmountsAgreeWithTheWords(t *testing.T) {
	for _, s := range amounts {
		agree(t, s)
	}
	const letters = "0123456789.-% 0000"
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		s := make([]byte, random.IntN(18))
		for i := range s {
			s[i] = letters[random.IntN(len(letters))]
		}
		agree(t, string(s))
	}
	for range 50_000 {
		s := fmt.Sprintf("%d.%0*d", random.Int64N(1e12)-5e11, random.IntN(8)+1, random.IntN(10))
		agree(t, s)
		agree(t, s+"%")
	}
}

func FuzzAmountsAgreeWithTheWords(f *testing.F) {
	for _, s := range amounts {
		f.Add(s)
	}
	f.Fuzz(agree)
}

func TestCounts(t *testing.T) {
	for s, want := range map[string]int64{"12": 12, "45.0": 45, "0": 0, "3.000": 3} {
		if got, ok := billfile.Count(s); !ok || got != want {
			t.Errorf("Count(%q) = %d %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "-1", "1.5", "1e3", "99999999999999999999", "x", "1 "} {
		if got, ok := billfile.Count(s); ok {
			t.Errorf("Count(%q) = %d", s, got)
		}
	}
}

func BenchmarkFen(b *testing.B) {
	for b.Loop() {
		if _, ok := billfile.Fen("1234.56"); !ok {
			b.Fatal("not read")
		}
	}
}
