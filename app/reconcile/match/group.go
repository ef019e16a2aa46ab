package match

import (
	"context"
	"strconv"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// group is everything that goes by one number: nearly always one line and its
// record.
type group struct {
	lines  []*Line // in the file's order
	record *Record
	own    bool // the record is the day's
	read   bool // the record is of the books that were read, not looked up
	found  found
	before counted // lines of the number in groups before this one; see maxGroup
}

// maxGroup bounds the lines of one number that are held at once; more make
// further groups, of repetitions.
const maxGroup = 256

// counted is how many lines and reversals of a number there were.
type counted struct{ paid, undone int }

// object is a line's key without its row.
func (e *entry) object() []byte { return e.key[:len(e.key)-rowSize] }

// add takes a record of the books. One that is both of the day and carried is
// the day's, looked for since it was carried.
func (g *group) add(r *Record) {
	own := r.CarriedFrom == ""
	switch {
	case g.record == nil:
		g.record = r
	case own:
		r.CarriedFrom = g.record.CarriedFrom
		g.record = r
	case g.record.CarriedFrom == "" || r.CarriedFrom < g.record.CarriedFrom:
		g.record.CarriedFrom = r.CarriedFrom
	}
	g.own = g.own || own
	g.read = true
}

// take judges the next group. What it needs besides is looked up: by its first
// line, as nobody's line is about what its number's first is about.
func (e *engine) take(ctx context.Context, key []byte, g *group) error {
	switch {
	case g.record == nil:
		f, err := e.finder.found(ctx, key, g.lines[0].numbers())
		if err != nil {
			return err
		}
		e.resolve(g, f)
	case g.strays():
		f, err := e.finder.found(ctx, key, []string{g.record.Number})
		if err != nil {
			return err
		}
		g.place(f)
	}
	return e.judgeGroup(g)
}

// judgeGroup makes the items of a group.
func (e *engine) judgeGroup(g *group) error {
	r := g.record
	if r != nil && r.Number == "" && e.claimed[r.RefundID] {
		return nil // it stands with the line that was found to be its
	}
	if r != nil && r.MatchedOn != "" && r.MatchedOn != e.judge.day {
		return e.foundElsewhere(g)
	}
	paid, undone := g.split()
	if len(paid) == 0 && r != nil && g.read {
		i := &Item{Record: r, Own: g.own}
		e.judge.absent(i)
		if err := e.emit(i); err != nil {
			return err
		}
	}
	first, n := g.first(paid), 1
	if g.before.paid > 0 {
		first, n = -1, g.before.paid
	}
	for at, l := range paid {
		i := &Item{Line: l}
		switch {
		case at != first:
			n++
			i.Class, i.About, i.Repeat = Duplicate, g.about(), "#"+strconv.Itoa(n)
			if g.about() == nil && l.another(g.lines[0]) {
				e.judge.unknown(i)
			}
		case r != nil:
			i.Record, i.Own = r, g.own
			e.judge.pair(i, len(undone) > 0)
		default:
			e.judgeUnknown(g, i)
		}
		if err := e.emit(i); err != nil {
			return err
		}
	}
	return e.judgeUndone(g, undone)
}

// another reports whether a refund that bears the number of the first is of
// another order, neither of ours: at Alipay the numbers of refunds repeat from
// order to order, and whoever shares our PID may count from 1.
func (l *Line) another(first *Line) bool {
	return l.isRefund() && l.ChannelRefundNo == "" && !l.ours() && l.orderName() != first.orderName()
}

// about is what the group's lines concern, nil when nothing is known.
func (g *group) about() *Record {
	if g.record != nil {
		return g.record
	}
	return g.found.about
}

// split tells lines from reversals.
func (g *group) split() (paid, undone []*Line) {
	for at, l := range g.lines {
		if l.Reversal() {
			undone = append(undone, l)
			if paid == nil {
				paid = append(paid, g.lines[:at]...)
			}
		} else if undone != nil {
			paid = append(paid, l)
		}
	}
	if undone == nil {
		return g.lines, nil
	}
	return paid, undone
}

// first is the line that is the record's: the first that carries the channel's
// number which we know, or else the first.
func (g *group) first(lines []*Line) int {
	if g.record == nil || g.record.ChannelNo == "" {
		return 0
	}
	for at, l := range lines {
		no := l.ChannelTradeNo
		if l.isRefund() {
			no = l.ChannelRefundNo
		}
		if no == g.record.ChannelNo {
			return at
		}
	}
	return 0
}

// foundElsewhere: the record's line stands in another day's bill, so lines here
// are repetitions.
func (e *engine) foundElsewhere(g *group) error {
	if g.read {
		i := &Item{Class: Matched, Record: g.record, Own: g.own}
		i.Why.add(FoundEarlier)
		i.expectFee()
		if err := e.emit(i); err != nil {
			return err
		}
	}
	paid, undone := g.split()
	for n, l := range paid {
		n += g.before.paid
		i := &Item{Class: Duplicate, Line: l, About: g.record, Repeat: "#" + string(e.judge.day)}
		if n > 0 {
			i.Repeat += "." + strconv.Itoa(n+1)
		}
		i.Why.add(FoundEarlier)
		if err := e.emit(i); err != nil {
			return err
		}
	}
	return e.judgeUndone(g, undone)
}

func (e *engine) judgeUndone(g *group, undone []*Line) error {
	for n, l := range undone {
		n += g.before.undone
		i := &Item{Line: l, About: g.about(), Why: g.found.why | Why(Reversed)}
		switch {
		case n > 0:
			i.Class, i.Repeat = Duplicate, "#"+strconv.Itoa(n+1)
		case g.record == nil:
			e.judge.unknown(i)
		default:
			e.judge.undone(i)
		}
		if err := e.emit(i); err != nil {
			return err
		}
	}
	return nil
}

// emit counts an item, keeps it in the result and tells the sink.
func (e *engine) emit(i *Item) error {
	e.out.Items++
	e.out.All.count(i)
	e.totalsOf(i.AccountID()).count(i)
	if e.result != nil {
		if err := e.result.add(i); err != nil {
			return err
		}
	}
	if !e.cfg.All && i.Class == Matched && i.Why == 0 && i.Own {
		return nil
	}
	return e.sink(i)
}

func (e *engine) totalsOf(account string) *Totals {
	t := e.out.Accounts[account]
	if t == nil {
		t = &Totals{}
		e.out.Accounts[account] = t
	}
	return t
}

// judgeUnknown judges a line whose number no record of ours bears.
func (e *engine) judgeUnknown(g *group, i *Item) {
	i.About, i.Why = g.found.about, g.found.why
	e.judge.unknown(i)
	if i.Line.Kind != channel.LineRefund || i.Class != MissingHere {
		return
	}
	if r := e.claim(i.Line); r != nil {
		*i = Item{Line: i.Line, Record: r, Own: r.CarriedFrom == ""}
		e.judge.pair(i, false)
	}
}

// claim finds the refund that was adopted of the line's order before anything
// named it: same order, same amount, and not found with another line.
func (e *engine) claim(l *Line) *Record {
	for _, r := range e.nameless[l.Number] {
		if r.Amount == l.Amount && !e.claimed[r.RefundID] {
			e.claimed[r.RefundID] = true
			return r
		}
	}
	return nil
}
