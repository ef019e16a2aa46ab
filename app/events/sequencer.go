package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

const (
	sequencerLease = "events.sequencer"
	leaseTTL       = 10 * time.Second
	sequenceBatch  = 200
	// pollEvery bounds how long an event of another server waits: its own
	// server wakes the sequencer only when that runs there.
	pollEvery = 200 * time.Millisecond
)

// Sequence gives every committed event without a Seq the next one and returns
// how many it numbered. One server at a time does so; on the others it returns
// 0. Should a server be paused past its lease, the fence and the counter's
// compare-and-set keep it from numbering anything twice.
func (l *Log) Sequence(ctx context.Context) (int, error) {
	waiting, err := hasUnsequenced(ctx, l.db)
	if err != nil || !waiting {
		return 0, wrap("look for new events", err)
	}
	lease, err := l.hold(ctx)
	if errors.Is(err, db.ErrLeaseHeld) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sequence events: %w", err)
	}
	total := 0
	for {
		n, err := l.sequenceBatch(ctx, lease)
		total += n
		if err != nil || n < sequenceBatch {
			if total > 0 {
				l.ordered.ring()
			}
			return total, wrap("sequence events", err)
		}
	}
}

func (l *Log) sequenceBatch(ctx context.Context, lease db.Lease) (int, error) {
	n := 0
	err := l.db.InTx(ctx, func(tx *db.Tx) error {
		n = 0
		holds, err := db.HoldsLease(ctx, tx, lease)
		if err != nil || !holds {
			return err
		}
		ids, err := selectUnsequenced(ctx, tx, sequenceBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		last, err := advanceCounter(ctx, tx, int64(len(ids)))
		if err != nil {
			return err
		}
		n = len(ids)
		return assign(ctx, tx, ids, last-int64(n)+1)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// hold returns this process's lease, renewing it once half of it has passed.
func (l *Log) hold(ctx context.Context) (db.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, err := l.db.Now(ctx)
	if err != nil {
		return db.Lease{}, err
	}
	if now.Add(leaseTTL/2) < l.lease.Until {
		return l.lease, nil
	}
	l.lease = db.Lease{}
	lease, err := l.db.AcquireLease(ctx, sequencerLease, l.owner, leaseTTL)
	if err != nil {
		return db.Lease{}, err
	}
	l.lease = lease
	return lease, nil
}

// Run sequences until ctx ends: at once after an event of this process, and
// otherwise at short intervals for those of other servers. It then gives up
// the lease so that another server takes over without delay.
func (l *Log) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if _, err := l.Sequence(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "sequence events", "error", err)
		}
		select {
		case <-ctx.Done():
			return l.release(context.WithoutCancel(ctx))
		case <-l.written:
		case <-tick.C:
		}
	}
}

func (l *Log) release(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease.Name == "" {
		return nil
	}
	lease := l.lease
	l.lease = db.Lease{}
	return wrap("release the sequencer", l.db.ReleaseLease(ctx, lease))
}

// Sequenced returns a channel that receives after this process has numbered
// events; several batches may ring once. Call it once per listener.
func (l *Log) Sequenced() <-chan struct{} { return l.ordered.add() }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
