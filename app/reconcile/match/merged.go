package match

import (
	"errors"
	"io"
)

// run is one sorted run being read: of a file, or the last one in memory.
type run struct {
	entry
	done bool

	memory *arena
	index  []place

	file io.Reader
	buf  []byte // what was read and not yet used
	from int
}

// next reads the next entry into r.entry.
func (r *run) next() error {
	if r.file == nil {
		if r.done = len(r.index) == 0; !r.done {
			r.read(r.memory.at(r.index[0]))
			r.index = r.index[1:]
		}
		return nil
	}
	for {
		have := r.buf[r.from:]
		if len(have) >= entryHead && len(have) >= entrySize(have) {
			r.read(have)
			r.from += entrySize(have)
			return nil
		}
		if err := r.fill(); err != nil || r.done {
			return err
		}
	}
}

// fill moves what is left to the front and reads on. The buffer holds at least
// one entry: see maxEntry.
func (r *run) fill() error {
	n := copy(r.buf[:cap(r.buf)], r.buf[r.from:])
	r.from = 0
	got, err := io.ReadAtLeast(r.file, r.buf[n:cap(r.buf)], 1)
	r.buf = r.buf[:n+got]
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) && n == 0:
		r.done = true
		return nil
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// merged reads several runs as one, in order. The first of a heap is current.
type merged struct{ runs []*run }

// current is the next entry, nil at the end.
func (m *merged) current() *entry {
	if m.runs[0].done {
		return nil
	}
	return &m.runs[0].entry
}

// next moves on. The former current entry is no longer valid.
func (m *merged) next() error {
	if err := m.runs[0].next(); err != nil {
		return err
	}
	m.sink(0)
	return nil
}

// before orders runs by their current entry; finished ones come last.
func (m *merged) before(i, j int) bool {
	a, b := m.runs[i], m.runs[j]
	if a.done || b.done {
		return !a.done
	}
	return a.compare(&b.entry) < 0
}

// sink restores the heap below i.
func (m *merged) sink(i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(m.runs); child++ {
			if m.before(child, first) {
				first = child
			}
		}
		if first == i {
			return
		}
		m.runs[i], m.runs[first] = m.runs[first], m.runs[i]
		i = first
	}
}
