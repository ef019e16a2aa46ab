package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// Flaws is what is planned to be wrong with a bill. The zero value is a true
// bill. The same plan spoils the same bill in the same way however often it is
// downloaded.
type Flaws struct {
	// Rows and Movements stand between what is true and what is written down; nil
	// changes nothing. They are made anew for each OpenBill, and one reading of a
	// bill calls them once per row and ends with End.
	Rows      RowFaults
	Movements MovementFaults
	// Opening is what the flaws of earlier days have done to the balance.
	Opening app.Money
	// SummaryOff is how many fen the file's own summary claims above what its rows
	// add up to.
	SummaryOff app.Money
	WrongHash  bool // the announced hash is of other bytes (WeChat)
	Truncated  bool // the file ends half-way
	NotReady   bool // it is not published yet
	// Instead is whose and which day's bill is served in its place.
	Instead *BillQuery
}

// RowFaults changes, adds or drops rows.
type RowFaults interface {
	// Row passes a true row on: as it is, changed, several times or not at all.
	Row(r BillRow, yield func(BillRow) error) error
	// End passes on what comes after the last row.
	End(yield func(BillRow) error) error
}

// MovementFaults changes, adds or drops movements of a balance.
type MovementFaults interface {
	Movement(m Movement, yield func(Movement) error) error
	End(yield func(Movement) error) error
}

// readFlaws reads what is planned for the bill, whose query and merchant are
// known.
func (b *Bill) readFlaws(context.Context) (Flaws, error) { return Flaws{}, nil }
