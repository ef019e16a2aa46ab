package report

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
)

// written is a cell's raw text as a spreadsheet keeps it: 17 digits, as Excel
// does, or the shortest that reads back the same, as excelize does.
func written(t rapid.TB, v any, digits int) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', digits, 64)
	case string:
		return v
	}
	t.Fatalf("a cell of the type %T", v)
	return ""
}

func TestEveryAmountComesBackFromItsCellExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := app.Millifen(rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "millifen"))
		for _, digits := range []int{-1, 17} {
			got, err := ParseCell(written(t, Cell(f), digits))
			if err != nil || got != f {
				t.Fatalf("%s came back as %s, %v", f.Yuan(), got.Yuan(), err)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := app.Money(rapid.Int64Range(-9_000_000_000_000_000, 9_000_000_000_000_000).Draw(t, "fen"))
		if rapid.Bool().Draw(t, "number") {
			m %= cellDigits
			if _, number := MoneyCell(m).(float64); !number {
				t.Fatalf("%s is no number", m.Yuan())
			}
		}
		for _, digits := range []int{-1, 17} {
			if got, err := ParseMoneyCell(written(t, MoneyCell(m), digits)); err != nil || got != m {
				t.Fatalf("%s came back as %s, %v", m.Yuan(), got.Yuan(), err)
			}
		}
	})
}

func TestAmountsThatNoNumberHoldsAreText(t *testing.T) {
	for _, m := range []app.Money{9_000_000_000_000_000, -9_000_000_000_000_001, 9_223_372_036_854_775_807} {
		if got := MoneyCell(m); got != m.Yuan() {
			t.Errorf("%d became %v", m, got)
		}
	}
}

func TestWhatIsNotAnAmountIsRefused(t *testing.T) {
	for _, s := range []string{"", "x", "1/3", "0x10", "1_000", "1,000", "1e999999999", "Inf", "NaN", "1.234567", "12.3456789", "99999999999999999999", "¥12"} {
		if got, err := ParseCell(s); err == nil {
			t.Errorf("%q was read as %s", s, got.Yuan())
		}
	}
	for s, want := range map[string]app.Millifen{"1.1000000000000001": 110_000, "1.5E7": 1_500_000_000_000, "-0.29999999999999999": -30_000, "12": 1_200_000, "2E-2": 2000} {
		if got, err := ParseCell(s); err != nil || got != want {
			t.Errorf("%q: %s, %v", s, got.Yuan(), err)
		}
	}
	if _, err := ParseMoneyCell("1.005"); err == nil {
		t.Error("half a fen is whole")
	}
}
