package match

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// A table with few hashes holds what a plain list does.
func TestAWindowFindsWhatWaits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWindow(newLoader(&words{}, 1<<10), 0, newSorter(t.TempDir(), 1<<20), 1<<16)
		l := &load{}
		type waiting struct {
			hash uint32
			key  string
			at   int
		}
		var want []waiting
		if err := w.accept(l); err != nil {
			rt.Fatal(err)
		}
		for n := range rapid.IntRange(1, 300).Draw(rt, "steps") {
			if len(want) > 0 && rapid.IntRange(0, 2).Draw(rt, "what") == 0 {
				i := rapid.IntRange(0, len(want)-1).Draw(rt, "which")
				var e entry
				slot := w.find(want[i].hash, []byte(want[i].key), &e)
				if slot < 0 || string(e.key) != want[i].key {
					rt.Fatalf("%q is not found", want[i].key)
				}
				w.paired(slot)
				want = append(want[:i], want[i+1:]...)
				continue
			}
			// The upper bits are a place in the table: nearly all have the same, or one beside it.
			hash := uint32(rapid.IntRange(0, 7).Draw(rt, "high"))<<26 | uint32(rapid.IntRange(0, 3).Draw(rt, "low"))<<1 | 1
			key, at := fmt.Sprintf("%04d", n), len(l.buf)
			l.buf = binary.BigEndian.AppendUint16(l.buf, uint16(len(key)))
			l.buf = append(append(l.buf, 0, 0), key...)
			l.all++
			l.left++
			w.put(hash, l, at)
			want = append(want, waiting{hash, key, at})
		}
		if w.held != len(want) || l.left != len(want) {
			rt.Fatalf("%d wait in the table and %d in the load, want %d", w.held, l.left, len(want))
		}
		var e entry
		for _, of := range want {
			if i := w.find(of.hash, []byte(of.key), &e); i < 0 || int(uint32(w.table[i])) != of.at {
				rt.Fatalf("%q is not found", of.key)
			}
		}
	})
}

// What comes in the same order is paired while it is read, in whatever memory;
// what comes the other way round waits for the merge.
func TestSidesInTheSameOrderArePaired(t *testing.T) {
	const n = 3000
	start := app.Day("2026-11-24").Start()
	for _, memory := range []int64{64 << 10, 0} {
		for _, backwards := range []bool{false, true} {
			e := newEngine(Config{Day: "2026-11-24", Dir: t.TempDir(), MemoryLimit: memory}, nil, nil)
			number := func(i int) string { return fmt.Sprintf("att_01KAT%021d", i) }
			err := e.read(t.Context(), eachOf(n, func(i int) *Record {
				return &Record{Kind: channel.LinePayment, Number: number(i), AttemptID: number(i), State: Moved, Amount: 100, At: app.ToMillis(start)}
			}), eachOf(n, func(i int) *channel.BillLine {
				if backwards {
					i = n - 1 - i
				}
				return &channel.BillLine{Row: i + 2, Kind: channel.LinePayment, Number: number(i), At: start, RawState: "SUCCESS", Amount: 100, Settlement: 100}
			}))
			if err != nil {
				t.Fatal(err)
			}
			if paired := e.out.Items; !backwards && paired < n*9/10 || backwards && memory != 0 && paired > n/2 {
				t.Errorf("in %d bytes %d of %d were paired (backwards: %v)", memory, paired, n, backwards)
			}
			if err := e.close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// A side that comes slowly finds all that it has in common with the other: the
// quick one waits for it, and only what the slow one has passed goes to the sort.
func TestTheQuickSideWaitsForTheSlowOne(t *testing.T) {
	const n, alone = 4000, 20 // of each side one in twenty has no other side
	start := app.Day("2026-11-24").Start()
	number := func(i int) string { return fmt.Sprintf("att_01KAT%021d", i) }
	records := eachOf(n, func(i int) *Record {
		if i%alone == 1 {
			i += n
		}
		return &Record{Kind: channel.LinePayment, Number: number(i), AttemptID: number(i), State: Moved, Amount: 100, At: app.ToMillis(start)}
	})
	lines := eachOf(n, func(i int) *channel.BillLine {
		if i%alone == 2 {
			i += n
		}
		return &channel.BillLine{Row: i + 2, Kind: channel.LinePayment, Number: number(i), At: start, RawState: "SUCCESS", Amount: 100, Settlement: 100}
	})
	for slow, sides := range map[string]struct {
		books Books
		lines Lines
	}{
		"books": {slowly(records), lines},
		"lines": {records, slowly(lines)},
	} {
		t.Run(slow, func(t *testing.T) {
			e := newEngine(Config{Day: "2026-11-24", Dir: t.TempDir(), MemoryLimit: 1 << 20}, nil, nil)
			defer func() { _ = e.close() }()
			if err := e.read(t.Context(), sides.books, sides.lines); err != nil {
				t.Fatal(err)
			}
			if want := int64(n - 2*n/alone); e.out.Items != want {
				t.Errorf("%d were paired, want %d", e.out.Items, want)
			}
		})
	}
}

// slowly yields rows a hundred at a time, with pauses in which the other side can
// come far.
func slowly[T any](rows func(context.Context, func(*T) error) error) func(context.Context, func(*T) error) error {
	return func(ctx context.Context, yield func(*T) error) error {
		n := 0
		return rows(ctx, func(row *T) error {
			if n++; n%100 == 0 {
				time.Sleep(time.Millisecond)
			}
			return yield(row)
		})
	}
}

func eachOf[T any](n int, row func(i int) *T) func(context.Context, func(*T) error) error {
	return func(_ context.Context, yield func(*T) error) error {
		for i := range n {
			if err := yield(row(i)); err != nil {
				return err
			}
		}
		return nil
	}
}
