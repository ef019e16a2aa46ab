package billfile

import "github.com/piaohao/piaohao/app"

// Fen reads decimal yuan as app.ParseYuan does, without an error to allocate: a
// bill has a million amounts.
func Fen(s string) (app.Money, bool) {
	if v, ok := decimal(s, 2); ok {
		return app.Money(v), true
	}
	m, err := app.ParseYuan(s)
	return m, err == nil
}

// Millifen reads decimal yuan as app.ParseMillifen does.
func Millifen(s string) (app.Millifen, bool) {
	if v, ok := decimal(s, 5); ok {
		return app.Millifen(v), true
	}
	m, err := app.ParseMillifen(s)
	return m, err == nil
}

// Rate reads a percentage as app.ParseRate does.
func Rate(s string) (app.Rate, bool) {
	if n := len(s); n > 1 && s[n-1] == '%' && s[0] != '-' {
		if v, ok := decimal(s[:n-1], 4); ok && v <= 1_000_000 {
			return app.Rate(v), true
		}
	}
	r, err := app.ParseRate(s)
	return r, err == nil
}

// decimal reads the usual form, digits with at most places behind a point, in
// units of the last place. What it does not take it leaves to the words'
// own parsers: longer numbers, further zeros, and what is wrong.
func decimal(s string, places int) (int64, bool) {
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 13 || s[0] == '.' || s[len(s)-1] == '.' {
		return 0, false
	}
	v, point := int64(0), -1
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			v = v*10 + int64(c-'0')
			continue
		}
		if c != '.' || point >= 0 {
			return 0, false
		}
		point = i
	}
	have := 0
	if point >= 0 {
		have = len(s) - point - 1
	}
	if have > places {
		return 0, false
	}
	for range places - have {
		v *= 10
	}
	if negative {
		v = -v
	}
	return v, true
}
