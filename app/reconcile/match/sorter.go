package match

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// sorter orders packed entries by key, in bounded memory: what does not fit is
// written to a temporary file in sorted runs, which are merged while reading.
// Bills and books come nearly in order, so runs hardly overlap. It has two
// arenas: while one is sorted and written, the other is filled.
type sorter struct {
	dir    string
	limit  int // bytes of both arenas
	arena  *arena
	spare  *arena       // empty; nil while it is being written
	spills chan spilled // what comes of a spill
	file   *os.File
	runs   []section
}

// section is a sorted run in the file.
type section struct{ from, to int64 }

// spilled is a run, and the arena that it was written from, empty again.
type spilled struct {
	run   section
	arena *arena
	err   error
}

func newSorter(dir string, limit int) *sorter {
	return &sorter{dir: dir, limit: min(max(limit, 1<<12), math.MaxInt32), arena: &arena{}, spare: &arena{}, spills: make(chan spilled, 1)}
}

// begin returns where the next entry is appended to: its key first, then its
// payload.
func (s *sorter) begin() []byte { return s.arena.begin() }

// add takes what was appended to begin; the key ends at keyEnd.
func (s *sorter) add(b []byte, keyEnd int) error {
	if err := s.arena.keep(b, keyEnd); err != nil {
		return err
	}
	if s.arena.size() >= s.limit/2 {
		return s.spill()
	}
	return nil
}

// copy takes an entry that was packed elsewhere.
func (s *sorter) copy(e *entry) error {
	b := append(s.begin(), e.key...)
	return s.add(append(b, e.payload...), len(b))
}

// spill has what is in memory written as a sorted run, behind the one before it.
func (s *sorter) spill() error {
	if err := errors.Join(s.create(), s.await()); err != nil {
		return err
	}
	full := s.arena
	s.arena, s.spare = s.spare, nil
	var from int64
	if n := len(s.runs); n > 0 {
		from = s.runs[n-1].to
	}
	go func() {
		full.sort()
		to, err := full.write(s.file, from)
		full.clear()
		s.spills <- spilled{section{from, to}, full, err}
	}()
	return nil
}

// create makes the temporary file when there is none yet.
func (s *sorter) create() error {
	if s.file != nil {
		return nil
	}
	file, err := os.CreateTemp(s.dir, "match-*.tmp")
	if err != nil {
		return fmt.Errorf("sort outside of memory: %w", err)
	}
	s.file = file
	// Unix keeps a file without a name for as long as it is open: not even a
	// killed process leaves it behind. Where that fails, close removes it.
	_ = os.Remove(file.Name())
	return nil
}

// await waits for the spill under way, if there is one.
func (s *sorter) await() error {
	if s.spare != nil {
		return nil
	}
	done := <-s.spills
	s.spare, s.runs = done.arena, append(s.runs, done.run)
	return done.err
}

// write writes the entries in the order of the index, and returns where they end.
func (a *arena) write(file *os.File, at int64) (int64, error) {
	out := make([]byte, 0, spillBuffer)
	flush := func() error {
		n, err := file.WriteAt(out, at)
		if err != nil {
			return fmt.Errorf("sort outside of memory: write %s: %w", file.Name(), err)
		}
		at, out = at+int64(n), out[:0]
		return nil
	}
	for _, p := range a.index {
		b := a.at(p)
		out = append(out, b[:entrySize(b)]...)
		if len(out) >= spillBuffer-maxEntry {
			if err := flush(); err != nil {
				return at, err
			}
		}
	}
	return at, flush()
}

const spillBuffer = 1 << 18

// close removes what was written.
func (s *sorter) close() error {
	_ = s.await() // what failed was told by whoever needed it
	s.arena, s.spare = &arena{}, &arena{}
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

// sort is called once, after the last add.
func (s *sorter) sort() error {
	s.arena.sort()
	err := s.await()
	s.spare = &arena{} // its memory is for others
	return err
}

// read returns the entries in order, to be closed before the sorter.
func (s *sorter) read() (*ahead, error) {
	m := &merged{}
	for _, r := range s.runs {
		m.runs = append(m.runs, &run{file: io.NewSectionReader(s.file, r.from, r.to-r.from), buf: make([]byte, 0, s.readBuffer())})
	}
	m.runs = append(m.runs, &run{memory: s.arena, index: s.arena.index})
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
