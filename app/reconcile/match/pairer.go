package match

// pairer pairs lines with their records while both are being read: bill and
// books come in about the same order. A plain pair is counted, and sorted and
// merged as one entry with the packing of its item as its payload. All that finds
// no other side in the windows, and all that is not plain, goes to the sorter of
// its side; so does what comes again under the number of a pair. The merge puts
// them together, and takes such a pair apart.
type pairer struct {
	*engine
	lines, books *window
	known        codec // the words that have come with the loads
	other        entry
}

func (e *engine) newPairer() *pairer {
	budget := int(e.cfg.MemoryLimit / windowShare)
	size := min(max(budget/16, 1), loadSize-maxEntry)
	return &pairer{
		engine: e, known: codec{start: e.codec.start},
		lines: newWindow(newLoader(&e.codec.lines, size), rowSize, e.lines, budget),
		books: newWindow(newLoader(&e.codec.books, size), 0, e.books, budget),
	}
}

// run pairs until both sides have ended. A side that is far ahead of the other
// is let wait; when both are, neither is in the other's order, and both go on.
func (p *pairer) run() error {
	lines, books := p.lines.full, p.books.full
	for lines != nil || books != nil {
		fromLines, fromBooks := lines, books
		if l, b := p.lines.ahead(), p.books.ahead(); lines != nil && books != nil && l != b {
			if l {
				fromLines = nil
			} else {
				fromBooks = nil
			}
		}
		var err error
		select {
		case l, more := <-fromLines:
			if !more {
				lines = nil
				continue
			}
			p.known.lines.list = l.words
			err = p.take(p.lines, p.books, l, books != nil)
		case l, more := <-fromBooks:
			if !more {
				books = nil
				continue
			}
			p.known.books.list = l.words
			err = p.take(p.books, p.lines, l, lines != nil)
		}
		if err != nil {
			return err
		}
	}
	if err := p.lines.drain(); err != nil {
		return err
	}
	return p.books.drain()
}

// take looks for the other sides of a load's entries. Those that have none may
// wait for it while the other side goes on.
func (p *pairer) take(from, to *window, l *load, goesOn bool) error {
	if err := from.accept(l); err != nil {
		return err
	}
	var e entry
	for at := 0; at < len(l.buf); at += entrySize(l.buf[at:]) {
		e.read(l.buf[at:])
		object := from.object(&e)
		hash := hashOf(object)
		i := -1
		if !p.cfg.All {
			i = to.find(hash, object, &p.other)
		}
		if i < 0 && goesOn && !p.cfg.All {
			from.put(hash, l, at)
			continue
		}
		done := false
		if i >= 0 {
			line, record := &e, &p.other
			if to == p.lines {
				line, record = record, line
			}
			var err error
			if done, err = p.pair(line, record); err != nil {
				return err
			}
		}
		if done {
			to.paired(i)
		} else if err := from.sorter.copy(&e); err != nil {
			return err
		}
		l.done(at)
	}
	from.release()
	to.release()
	return nil
}

// pair makes a pair of a line and a record of one number when they are plain, and
// reports whether it did.
func (p *pairer) pair(line, record *entry) (bool, error) {
	var of plain
	if len(record.key)+len(line.payload)+len(record.payload) > maxEntry-entryHead-plainHead || !p.known.plain(line.payload, record.payload, &of, p.judge) {
		return false, nil
	}
	p.count(&of, p.known.books.list, 1)
	b := append(p.pairs.begin(), record.key...)
	return true, p.pairs.add(appendPlain(b, &of, line.payload, record.payload), len(b))
}
