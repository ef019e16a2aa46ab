package match

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// sides are what the merge reads: the pairs, and what each side has besides.
type sides struct {
	pairs, lines, books *ahead
	apart               []*Line // of pairs that were taken apart, in the file's order
	of                  []byte  // the number of apart
}

func (s *sides) more() bool {
	return s.pairs.current() != nil || s.lines.current() != nil || s.books.current() != nil || len(s.apart) > 0
}

// key is the next number's. It is valid until one of the sides moves on.
func (s *sides) key() []byte {
	if len(s.apart) > 0 {
		return s.of
	}
	var first []byte
	if l := s.lines.current(); l != nil {
		first = l.object()
	}
	for _, side := range [...]*ahead{s.pairs, s.books} {
		if e := side.current(); e != nil && (first == nil || bytes.Compare(e.key, first) < 0) {
			first = e.key
		}
	}
	return first
}

// pairNext reports whether the next number has one pair and nothing else.
func (s *sides) pairNext() bool {
	p := s.pairs.current()
	if p == nil || len(s.apart) > 0 {
		return false
	}
	if l := s.lines.current(); l != nil && bytes.Compare(l.object(), p.key) <= 0 {
		return false
	}
	if b := s.books.current(); b != nil && b.compare(p) <= 0 {
		return false
	}
	return !s.pairs.more(0)
}

// bothNext reports whether the next number has one line and one record, unpaired.
func (s *sides) bothNext() bool {
	l, b := s.lines.current(), s.books.current()
	if l == nil || b == nil || len(s.apart) > 0 || !bytes.Equal(l.object(), b.key) {
		return false
	}
	if p := s.pairs.current(); p != nil && p.compare(b) <= 0 {
		return false
	}
	return !s.lines.more(rowSize) && !s.books.more(0)
}

// loose adds the line of a pair that was taken apart to those of its number. A
// number has as many of them as our books have records of it: two at most.
func (s *sides) loose(l *Line, key []byte) {
	s.apart, s.of = append(s.apart, l), key
	slices.SortFunc(s.apart, func(a, b *Line) int { return a.Row - b.Row })
}

// hasLine reports whether the number has more lines.
func (s *sides) hasLine(key []byte) bool {
	l := s.lines.current()
	return len(s.apart) > 0 || l != nil && bytes.Equal(l.object(), key)
}

// line takes the number's next line, in the file's order; nil when it has no more.
func (s *sides) line(c *codec, key []byte) (*Line, error) {
	l := s.lines.current()
	if l != nil && !bytes.Equal(l.object(), key) {
		l = nil
	}
	if len(s.apart) > 0 && (l == nil || uint32(s.apart[0].Row) < l.row()) {
		first := s.apart[0]
		s.apart = s.apart[1:]
		return first, nil
	}
	if l == nil {
		return nil, nil
	}
	line := new(Line)
	if err := c.line(&reader{b: l.payload}, line); err != nil {
		return nil, err
	}
	return line, s.lines.next()
}

// row is what a line's key ends in.
func (e *entry) row() uint32 { return binary.BigEndian.Uint32(e.key[len(e.key)-rowSize:]) }
