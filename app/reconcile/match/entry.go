package match

import (
	"encoding/binary"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The sort key of an object is a byte for its kind and what its number looks
// like, then the number: ids of ours as 16 bytes, in the order in which they
// were made, anything else as it is. A reversal has the key of its order.
const (
	keyPayment = 0x10
	keyRefund  = 0x20
	keyOurs    = 1
	keyOther   = 2
	keyUnnamed = 3 // refunds of ours without a number, by their id
)

func appendKey(b []byte, kind channel.LineKind, name string) []byte {
	base, tag := byte(keyPayment), byte(packAttempt)
	if kind == channel.LineRefund {
		base, tag = keyRefund, packRefund
	}
	if packTag(name) == tag {
		if packed, ok := appendULID(append(b, base|keyOurs), name[prefixSize:]); ok {
			return packed
		}
	}
	return append(append(b, base|keyOther), name...)
}

// appendKey ends in the line's row, so that lines of one object keep the file's
// order. It starts with a byte that no longer name goes on with.
func (l *Line) appendKey(b []byte) []byte {
	kind, name := channel.LinePayment, l.orderName()
	if l.Kind == channel.LineRefund && !l.Reversal() {
		kind, name = l.Kind, l.refundName()
	}
	return binary.BigEndian.AppendUint32(appendKey(b, kind, name), uint32(l.Row))
}

const rowSize = 4

func (r *Record) appendKey(b []byte) []byte {
	if r.Number == "" {
		return append(append(b, keyRefund|keyUnnamed), r.RefundID...)
	}
	return appendKey(b, r.Kind, r.Number)
}

func appendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

func appendVarint(b []byte, v int64) []byte { return appendUvarint(b, uint64(v<<1)^uint64(v>>63)) }

// codec packs the two sides of a day. Times are relative to its start.
type codec struct {
	start int64 // ms
	lines words
	books words
}

func flag(f byte, set bool) byte {
	if set {
		return f
	}
	return 0
}

func newCodec(day app.Day) *codec { return &codec{start: day.Start().UnixMilli()} }

// The flags of a line.
const (
	lineRefund = 1 << iota
	lineHasRate
	lineSettled // Settlement is Amount
	lineUndated
)

// appendName packs the number that the sort key was made of, copying an id that
// the key holds. Without a key it packs it anew.
func appendName(b, key []byte, number string) []byte {
	if number == "" || len(key) == 0 || key[0]&0x0f != keyOurs {
		return appendString(b, number)
	}
	tag := byte(packAttempt)
	if key[0]&0xf0 == keyRefund {
		tag = packRefund
	}
	return append(append(b, tag), key[1:1+ulidSize]...)
}

// appendLine packs a line, whose sort key may be given to save work.
func (c *codec) appendLine(b, key []byte, l *Line) []byte {
	flags := flag(lineRefund, l.Kind == channel.LineRefund) | flag(lineHasRate, l.HasRate) |
		flag(lineSettled, l.Settlement == l.Amount) | flag(lineUndated, l.At.IsZero())
	b = append(b, flags)
	b = appendUvarint(b, uint64(l.Row))
	if flags&lineUndated == 0 {
		b = appendVarint(b, l.At.UnixMilli()-c.start)
	}
	ofRefund := len(key) > 0 && key[0]&0xf0 == keyRefund
	if ofRefund {
		b = appendString(b, l.Number)
	} else {
		b = appendName(b, key, l.Number)
	}
	b = appendString(b, l.ChannelTradeNo)
	if flags&lineRefund != 0 {
		if ofRefund {
			b = appendName(b, key, l.RefundNumber)
		} else {
			b = appendString(b, l.RefundNumber)
		}
		b = appendString(b, l.ChannelRefundNo)
		b = c.lines.append(b, string(l.RefundState))
	}
	b = c.lines.append(b, l.RawState)
	b = appendVarint(b, int64(l.Amount))
	if flags&lineSettled == 0 {
		b = appendVarint(b, int64(l.Settlement))
	}
	b = appendVarint(b, int64(l.Fee))
	if flags&lineHasRate != 0 {
		b = appendVarint(b, int64(l.Rate))
	}
	return b
}

// line unpacks what appendLine packed. Its strings are l's alone.
func (c *codec) line(r *reader, l *Line) error {
	r.text = r.text[:0]
	flags := r.byte()
	*l = Line{Kind: channel.LinePayment, HasRate: flags&lineHasRate != 0}
	l.Row = int(r.uvarint())
	if flags&lineUndated == 0 {
		l.At = time.UnixMilli(c.start + r.varint()).In(app.Beijing)
	}
	number, trade := r.str(), r.str()
	var refund, channelRefund span
	if flags&lineRefund != 0 {
		l.Kind = channel.LineRefund
		refund, channelRefund = r.str(), r.str()
		l.RefundState = channel.RefundState(r.word(&c.lines))
	}
	l.RawState = r.word(&c.lines)
	l.Amount = app.Money(r.varint())
	l.Settlement = l.Amount
	if flags&lineSettled == 0 {
		l.Settlement = app.Money(r.varint())
	}
	l.Fee = app.Millifen(r.varint())
	if l.HasRate {
		l.Rate = app.Rate(r.varint())
	}
	text := string(r.text)
	l.Number, l.ChannelTradeNo = text[number.from:number.to], text[trade.from:trade.to]
	l.RefundNumber, l.ChannelRefundNo = text[refund.from:refund.to], text[channelRefund.from:channelRefund.to]
	return r.err()
}

// The flags of a record.
const (
	recordRefund = 1 << iota
	recordHasRate
	recordSettled // Settlement is Amount
	recordReversed
	recordRecovered
	recordNumbered // Number is the attempt's or refund's id
	recordDays     // CarriedFrom or MatchedOn
	recordDone
)

// appendRecord packs a record, whose sort key may be given to save work.
func (c *codec) appendRecord(b, key []byte, r *Record) []byte {
	var flags byte
	id := r.AttemptID
	if r.Kind == channel.LineRefund {
		flags |= recordRefund
		id = r.RefundID
	}
	flags |= flag(recordHasRate, r.HasContractRate) | flag(recordSettled, r.Settlement == r.Amount) |
		flag(recordReversed, r.Reversed) | flag(recordRecovered, r.Recovered) | flag(recordNumbered, r.Number == id) |
		flag(recordDays, r.CarriedFrom != "" || r.MatchedOn != "") | flag(recordDone, r.DoneAt != 0)
	b = append(b, flags)
	if flags&recordNumbered != 0 {
		b = appendName(b, key, id)
	} else {
		b = appendString(b, id)
		b = appendString(b, r.Number)
	}
	if flags&recordRefund != 0 {
		b = appendString(b, r.AttemptID)
	}
	b = appendString(b, r.PaymentID)
	b = appendString(b, r.ChannelNo)
	b = c.books.append(b, r.AccountID)
	b = c.books.append(b, string(r.State))
	b = appendVarint(b, int64(r.Amount))
	if flags&recordSettled == 0 {
		b = appendVarint(b, int64(r.Settlement))
	}
	b = appendVarint(b, int64(r.At)-c.start)
	if flags&recordDone != 0 {
		b = appendVarint(b, int64(r.DoneAt)-c.start)
	}
	if flags&recordHasRate != 0 {
		b = appendVarint(b, int64(r.ContractRate))
	}
	if flags&recordDays != 0 {
		b = c.books.append(b, string(r.CarriedFrom))
		b = c.books.append(b, string(r.MatchedOn))
	}
	return b
}

// record unpacks what appendRecord packed. Its strings are out's alone.
func (c *codec) record(r *reader, out *Record) error {
	r.text = r.text[:0]
	flags := r.byte()
	*out = Record{
		Kind: channel.LinePayment, HasContractRate: flags&recordHasRate != 0,
		Reversed: flags&recordReversed != 0, Recovered: flags&recordRecovered != 0,
	}
	id := r.str()
	number, attempt := id, id
	if flags&recordNumbered == 0 {
		number = r.str()
	}
	if flags&recordRefund != 0 {
		out.Kind = channel.LineRefund
		attempt = r.str()
	}
	payment, channelNo := r.str(), r.str()
	out.AccountID = r.word(&c.books)
	out.State = State(r.word(&c.books))
	out.Amount = app.Money(r.varint())
	out.Settlement = out.Amount
	if flags&recordSettled == 0 {
		out.Settlement = app.Money(r.varint())
	}
	out.At = app.Millis(c.start + r.varint())
	if flags&recordDone != 0 {
		out.DoneAt = app.Millis(c.start + r.varint())
	}
	if out.HasContractRate {
		out.ContractRate = app.Rate(r.varint())
	}
	if flags&recordDays != 0 {
		out.CarriedFrom, out.MatchedOn = app.Day(r.word(&c.books)), app.Day(r.word(&c.books))
	}
	text := string(r.text)
	cut := func(s span) string { return text[s.from:s.to] }
	out.Number, out.AttemptID, out.PaymentID, out.ChannelNo = cut(number), cut(attempt), cut(payment), cut(channelNo)
	if out.Kind == channel.LineRefund {
		out.RefundID = cut(id)
	}
	return r.err()
}
