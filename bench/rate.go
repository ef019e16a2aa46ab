package bench

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// rate is what one round came to. CPU times are of the processes named.
type rate struct {
	operations int
	wall       time.Duration
	platform   time.Duration // of the process under measure
	sandbox    time.Duration
	client     time.Duration // of the bench itself
	commits    float64       // per operation, where the engine counts them
	statements float64
}

// perSecond returns operations per second of wall time.
func (r rate) perSecond() float64 { return float64(r.operations) / r.wall.Seconds() }

// each returns the part of d that one operation takes.
func (r rate) each(d time.Duration) time.Duration { return d / time.Duration(max(1, r.operations)) }

// median returns the round in the middle by speed.
func median(rounds []rate) rate {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b rate) int { return cmp.Compare(a.perSecond(), b.perSecond()) })
	return sorted[len(sorted)/2]
}

// drive runs op with n clients until the time is over or more says no, and
// returns how many were done. The first error ends it.
func drive(ctx context.Context, n int, until time.Time, more func(i int) bool, op func(ctx context.Context, i int) error) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for ctx.Err() == nil && time.Now().Before(until) {
				i := int(next.Add(1)) - 1
				if !more(i) {
					return
				}
				if err := op(ctx, i); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return int(done.Load()), context.Cause(ctx)
}

func always(int) bool { return true }

// first lets n operations through.
func first(n int) func(int) bool { return func(i int) bool { return i < n } }
