package match

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// sorter orders the packed entries of one side by key, in bounded memory: what
// does not fit is written to a temporary file in sorted runs, which are merged
// while reading. Bills and books come nearly in order, so runs hardly overlap.
type sorter struct {
	dir     string
	limit   int      // bytes of arena and index together
	blocks  [][]byte // the arena, in blocks that are used again after a spill
	last    int      // the block being filled
	used    int      // bytes of entries in memory
	index   []place
	file    *os.File
	written int64
	runs    []section
}

// place is an entry in the arena, with the first bytes of its key: nearly all
// comparisons end there.
type place struct {
	prefix uint64
	block  uint32
	at     uint32
}

const placeSize = 16

// section is a sorted run in the file.
type section struct{ from, to int64 }

func newSorter(dir string, limit int) *sorter {
	return &sorter{dir: dir, limit: min(max(limit, 1<<12), math.MaxInt32)}
}

func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// begin returns where the next entry is appended to: its key first, then its
// payload.
func (s *sorter) begin() []byte {
	if len(s.blocks) == 0 || cap(s.blocks[s.last])-len(s.blocks[s.last]) < maxEntry {
		s.grow()
	}
	return append(s.blocks[s.last], 0, 0, 0, 0)
}

func (s *sorter) grow() {
	if len(s.blocks) > 0 {
		s.last++
	}
	if s.last == len(s.blocks) {
		s.blocks = append(s.blocks, make([]byte, 0, arenaBlock))
	}
}

// add takes what was appended to begin; the key ends at keyEnd.
func (s *sorter) add(b []byte, keyEnd int) error {
	at := len(s.blocks[s.last])
	if err := complete(b, at, keyEnd); err != nil {
		return err
	}
	s.blocks[s.last] = b
	s.used += len(b) - at
	s.index = append(s.index, place{prefixOf(b[at+entryHead : keyEnd]), uint32(s.last), uint32(at)})
	if s.used+placeSize*len(s.index) >= s.limit {
		return s.spill()
	}
	return nil
}

// copy takes an entry that was packed elsewhere.
func (s *sorter) copy(e *entry) error {
	b := append(s.begin(), e.key...)
	return s.add(append(b, e.payload...), len(b))
}

// entryAt is the packed entry at a place, and whatever follows it.
func (s *sorter) entryAt(p place) []byte { return s.blocks[p.block][p.at:] }

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

const (
	arenaBlock = 1 << 18
	entryHead  = 4       // the lengths of key and payload
	maxEntry   = 1 << 14 // a row has some hundred bytes
)

// keySize is the length of the key of the entry that b begins with.
func keySize(b []byte) int { return int(binary.BigEndian.Uint16(b) &^ (gone << 8)) }

func entrySize(b []byte) int { return entryHead + keySize(b) + int(binary.BigEndian.Uint16(b[2:])) }

func (e *entry) read(b []byte) {
	k := entryHead + keySize(b)
	e.key, e.payload = b[entryHead:k], b[k:entrySize(b)]
	e.prefix = prefixOf(e.key)
}

func (s *sorter) sort() {
	keyAt := func(p place) []byte {
		b := s.entryAt(p)
		return b[entryHead : entryHead+keySize(b)]
	}
	slices.SortFunc(s.index, func(a, b place) int {
		switch {
		case a.prefix < b.prefix:
			return -1
		case a.prefix > b.prefix:
			return 1
		}
		return bytes.Compare(keyAt(a), keyAt(b))
	})
}

// spill writes what is in memory as a sorted run.
func (s *sorter) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "match-*.tmp")
		if err != nil {
			return fmt.Errorf("sort outside of memory: %w", err)
		}
		s.file = file
		// Unix keeps a file without a name for as long as it is open: not even a
		// killed process leaves it behind. Where that fails, close removes it.
		_ = os.Remove(file.Name())
	}
	s.sort()
	run := section{from: s.written}
	out := make([]byte, 0, spillBuffer)
	for _, p := range s.index {
		b := s.entryAt(p)
		out = append(out, b[:entrySize(b)]...)
		if len(out) >= spillBuffer-maxEntry {
			if err := s.write(&out); err != nil {
				return err
			}
		}
	}
	if err := s.write(&out); err != nil {
		return err
	}
	run.to = s.written
	s.runs = append(s.runs, run)
	for i := range s.blocks {
		s.blocks[i] = s.blocks[i][:0]
	}
	s.last, s.used, s.index = 0, 0, s.index[:0]
	return nil
}

const spillBuffer = 1 << 18

func (s *sorter) write(out *[]byte) error {
	if _, err := s.file.Write(*out); err != nil {
		return fmt.Errorf("sort outside of memory: write %s: %w", s.file.Name(), err)
	}
	s.written += int64(len(*out))
	*out = (*out)[:0]
	return nil
}

// close removes what was written.
func (s *sorter) close() error {
	s.blocks, s.index = nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if gone := os.Remove(s.file.Name()); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	s.file = nil
	return err
}

// sorted returns the entries in order, to be closed before the sorter. It is
// called once, after the last add.
func (s *sorter) sorted() (*ahead, error) {
	s.sort()
	m := &merged{}
	for _, r := range s.runs {
		m.runs = append(m.runs, &run{file: io.NewSectionReader(s.file, r.from, r.to-r.from), buf: make([]byte, 0, s.readBuffer())})
	}
	m.runs = append(m.runs, &run{memory: s, index: s.index})
	for i := len(m.runs) - 1; i >= 0; i-- {
		if err := m.runs[i].next(); err != nil {
			return nil, err
		}
	}
	for i := len(m.runs)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return readAhead(m)
}

// readBuffer is one run's share of what may be held while merging.
func (s *sorter) readBuffer() int { return min(max(s.limit/4/len(s.runs), 2*maxEntry), 1<<20) }
