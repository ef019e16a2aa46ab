package billfile

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Funds adds up the lines of a funds bill and follows its balance, whichever way
// round the file runs.
type Funds struct {
	totals      channel.FundTotals
	first, last movement
	// up and down count the rows that follow from the one before, where the file
	// runs from old to new and from new to old.
	up, down           int64
	breakUp, breakDown int // the first row that does not
}

type movement struct{ amount, balance app.Money }

func (m movement) before() app.Money { return m.balance - m.amount }

// NewFunds starts with nothing.
func NewFunds() *Funds {
	return &Funds{totals: channel.FundTotals{ByKind: map[channel.FundKind]app.Money{}}}
}

// Add counts a line in.
func (f *Funds) Add(l *channel.FundLine) {
	t := &f.totals
	t.Rows++
	switch {
	case l.Amount > 0:
		t.Incomes++
		t.Income += l.Amount
	case l.Amount < 0:
		t.Outgoings++
		t.Outgoing -= l.Amount
	}
	t.ByKind[l.Kind] += l.Amount
	now := movement{l.Amount, l.Balance}
	if t.Rows == 1 {
		f.first = now
	} else {
		f.follow(now, l.Row)
	}
	f.last = now
}

func (f *Funds) follow(now movement, row int) {
	if now.before() == f.last.balance {
		f.up++
	} else if f.breakUp == 0 {
		f.breakUp = row
	}
	if now.balance == f.last.before() {
		f.down++
	} else if f.breakDown == 0 {
		f.breakDown = row
	}
}

// Totals returns what was added up.
func (f *Funds) Totals() channel.FundTotals {
	t := f.totals
	if t.HasBalance = t.Rows > 0; !t.HasBalance {
		return t
	}
	if f.down > f.up {
		t.Opening, t.Closing = f.last.before(), f.first.balance
		t.Breaks, t.FirstBreak = t.Rows-1-f.down, f.breakDown
		return t
	}
	t.Opening, t.Closing = f.first.before(), f.last.balance
	t.Breaks, t.FirstBreak = t.Rows-1-f.up, f.breakUp
	return t
}
