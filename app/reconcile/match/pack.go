package match

import (
	"encoding/binary"
	"errors"
)

// Strings are packed on their way through temporary files and results: an id of
// ours takes 17 bytes instead of 30, a channel's number of 28 digits 16. Equal
// strings have equal packings and no others.
const (
	packEmpty   = 0
	packRaw     = 1
	packDigits  = 2 // length in digits, then two digits per byte
	packAttempt = 3 // att_ and a ULID's 16 bytes; the others alike
	packRefund  = 4
	packPayment = 5
)

var packPrefixes = [...]string{packAttempt: "att_", packRefund: "rfd_", packPayment: "pay_"}

const (
	prefixSize = 4
	ulidText   = 26
	ulidSize   = 16
)

var errBroken = errors.New("broken encoding")

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// crockfordOf is each character's value, 0xff for what is none.
var crockfordOf = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range len(crockford) {
		t[crockford[i]] = byte(i)
	}
	return t
}()

// appendULID packs the 26 characters of a canonical ULID, and reports whether s
// is one.
func appendULID(b []byte, s string) ([]byte, bool) {
	s = s[:ulidText]
	// 128 bits, of which the first character holds three: the first thirteen make
	// 63, the last twelve 60, and the one between belongs to both halves. The two
	// chains do not wait for each other.
	var first, last uint64
	var bad byte
	for i := range 12 {
		v, w := crockfordOf[s[i]], crockfordOf[s[i+14]]
		bad |= v | w
		first, last = first<<5|uint64(v&31), last<<5|uint64(w&31)
	}
	v, w := crockfordOf[s[12]], crockfordOf[s[13]]
	if (bad|v|w)&0xe0 != 0 || s[0] > '7' {
		return b, false
	}
	first = first<<5 | uint64(v&31)
	b = binary.BigEndian.AppendUint64(b, first<<1|uint64(w&31)>>4)
	return binary.BigEndian.AppendUint64(b, uint64(w&31)<<60|last), true
}

func unpackULID(out []byte, p []byte) []byte {
	hi, lo := binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])
	var text [ulidText]byte
	for i := ulidText - 1; i >= 0; i-- {
		text[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return append(out, text[:]...)
}

// packTag returns the tag of s when it is an id with one of the prefixes by its
// looks; the ULID itself is checked while it is packed.
func packTag(s string) byte {
	if len(s) != prefixSize+ulidText {
		return packRaw
	}
	switch s[:prefixSize] {
	case "att_":
		return packAttempt
	case "rfd_":
		return packRefund
	case "pay_":
		return packPayment
	}
	return packRaw
}

func appendString(b []byte, s string) []byte {
	if s == "" {
		return append(b, packEmpty)
	}
	if tag := packTag(s); tag != packRaw {
		if packed, ok := appendULID(append(b, tag), s[prefixSize:]); ok {
			return packed
		}
	} else if len(s) < 256 && allDigits(s) {
		return appendDigits(b, s)
	}
	b = append(b, packRaw)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

func appendDigits(b []byte, s string) []byte {
	b = append(b, packDigits, byte(len(s)))
	for ; len(s) >= 2; s = s[2:] {
		b = append(b, (s[0]-'0')<<4|(s[1]-'0'))
	}
	if len(s) == 1 {
		b = append(b, (s[0]-'0')<<4)
	}
	return b
}

// reader takes a packed entry apart. Text collects all its strings, so that they
// cost one allocation together. What does not fit sets broken.
type reader struct {
	b      []byte
	text   []byte
	broken bool
}

func (r *reader) err() error {
	if r.broken {
		return errBroken
	}
	return nil
}

// span is a string within reader.text.
type span struct{ from, to int }

func (r *reader) str() span {
	from := len(r.text)
	switch tag := r.byte(); tag {
	case packEmpty:
	case packRaw:
		r.text = append(r.text, r.take(r.uvarint())...)
	case packDigits:
		n := int(r.byte())
		for i, pair := range r.take(uint64(n+1) / 2) {
			r.text = append(r.text, '0'+pair>>4)
			if 2*i+1 < n {
				r.text = append(r.text, '0'+pair&15)
			}
		}
	case packAttempt, packRefund, packPayment:
		if id := r.take(ulidSize); !r.broken {
			r.text = unpackULID(append(r.text, packPrefixes[tag]...), id)
		}
	default:
		r.broken = true
	}
	return span{from, len(r.text)}
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.broken = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if r.broken || n > uint64(len(r.b)) {
		r.broken = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.broken = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}
