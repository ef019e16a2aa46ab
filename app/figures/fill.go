package figures

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// filling is a page of payments that has been read and is still to be counted.
type filling struct {
	from     progress
	payments []counted
	upTo     string // the last payment of the page, "" when it is empty
	last     bool   // no payment comes after
}

// next is how far building is once the page is counted.
func (p filling) next() progress {
	if p.last {
		return progress{Phase: phaseDone, Generation: p.from.Generation}
	}
	return progress{phaseFilling, p.upTo, p.from.Generation}
}

// readPage reads the payments after the position, outside of any transaction.
func (s *Service) readPage(ctx context.Context, at progress) (filling, error) {
	p := filling{from: at}
	rows, err := selectPaymentPage(ctx, s.db, at.Position, s.page)
	p.last = len(rows) < s.page
	if err != nil || len(rows) == 0 {
		return p, err
	}
	p.upTo = rows[len(rows)-1].ID
	attempts, err := selectAttemptRange(ctx, s.db, rows[0].ID, p.upTo)
	if err != nil {
		return p, err
	}
	refunds, err := selectRefundRange(ctx, s.db, rows[0].ID, p.upTo)
	p.payments = countedOf(rows, attempts, refunds)
	return p, err
}

// fill counts a page that was read before, and reports whether it did: building
// may have been taken further, or begun again, by another server.
//
// A payment may have changed since it was read. Its event then is still to be
// counted, and counts it again; or it has been counted, and as that is done under
// the cursor that this transaction holds, the payment has a row of what it counts
// for. Those are left as they are.
func (s *Service) fill(ctx context.Context, p filling) (bool, error) {
	done := false
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		done = false
		if _, err := s.events.HoldCursor(ctx, tx, consumer); err != nil {
			return err
		}
		at, err := selectProgress(ctx, tx)
		if err != nil || at != p.from {
			return err
		}
		known, err := selectCountedRange(ctx, tx, p.from.Position, p.upTo)
		if err != nil {
			return err
		}
		t := newTally()
		for _, one := range p.payments {
			if known[one.row.ID] {
				continue
			}
			if err := t.replace(one, ""); err != nil {
				return err
			}
		}
		if err := t.write(ctx, tx); err != nil {
			return err
		}
		done = true
		return writeProgress(ctx, tx, p.next())
	})
	return done && err == nil, err
}

// fillAll counts page after page, and reads each while the one before it is
// written. It ends early where another server takes building further.
func (s *Service) fillAll(ctx context.Context, at progress, report func(paymentID string)) error {
	type result struct {
		filling
		err error
	}
	pages := make(chan result)
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		for range pages { // until the reader has ended
		}
	}()
	go func() {
		defer close(pages)
		for {
			p, err := s.readPage(ctx, at)
			select {
			case pages <- result{p, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || p.last {
				return
			}
			at = p.next()
		}
	}()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		done, err := s.fill(ctx, p.filling)
		if err != nil || !done {
			return err
		}
		if p.upTo != "" {
			report(p.upTo)
		}
	}
	return nil
}
