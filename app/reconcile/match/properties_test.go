package match_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// Neither the order of the input nor the memory changes what comes of it.
func TestOrderAndMemoryDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed, things := rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(1, 200).Draw(rt, "things")
		memory := rapid.Int64Range(1, 64<<10).Draw(rt, "memory")
		plain, other := newWorld(seed, 6), newWorld(seed, 6)
		plain.fill(things)
		other.fill(things)
		a, b := newReconciler(plain), newReconciler(other)
		b.cfg.MemoryLimit, b.shuffle = memory, true
		for n := range plain.days {
			x, y := a.run(t, n), b.run(t, n)
			if !reflect.DeepEqual(x.outcome, y.outcome) || len(x.items) != len(y.items) {
				rt.Fatalf("day %d: %+v\nand %+v", n, x.outcome, y.outcome)
			}
			for i := range x.items {
				if dump(x.items[i]) != dump(y.items[i]) {
					rt.Fatalf("day %d: %s\nand %s", n, dump(x.items[i]), dump(y.items[i]))
				}
			}
			a.conclude(n, x.items)
			b.conclude(n, y.items)
		}
	})
}

func TestWhatFailsLeavesNothingBehind(t *testing.T) {
	broken := errors.New("broken")
	w := newWorld(5, 5)
	w.fill(4000)
	books := make([]match.Record, 0, len(w.books[0]))
	for _, th := range w.books[0] {
		books = append(books, th.on(0))
	}
	after := func(n int, err error) func(context.Context, func(*match.Record) error) error {
		return func(_ context.Context, yield func(*match.Record) error) error {
			for i := range books[:n] {
				if err := yield(&books[i]); err != nil {
					return err
				}
			}
			return err
		}
	}
	good := each(w.bills[0])
	bad := func(ctx context.Context, yield func(*channel.BillLine) error) error {
		if err := good(ctx, yield); err != nil {
			return err
		}
		return broken
	}
	none := func(*match.Item) error { return nil }
	nobody := func(context.Context, []string) ([]match.Record, error) { return nil, nil }
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	for name, run := range map[string]func(cfg match.Config) error{
		"the books": func(cfg match.Config) error {
			_, err := match.Run(t.Context(), cfg, after(len(books)/2, broken), good, nobody, none)
			return err
		},
		"the bill": func(cfg match.Config) error {
			_, err := match.Run(t.Context(), cfg, after(len(books), nil), bad, nobody, none)
			return err
		},
		"the lookup": func(cfg match.Config) error {
			_, err := match.Run(t.Context(), cfg, after(0, nil), good, func(context.Context, []string) ([]match.Record, error) { return nil, broken }, none)
			return err
		},
		"the sink": func(cfg match.Config) error {
			_, err := match.Run(t.Context(), cfg, after(len(books), nil), good, nobody, func(*match.Item) error { return broken })
			return err
		},
		"the result": func(cfg match.Config) error {
			cfg.Result = failing{broken}
			_, err := match.Run(t.Context(), cfg, after(len(books), nil), good, nobody, none)
			return err
		},
		"the end of it": func(cfg match.Config) error {
			cfg.Result = &failingAfter{n: 2, err: broken}
			_, err := match.Run(t.Context(), cfg, after(len(books), nil), good, nobody, none)
			return err
		},
		"the caller's patience": func(cfg match.Config) error {
			_, err := match.Run(gone, cfg, after(len(books), nil), good, nobody, none)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			dir := t.TempDir()
			var file bytes.Buffer
			err := run(match.Config{Day: w.day(0), Dir: dir, MemoryLimit: 64 << 10, Result: &file})
			if !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			for range 100 {
				if runtime.NumGoroutine() <= before {
					return
				}
				runtime.Gosched()
				time.Sleep(time.Millisecond)
			}
			t.Errorf("%d goroutines are left, there were %d", runtime.NumGoroutine(), before)
		})
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// failingAfter takes n writes: the head and some blocks.
type failingAfter struct {
	n   int
	err error
}

func (f *failingAfter) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestWhatIsNoDayIsRefused(t *testing.T) {
	_, err := match.Run(t.Context(), match.Config{Day: "24.11.2026"}, each[match.Record](nil), each[channel.BillLine](nil), nil, nil)
	if !app.Is(err, app.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyDayHasAnEmptyResult(t *testing.T) {
	items, out, result := day{}.run(t)
	if len(items) != 0 || out.Items != 0 || len(out.Accounts) != 0 || result.Items() != 0 || result.Day() != today {
		t.Errorf("%v, %+v, %d", items, out, result.Items())
	}
	if i, err := result.Lookup("payment:" + att(1)); i != nil || err != nil {
		t.Errorf("%v, %v", i, err)
	}
}

func TestARowOfAbsurdSizeIsRefused(t *testing.T) {
	huge := with(line(1), func(l *billLine) { l.Number = strings.Repeat("N", 20_000) })
	_, err := match.Run(t.Context(), match.Config{Day: today, Dir: t.TempDir()}, each[match.Record](nil), each([]billLine{huge}), nil, func(*match.Item) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

// A number that thousands of lines share is held in bounded memory, and each of
// its lines is told.
func TestThousandsOfRepetitionsAreEachTold(t *testing.T) {
	undone := with(refundLine(1), func(l *billLine) { l.RawState, l.RefundNumber, l.Amount = "REVOKED", "", 100_00 })
	for name, c := range map[string]struct {
		day
		want map[match.Class]int64
	}{
		"of ours":       {day{books: []match.Record{paid(1)}}, map[match.Class]int64{match.Matched: 1, match.Duplicate: 2999, match.StateDiffers: 1}},
		"of a stranger": {day{}, map[match.Class]int64{match.MissingHere: 2, match.Duplicate: 2999}},
		"of another day": {day{known: []match.Record{with(paid(1), func(r *record) { r.MatchedOn = today.Add(-1) })}},
			map[match.Class]int64{match.Duplicate: 3000, match.StateDiffers: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.day
			d.cfg.MemoryLimit = 64 << 10
			for n := range 3000 {
				d.lines = append(d.lines, with(line(1), func(l *billLine) { l.Row = n + 2 }))
			}
			d.lines = append(d.lines, with(undone, func(l *billLine) { l.Row = 5000 }))
			items, out, _ := d.run(t)
			keys := map[string]bool{}
			for _, i := range items {
				keys[i.Key()] = true
			}
			got := map[match.Class]int64{}
			for class, of := range out.All.Classes {
				got[class] = of.Items
			}
			if len(keys) != 3001 || len(items) != 3001 || !maps.Equal(got, c.want) {
				t.Errorf("%d items under %d keys: %v, want %v", len(items), len(keys), got, c.want)
			}
		})
	}
}

// Any byte of a result that is changed, and any cut, is noticed.
func TestADamagedResultIsRefused(t *testing.T) {
	w := newWorld(3, 5)
	w.fill(1500)
	c := newReconciler(w)
	whole := c.run(t, 0).file
	read := func(b []byte) error {
		r, err := match.OpenResult(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		return r.Each(func(*match.Item) error { return nil })
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := bytes.Clone(whole)
		if rapid.Bool().Draw(rt, "cut") {
			b = b[:rapid.IntRange(0, len(b)-1).Draw(rt, "size")]
		} else {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		}
		if err := read(b); !errors.Is(err, match.ErrResult) {
			rt.Fatalf("got %v", err)
		}
	})
}

// What is packed comes out as it went in, whatever it is.
func TestAnyLineAndRecordSurvivesTheFile(t *testing.T) {
	text := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[0-9]{1,40}`), rapid.StringMatching(`(att|rfd|pay)_[0-7][0-9A-HJKMNP-TV-Z]{25}`),
		rapid.StringMatching(`(att|rfd)_[0-9A-Za-z]{26}`), rapid.StringN(0, 20, 60))
	rapid.Check(t, func(rt *rapid.T) {
		money := func(name string) app.Money { return app.Money(rapid.Int64Range(0, 1<<40).Draw(rt, name)) }
		l := billLine{
			Row: 7, Kind: channel.LineRefund, At: at("12:00:01"), Number: text.Draw(rt, "number"), ChannelTradeNo: text.Draw(rt, "trade"),
			RefundNumber: "R" + text.Draw(rt, "refund"), ChannelRefundNo: text.Draw(rt, "channel refund"), RawState: text.Draw(rt, "raw"),
			RefundState: channel.RefundState(text.Draw(rt, "state")), Amount: money("amount"), Settlement: money("settlement"),
			Fee: app.Millifen(rapid.Int64Range(-1000, 1<<40).Draw(rt, "fee")), Rate: app.Rate(rapid.Int64Range(0, 1_000_000).Draw(rt, "rate")), HasRate: rapid.Bool().Draw(rt, "has rate"),
		}
		if !l.HasRate {
			l.Rate = 0
		}
		r := match.Record{
			Kind: channel.LineRefund, Number: l.RefundNumber, ChannelNo: text.Draw(rt, "our channel no"), AttemptID: text.Draw(rt, "attempt"), PaymentID: text.Draw(rt, "payment"),
			RefundID: text.Draw(rt, "id"), AccountID: text.Draw(rt, "account"), State: match.State(text.Draw(rt, "our state")), Amount: money("ours"), Settlement: money("our settlement"),
			At: app.Millis(rapid.Int64Range(0, 1<<41).Draw(rt, "at")), DoneAt: app.Millis(rapid.Int64Range(0, 1<<41).Draw(rt, "done")),
			Reversed: rapid.Bool().Draw(rt, "reversed"), Recovered: rapid.Bool().Draw(rt, "recovered"), CarriedFrom: app.Day(rapid.SampledFrom([]string{"", "2026-11-23"}).Draw(rt, "carried")),
		}
		if rapid.Bool().Draw(rt, "contracted") {
			r.HasContractRate, r.ContractRate = true, app.Rate(rapid.Int64Range(0, 1_000_000).Draw(rt, "contract"))
		}
		items, _, result := day{books: []match.Record{r}, lines: []billLine{l}, cfg: match.Config{Dir: os.TempDir()}}.run(t)
		if len(items) != 1 || items[0].Record == nil || !reflect.DeepEqual(*items[0].Record, r) || items[0].Line.RefundNumber != l.RefundNumber || items[0].Line.RawState != l.RawState {
			rt.Fatalf("%+v became %s", r, dump(items[0]))
		}
		kept, err := result.Lookup(items[0].Key())
		if err != nil || kept == nil || dump(kept) != dump(items[0]) {
			rt.Fatalf("%s is kept as %v, %v", dump(items[0]), kept, err)
		}
	})
}
