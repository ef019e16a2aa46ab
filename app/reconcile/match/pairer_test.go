package match_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// came is what a day came to with pairs or, as All has it, without.
func (d day) came(t testing.TB, books match.Books, lines match.Lines) (told []string, out match.Outcome, file []byte) {
	t.Helper()
	var into bytes.Buffer
	cfg := d.cfg
	cfg.Result, cfg.Dir = &into, t.TempDir()
	if cfg.Day == "" {
		cfg.Day = today
	}
	out, err := match.Run(t.Context(), cfg, books, lines, d.find, func(i *match.Item) error {
		if i.Class != match.Matched || i.Why != 0 || !i.Own {
			told = append(told, dump(i))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return told, out, into.Bytes()
}

// checkPairs: pairing while reading changes nothing of what comes of a day,
// whatever fits into the windows. Pauses of up to 200 µs let now one side come
// first and now the other.
func (d day) checkPairs(t *testing.T, memory int64, pauses uint64) {
	t.Helper()
	slow := d
	slow.cfg.All = true
	wantTold, wantOut, wantFile := slow.came(t, each(d.books), each(d.lines))
	d.cfg.MemoryLimit = memory
	told, out, file := d.came(t, pausing(d.books, pauses), pausing(d.lines, ^pauses))
	if !slices.Equal(told, wantTold) {
		t.Errorf("in %d bytes the sink was told\n%q, want\n%q", memory, told, wantTold)
	}
	if !reflect.DeepEqual(out, wantOut) {
		t.Errorf("in %d bytes the day came to\n%+v, want\n%+v", memory, out, wantOut)
	}
	if !bytes.Equal(file, wantFile) {
		t.Errorf("in %d bytes the result files differ", memory)
	}
}

func pausing[T any](rows []T, seed uint64) func(context.Context, func(*T) error) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(ctx context.Context, yield func(*T) error) error {
		return each(rows)(ctx, func(row *T) error {
			if rng.IntN(16) == 0 {
				time.Sleep(time.Duration(rng.IntN(200)) * time.Microsecond)
			}
			return yield(row)
		})
	}
}

// Of a day with every kind of fault, in the order of the channel or another.
func TestPairingChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(rt, "seed"), 6)
		w.fill(rapid.IntRange(1, 150).Draw(rt, "things"))
		memory := rapid.SampledFrom([]int64{1, 4 << 10, 32 << 10, 256 << 10, 0}).Draw(rt, "memory")
		order := rapid.SampledFrom([]string{"as it is", "bill backwards", "books backwards", "rotated", "at random"}).Draw(rt, "order")
		c := newReconciler(w)
		for n := range w.days {
			books, lookup := c.input(n)
			lines := slices.Clone(w.bills[n])
			switch order {
			case "bill backwards":
				slices.Reverse(lines)
			case "books backwards":
				slices.Reverse(books)
			case "rotated":
				half := len(lines) / 2
				lines = append(lines[half:], lines[:half]...)
			case "at random":
				w.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			}
			known, err := lookup(t.Context(), numbersOf(lines))
			if err != nil {
				rt.Fatal(err)
			}
			day{books: books, lines: lines, known: known, cfg: match.Config{Day: w.day(n)}}.checkPairs(t, memory, w.rng.Uint64())
			if t.Failed() {
				rt.Fatalf("seed and order as drawn, day %d", n)
			}
			c.conclude(n, c.run(t, n).items)
		}
	})
}

func numbersOf(lines []channel.BillLine) (out []string) {
	for _, l := range lines {
		out = append(out, l.Number, l.ChannelTradeNo, l.RefundNumber, l.ChannelRefundNo)
	}
	return slices.DeleteFunc(out, func(n string) bool { return n == "" })
}

