package app

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in fen, a hundredth of a yuan. It is never a float.
type Money int64

// MaxAmount is the largest amount of one payment: 100,000,000.00 yuan.
const MaxAmount Money = 100_000_000_00

// CNY is the only currency.
const CNY = "CNY"

// Yuan renders m as decimal yuan with two places and no grouping, as the
// channels write amounts: "0.01", "-12.30".
func (m Money) Yuan() string {
	sign, v := "", uint64(m)
	if m < 0 {
		sign, v = "-", uint64(-m)
	}
	return fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
}

// String renders m for people: "¥1,234.56".
func (m Money) String() string {
	s := m.Yuan()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, cents, _ := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + "¥" + b.String() + "." + cents
}

// ParseYuan reads decimal yuan such as "12", "12.3" or "-0.05" exactly. More
// than two significant decimals, exponents and grouping are Invalid; further
// zeros ("1.20000", as bills write them) are accepted.
func ParseYuan(s string) (Money, error) {
	body, negative := s, false
	if rest, ok := strings.CutPrefix(body, "-"); ok {
		body, negative = rest, true
	}
	whole, frac, hasFrac := strings.Cut(body, ".")
	if whole == "" || !digits(whole) || (hasFrac && (frac == "" || !digits(frac))) {
		return 0, Errorf(Invalid, "amount %q is not decimal yuan", s)
	}
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if len(frac) > 2 {
		return 0, Errorf(Invalid, "amount %q is finer than one fen", s)
	}
	for len(frac) < 2 {
		frac += "0"
	}
	v, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, Errorf(Invalid, "amount %q is out of range", s)
	}
	if negative {
		v = -v
	}
	return Money(v), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
