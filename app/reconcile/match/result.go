package match

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/piaohao/piaohao/app"
)

// A result file is every item of a day, sorted by key:
//
//	head    magic and version
//	blocks  items, some hundred each, compressed
//	footer  the day, the words, and of each block its first key, place and checksum
//	tail    the footer's place and checksum, magic
//
// It is written in one go and read at random: a lookup reads the footer once and
// then one block, or two where a number's items straddle them.
const (
	resultHead = "PHMATCH\x01" // the last byte is the version
	resultTail = "PHMATEND"
	tailSize   = 8 + 4 + 4 + len(resultTail)
	blockSize  = 1 << 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrResult means that a result file is damaged, or none.
var ErrResult = errors.New("not a whole result file of matching")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrResult, fmt.Sprintf(format, args...))
}

// block is where one block stands and what it begins with.
type block struct {
	first  []byte // sort key of its first item
	offset int64
	size   int
	raw    int // size when unpacked
	sum    uint32
}

// footer is what is needed to read the blocks.
type footer struct {
	day          app.Day
	items        int64
	lines, books []string
	blocks       []block
}

func (f *footer) append(b []byte) []byte {
	b = appendString(b, string(f.day))
	b = appendVarint(b, f.items)
	for _, list := range [...][]string{f.lines, f.books} {
		b = appendUvarint(b, uint64(len(list)))
		for _, w := range list {
			b = appendString(b, w)
		}
	}
	b = appendUvarint(b, uint64(len(f.blocks)))
	for _, k := range f.blocks {
		b = appendString(b, string(k.first))
		b = appendVarint(b, k.offset)
		b = appendVarint(b, int64(k.size))
		b = appendVarint(b, int64(k.raw))
		b = binary.BigEndian.AppendUint32(b, k.sum)
	}
	return b
}

func (f *footer) read(b []byte) error {
	r := &reader{b: b}
	f.day = app.Day(r.owned())
	f.items = r.varint()
	for _, list := range [...]*[]string{&f.lines, &f.books} {
		for n := r.uvarint(); n > 0 && !r.broken; n-- {
			*list = append(*list, r.owned())
		}
	}
	for n := r.uvarint(); n > 0 && !r.broken; n-- {
		k := block{first: []byte(r.owned()), offset: r.varint(), size: int(r.varint()), raw: int(r.varint())}
		if sum := r.take(4); !r.broken {
			k.sum = binary.BigEndian.Uint32(sum)
		}
		f.blocks = append(f.blocks, k)
	}
	if r.broken || len(r.b) > 0 {
		return damaged("the footer does not end where it should")
	}
	return nil
}

// owned reads a string of its own.
func (r *reader) owned() string {
	r.text = r.text[:0]
	at := r.str()
	return string(r.text[at.from:at.to])
}

// The flags of an item.
const (
	itemLine = 1 << iota
	itemRecord
	itemAbout
	itemOwn
	itemFee
	itemAlso
	itemRepeat
)

func (c *codec) appendItem(b []byte, i *Item) []byte {
	flags := flag(itemLine, i.Line != nil) | flag(itemRecord, i.Record != nil) | flag(itemAbout, i.About != nil) |
		flag(itemOwn, i.Own) | flag(itemFee, i.HasFee) | flag(itemAlso, len(i.Also) > 0) | flag(itemRepeat, i.Repeat != "")
	b = append(b, flags, byte(classIndex(i.Class)))
	b = appendUvarint(b, uint64(i.Why))
	if len(i.Also) > 0 {
		var also uint64
		for _, c := range i.Also {
			also |= 1 << classIndex(c)
		}
		b = appendUvarint(b, also)
	}
	if i.Repeat != "" {
		b = appendString(b, i.Repeat)
	}
	if i.HasFee {
		b = appendVarint(b, int64(i.Fee))
	}
	if i.Line != nil {
		b = c.appendLine(b, nil, i.Line)
	}
	if i.Record != nil {
		b = c.appendRecord(b, nil, i.Record)
	}
	if i.About != nil {
		b = c.appendRecord(b, nil, i.About)
	}
	return b
}

func (c *codec) item(r *reader, i *Item) error {
	flags, class := r.byte(), int(r.byte())
	if class >= len(Classes) {
		return errBroken
	}
	*i = Item{Class: Classes[class], Own: flags&itemOwn != 0, HasFee: flags&itemFee != 0}
	i.Why = Why(r.uvarint())
	if flags&itemAlso != 0 {
		also := r.uvarint()
		for _, of := range classReasons { // in their order
			if also&(1<<classIndex(of.class)) != 0 {
				i.Also = append(i.Also, of.class)
			}
		}
	}
	if flags&itemRepeat != 0 {
		i.Repeat = r.owned()
	}
	if i.HasFee {
		i.Fee = app.Millifen(r.varint())
	}
	if flags&itemLine != 0 {
		i.Line = new(Line)
		if err := c.line(r, i.Line); err != nil {
			return err
		}
	}
	for _, side := range [...]struct {
		flag byte
		at   **Record
	}{{itemRecord, &i.Record}, {itemAbout, &i.About}} {
		if flags&side.flag == 0 {
			continue
		}
		*side.at = new(Record)
		if err := c.record(r, *side.at); err != nil {
			return err
		}
	}
	return r.err()
}

// appendSortKey is the key that items are sorted by: of the group they are in.
func (i *Item) appendSortKey(b []byte) []byte {
	if i.Line != nil && (i.Record == nil || i.Record.Number == "") {
		b = i.Line.appendKey(b)
		return b[:len(b)-rowSize]
	}
	return i.Record.appendKey(b)
}
