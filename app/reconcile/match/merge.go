package match

import (
	"bytes"
	"context"
)

// rest is the number whose lines go on in the next group.
type rest struct {
	key []byte
	counted
}

// merge walks the pairs and both sides by key.
func (e *engine) merge(ctx context.Context) error {
	var s sides
	for _, of := range [...]struct {
		sorter *sorter
		ahead  **ahead
	}{{e.pairs, &s.pairs}, {e.lines, &s.lines}, {e.books, &s.books}} {
		if err := of.sorter.sort(); err != nil {
			return err
		}
		read, err := of.sorter.read()
		if err != nil {
			return err
		}
		defer read.close()
		*of.ahead = read
	}
	if e.cfg.Result != nil {
		var err error
		if e.result, err = newResultWriter(e.cfg.Result, e.cfg.Day, e.codec); err != nil {
			return err
		}
		defer e.result.abandon()
	}
	var err error
	if e.finder, err = e.seek(ctx); err != nil {
		return err
	}
	defer e.finder.stop()
	for n := 0; s.more(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := e.step(ctx, &s); err != nil {
			return err
		}
	}
	if e.result != nil {
		return e.result.finish(e.out.Items)
	}
	return nil
}

// step deals with the next number's lines and record.
func (e *engine) step(ctx context.Context, s *sides) error {
	if done, err := e.plain(s); done || err != nil {
		return err
	}
	key := bytes.Clone(s.key())
	g, err := e.next(s, key)
	if err != nil {
		return err
	}
	return e.take(ctx, key, g)
}

// plain deals with the next number when it has one line and one record, alike,
// and reports whether it did. Otherwise it has moved nothing.
func (e *engine) plain(s *sides) (bool, error) {
	if s.pairNext() {
		pair := s.pairs.current()
		if err := e.keepPlain(pair.key, pair.payload); err != nil {
			return false, err
		}
		return true, s.pairs.next()
	}
	if e.cfg.All || !s.bothNext() {
		return false, nil
	}
	l, b := s.lines.current(), s.books.current()
	var p plain
	if !e.codec.plain(l.payload, b.payload, &p, e.judge) {
		return false, nil
	}
	e.count(&p, e.codec.books.list, 1)
	e.packed = appendPlain(e.packed[:0], &p, l.payload, b.payload)
	if err := e.keepPlain(b.key, e.packed); err != nil {
		return false, err
	}
	if err := s.lines.next(); err != nil {
		return false, err
	}
	return true, s.books.next()
}

// next reads the next number's lines and record.
func (e *engine) next(s *sides, key []byte) (*group, error) {
	g := &group{}
	for pair := s.pairs.current(); pair != nil && bytes.Equal(pair.key, key); pair = s.pairs.current() {
		line, record, err := e.apart(pair.payload)
		if err != nil {
			return nil, err
		}
		s.loose(line, key)
		g.add(record)
		if err := s.pairs.next(); err != nil {
			return nil, err
		}
	}
	for len(g.lines) < maxGroup {
		line, err := s.line(e.codec, key)
		if err != nil {
			return nil, err
		}
		if line == nil {
			break
		}
		g.lines = append(g.lines, line)
	}
	for b := s.books.current(); b != nil && bytes.Equal(b.key, key); b = s.books.current() {
		record := new(Record)
		if err := e.codec.record(&reader{b: b.payload}, record); err != nil {
			return nil, err
		}
		g.add(record)
		if err := s.books.next(); err != nil {
			return nil, err
		}
	}
	if g.record != nil {
		e.out.Records++
	}
	e.goOn(g, key, s)
	return g, nil
}

// apart takes a pair apart that is not alone under its number after all.
func (e *engine) apart(item []byte) (*Line, *Record, error) {
	line, record, ok := e.codec.plainSides(item)
	var p plain
	if !ok || !e.codec.plain(line, record, &p, e.judge) {
		return nil, nil, errBroken
	}
	e.count(&p, e.codec.books.list, -1)
	l, r := new(Line), new(Record)
	if err := e.codec.line(&reader{b: line}, l); err != nil {
		return nil, nil, err
	}
	return l, r, e.codec.record(&reader{b: record}, r)
}

// goOn remembers what a number's next group must know of its lines so far.
func (e *engine) goOn(g *group, key []byte, s *sides) {
	if bytes.Equal(e.rest.key, key) {
		g.before = e.rest.counted
	}
	e.rest = rest{}
	if len(g.lines) == maxGroup && s.hasLine(key) {
		paid, undone := g.split()
		e.rest = rest{key, counted{g.before.paid + len(paid), g.before.undone + len(undone)}}
	}
}
