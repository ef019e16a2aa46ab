package billfile_test

import (
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// TestBalanceBothWaysRound: a file that runs from new to old opens at its end.
func TestBalanceBothWaysRound(t *testing.T) {
	lines := []channel.FundLine{
		{Row: 1, Amount: 1000, Balance: 6000, Kind: channel.FundPayment},
		{Row: 2, Amount: -6, Balance: 5994, Kind: channel.FundFee},
		{Row: 3, Amount: -500, Balance: 5494, Kind: channel.FundOther},
	}
	add := func(lines []channel.FundLine) channel.FundTotals {
		f := billfile.NewFunds()
		for i := range lines {
			f.Add(&lines[i])
		}
		return f.Totals()
	}
	check := func(name string, got channel.FundTotals, breaks int64) {
		t.Helper()
		if got.Opening != 5000 || got.Closing != 5494 || !got.HasBalance || got.Rows != int64(len(lines)) || got.Breaks != breaks {
			t.Errorf("%s: %+v", name, got)
		}
	}
	up := add(lines)
	check("from old to new", up, 0)
	if up.Incomes != 1 || up.Income != 1000 || up.Outgoings != 2 || up.Outgoing != 506 || up.Movement() != 494 || up.ByKind[channel.FundFee] != -6 {
		t.Errorf("sums %+v", up)
	}
	slices.Reverse(lines)
	check("from new to old", add(lines), 0)
	slices.Reverse(lines)

	missing := add([]channel.FundLine{lines[0], lines[2]})
	if missing.Breaks != 1 || missing.FirstBreak != 3 || missing.Opening+missing.Movement() == missing.Closing {
		t.Errorf("without the fee: %+v", missing)
	}
	if one := add(lines[1:2]); one.Opening != 6000 || one.Closing != 5994 || one.Breaks != 0 {
		t.Errorf("one line: %+v", one)
	}
	if none := add(nil); none.HasBalance || none.Opening != 0 || none.ByKind == nil {
		t.Errorf("no line: %+v", none)
	}
}
