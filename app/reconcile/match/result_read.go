package match

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
	"strings"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Result is an open result file. Its methods may run at once.
type Result struct {
	at    io.ReaderAt
	foot  footer
	codec *codec

	mu     sync.Mutex
	recent [2]unpacked // of Lookup: who asks for one number asks for its neighbours next
}

// unpacked is a block's items by their keys.
type unpacked struct {
	n     int
	items map[string]*Item
}

// OpenResult reads the footer of a result file of size bytes. The error is
// ErrResult when the file is damaged, cut off, or of another kind or version.
func OpenResult(at io.ReaderAt, size int64) (*Result, error) {
	head := make([]byte, len(resultHead))
	if size < int64(len(head)+tailSize) {
		return nil, damaged("%d bytes are too few", size)
	}
	if _, err := at.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	if string(head) != resultHead {
		return nil, damaged("it begins with %q", head)
	}
	tail := make([]byte, tailSize)
	if _, err := at.ReadAt(tail, size-int64(tailSize)); err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	if string(tail[16:]) != resultTail {
		return nil, damaged("its end is missing")
	}
	offset, length := binary.BigEndian.Uint64(tail), int64(binary.BigEndian.Uint32(tail[8:]))
	if offset > uint64(size) || int64(offset)+length+int64(tailSize) != size {
		return nil, damaged("its footer lies elsewhere")
	}
	foot := make([]byte, length)
	if _, err := at.ReadAt(foot, int64(offset)); err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	if crc32.Checksum(foot, castagnoli) != binary.BigEndian.Uint32(tail[12:]) {
		return nil, damaged("the footer's checksum differs")
	}
	r := &Result{at: at}
	if err := r.foot.read(foot); err != nil {
		return nil, err
	}
	r.codec = newCodec(r.foot.day)
	r.codec.lines.list, r.codec.books.list = r.foot.lines, r.foot.books
	return r, nil
}

// Day is the day that was matched.
func (r *Result) Day() app.Day { return r.foot.day }

// Items is how many there are.
func (r *Result) Items() int64 { return r.foot.items }

// Each yields every item in order. An item stays valid.
func (r *Result) Each(yield func(*Item) error) error {
	for n := range r.foot.blocks {
		if err := r.block(n, yield); err != nil {
			return err
		}
	}
	return nil
}

// Lookup returns the item with the key, nil when there is none; it is shared and
// must not be changed. It reads one block, and none for a neighbour of what was
// asked for last.
func (r *Result) Lookup(key string) (*Item, error) {
	for _, sorted := range sortKeys(key) {
		found, err := r.find(sorted, key)
		if found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// Found reports whether the record with the key was found in this day's bill:
// whether an item holds both it and a line.
func (r *Result) Found(key string) (bool, error) {
	i, err := r.Lookup(key)
	return i != nil && i.Line != nil && i.Record != nil, err
}

// Key names a payment by its attempt's id, or a refund by its number, as
// Item.Key does.
func Key(kind channel.LineKind, number string) string { return key(kind, number) }

// sortKeys are what an item of the key may be sorted by: what it ends in may
// tell repetitions apart or be a part of the number.
func sortKeys(text string) [][]byte {
	kind, name, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	of := channel.LineKind(kind)
	if id, ok := strings.CutPrefix(name, unnamed); ok && of == channel.LineRefund {
		return [][]byte{append([]byte{keyRefund | keyUnnamed}, id...), appendKey(nil, of, name)}
	}
	out := [][]byte{appendKey(nil, of, name)}
	for _, mark := range []string{"#", reversal} {
		if at := strings.LastIndex(name, mark); at >= 0 {
			name = name[:at]
			out = append(out, appendKey(nil, of, name))
		}
	}
	return out
}

// find looks for an item among those of a sort key.
func (r *Result) find(sorted []byte, key string) (*Item, error) {
	blocks := r.foot.blocks
	// The first block that begins at or after the key; the one before it may hold
	// the key too.
	from := sort.Search(len(blocks), func(n int) bool { return bytes.Compare(blocks[n].first, sorted) >= 0 })
	for n := max(from-1, 0); n < len(blocks) && bytes.Compare(blocks[n].first, sorted) <= 0; n++ {
		items, err := r.unpack(n)
		if err != nil {
			return nil, err
		}
		if found := items[key]; found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// unpack returns a block's items by their keys. The last ones are kept.
func (r *Result) unpack(n int) (map[string]*Item, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, u := range r.recent {
		if u.items != nil && u.n == n {
			r.recent[0], r.recent[i] = r.recent[i], r.recent[0]
			return u.items, nil
		}
	}
	items := map[string]*Item{}
	err := r.block(n, func(i *Item) error {
		items[i.Key()] = i
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.recent[1] = r.recent[0]
	r.recent[0] = unpacked{n, items}
	return items, nil
}

// block unpacks a block and yields its items.
func (r *Result) block(n int, yield func(*Item) error) error {
	b := r.foot.blocks[n]
	if b.size < 0 || b.raw < 0 || b.raw > 2*blockSize {
		return damaged("block %d is said to have %d bytes", n, b.raw)
	}
	packed := make([]byte, b.size)
	if _, err := r.at.ReadAt(packed, b.offset); err != nil {
		return fmt.Errorf("read block %d of a result: %w", n, err)
	}
	if crc32.Checksum(packed, castagnoli) != b.sum {
		return damaged("the checksum of block %d differs", n)
	}
	raw, err := s2.Decode(make([]byte, b.raw), packed)
	if err != nil {
		return damaged("unpack block %d: %v", n, err)
	}
	for in := (&reader{b: raw}); len(in.b) > 0; {
		i := new(Item)
		if err := r.codec.item(in, i); err != nil {
			return damaged("block %d", n)
		}
		if err := yield(i); err != nil {
			return err
		}
	}
	return nil
}
