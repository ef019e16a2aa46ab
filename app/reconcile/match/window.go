package match

import (
	"bytes"
	"hash/maphash"
)

// window holds what one side has read last and the other not yet: a hash table
// over loads. What stays for too long goes on to the side's sorter.
type window struct {
	*loader
	tail   int // bytes at a key's end that do not belong to its object: a line's row
	sorter *sorter
	limit  int     // loads
	queue  []*load // the oldest first
	loads  []*load // by id
	table  []uint64
	shift  int // of a hash's 32 bits to its place in the table
	held   int // entries in the table
	count  int64
}

// A slot of the table is 0, or the hash's 32 bits, of which the lowest is set,
// then the id of the load and the place in it.
const (
	placeBits = 18
	loadBits  = 32 - placeBits
)

var hashSeed = maphash.MakeSeed()

func hashOf(object []byte) uint32 { return uint32(maphash.Bytes(hashSeed, object)>>32) | 1 }

func newWindow(l *loader, tail int, s *sorter, limit int) *window {
	return &window{loader: l, tail: tail, sorter: s, limit: max(min(limit/l.size, 1<<loadBits-2*loadsAhead-2), 1), table: make([]uint64, 1<<6), shift: 32 - 6}
}

// object is what an entry's key names.
func (w *window) object(e *entry) []byte { return e.key[:len(e.key)-w.tail] }

func (w *window) at(slot uint64) []byte {
	ref := uint32(slot)
	return w.loads[ref>>placeBits].buf[ref&(loadSize-1):]
}

// find returns the slot of an entry of the object, and the entry; -1 when there
// is none.
func (w *window) find(hash uint32, object []byte, e *entry) int {
	mask := len(w.table) - 1
	for i := int(hash >> w.shift); w.table[i] != 0; i = (i + 1) & mask {
		if uint32(w.table[i]>>32) != hash {
			continue
		}
		if e.read(w.at(w.table[i])); bytes.Equal(w.object(e), object) {
			return i
		}
	}
	return -1
}

// put enters an entry at a place of a load.
func (w *window) put(hash uint32, l *load, at int) {
	if w.held++; 2*w.held > len(w.table) {
		w.grow()
	}
	w.insert(uint64(hash)<<32 | uint64(l.id)<<placeBits | uint64(at))
}

func (w *window) insert(slot uint64) {
	mask := len(w.table) - 1
	i := int(uint32(slot>>32) >> w.shift)
	for ; w.table[i] != 0; i = (i + 1) & mask {
	}
	w.table[i] = slot
}

func (w *window) grow() {
	old := w.table
	w.table = make([]uint64, 2*len(old))
	w.shift--
	for _, slot := range old {
		if slot != 0 {
			w.insert(slot)
		}
	}
}

// free empties a slot and moves up what was put behind it for want of it.
func (w *window) free(i int) {
	w.held--
	mask := len(w.table) - 1
	w.table[i] = 0
	for next := (i + 1) & mask; w.table[next] != 0; next = (next + 1) & mask {
		home := int(uint32(w.table[next]>>32) >> w.shift)
		if (next-home)&mask >= (next-i)&mask {
			w.table[i], w.table[next] = w.table[next], 0
			i = next
		}
	}
}

// paired frees a slot whose entry has met its other side.
func (w *window) paired(i int) {
	ref := uint32(w.table[i])
	w.free(i)
	w.loads[ref>>placeBits].done(int(ref & (loadSize - 1)))
}

// ahead reports whether this side has come so far that it should wait for the
// other: of what it had last, the other has nothing yet. The rest of the window is
// for what does not come in the same order.
func (w *window) ahead() bool {
	lead := max(w.limit/4, 1)
	if len(w.queue) < lead {
		return false
	}
	for _, l := range w.queue[len(w.queue)-lead:] {
		if 2*l.left <= l.all {
			return false
		}
	}
	return true
}

// accept makes room for a load and enters it.
func (w *window) accept(l *load) error {
	for len(w.queue) >= w.limit {
		if err := w.evict(); err != nil {
			return err
		}
	}
	for l.id >= len(w.loads) {
		w.loads = append(w.loads, nil)
	}
	w.loads[l.id] = l
	w.queue = append(w.queue, l)
	w.count += int64(l.all)
	return nil
}

// release gives back the oldest loads as far as nothing waits in them.
func (w *window) release() {
	for len(w.queue) > 0 && w.queue[0].left == 0 {
		w.giveBack(w.queue[0])
		w.queue = append(w.queue[:0], w.queue[1:]...)
	}
}

// evict hands what waits in the oldest load to the sorter.
func (w *window) evict() error {
	l := w.queue[0]
	var e entry
	for at := 0; at < len(l.buf); at += entrySize(l.buf[at:]) {
		if l.buf[at]&gone != 0 {
			l.buf[at] &^= gone
			continue
		}
		e.read(l.buf[at:])
		i := int(hashOf(w.object(&e)) >> w.shift)
		for ref := uint32(l.id)<<placeBits | uint32(at); uint32(w.table[i]) != ref; {
			i = (i + 1) & (len(w.table) - 1)
		}
		w.free(i)
		if err := w.sorter.copy(&e); err != nil {
			return err
		}
	}
	l.left = 0
	w.release()
	return nil
}

// drain hands everything that waits to the sorter.
func (w *window) drain() error {
	for len(w.queue) > 0 {
		if err := w.evict(); err != nil {
			return err
		}
	}
	return nil
}
