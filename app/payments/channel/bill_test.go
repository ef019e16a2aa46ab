package channel_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestBillSumsGoBothWays: payments and refunds are summed apart, fees net.
func TestBillSumsGoBothWays(t *testing.T) {
	var s channel.BillSums
	s.Add(&channel.BillLine{Kind: channel.LinePayment, Amount: 1000, Settlement: 900, Fee: 6000})
	s.Add(&channel.BillLine{Kind: channel.LineRefund, Amount: 300, Settlement: 270, Fee: 1800})
	want := channel.BillSums{
		Rows: 2, Payments: 1, Refunds: 1, Amount: 1000, Settlement: 900, Refunded: 300, RefundedSettlement: 270, Fee: 4200,
	}
	if s != want {
		t.Errorf("sums %+v, want %+v", s, want)
	}
}

// TestSummaryDifferences: only what the file states is compared, fees in whole
// fen.
func TestSummaryDifferences(t *testing.T) {
	rows := channel.BillSums{Rows: 2, Payments: 1, Refunds: 1, Amount: 1000, Fee: 4200}
	totals := channel.BillTotals{
		Summed: rows,
		Stated: channel.BillSums{Rows: 3, Amount: 1000, Fee: 4000},
		Says:   []channel.BillSum{channel.SumRows, channel.SumAmount, channel.SumFee},
	}
	want := []channel.SumDifference{{Sum: channel.SumRows, Stated: 3, Summed: 2}}
	if got := totals.Differences(); !slices.Equal(got, want) {
		t.Errorf("differences %+v, want %+v", got, want)
	}
	totals.Stated = channel.BillSums{Rows: 2, Amount: 999, Fee: 5000}
	if got := totals.Differences(); len(got) != 2 || got[0].Sum != channel.SumAmount || got[1].Sum != channel.SumFee || got[1].Stated != 5 {
		t.Errorf("differences %+v, want the amount and the fee of 5 fen", got)
	}
	totals.Says = nil
	if got := totals.Differences(); got != nil {
		t.Errorf("a file that states nothing differs: %+v", got)
	}
}

// TestEverySumIsCompared: each sum of a trades bill is one of those that differ
// when it does.
func TestEverySumIsCompared(t *testing.T) {
	sums := []channel.BillSum{
		channel.SumRows, channel.SumPayments, channel.SumRefunds, channel.SumAmount, channel.SumSettlement,
		channel.SumRefunded, channel.SumRefundedSettlement, channel.SumFee,
	}
	fields := reflect.TypeFor[channel.BillSums]().NumField()
	if len(sums) != fields {
		t.Fatalf("%d sums for %d fields", len(sums), fields)
	}
	for i, sum := range sums {
		totals := channel.BillTotals{Says: sums}
		reflect.ValueOf(&totals.Stated).Elem().Field(i).SetInt(5000)
		got := totals.Differences()
		if len(got) != 1 || got[0].Sum != sum {
			t.Errorf("field %d: %+v, want %s", i, got, sum)
		}
		if count := i < 3; sum.Counts() != count {
			t.Errorf("%s counts: %v", sum, sum.Counts())
		}
	}
}

// TestFundDifferences: counts and sums of both directions are compared.
func TestFundDifferences(t *testing.T) {
	f := channel.FundTotals{
		Rows: 3, Incomes: 2, Outgoings: 1, Income: 500, Outgoing: 80,
		StatedRows: 3, StatedIncomes: 2, StatedOutgoings: 1, StatedIncome: 500, StatedOutgoing: 80,
	}
	if got := f.Differences(); got != nil || f.Movement() != 420 {
		t.Errorf("differences %+v, movement %d", got, f.Movement())
	}
	f.StatedRows, f.StatedIncomes, f.StatedOutgoings, f.StatedIncome, f.StatedOutgoing = 4, 3, 2, 501, 81
	if got := f.Differences(); len(got) != 5 {
		t.Errorf("differences %+v, want all five", got)
	}
}
