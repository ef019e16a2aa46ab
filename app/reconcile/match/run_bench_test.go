package match_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// BenchmarkRun matches 200,000 lines with as many records, nearly all of them
// alike, from memory: what matching costs beside reading.
func BenchmarkRun(b *testing.B) {
	const n = 200_000
	w := newWorld(1, 1)
	books, lines := make([]match.Record, 0, n), make([]channel.BillLine, 0, n)
	for range n {
		r, l := w.sale(0, w.first.Add(time.Duration(len(lines))*(24*time.Hour/n)))
		l.Row = len(lines) + 2
		books, lines = append(books, r.Record), append(lines, l)
	}
	b.ReportAllocs()
	for b.Loop() {
		cfg := match.Config{Day: w.day(0), Dir: b.TempDir(), Result: io.Discard, MemoryLimit: 16 << 20}
		_, err := match.Run(b.Context(), cfg, pointers(books), pointers(lines), nil, func(*match.Item) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "lines/s")
}

func pointers[T any](rows []T) func(context.Context, func(*T) error) error {
	return func(_ context.Context, yield func(*T) error) error {
		for i := range rows {
			if err := yield(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}
}
