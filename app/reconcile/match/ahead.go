package match

import "bytes"

// ahead merges a side's runs in a goroutine of its own, some hundred entries
// before they are needed: merging both sides and comparing them then share two
// processors.
type ahead struct {
	full, free chan *batch
	stop, done chan struct{}
	batch      *batch // being read, nil at the end
	at         int    // in it
	following  *batch // received already, to look at its first entry
}

// batch holds copies of consecutive entries.
type batch struct {
	buf     []byte
	entries []entry
	err     error // after them
}

const (
	batchSize    = 1 << 16
	batchEntries = 512
	batches      = 8
)

// readAhead starts reading. The caller closes it before the sorter.
func readAhead(m *merged) (*ahead, error) {
	a := &ahead{full: make(chan *batch, batches), free: make(chan *batch, batches), stop: make(chan struct{}), done: make(chan struct{})}
	for range batches {
		a.free <- &batch{buf: make([]byte, 0, batchSize), entries: make([]entry, 0, batchEntries)}
	}
	go a.fill(m)
	a.batch = <-a.full
	return a, a.failed()
}

func (a *ahead) fill(m *merged) {
	defer close(a.done)
	defer close(a.full)
	for m.current() != nil {
		var b *batch
		select {
		case <-a.stop:
			return
		case b = <-a.free:
		}
		b.take(m)
		select {
		case <-a.stop:
			return
		case a.full <- b:
		}
		if b.err != nil {
			return
		}
	}
}

// take copies entries until the batch is full or there are no more.
func (b *batch) take(m *merged) {
	b.buf, b.entries, b.err = b.buf[:0], b.entries[:0], nil
	for e := m.current(); e != nil && len(b.entries) < batchEntries && cap(b.buf)-len(b.buf) >= maxEntry; e = m.current() {
		from := len(b.buf)
		b.buf = append(append(b.buf, e.key...), e.payload...)
		keyEnd := from + len(e.key)
		b.entries = append(b.entries, entry{prefix: e.prefix, key: b.buf[from:keyEnd:keyEnd], payload: b.buf[keyEnd:]})
		if b.err = m.next(); b.err != nil {
			return
		}
	}
}

// current is the next entry, nil at the end; it is valid until next.
func (a *ahead) current() *entry {
	if a.batch == nil {
		return nil
	}
	return &a.batch.entries[a.at]
}

// next moves on.
func (a *ahead) next() error {
	if a.at++; a.at < len(a.batch.entries) {
		return nil
	}
	if err := a.failed(); err != nil {
		return err
	}
	read := a.batch
	if a.batch = a.following; a.batch == nil {
		a.batch = <-a.full
	}
	a.following, a.at = nil, 0
	a.free <- read
	return nil
}

// more reports whether the entry after the current one has the same key, but for
// its last tail bytes.
func (a *ahead) more(tail int) bool {
	entries, at := a.batch.entries, a.at+1
	if at == len(entries) {
		if a.following == nil {
			a.following = <-a.full
		}
		if a.following == nil {
			return false
		}
		entries, at = a.following.entries, 0
	}
	key, object := entries[at].key, a.current().key
	return bytes.Equal(key[:len(key)-tail], object[:len(object)-tail])
}

// failed is what ended the reading after the batch.
func (a *ahead) failed() error {
	if a.batch == nil {
		return nil
	}
	return a.batch.err
}

// close ends the goroutine.
func (a *ahead) close() {
	close(a.stop)
	<-a.done
}
