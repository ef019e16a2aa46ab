package match

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/s2"

	"github.com/piaohao/piaohao/app"
)

// resultWriter writes a result file. Blocks are packed by goroutines of their own,
// as that takes longer than making them, and written by another in their order.
type resultWriter struct {
	codec *codec
	out   io.Writer
	foot  footer
	full  *fullBlock // being filled; nil before the first item
	free  chan *fullBlock
	pack  chan *fullBlock
	write chan *fullBlock // the same, in order
	done  chan struct{}
	err   error // of writing; read after done
	ended bool
}

// fullBlock is a block on its way to the file.
type fullBlock struct {
	raw    []byte
	first  []byte // sort key of its first item
	packed []byte
	sum    uint32
	ready  chan struct{} // packed and sum are there
}

const (
	packers     = 2
	blocksAhead = 8
)

func newResultWriter(out io.Writer, day app.Day, c *codec) (*resultWriter, error) {
	if _, err := io.WriteString(out, resultHead); err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	w := &resultWriter{
		codec: c, out: out, foot: footer{day: day}, free: make(chan *fullBlock, blocksAhead),
		pack: make(chan *fullBlock, blocksAhead), write: make(chan *fullBlock, blocksAhead), done: make(chan struct{}),
	}
	for range blocksAhead {
		w.free <- &fullBlock{ready: make(chan struct{}, 1)}
	}
	for range packers {
		go w.packAll()
	}
	go w.writeAll()
	return w, nil
}

// add appends an item. Items come in the order of their sort keys.
func (w *resultWriter) add(i *Item) error {
	b, err := w.block()
	if err != nil {
		return err
	}
	if len(b.raw) == 0 {
		b.first = i.appendSortKey(b.first[:0])
	}
	b.raw = w.codec.appendItem(b.raw, i)
	w.handFull()
	return nil
}

// addPacked appends an item that is packed already.
func (w *resultWriter) addPacked(key, item []byte) error {
	b, err := w.block()
	if err != nil {
		return err
	}
	if len(b.raw) == 0 {
		b.first = append(b.first[:0], key...)
	}
	b.raw = append(b.raw, item...)
	w.handFull()
	return nil
}

// block is the one to be filled.
func (w *resultWriter) block() (*fullBlock, error) {
	if w.full == nil {
		select {
		case <-w.done: // it failed
			return nil, w.err
		case w.full = <-w.free:
		}
	}
	return w.full, nil
}

func (w *resultWriter) handFull() {
	if len(w.full.raw) >= blockSize {
		w.hand()
	}
}

// hand passes a block on: both channels have room for all that there are.
func (w *resultWriter) hand() {
	w.pack <- w.full
	w.write <- w.full
	w.full = nil
}

func (w *resultWriter) packAll() {
	for b := range w.pack {
		b.packed = s2.Encode(b.packed[:cap(b.packed)], b.raw)
		b.sum = crc32.Checksum(b.packed, castagnoli)
		b.ready <- struct{}{}
	}
}

// writeAll writes blocks until there are no more, or one fails.
func (w *resultWriter) writeAll() {
	defer close(w.done)
	offset := int64(len(resultHead))
	for b := range w.write {
		<-b.ready
		if _, err := w.out.Write(b.packed); err != nil {
			w.err = fmt.Errorf("write the result: %w", err)
			return
		}
		w.foot.blocks = append(w.foot.blocks, block{first: bytes.Clone(b.first), offset: offset, size: len(b.packed), raw: len(b.raw), sum: b.sum})
		offset += int64(len(b.packed))
		b.raw = b.raw[:0]
		w.free <- b
	}
}

// abandon ends the goroutines; after finish it does nothing.
func (w *resultWriter) abandon() {
	if !w.ended {
		w.ended = true
		close(w.pack)
		close(w.write)
		<-w.done
	}
}

// finish writes what is left and the footer.
func (w *resultWriter) finish(items int64) error {
	if w.full != nil {
		w.hand()
	}
	w.abandon()
	if w.err != nil {
		return w.err
	}
	w.foot.items, w.foot.lines, w.foot.books = items, w.codec.lines.list, w.codec.books.list
	offset := int64(len(resultHead))
	if n := len(w.foot.blocks); n > 0 {
		offset = w.foot.blocks[n-1].offset + int64(w.foot.blocks[n-1].size)
	}
	b := w.foot.append(nil)
	size, sum := len(b), crc32.Checksum(b, castagnoli)
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = binary.BigEndian.AppendUint32(b, sum)
	if _, err := w.out.Write(append(b, resultTail...)); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
