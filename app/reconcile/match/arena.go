package match

import (
	"bytes"
	"encoding/binary"
)

// arena holds packed entries in memory, to be sorted by key.
type arena struct {
	blocks  [][]byte // used again after clear
	last    int      // the block being filled
	used    int      // bytes of entries
	index   []place
	scratch []place // see radix
}

// place is where an entry stands, with the first bytes of its key: nearly all
// comparisons end there.
type place struct {
	prefix uint64
	block  uint32
	at     uint32
}

const (
	placeSize  = 16
	arenaBlock = 1 << 18
	entryHead  = 4       // the lengths of key and payload
	maxEntry   = 1 << 14 // a row has some hundred bytes
)

// begin returns where the next entry is appended to: its key first, then its
// payload.
func (a *arena) begin() []byte {
	if len(a.blocks) == 0 || cap(a.blocks[a.last])-len(a.blocks[a.last]) < maxEntry {
		a.grow()
	}
	return append(a.blocks[a.last], 0, 0, 0, 0)
}

func (a *arena) grow() {
	if len(a.blocks) > 0 {
		a.last++
	}
	if a.last == len(a.blocks) {
		a.blocks = append(a.blocks, make([]byte, 0, arenaBlock))
	}
}

// keep takes what was appended to begin; the key ends at keyEnd.
func (a *arena) keep(b []byte, keyEnd int) error {
	at := len(a.blocks[a.last])
	if err := complete(b, at, keyEnd); err != nil {
		return err
	}
	a.blocks[a.last] = b
	a.used += len(b) - at
	a.index = append(a.index, place{prefixOf(b[at+entryHead : keyEnd]), uint32(a.last), uint32(at)})
	return nil
}

// size is how many bytes entries and index take.
func (a *arena) size() int { return a.used + placeSize*len(a.index) }

// at is the packed entry at a place, and whatever follows it.
func (a *arena) at(p place) []byte { return a.blocks[p.block][p.at:] }

// clear forgets the entries and keeps the memory.
func (a *arena) clear() {
	for i := range a.blocks {
		a.blocks[i] = a.blocks[i][:0]
	}
	a.last, a.used, a.index = 0, 0, a.index[:0]
}

func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// entry is a packed object; it stays valid until the next is read.
type entry struct {
	prefix  uint64
	key     []byte
	payload []byte
}

func (e *entry) compare(o *entry) int {
	if e.prefix != o.prefix {
		if e.prefix < o.prefix {
			return -1
		}
		return 1
	}
	return bytes.Compare(e.key, o.key)
}

// keySize is the length of the key of the entry that b begins with.
func keySize(b []byte) int { return int(binary.BigEndian.Uint16(b) &^ (gone << 8)) }

func entrySize(b []byte) int { return entryHead + keySize(b) + int(binary.BigEndian.Uint16(b[2:])) }

func (e *entry) read(b []byte) {
	k := entryHead + keySize(b)
	e.key, e.payload = b[entryHead:k], b[k:entrySize(b)]
	e.prefix = prefixOf(e.key)
}
