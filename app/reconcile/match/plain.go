package match

import (
	"bytes"
	"encoding/binary"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// plain is a record of the day and its only line, which agree in everything:
// nearly all of a day. Such a pair is told and counted in its packed form,
// without a single string. The rules are those of judge, which decides all that
// is not plain; a test holds the two together.
type plain struct {
	kind       channel.LineKind
	amount     app.Money
	settled    app.Money // by the bill
	ourSettled app.Money
	fee        app.Millifen // by the bill
	due        app.Millifen // as it should be
	hasFee     bool
	account    uint64 // its word's number
}

func (p *plain) feeDifference() app.Millifen {
	switch {
	case !p.hasFee:
		return 0
	case p.kind == channel.LineRefund:
		return p.due - p.fee
	}
	return p.fee - p.due
}

// pair takes the next line and record of one number when they are plain and
// alone, and reports whether it did. Otherwise it has moved nothing.
func (e *engine) pair(lines, books *ahead) (bool, error) {
	if e.cfg.All || lines.more(rowSize) || books.more(0) {
		return false, nil
	}
	l, b := lines.current(), books.current()
	var p plain
	if !e.codec.plain(l.payload, b.payload, &p, e.judge) {
		return false, nil
	}
	e.out.Items++
	e.out.Records++
	e.out.All.countPlain(&p)
	e.account(p.account).countPlain(&p)
	if e.result != nil {
		if err := e.keepPlain(&p, b.key, l.payload, b.payload); err != nil {
			return true, err
		}
	}
	if err := lines.next(); err != nil {
		return true, err
	}
	return true, books.next()
}

// keepPlain puts a plain item into the result, behind the groups that wait.
func (e *engine) keepPlain(p *plain, key, line, record []byte) error {
	if len(e.waiting) == 0 {
		return e.result.addPacked(key, func(b []byte) []byte { return appendPlain(b, p, line, record) })
	}
	g := e.waiting[len(e.waiting)-1]
	from := len(g.behind)
	b := append(append(g.behind, make([]byte, entryHead)...), key...)
	g.behind = appendPlain(b, p, line, record)
	binary.BigEndian.PutUint16(g.behind[from:], uint16(len(key)))
	binary.BigEndian.PutUint16(g.behind[from+2:], uint16(len(g.behind)-from-entryHead-len(key)))
	e.behind += len(g.behind) - from
	return nil
}

// release puts the plain items behind a group into the result.
func (e *engine) release(g *group) error {
	var i entry
	for b := g.behind; len(b) > 0; b = b[entrySize(b):] {
		i.read(b)
		if err := e.result.addPacked(i.key, func(b []byte) []byte { return append(b, i.payload...) }); err != nil {
			return err
		}
	}
	return nil
}

func appendPlain(b []byte, p *plain, line, record []byte) []byte {
	b = append(b, itemLine|itemRecord|itemOwn|flag(itemFee, p.hasFee), byte(classIndex(Matched)), 0)
	if p.hasFee {
		b = appendVarint(b, int64(p.due))
	}
	return append(append(b, line...), record...)
}

// account is the totals of the account with that word.
func (e *engine) account(word uint64) *Totals {
	for uint64(len(e.accounts)) <= word {
		e.accounts = append(e.accounts, nil)
	}
	if e.accounts[word] == nil {
		e.accounts[word] = e.totalsOf(e.codec.books.list[word])
	}
	return e.accounts[word]
}

// packed skips a string and returns its packing.
func (r *reader) packed() []byte {
	from := r.b
	switch tag := r.byte(); tag {
	case packEmpty:
	case packRaw:
		r.take(r.uvarint())
	case packDigits:
		r.take((uint64(r.byte()) + 1) / 2)
	case packAttempt, packRefund, packPayment:
		r.take(ulidSize)
	default:
		r.broken = true
	}
	return from[:len(from)-len(r.b)]
}

// differ reports whether two packed strings that are known differ.
func differ(a, b []byte) bool { return a[0] != packEmpty && b[0] != packEmpty && !bytes.Equal(a, b) }

// packedLine and packedRecord are the facts of the two sides that are compared.
type packedLine struct {
	flags                  byte
	number, trade, refunds []byte
	state                  string
	settled, amount        app.Money
	fee                    app.Millifen
	rate                   app.Rate
}

func (c *codec) packedLine(b []byte) (l packedLine, ok bool) {
	r := reader{b: b}
	l.flags = r.byte()
	r.uvarint()
	if l.flags&lineUndated == 0 {
		r.varint()
	}
	l.number, l.trade = r.packed(), r.packed()
	if l.flags&lineRefund != 0 {
		r.packed()
		l.refunds = r.packed()
		n := r.uvarint()
		if n == 0 || n > uint64(len(c.lines.list)) {
			return l, false
		}
		l.state = c.lines.list[n-1]
	}
	if r.uvarint() == 0 { // a word that is written out
		return l, false
	}
	l.amount = app.Money(r.varint())
	if l.settled = l.amount; l.flags&lineSettled == 0 {
		l.settled = app.Money(r.varint())
	}
	l.fee = app.Millifen(r.varint())
	if l.flags&lineHasRate != 0 {
		l.rate = app.Rate(r.varint())
	}
	return l, !r.broken
}

type packedRecord struct {
	flags              byte
	attempt, channelNo []byte
	account, state     uint64
	amount, settlement app.Money
	at                 int64
	rate               app.Rate
}

func (c *codec) packedRecord(b []byte) (p packedRecord, ok bool) {
	r := reader{b: b}
	p.flags = r.byte()
	p.attempt = r.packed()
	if p.flags&recordNumbered == 0 {
		r.packed()
	}
	if p.flags&recordRefund != 0 {
		p.attempt = r.packed()
	}
	r.packed()
	p.channelNo = r.packed()
	p.account, p.state = r.uvarint(), r.uvarint()
	if p.account == 0 || p.state == 0 || p.state > uint64(len(c.books.list)) {
		return p, false
	}
	p.amount = app.Money(r.varint())
	if p.settlement = p.amount; p.flags&recordSettled == 0 {
		p.settlement = app.Money(r.varint())
	}
	p.at = r.varint()
	if p.flags&recordDone != 0 {
		r.varint()
	}
	if p.flags&recordHasRate != 0 {
		p.rate = app.Rate(r.varint())
	}
	return p, !r.broken
}

// plain reports whether a line and the record of its number agree in
// everything. Whatever it is not sure of it refuses.
func (c *codec) plain(line, record []byte, p *plain, j judge) bool {
	l, ok := c.packedLine(line)
	if !ok {
		return false
	}
	r, ok := c.packedRecord(record)
	if !ok || r.flags&recordDays != 0 || State(c.books.list[r.state-1]) != Moved || l.amount != r.amount ||
		r.at < 0 || r.at >= int64(j.end-j.start) {
		return false
	}
	refund := l.flags&lineRefund != 0
	if refund != (r.flags&recordRefund != 0) {
		return false
	}
	*p = plain{kind: channel.LinePayment, amount: l.amount, settled: l.settled, ourSettled: r.settlement, fee: l.fee, account: r.account - 1}
	if p.ourSettled == 0 {
		p.ourSettled = r.amount
	}
	if refund {
		p.kind = channel.LineRefund
		if channel.RefundState(l.state) == channel.RefundClosed || differ(l.number, r.attempt) || differ(l.refunds, r.channelNo) {
			return false
		}
	} else if r.settlement != 0 && l.settled != r.settlement || differ(l.trade, r.channelNo) {
		return false
	}
	return p.feeFits(&l, &r)
}

// feeFits is judgeFee's rule.
func (p *plain) feeFits(l *packedLine, r *packedRecord) bool {
	billed, contracted := l.flags&lineHasRate != 0, r.flags&recordHasRate != 0
	if billed && contracted && l.rate != r.rate {
		return false
	}
	rate := r.rate
	if !contracted {
		rate = l.rate
	}
	if p.hasFee = billed || contracted; !p.hasFee {
		return true
	}
	p.due = rate.Fee(p.settled).Millifen()
	if p.kind == channel.LineRefund {
		return refundFeeFits(rate, p.settled, p.fee)
	}
	return paymentFeeFits(rate, p.settled, p.fee)
}
