package match

import (
	"bytes"
	"context"
)

// finder looks up ahead of the merge what the merge will ask: the numbers of
// lines that our books do not hold, and strays. It walks what was not paired,
// which is little of an ordinary day, so that the merge need not wait. What it
// has not foreseen the merge looks up itself.
type finder struct {
	*engine
	known        codec // the words of both sides; what the merge packs may add others
	lines, books *ahead
	next         *asked
	ready        chan *asked // in the order of their numbers
	now          *asked      // the merge's
	cancel       context.CancelFunc
	done         chan struct{}
}

// asked is what is looked up at once, and what came of it.
type asked struct {
	numbers []string
	known   map[string]bool // of the numbers
	last    []byte          // the sort key that was asked for last
	finds   finds
	err     error
}

func (a *asked) ask(key []byte, numbers ...string) {
	a.last = append(a.last[:0], key...)
	for _, n := range numbers {
		if n != "" && !a.known[n] {
			a.known[n] = true
			a.numbers = append(a.numbers, n)
		}
	}
}

// has reports whether all the numbers were asked for.
func (a *asked) has(numbers []string) bool {
	for _, n := range numbers {
		if n != "" && !a.known[n] {
			return false
		}
	}
	return true
}

const (
	lookupBatch = 400 // numbers that are looked up at once
	firstBatch  = 40  // the first time: the merge may be waiting for them
)

// seek starts the finder. The caller stops it before the sorters are closed.
func (e *engine) seek(ctx context.Context) (*finder, error) {
	lines, err := e.lines.read()
	if err != nil {
		return nil, err
	}
	books, err := e.books.read()
	if err != nil {
		lines.close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &finder{
		engine: e, known: codec{start: e.codec.start, lines: words{list: e.codec.lines.list}, books: words{list: e.codec.books.list}},
		lines: lines, books: books, ready: make(chan *asked, 2), cancel: cancel, done: make(chan struct{}),
	}
	go f.run(ctx)
	return f, nil
}

// stop ends the finder, wherever it is.
func (f *finder) stop() {
	f.cancel()
	<-f.done
}

// run walks both sides. An error of reading ends it: the merge reads the same.
func (f *finder) run(ctx context.Context) {
	defer close(f.done)
	defer f.lines.close()
	defer f.books.close()
	defer close(f.ready)
	f.next = &asked{known: map[string]bool{}}
	for batch := firstBatch; f.lines.current() != nil || f.books.current() != nil; {
		if f.step() != nil {
			return
		}
		if len(f.next.numbers) >= batch {
			if !f.find(ctx) {
				return
			}
			batch = lookupBatch
		}
	}
	f.find(ctx)
}

// step deals with the next number.
func (f *finder) step() error {
	l, b := f.lines.current(), f.books.current()
	var order int
	switch {
	case b == nil:
		order = -1
	case l == nil:
		order = 1
	default:
		order = bytes.Compare(l.object(), b.key)
	}
	if order < 0 {
		if err := f.unknown(l); err != nil {
			return err
		}
	}
	if order > 0 && b.key[0]&0xf0 == keyRefund {
		if err := f.absent(b); err != nil {
			return err
		}
	}
	if order <= 0 {
		if err := f.lines.skip(rowSize); err != nil {
			return err
		}
	}
	if order >= 0 {
		return f.books.skip(0)
	}
	return nil
}

// unknown asks for what a line without a record carries.
func (f *finder) unknown(e *entry) error {
	var l Line
	if err := f.known.line(&reader{b: e.payload}, &l); err != nil {
		return err
	}
	f.next.ask(e.object(), l.numbers()...)
	return nil
}

// absent asks where a refund without a line may stand.
func (f *finder) absent(e *entry) error {
	g := group{read: true, record: new(Record)}
	if err := f.known.record(&reader{b: e.payload}, g.record); err != nil {
		return err
	}
	if g.strays() {
		f.next.ask(e.key, g.record.Number)
	}
	return nil
}

// find looks up what was asked for and hands it to the merge. It reports whether
// to go on.
func (f *finder) find(ctx context.Context) bool {
	a := f.next
	f.next = &asked{known: map[string]bool{}}
	a.finds, a.err = f.engine.find(ctx, a.numbers)
	select {
	case f.ready <- a:
		return a.err == nil
	case <-ctx.Done():
		return false
	}
}

// found returns what a look-up told of the numbers, which those with a sort key
// carry. Keys come in their order.
func (f *finder) found(ctx context.Context, key []byte, numbers []string) (finds, error) {
	for f.now == nil || bytes.Compare(f.now.last, key) < 0 {
		a, more := <-f.ready
		if !more {
			break
		}
		if a.err != nil {
			return finds{}, a.err
		}
		f.now = a
	}
	if f.now != nil && f.now.has(numbers) {
		return f.now.finds, nil
	}
	return f.engine.find(ctx, numbers)
}

// skip moves on to the next number; keys end in tail bytes that do not belong to
// it.
func (a *ahead) skip(tail int) error {
	for a.more(tail) {
		if err := a.next(); err != nil {
			return err
		}
	}
	return a.next()
}
