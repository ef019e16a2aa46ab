package match

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the keys look like, they come in order, and all of them.
func TestAnArenaIsSorted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		n := rapid.SampledFrom([]int{0, 1, 2, minRadix - 1, minRadix, 5000}).Draw(rt, "entries")
		differ := rapid.SampledFrom([]uint64{0, 1, 0xff, 0xfff0, 1<<31 - 1, 1<<44 - 1, 1<<44 | 1, ^uint64(0)}).Draw(rt, "bits")
		short := rapid.Bool().Draw(rt, "short")
		var a arena
		var sum uint64
		for range n {
			b := a.begin()
			b = binary.BigEndian.AppendUint64(b, 0x1101_9aa0_0000_0000^rng.Uint64()&differ)
			tail := rng.Uint64() & 3
			if b = binary.BigEndian.AppendUint64(b, tail); short {
				b = b[:len(b)-rng.IntN(16)]
			}
			if err := a.keep(b, len(b)); err != nil {
				rt.Fatal(err)
			}
		}
		for _, p := range a.index {
			sum += uint64(p.block)<<32 | uint64(p.at)
		}
		a.sort()
		if len(a.index) != n {
			rt.Fatalf("%d entries of %d", len(a.index), n)
		}
		for i, p := range a.index {
			sum -= uint64(p.block)<<32 | uint64(p.at)
			if i > 0 && bytes.Compare(a.keyAt(a.index[i-1]), a.keyAt(p)) > 0 {
				rt.Fatalf("%x before %x", a.keyAt(a.index[i-1]), a.keyAt(p))
			}
		}
		if sum != 0 {
			rt.Fatal("other entries than before")
		}
	})
}

// BenchmarkSort sorts what one spill has: entries of two hours, which come in the
// order of payment and are sorted by that of creation.
func BenchmarkSort(b *testing.B) {
	const n = 80_000
	rng := rand.New(rand.NewPCG(1, 1))
	var a arena
	for i := range uint64(n) {
		key := append(a.begin(), keyPayment|keyOurs)
		key = append(key, binary.BigEndian.AppendUint64(nil, (0x019aa000_0000+i*86+rng.Uint64N(90_000))<<16)[:6]...)
		key = binary.BigEndian.AppendUint64(key, rng.Uint64())
		if err := a.keep(key, len(key)); err != nil {
			b.Fatal(err)
		}
	}
	index := append([]place(nil), a.index...)
	for b.Loop() {
		copy(a.index, index)
		a.sort()
	}
}
