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

// resultWriter writes a result file. Blocks are packed and written by a
// goroutine of its own, so that the other processor does it.
type resultWriter struct {
	codec *codec
	out   io.Writer
	foot  footer
	raw   []byte
	first []byte // of raw's items
	full  chan fullBlock
	free  chan []byte
	done  chan struct{}
	err   error // of the goroutine; read after done, or by blocks that come back
	ended bool
}

type fullBlock struct{ raw, first []byte }

func newResultWriter(out io.Writer, day app.Day, c *codec) (*resultWriter, error) {
	if _, err := io.WriteString(out, resultHead); err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	w := &resultWriter{codec: c, out: out, foot: footer{day: day}, full: make(chan fullBlock, 2), free: make(chan []byte, 4), done: make(chan struct{})}
	go w.pack()
	return w, nil
}

// add appends an item. Items come in the order of their sort keys.
func (w *resultWriter) add(i *Item) error {
	if w.raw == nil {
		w.begin()
		w.first = i.appendSortKey(nil)
	}
	w.raw = w.codec.appendItem(w.raw, i)
	return w.flushFull()
}

// addPacked appends an item that is packed already.
func (w *resultWriter) addPacked(key, item []byte) error {
	if w.raw == nil {
		w.begin()
		w.first = bytes.Clone(key)
	}
	w.raw = append(w.raw, item...)
	return w.flushFull()
}

// begin takes a buffer for the next block.
func (w *resultWriter) begin() {
	select {
	case w.raw = <-w.free:
	default:
		w.raw = make([]byte, 0, blockSize+maxEntry)
	}
}

func (w *resultWriter) flushFull() error {
	if len(w.raw) < blockSize {
		return nil
	}
	return w.flush()
}

func (w *resultWriter) flush() error {
	select {
	case <-w.done: // it failed
		return w.err
	case w.full <- fullBlock{w.raw, w.first}:
		w.raw = nil
		return nil
	}
}

// pack compresses and writes blocks until there are no more, or one fails.
func (w *resultWriter) pack() {
	defer close(w.done)
	offset := int64(len(resultHead))
	var packed []byte
	for b := range w.full {
		packed = s2.Encode(packed[:cap(packed)], b.raw)
		if _, err := w.out.Write(packed); err != nil {
			w.err = fmt.Errorf("write the result: %w", err)
			return
		}
		w.foot.blocks = append(w.foot.blocks, block{first: b.first, offset: offset, size: len(packed), raw: len(b.raw), sum: crc32.Checksum(packed, castagnoli)})
		offset += int64(len(packed))
		select {
		case w.free <- b.raw[:0]:
		default:
		}
	}
}

// abandon ends the goroutine; after finish it does nothing.
func (w *resultWriter) abandon() {
	if !w.ended {
		w.ended = true
		close(w.full)
		<-w.done
	}
}

// finish writes what is left and the footer.
func (w *resultWriter) finish(items int64) error {
	if w.raw != nil {
		if err := w.flush(); err != nil {
			return err
		}
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
