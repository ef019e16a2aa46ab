package trade

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// Flaws is what is planned to be wrong with a bill. The zero value is a true
// bill. The same plan spoils the same bill in the same way however often it is
// downloaded.
type Flaws struct {
	// Rows and Movements make what stands between what is true and what is written
	// down, for one reading of a bill; nil changes nothing.
	Rows      func() RowFaults
	Movements func(opening app.Money) MovementFaults
	// Opening is what the flaws of earlier days have done to the balance.
	Opening app.Money
	// SummaryOff is how many fen the trades' bill claims above what its rows add up
	// to.
	SummaryOff app.Money
	WrongHash  bool // the trades' bill is altered on its way
	Truncated  bool // the trades' bill ends within a row
	// Guise is whose and which day's trades' bill it pretends to be; empty fields
	// are the true ones. The rows say the same.
	Guise Guise
}

// Guise is what a bill pretends.
type Guise struct {
	MerchantID string // a mchid or app_id
	SellerID   string // Alipay's PID
	Day        app.Day
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
func (b *Bill) readFlaws(ctx context.Context) (Flaws, error) {
	plans, err := b.plansOf(ctx)
	if err != nil {
		return Flaws{}, err
	}
	var f Flaws
	for len(plans) > 0 && plans[0].Day < b.Day { // they come by day
		f.Opening += plans[0].Effect
		plans = plans[1:]
	}
	if !b.Funds {
		f.ofFile(plans, b.Day)
	}
	changes, extra := changesBy(plans), extraRows(plans, b.Holder(), b.Merchant)
	if len(changes) > 0 || len(extra) > 0 || f.Guise != (Guise{}) {
		f.Rows = func() RowFaults { return &spoiledRows{changes: changes, extra: extra, guise: f.Guise, day: b.Day} }
	}
	dropped, off := fundsFaults(plans)
	if len(changes) > 0 || len(extra) > 0 || len(dropped) > 0 || len(off) > 0 {
		f.Movements = func(opening app.Money) MovementFaults {
			return &spoiledMovements{changes: changes, extra: extra, dropped: dropped, off: off, rate: b.Merchant.FeeRate, last: opening}
		}
	}
	return f, nil
}

// ofFile takes what is wrong with the trades' bill as a whole.
func (f *Flaws) ofFile(plans []BillPlan, day app.Day) {
	for _, p := range plans {
		switch p.Fault {
		case WrongSummary:
			f.SummaryOff += app.Money(p.delta())
		case WrongHash:
			f.WrongHash = true
		case TruncatedBill:
			f.Truncated = true
		case WrongDay:
			f.Guise.Day = day.Add(-1)
		case WrongAccount:
			f.Guise.MerchantID, f.Guise.SellerID = stranger(p)
		}
	}
}

// fundsFaults are the movements that the funds' bill lacks, and those whose
// amount is off.
func fundsFaults(plans []BillPlan) (dropped map[string]bool, off map[string]app.Money) {
	dropped, off = map[string]bool{}, map[string]app.Money{}
	for _, p := range plans {
		for _, key := range p.Picked {
			switch p.Fault {
			case FundsMissingRow:
				dropped[key] = true
			case FundsAmount:
				off[key] += app.Money(p.delta())
			}
		}
	}
	return dropped, off
}

// stranger is a merchant that there is not: the numbers it has at the channel.
func stranger(p BillPlan) (merchantID, sellerID string) {
	sum := sha256.Sum256([]byte("another merchant than " + p.ID))
	n := binary.BigEndian.Uint64(sum[:])
	if p.Channel == app.WeChat {
		return fmt.Sprintf("16%08d", n%100_000_000), ""
	}
	return fmt.Sprintf("9021%012d", n%1_000_000_000_000), fmt.Sprintf("2088%012d", n%1_000_000_000_000)
}

// on puts the guise on a row of a day's bill.
func (g Guise) on(r BillRow, day app.Day) BillRow {
	if g.MerchantID != "" && r.Trade.ProviderID != "" {
		r.Trade.ProviderID = g.MerchantID
	} else if g.MerchantID != "" {
		r.Trade.MerchantID = g.MerchantID
	}
	if g.Day == "" {
		return r
	}
	back := g.Day.Start().Sub(day.Start())
	for _, at := range []*app.Millis{
		&r.At, &r.Trade.CreatedAt, &r.Trade.ScannedAt, &r.Trade.PaidAt, &r.Refund.CreatedAt, &r.Refund.SucceededAt,
	} {
		if *at != 0 {
			*at = at.Add(back)
		}
	}
	return r
}
