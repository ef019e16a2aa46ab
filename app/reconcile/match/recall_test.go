package match_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// fill plants n things in the days that have four more after them.
func (w *world) fill(n int) {
	names := slices.Sorted(maps.Keys(faults))
	for range n {
		name := names[w.rng.IntN(len(names))]
		if w.rng.IntN(2) == 0 {
			name = "agreed"
		}
		w.kinds[name]++
		faults[name](w, w.rng.IntN(w.days-4))
	}
	for d := range w.days { // nearly in order, as bills and books are
		slices.SortStableFunc(w.bills[d], func(a, b channel.BillLine) int { return a.At.Compare(b.At) })
		sort.SliceStable(w.books[d], func(i, j int) bool { return w.books[d][i].At < w.books[d][j].At })
		for i := range w.bills[d] {
			w.bills[d][i].Row = i + 2
		}
	}
}

// reconciler runs the days one after the other, as the runs do: it carries what
// is in transit, and remembers where each record's line was found.
type reconciler struct {
	w       *world
	carried map[string]app.Day // by key, since when
	found   map[string]app.Day
	cfg     match.Config
	shuffle bool
}

func (c *reconciler) seen(r match.Record, day app.Day) match.Record {
	if on := c.found[match.Key(r.Kind, r.Number)]; on != day {
		r.MatchedOn = on
	}
	return r
}

func (c *reconciler) input(n int) (books []match.Record, lookup match.Lookup) {
	day := c.w.day(n)
	for _, th := range c.w.books[n] {
		books = append(books, c.seen(th.on(n), day))
	}
	index := map[string][]*thing{}
	for _, th := range c.w.all {
		index[th.Number] = append(index[th.Number], th)
		if th.ChannelNo != "" {
			index[th.ChannelNo] = append(index[th.ChannelNo], th)
		}
		if from, waits := c.carried[match.Key(th.Kind, th.Number)]; waits && from < day {
			r := c.seen(th.on(n), day)
			r.CarriedFrom = from
			books = append(books, r)
		}
	}
	return books, func(_ context.Context, numbers []string) ([]match.Record, error) {
		var out []match.Record
		for _, number := range numbers {
			for _, th := range index[number] {
				out = append(out, c.seen(th.on(n), day))
			}
		}
		return out, nil
	}
}

// dayCame is what a day came to.
type dayCame struct {
	items   []*match.Item
	outcome match.Outcome
	result  *match.Result
	file    []byte
	books   []match.Record
	lookup  match.Lookup
}

func (c *reconciler) run(t testing.TB, n int) dayCame {
	t.Helper()
	books, lookup := c.input(n)
	lines := slices.Clone(c.w.bills[n])
	if c.shuffle {
		c.w.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		c.w.rng.Shuffle(len(books), func(i, j int) { books[i], books[j] = books[j], books[i] })
	}
	var file bytes.Buffer
	cfg := c.cfg
	cfg.Day, cfg.All, cfg.Result, cfg.Dir = c.w.day(n), true, &file, t.TempDir()
	var items []*match.Item
	out, err := match.Run(t.Context(), cfg, each(books), each(lines), lookup, func(i *match.Item) error {
		items = append(items, i)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := match.OpenResult(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return dayCame{items: items, outcome: out, result: result, file: file.Bytes(), books: books, lookup: lookup}
}

// conclude takes over what a day came to.
func (c *reconciler) conclude(n int, items []*match.Item) {
	day := c.w.day(n)
	for _, i := range items {
		if i.Record == nil {
			continue
		}
		key := match.Key(i.Record.Kind, i.Record.Number)
		switch {
		case i.Line != nil:
			if c.found[key] == "" {
				c.found[key] = day
			}
			delete(c.carried, key)
		case i.Class == match.InTransit:
			if c.carried[key] == "" {
				c.carried[key] = day
			}
		default:
			delete(c.carried, key)
		}
	}
}

func newReconciler(w *world) *reconciler {
	return &reconciler{w: w, carried: map[string]app.Day{}, found: map[string]app.Day{}}
}

// classOf is an item's class with what it differs in besides.
func classOf(i *match.Item) string {
	s := string(i.Class)
	for _, c := range i.Also {
		s += "+" + string(c)
	}
	return s
}

// Thousands of planted faults of every class, alone and together, across
// midnights and over days: what is found is exactly what was planted.
func TestEveryPlantedFaultIsFoundAndNothingElse(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := newWorld(seed, 9)
			w.fill(20_000)
			c := newReconciler(w)
			c.cfg.MemoryLimit = 256 << 10
			planted, exceptions := 0, 0
			for name := range faults {
				if w.kinds[name] < 50 {
					t.Errorf("%q was planted %d times only", name, w.kinds[name])
				}
			}
			for n := range w.days {
				came := c.run(t, n)
				got, waiting := map[string]int{}, map[string]int{}
				for _, i := range came.items {
					switch {
					case i.Class.Exception():
						got[classOf(i)+" "+i.Key()]++
						exceptions++
					case i.Class == match.InTransit:
						waiting[i.Key()]++
					}
				}
				for _, many := range w.want[n] {
					planted += many
				}
				compare(t, string(w.day(n))+" exceptions", got, w.want[n])
				compare(t, string(w.day(n))+" in transit", waiting, w.wait[n])
				checkSums(t, w, n, came)
				c.checkPlain(t, n, came)
				c.conclude(n, came.items)
			}
			if planted < 4000 || exceptions != planted {
				t.Errorf("%d exceptions of %d planted", exceptions, planted)
			}
		})
	}
}

func compare(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	bad := 0
	for k := range merge(got, want) {
		if got[k] != want[k] {
			if bad++; bad <= 10 {
				t.Errorf("%s: %q %d times, want %d", what, k, got[k], want[k])
			}
		}
	}
	if bad > 10 {
		t.Errorf("%s: and %d more", what, bad-10)
	}
}

