// Package report writes tables as spreadsheets and as CSV: what finance
// downloads. It knows columns and cells, and neither rooms nor databases.
package report

import (
	"math/big"

	"github.com/piaohao/piaohao/app"
)

// cellDigits bounds what a spreadsheet's number holds exactly: 15 significant
// digits (IEEE 754, and Excel's own limit).
const cellDigits = 1_000_000_000_000_000

// Cell is the value of a numeric cell that shows f in yuan. It is the one place
// of the program where an amount becomes a floating-point number, because a
// spreadsheet knows no other; ParseCell reads it back exactly. An amount of more
// than 15 digits, which no number would hold, is text (from 10^13 yuan on, and
// with parts of a fen from 10^10).
func Cell(f app.Millifen) any {
	if f%1000 == 0 {
		if fen := int64(f / 1000); fen > -cellDigits && fen < cellDigits {
			return float64(fen) / 100
		}
	}
	if f > -cellDigits && f < cellDigits {
		return float64(f) / 100_000
	}
	return f.Yuan()
}

// MoneyCell is Cell for whole fen.
func MoneyCell(m app.Money) any {
	if m > -cellDigits && m < cellDigits {
		return Cell(m.Millifen())
	}
	return m.Yuan()
}

// numberLimit is the yuan from which on Cell writes text.
var numberLimit = big.NewRat(cellDigits/100, 1)

// ParseCell reads a numeric cell's raw text as decimal text. Spreadsheets write
// the binary number nearest to an amount with up to 17 digits, or with an
// exponent ("1.1000000000000001", "1.5E7"), so it counts to 15 digits, and what
// is then not a whole thousandth of a fen is Invalid. From 10^13 yuan on the
// text is taken as it stands.
func ParseCell(raw string) (app.Millifen, error) {
	bad := app.Errorf(app.Invalid, "amount %q is not decimal yuan", clip(raw))
	if len(raw) > 32 || !numeric(raw) {
		return 0, bad
	}
	yuan, ok := new(big.Rat).SetString(raw)
	if !ok {
		return 0, bad
	}
	if new(big.Rat).Abs(yuan).Cmp(numberLimit) >= 0 {
		return app.ParseMillifen(raw)
	}
	fine := significant(yuan)
	fine.Mul(fine, big.NewRat(100_000, 1))
	if !fine.IsInt() || !fine.Num().IsInt64() {
		return 0, bad
	}
	return app.Millifen(fine.Num().Int64()), nil
}

// significant rounds x to 15 digits.
func significant(x *big.Rat) *big.Rat {
	low, high, ten := big.NewRat(cellDigits/10, 1), big.NewRat(cellDigits, 1), big.NewRat(10, 1)
	scale, size := big.NewRat(1, 1), new(big.Rat).Abs(x)
	for size.Sign() > 0 && size.Cmp(low) < 0 {
		size.Mul(size, ten)
		scale.Mul(scale, ten)
	}
	for size.Cmp(high) >= 0 {
		size.Quo(size, ten)
		scale.Quo(scale, ten)
	}
	whole := new(big.Rat).SetInt(roundRat(new(big.Rat).Mul(x, scale)))
	return whole.Quo(whole, scale)
}

// ParseMoneyCell is ParseCell for whole fen; a part of a fen is Invalid.
func ParseMoneyCell(raw string) (app.Money, error) {
	f, err := ParseCell(raw)
	if err != nil {
		return 0, err
	}
	if f%1000 != 0 {
		return 0, app.Errorf(app.Invalid, "amount %q is finer than one fen", clip(raw))
	}
	return app.Money(f / 1000), nil
}

// numeric admits what spreadsheets write, and none of big.Rat's other notations
// (fractions, hexadecimal, underscores). An exponent has two digits at most, so
// that it cannot ask for a number of millions of digits.
func numeric(s string) bool {
	exponent := -1
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if exponent >= 0 {
				exponent++
			}
		case (c == 'e' || c == 'E') && exponent < 0:
			exponent = 0
		case c == '.' || c == '-' || c == '+':
		default:
			return false
		}
	}
	return exponent <= 2
}

// roundRat is the integer nearest to r.
func roundRat(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(r.Num(), big.NewInt(2))
	twice.Add(twice, r.Denom())
	return twice.Div(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
