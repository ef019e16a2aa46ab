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

// count adds n plain items, or takes them away. Accounts are the words of books.
func (e *engine) count(p *plain, accounts []string, n int64) {
	e.out.Items += n
	e.out.Records += n
	e.out.All.countPlain(p, n)
	e.account(p.account, accounts).countPlain(p, n)
}

// account is the totals of the account with that word.
func (e *engine) account(word uint64, words []string) *Totals {
	for uint64(len(e.accounts)) <= word {
		e.accounts = append(e.accounts, nil)
	}
	if e.accounts[word] == nil {
		e.accounts[word] = e.totalsOf(words[word])
	}
	return e.accounts[word]
}

// appendPlain packs a plain item as appendItem does.
func appendPlain(b []byte, p *plain, line, record []byte) []byte {
	b = append(b, itemLine|itemRecord|itemOwn|flag(itemFee, p.hasFee), byte(classIndex(Matched)), 0)
	if p.hasFee {
		b = appendVarint(b, int64(p.due))
	}
	return append(append(b, line...), record...)
}

// plainHead is how much appendPlain may add to line and record.
const plainHead = 3 + binary.MaxVarintLen64

// plainSides are the line and the record in what appendPlain packed.
func (c *codec) plainSides(item []byte) (line, record []byte, ok bool) {
	r := reader{b: item}
	head := r.take(3)
	if r.broken {
		return nil, nil, false
	}
	if head[0]&itemFee != 0 {
		r.varint()
	}
	both := r.b
	_, ok = c.packedLine(&r)
	return both[:len(both)-len(r.b)], r.b, ok
}

// keepPlain puts a plain item into the result.
func (e *engine) keepPlain(key, item []byte) error {
	if e.result == nil {
		return nil
	}
	return e.result.addPacked(key, item)
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

// packedLine reads the facts of a line, and is behind it then.
func (c *codec) packedLine(r *reader) (l packedLine, ok bool) {
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
	l, ok := c.packedLine(&reader{b: line})
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