func merge(a, b map[string]int) map[string]int {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// checkSums: every line and every record stands in exactly one item, and the
// totals add up to what went in.
func checkSums(t *testing.T, w *world, n int, came dayCame) {
	t.Helper()
	lines, records, keys := 0, map[string]int{}, map[string]bool{}
	var billed, booked app.Money
	var fees app.Millifen
	rows := map[int]bool{}
	for _, i := range came.items {
		if keys[i.Key()] {
			t.Errorf("%s stands twice", i.Key())
		}
		keys[i.Key()] = true
		if i.Line != nil {
			lines++
			rows[i.Line.Row] = true
		}
		if i.Record != nil {
			records[match.Key(i.Record.Kind, i.Record.Number)]++
		}
	}
	for _, l := range w.bills[n] {
		switch {
		case l.Kind == "refund" && l.RefundState == "closed": // it went out and comes back
		case l.Kind == "refund":
			billed -= l.Amount
			fees -= l.Fee
		default:
			billed += l.Amount
			fees += l.Fee
		}
	}
	for _, th := range w.books[n] {
		r := th.on(n)
		if records[match.Key(r.Kind, r.Number)] != 1 {
			t.Errorf("%s stands %d times", r.Number, records[match.Key(r.Kind, r.Number)])
		}
		switch {
		case r.Kind == "payment" && r.State == "moved":
			booked += r.Amount
		case r.Kind == "refund" && r.State != "not":
			booked -= r.Amount
		}
	}
	out := came.outcome
	if lines != len(w.bills[n]) || len(rows) != lines || out.Lines != int64(lines) {
		t.Errorf("%d of %d lines stand in items, %d rows, %d counted", lines, len(w.bills[n]), len(rows), out.Lines)
	}
	if out.All.Channel.Moved() != billed || out.All.Channel.Fee != fees || out.All.Ours.Moved() != booked {
		t.Errorf("channel %s and fees %s, ours %s; want %s, %s and %s", out.All.Channel.Moved(), out.All.Channel.Fee.Yuan(), out.All.Ours.Moved(), billed, fees.Yuan(), booked)
	}
	var together match.Totals
	for account, of := range merge2(out.Accounts, &out.All) {
		var differ app.Money
		for _, c := range of.Classes {
			differ += c.Difference
		}
		if sum := of.Ours.Moved() + of.Arrived.Moved() + of.Waiting.Moved() - of.Elsewhere.Moved() - of.Channel.Moved(); sum != differ {
			t.Errorf("%q: the sides differ by %s, the classes by %s", account, sum, differ)
		}
		if account != "all" {
			together.Ours.Add(of.Ours)
			together.Channel.Add(of.Channel)
		}
	}
	if together.Ours != out.All.Ours || together.Channel != out.All.Channel {
		t.Errorf("the accounts add up to %+v, all are %+v", together, out.All)
	}
	checkResult(t, came)
}

func merge2(accounts map[string]*match.Totals, all *match.Totals) map[string]*match.Totals {
	out := maps.Clone(accounts)
	out["all"] = all
	return out
}

// checkResult: the file holds what the sink saw, in that order.
func checkResult(t *testing.T, came dayCame) {
	t.Helper()
	at := 0
	err := came.result.Each(func(i *match.Item) error {
		if at >= len(came.items) || dump(i) != dump(came.items[at]) {
			return fmt.Errorf("item %d of the file is %s", at, dump(i))
		}
		at++
		return nil
	})
	if err != nil || at != len(came.items) || came.result.Items() != int64(at) {
		t.Errorf("%d of %d items are in the file, which counts %d: %v", at, len(came.items), came.result.Items(), err)
	}
}

func dump(i *match.Item) string {
	s := fmt.Sprintf("%s %v %d %s %s %v %v %d", i.Key(), i.Class, i.Why, i.Repeat, classOf(i), i.Own, i.HasFee, i.Fee)
	if i.Line != nil {
		l := *i.Line
		at := l.At.UnixMilli()
		l.At = l.At.Truncate(0)
		s += fmt.Sprintf(" %d %+v", at, [...]any{l.Row, l.Kind, l.Number, l.ChannelTradeNo, l.RefundNumber, l.ChannelRefundNo, l.RawState, l.RefundState, l.Amount, l.Settlement, l.Fee, l.Rate, l.HasRate})
	}
	for _, r := range []*match.Record{i.Record, i.About} {
		if r != nil {
			s += fmt.Sprintf(" %+v", *r)
		}
	}
	return s
}

// checkPlain: what passes without a closer look is what a closer look finds
// nothing in. The same totals, the same file, and the rest for the sink.
func (c *reconciler) checkPlain(t *testing.T, n int, came dayCame) {
	t.Helper()
	books, lookup := came.books, came.lookup
	var file bytes.Buffer
	cfg := c.cfg
	cfg.Day, cfg.Result, cfg.Dir = c.w.day(n), &file, t.TempDir()
	var told []string
	out, err := match.Run(t.Context(), cfg, each(books), each(c.w.bills[n]), lookup, func(i *match.Item) error {
		told = append(told, dump(i))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, i := range came.items {
		if i.Class != match.Matched || i.Why != 0 || !i.Own {
			want = append(want, dump(i))
		}
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s: the sink was told of %d items, want %d", c.w.day(n), len(told), len(want))
	}
	if !reflect.DeepEqual(out, came.outcome) {
		t.Errorf("%s: %+v in short, %+v at length", c.w.day(n), out, came.outcome)
	}
	if !bytes.Equal(file.Bytes(), came.file) {
		t.Errorf("%s: the result files differ", c.w.day(n))
	}
}
