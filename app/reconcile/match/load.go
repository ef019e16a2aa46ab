package match

import (
	"context"
	"encoding/binary"
	"fmt"
)

// load is a stretch of one side's packed entries, handed from the goroutine that
// reads the side to the one that pairs both.
type load struct {
	id    int
	buf   []byte
	words []string // the side's words by the time of the last entry
	all   int      // entries
	left  int      // of them, those that still wait for their other side
}

// loadSize bounds a load: where an entry stands in one fits into placeBits.
const loadSize = 1 << placeBits

// gone marks, in the first byte of its head, an entry that waits no longer.
const gone = 0x80

// done marks the entry at a place.
func (l *load) done(at int) {
	l.buf[at] |= gone
	l.left--
}

// loader fills loads with what a side reads.
type loader struct {
	words      *words
	size       int // of a load that is handed on
	made       int
	load       *load
	full, free chan *load
}

// A load or two on their way keep both goroutines busy.
const loadsAhead = 2

func newLoader(w *words, size int) *loader {
	return &loader{words: w, size: size, full: make(chan *load, loadsAhead), free: make(chan *load, loadsAhead)}
}

// begin returns where the next entry is appended to: its key first, then its
// payload.
func (l *loader) begin() []byte {
	if l.load == nil {
		select {
		case l.load = <-l.free:
		default:
			l.load = &load{id: l.made, buf: make([]byte, 0, l.size+maxEntry)}
			l.made++
		}
	}
	return append(l.load.buf, 0, 0, 0, 0)
}

// add takes what was appended to begin; the key ends at keyEnd.
func (l *loader) add(ctx context.Context, b []byte, keyEnd int) error {
	if err := complete(b, len(l.load.buf), keyEnd); err != nil {
		return err
	}
	l.load.buf = b
	l.load.all++
	if len(b) < l.size {
		return nil
	}
	return l.hand(ctx)
}

func (l *loader) hand(ctx context.Context) error {
	l.load.words, l.load.left = l.words.list, l.load.all
	select {
	case l.full <- l.load:
		l.load = nil
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end hands the last load on and says that there are no more.
func (l *loader) end(ctx context.Context) error {
	defer close(l.full)
	if l.load == nil {
		return nil
	}
	return l.hand(ctx)
}

// giveBack takes a load that nothing waits in any more.
func (l *loader) giveBack(used *load) {
	used.buf, used.all = used.buf[:0], 0
	select {
	case l.free <- used:
	default:
	}
}

// putHead completes the entry that begins at from and goes to the end of b.
func putHead(b []byte, from, keyEnd int) {
	binary.BigEndian.PutUint16(b[from:], uint16(keyEnd-from-entryHead))
	binary.BigEndian.PutUint16(b[from+2:], uint16(len(b)-keyEnd))
}

// complete does so with an entry to be sorted, which may not be too large.
func complete(b []byte, from, keyEnd int) error {
	if size := len(b) - from; size > maxEntry {
		return fmt.Errorf("a row of %d bytes is too large to sort", size)
	}
	putHead(b, from, keyEnd)
	return nil
}
