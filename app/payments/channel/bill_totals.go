package channel

import "github.com/piaohao/piaohao/app"

// BillTotals are a trades bill's own summary lines and, beside them, what its
// rows add up to. Any difference is the file's.
type BillTotals struct {
	Stated BillSums
	Summed BillSums
	// Says lists which of Stated the file states; the others are 0.
	Says []BillSum
}

// BillSums are counts and sums of a trades bill. Fee is net: fees taken less
// fees given back.
type BillSums struct {
	Rows               int64 // WeChat states only the sum of both
	Payments           int64
	Refunds            int64
	Amount             app.Money
	Settlement         app.Money
	Refunded           app.Money // as asked for
	RefundedSettlement app.Money
	Fee                app.Millifen
}

// BillSum names one of the sums of a bill, in the words of its summary.
type BillSum string

// The sums: rows of any bill, down to the fee of trades, the others of funds.
const (
	SumRows               BillSum = "rows"
	SumPayments           BillSum = "payments"
	SumRefunds            BillSum = "refunds"
	SumAmount             BillSum = "amount"
	SumSettlement         BillSum = "settlement"
	SumRefunded           BillSum = "refunded"
	SumRefundedSettlement BillSum = "refunded_settlement"
	SumFee                BillSum = "fee"
	SumIncomes            BillSum = "incomes"
	SumOutgoings          BillSum = "outgoings"
	SumIncome             BillSum = "income"
	SumOutgoing           BillSum = "outgoing"
)

// Counts reports whether the sum is a number of lines; the others are fen.
func (s BillSum) Counts() bool {
	switch s {
	case SumRows, SumPayments, SumRefunds, SumIncomes, SumOutgoings:
		return true
	}
	return false
}

// SumDifference is a summary that says something else than its rows.
type SumDifference struct {
	Sum            BillSum
	Stated, Summed int64 // lines or fen
}

// Differences compares what the file states with what its rows add up to, fees
// in whole fen. It is empty when they agree.
func (t BillTotals) Differences() []SumDifference {
	var found []SumDifference
	for _, sum := range t.Says {
		if d := (SumDifference{sum, t.Stated.of(sum), t.Summed.of(sum)}); d.Stated != d.Summed {
			found = append(found, d)
		}
	}
	return found
}

func (s BillSums) of(sum BillSum) int64 {
	switch sum {
	case SumRows:
		return s.Rows
	case SumPayments:
		return s.Payments
	case SumRefunds:
		return s.Refunds
	case SumAmount:
		return int64(s.Amount)
	case SumSettlement:
		return int64(s.Settlement)
	case SumRefunded:
		return int64(s.Refunded)
	case SumRefundedSettlement:
		return int64(s.RefundedSettlement)
	case SumFee:
		return int64(s.Fee.Round())
	}
	return 0
}

// Add counts a line in.
func (s *BillSums) Add(l *BillLine) {
	s.Rows++
	if l.Kind == LineRefund {
		s.Refunds++
		s.Refunded += l.Amount
		s.RefundedSettlement += l.Settlement
		s.Fee -= l.Fee
		return
	}
	s.Payments++
	s.Amount += l.Amount
	s.Settlement += l.Settlement
	s.Fee += l.Fee
}

// FundTotals are a funds bill's own summary and what its rows add up to.
type FundTotals struct {
	Rows, Incomes, Outgoings                   int64
	Income, Outgoing                           app.Money // positive
	StatedRows, StatedIncomes, StatedOutgoings int64
	StatedIncome, StatedOutgoing               app.Money
	ByKind                                     map[FundKind]app.Money // signed
	// Opening is the balance before the earliest movement, Closing after the
	// latest, whichever way round the file runs; both are 0 with HasBalance false
	// when there is no row.
	Opening, Closing app.Money
	HasBalance       bool
	// Breaks counts the rows whose balance does not follow from the one before,
	// and FirstBreak is the first such row. Alipay does not promise that balances
	// follow each other (its documents call them for reference), so there it is a
	// hint and no more.
	Breaks     int64
	FirstBreak int
}

// Movement is what the rows add up to: Opening and it should be Closing.
func (t FundTotals) Movement() app.Money { return t.Income - t.Outgoing }

// Differences compares what the file states with what its rows add up to.
func (t FundTotals) Differences() []SumDifference {
	var found []SumDifference
	for _, d := range []SumDifference{
		{SumRows, t.StatedRows, t.Rows},
		{SumIncomes, t.StatedIncomes, t.Incomes},
		{SumOutgoings, t.StatedOutgoings, t.Outgoings},
		{SumIncome, int64(t.StatedIncome), int64(t.Income)},
		{SumOutgoing, int64(t.StatedOutgoing), int64(t.Outgoing)},
	} {
		if d.Stated != d.Summed {
			found = append(found, d)
		}
	}
	return found
}
