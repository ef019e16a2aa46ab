package app

import (
	"fmt"
	"strconv"
	"strings"
)

// Millifen is an amount in thousandths of a fen (0.00001 yuan), the precision
// in which bills write fees. It is never a float.
type Millifen int64

// Millifen returns m at the finer precision.
func (m Money) Millifen() Millifen { return Millifen(m) * 1000 }

// ParseMillifen reads decimal yuan with up to five significant decimals, such
// as "0.00600" or "-0.12", exactly; further zeros are accepted.
func ParseMillifen(s string) (Millifen, error) {
	body, negative := strings.CutPrefix(s, "-")
	whole, frac, hasFrac := strings.Cut(body, ".")
	if whole == "" || !digits(whole) || (hasFrac && (frac == "" || !digits(frac))) {
		return 0, Errorf(Invalid, "amount %q is not decimal yuan", s)
	}
	if len(frac) > 5 && strings.Trim(frac[5:], "0") == "" {
		frac = frac[:5]
	}
	if len(frac) > 5 {
		return 0, Errorf(Invalid, "amount %q is finer than a thousandth of a fen", s)
	}
	v, err := strconv.ParseInt(whole+frac+"00000"[len(frac):], 10, 64)
	if err != nil {
		return 0, Errorf(Invalid, "amount %q is out of range", s)
	}
	if negative {
		v = -v
	}
	return Millifen(v), nil
}

// Yuan renders f as decimal yuan with five places: "0.00600".
func (f Millifen) Yuan() string {
	sign, v := "", uint64(f)
	if f < 0 {
		sign, v = "-", uint64(-f)
	}
	return fmt.Sprintf("%s%d.%05d", sign, v/100_000, v%100_000)
}

// Round returns f in whole fen, halves away from zero.
func (f Millifen) Round() Money {
	if f < 0 {
		return -(-f).Round()
	}
	return Money((f + 500) / 1000)
}

// Rate is a fee's share in millionths: 6000 is 0.6 %.
type Rate int64

// ParseRate reads a percentage such as "0.60%" with up to four decimals,
// exactly; "1%" is 10000.
func ParseRate(s string) (Rate, error) {
	number, percent := strings.CutSuffix(s, "%")
	whole, frac, hasFrac := strings.Cut(number, ".")
	if !percent || whole == "" || !digits(whole) || (hasFrac && (frac == "" || !digits(frac))) {
		return 0, Errorf(Invalid, "rate %q is not a percentage such as 0.60%%", s)
	}
	if len(frac) > 4 && strings.Trim(frac[4:], "0") == "" {
		frac = frac[:4]
	}
	if len(frac) > 4 {
		return 0, Errorf(Invalid, "rate %q is finer than a millionth", s)
	}
	v, err := strconv.ParseInt(whole+frac+"0000"[len(frac):], 10, 64)
	if err != nil || v > 1_000_000 {
		return 0, Errorf(Invalid, "rate %q is above 100%%", s)
	}
	return Rate(v), nil
}

// String renders r as the bills write it, with at least two decimals: "0.60%".
func (r Rate) String() string {
	s := fmt.Sprintf("%d.%04d", r/10_000, r%10_000)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s + "%"
}

// Fee is the channel's fee for an amount at the rate, rounded to whole fen,
// halves away from zero, as both channels round each transaction.
func (r Rate) Fee(m Money) Money {
	if m < 0 {
		return -r.Fee(-m)
	}
	return Money((int64(m)*int64(r) + 500_000) / 1_000_000)
}
