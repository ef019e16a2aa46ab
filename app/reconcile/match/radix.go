package match

import (
	"bytes"
	"math/bits"
	"slices"
)

// What is sorted comes nearly in order, so that the prefixes of its keys differ
// in few bits: sorting by these takes an eighth of the time that comparing does.
const (
	digitBits = 11
	maxDigits = 4   // where more differ, comparing is quicker
	minRadix  = 512 // entries
)

// sort puts the index in the order of the keys.
func (a *arena) sort() {
	if low, digits := a.differing(); len(a.index) < minRadix || digits > maxDigits {
		slices.SortFunc(a.index, a.compare)
	} else {
		a.radix(low, digits)
	}
}

// differing tells which digits the prefixes differ in: how many, from which bit.
func (a *arena) differing() (low, digits int) {
	var differ uint64
	for _, p := range a.index {
		differ |= p.prefix ^ a.index[0].prefix
	}
	if differ == 0 {
		return 0, 0
	}
	low = bits.TrailingZeros64(differ)
	return low, (bits.Len64(differ) - low + digitBits - 1) / digitBits
}

// radix sorts by the differing digits of the prefixes, the last first, and then
// what has the same prefix by the rest of the key.
func (a *arena) radix(low, digits int) {
	from, to := a.index, slices.Grow(a.scratch[:0], len(a.index))[:len(a.index)]
	for d := range digits {
		shift := low + d*digitBits
		var next [1 << digitBits]uint32
		for _, p := range from {
			next[p.prefix>>shift%(1<<digitBits)]++
		}
		sum := uint32(0)
		for i, n := range next {
			next[i], sum = sum, sum+n
		}
		for _, p := range from {
			at := &next[p.prefix>>shift%(1<<digitBits)]
			to[*at] = p
			*at++
		}
		from, to = to, from
	}
	a.index, a.scratch = from, to
	for len(from) > 0 {
		n := 1
		for n < len(from) && from[n].prefix == from[0].prefix {
			n++
		}
		if n > 1 {
			slices.SortFunc(from[:n], a.compare)
		}
		from = from[n:]
	}
}

func (a *arena) compare(p, q place) int {
	switch {
	case p.prefix < q.prefix:
		return -1
	case p.prefix > q.prefix:
		return 1
	}
	return bytes.Compare(a.keyAt(p), a.keyAt(q))
}

func (a *arena) keyAt(p place) []byte {
	b := a.at(p)
	return b[entryHead : entryHead+keySize(b)]
}
