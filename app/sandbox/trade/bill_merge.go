package trade

import (
	"cmp"
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// entryKind is what happened at a moment of a merchant's day, in the order in
// which things of one moment follow each other.
type entryKind int

const (
	entryPayment entryKind = iota
	entryRefund
	entryReturn // a refund that was closed: its money came back
	entryWithdrawal
)

// entry is one thing that happened.
type entry struct {
	kind       entryKind
	at         app.Millis
	id         string
	trade      Trade
	refund     Refund
	withdrawal Withdrawal
}

func (e entry) before(other entry) bool {
	return cmp.Or(cmp.Compare(e.at, other.at), cmp.Compare(e.kind, other.kind), cmp.Compare(e.id, other.id)) < 0
}

// mark is a place in a source: after the entry of that time and id.
type mark struct {
	at app.Millis
	id string
}

// pageSize is how many entries are in memory for each source.
const pageSize = 500

// source reads entries page by page, in the order of time and id.
type source struct {
	// read returns at most limit entries after the mark.
	read func(ctx context.Context, after mark, limit int) ([]entry, error)
	// keep drops what is read and not wanted; nil wants all.
	keep  func(entry) bool
	after mark
	page  []entry
	over  bool
}

// head returns the next entry without taking it, nil at the end.
func (s *source) head(ctx context.Context) (*entry, error) {
	for len(s.page) == 0 && !s.over {
		read, err := s.read(ctx, s.after, pageSize)
		if err != nil {
			return nil, fmt.Errorf("read a page of a bill: %w", err)
		}
		s.over = len(read) < pageSize
		if len(read) > 0 {
			last := read[len(read)-1]
			s.after = mark{last.at, last.id}
		}
		s.page = read[:0]
		for _, e := range read {
			if s.keep == nil || s.keep(e) {
				s.page = append(s.page, e)
			}
		}
	}
	if len(s.page) == 0 {
		return nil, nil
	}
	return &s.page[0], nil
}

// merge yields the entries of all sources in one order.
func merge(ctx context.Context, sources []*source, yield func(entry) error) error {
	for {
		var first *source
		var next *entry
		for _, s := range sources {
			e, err := s.head(ctx)
			if err != nil {
				return err
			}
			if e != nil && (next == nil || e.before(*next)) {
				first, next = s, e
			}
		}
		if next == nil {
			return nil
		}
		if err := yield(*next); err != nil {
			return err
		}
		first.page = first.page[1:]
	}
}
