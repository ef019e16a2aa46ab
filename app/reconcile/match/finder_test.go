package match_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// Lines that our books do not hold are looked up many at once, each number once,
// and never two look-ups at a time, even where one was not foreseen: that of
// further lines of a number which we know.
func TestUnknownLinesAreLookedUpTogether(t *testing.T) {
	const unknown = 2000
	d := day{books: []match.Record{paid(1)}}
	for n := range 600 { // of one number, more than are judged at once
		d.lines = append(d.lines, with(line(1), func(l *billLine) { l.Row, l.ChannelTradeNo = n+2, fmt.Sprintf("42000%023d", 1+n*10_000) }))
	}
	for n := range unknown {
		d.lines = append(d.lines, with(line(n+2), func(l *billLine) { l.Row = n + 1000 }))
		if n%2 == 0 {
			d.known = append(d.known, with(paid(n+2), func(r *match.Record) { r.At = 0; r.State = match.Open }))
		}
	}
	var calls, busy atomic.Int64
	asked := map[string]int{}
	lookup := func(ctx context.Context, numbers []string) ([]match.Record, error) {
		if busy.Add(1) > 1 {
			t.Error("two look-ups at once")
		}
		defer busy.Add(-1)
		calls.Add(1)
		time.Sleep(2 * time.Millisecond)
		for _, n := range numbers {
			asked[n]++
		}
		return d.find(ctx, numbers)
	}
	classes := map[match.Class]int{}
	_, err := match.Run(t.Context(), match.Config{Day: today, Dir: t.TempDir()}, each(d.books), each(d.lines), lookup, func(i *match.Item) error {
		classes[i.Class]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(classes), fmt.Sprint(map[match.Class]int{match.Duplicate: 599, match.MissingHere: unknown / 2, match.StateDiffers: unknown / 2}); got != want {
		t.Errorf("the day came to %s, want %s", got, want)
	}
	for n := range unknown {
		if l := line(n + 2); asked[l.Number] != 1 || asked[l.ChannelTradeNo] != 1 {
			t.Fatalf("%s was asked for %d times, %s %d times", l.Number, asked[l.Number], l.ChannelTradeNo, asked[l.ChannelTradeNo])
		}
	}
	if most := int64(2*unknown/400 + 1 + 2); calls.Load() > most { // those of the known number besides
		t.Errorf("%d look-ups, want %d at most", calls.Load(), most)
	}
}

// A refund that was given back the day before by the channel's clock, and today
// by ours, is found there however many there are.
func TestStraysAreLookedUpTogether(t *testing.T) {
	const n = 1000
	var d day
	for i := range n {
		d.books = append(d.books, refunded(i))
		if i%2 == 0 {
			d.known = append(d.known, with(refunded(i), func(r *match.Record) { r.MatchedOn = today.Add(-1) }))
		}
	}
	calls, elsewhere, missing := 0, 0, 0
	lookup := func(ctx context.Context, numbers []string) ([]match.Record, error) {
		calls++
		return day{known: d.known}.find(ctx, numbers)
	}
	_, err := match.Run(t.Context(), match.Config{Day: today, Dir: t.TempDir()}, each(d.books), each([]channel.BillLine{}), lookup, func(i *match.Item) error {
		switch {
		case i.Why.Has(match.FoundEarlier):
			elsewhere++
		case i.Class == match.MissingAtChannel:
			missing++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere != n/2 || missing != n/2 || calls > n/400+2 {
		t.Errorf("%d were found elsewhere and %d are missing, after %d look-ups", elsewhere, missing, calls)
	}
}
