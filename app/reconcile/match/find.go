package match

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// found is what a lookup told of a line whose number is nobody's.
type found struct {
	about *Record
	why   Why
}

// finds are looked up records by their numbers.
type finds struct {
	byNumber, byChannel map[string]*Record
}

// numbers are all that the line carries.
func (l *Line) numbers() []string {
	return []string{l.Number, l.ChannelTradeNo, l.RefundNumber, l.ChannelRefundNo}
}

// find looks numbers up, for the merge or ahead of it.
func (e *engine) find(ctx context.Context, numbers []string) (finds, error) {
	out := finds{map[string]*Record{}, map[string]*Record{}}
	numbers = slices.DeleteFunc(numbers, func(n string) bool { return n == "" })
	if len(numbers) == 0 || e.lookup == nil {
		return out, nil
	}
	e.finding.Lock()
	defer e.finding.Unlock()
	records, err := e.lookup(ctx, numbers)
	if err != nil {
		return out, err
	}
	for n := range records {
		r := &records[n]
		if r.Number != "" {
			out.byNumber[key(r.Kind, r.Number)] = r
		}
		if r.ChannelNo != "" {
			out.byChannel[key(r.Kind, r.ChannelNo)] = r
		}
	}
	return out, nil
}

// strays reports whether a refund of the day has no line in its bill because the
// channel may have taken it on an earlier day than our clock says: we heard of it
// hours later. What is paid bears the channel's own time.
func (g *group) strays() bool {
	r := g.record
	return r != nil && g.read && len(g.lines) == 0 && r.Kind == channel.LineRefund && r.Number != "" &&
		r.CarriedFrom == "" && r.MatchedOn == "" && r.Counts()
}

// place notes the earlier day in whose bill a stray was found.
func (g *group) place(f finds) {
	if r := f.byNumber[key(channel.LineRefund, g.record.Number)]; r != nil {
		g.record.MatchedOn = r.MatchedOn
	}
}

// resolve gives a group the record that bears its number, or else what its first
// line is about.
func (e *engine) resolve(g *group, f finds) {
	l := g.lines[0]
	if l.isRefund() && !l.Reversal() {
		if l.RefundNumber != "" {
			g.record = f.byNumber[key(channel.LineRefund, l.RefundNumber)]
		}
	} else if l.Number != "" {
		g.record = f.byNumber[key(channel.LinePayment, l.Number)]
	}
	if g.record != nil {
		return
	}
	if no := l.channelNo(); no != "" {
		if r := f.byChannel[key(l.kind(), no)]; r != nil {
			g.found.about = r
			g.found.why.add(KnownByChannel)
			return
		}
	}
	if !l.isRefund() {
		return
	}
	order := f.byNumber[key(channel.LinePayment, l.Number)]
	if order == nil && l.ChannelTradeNo != "" {
		order = f.byChannel[key(channel.LinePayment, l.ChannelTradeNo)]
	}
	if order != nil {
		g.found.about = order
		g.found.why.add(OrderKnown)
	}
}

// kind is the kind of the record that the line's number stands for.
func (l *Line) kind() channel.LineKind {
	if l.Reversal() {
		return channel.LinePayment
	}
	return l.Kind
}

// channelNo is the channel's number of that record.
func (l *Line) channelNo() string {
	if l.kind() == channel.LineRefund {
		return l.ChannelRefundNo
	}
	return l.ChannelTradeNo
}