// A line and a record that have met are no pair any more when another line or
// record of their number comes, however late.
func TestAPairMeetsItsRepetitions(t *testing.T) {
	var plain day
	for n := range 2000 {
		plain.books = append(plain.books, paid(n))
		plain.lines = append(plain.lines, with(line(n), func(l *billLine) { l.Row = n + 2 }))
	}
	again := func(n, times int) (out []billLine) {
		for i := range times {
			out = append(out, with(line(n), func(l *billLine) { l.Row = 5000 + i }))
		}
		return out
	}
	carried := with(paid(7), func(r *record) { r.CarriedFrom = today.Add(-1) })
	elsewhere := with(carried, func(r *record) { r.MatchedOn = today.Add(-1) })
	for name, c := range map[string]day{
		"nothing":                  {},
		"a line":                   {lines: again(7, 1)},
		"a line before":            {lines: again(7, 1)},
		"hundreds of lines":        {lines: again(7, 700)},
		"hundreds of lines before": {lines: again(7, 700)},
		"a record":                 {books: []record{paid(7)}},
		"a carried record":         {books: []record{carried}},
		"one matched elsewhere":    {books: []record{elsewhere}},
		"a line and a record":      {lines: again(7, 1), books: []record{carried}},
		"another pair":             {lines: again(7, 1), books: []record{paid(7)}},
		"lines and a record":       {lines: again(7, 600), books: []record{paid(7)}},
		"a reversal":               {lines: []billLine{with(refundLine(7), func(l *billLine) { l.RawState, l.RefundNumber, l.Amount = "REVOKED", "", 100_00 })}},
		"another amount":           {lines: []billLine{with(line(7), func(l *billLine) { l.Row, l.Amount = 5000, 1 })}},
	} {
		for _, memory := range []int64{1, 16 << 10, 512 << 10, 0} {
			t.Run(fmt.Sprintf("%s in %d bytes", name, memory), func(t *testing.T) {
				d := day{books: slices.Concat(plain.books, c.books), lines: slices.Concat(plain.lines, c.lines)}
				if name == "a line before" || name == "hundreds of lines before" {
					d.lines = slices.Concat(c.lines, plain.lines)
				}
				d.checkPairs(t, memory, 1)
			})
		}
	}
}

// What waits for a bill of the next days, or comes to its line from an earlier
// one, is told the same on either side of a window's edge.
func TestWhatIsInTransitCrossesAWindowsEdge(t *testing.T) {
	midnight := with(paid(1), func(r *record) { r.At = app.ToMillis(at("23:59:30")) })
	open := with(refunded(2), func(r *record) { r.State, r.DoneAt = match.Open, 0 })
	arrived := with(paid(3), func(r *record) { r.CarriedFrom, r.At = today.Add(-1), r.At.Add(-24*time.Hour) })
	late := with(paid(4), func(r *record) { r.CarriedFrom, r.At = today.Add(-3), r.At.Add(-72*time.Hour) })
	special, line3 := []record{midnight, open, arrived, late}, line(3)
	var plain day
	for n := range 2000 {
		plain.books = append(plain.books, paid(n+10))
		plain.lines = append(plain.lines, with(line(n+10), func(l *billLine) { l.Row = n + 12 }))
	}
	for name, d := range map[string]day{
		"both at the beginning":      {books: slices.Concat(special, plain.books), lines: slices.Concat([]billLine{line3}, plain.lines)},
		"the books at the beginning": {books: slices.Concat(special, plain.books), lines: slices.Concat(plain.lines, []billLine{line3})},
		"the bill at the beginning":  {books: slices.Concat(plain.books, special), lines: slices.Concat([]billLine{line3}, plain.lines)},
		"both at the end":            {books: slices.Concat(plain.books, special), lines: slices.Concat(plain.lines, []billLine{line3})},
		"no line comes":              {books: slices.Concat(special, plain.books), lines: plain.lines},
	} {
		for _, memory := range []int64{1, 64 << 10, 0} {
			t.Run(fmt.Sprintf("%s in %d bytes", name, memory), func(t *testing.T) {
				d.checkPairs(t, memory, 2)
				d.cfg.MemoryLimit = memory
				_, out, _ := d.came(t, each(d.books), each(d.lines))
				transit, missing := int64(2), int64(1)
				if name == "no line comes" {
					transit++
				}
				if c := out.All.Classes; c[match.InTransit].Items != transit || c[match.MissingAtChannel].Items != missing || c[match.Matched].Items != 2004-transit-missing {
					t.Errorf("the day came to %+v", c)
				}
			})
		}
	}
}
