package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// run executes the day: fetch, compare, repair, compare again, keep. Nothing that
// it stores before the end changes what a later execution comes to, but repairs,
// which a later one finds done.
func (e *execution) run(ctx context.Context) error {
	if err := e.at(ctx, StepClaimed); err != nil {
		return err
	}
	// A closed month keeps its originals too, and nothing of it is asked about.
	if err := e.unlocked(ctx, e.DB, e.scope(), e.row.Day); err != nil {
		return err
	}
	o, err := e.fetch(ctx)
	if err != nil {
		return err
	}
	if err := e.at(ctx, StepFetched); err != nil {
		return err
	}
	file, done, err := e.scratch()
	if err != nil {
		return err
	}
	defer done()
	c, err := e.reconcile(ctx, o, file)
	if err != nil {
		return err
	}
	if err := e.checkFunds(ctx, c.out, o.funds, c.sums); err != nil {
		return err
	}
	if n := int64(len(c.out.findings)) + c.out.excess; n > int64(e.MaxDifferences) {
		return e.tooMany(ctx, c.out, n)
	}
	if err := e.archive(ctx, c.out, file); err != nil {
		return err
	}
	return e.commit(ctx, c.out)
}

// scratch opens a file for a result, which done closes. Unix keeps a file without a
// name for as long as it is open: not even a killed process leaves it behind.
func (s *Service) scratch() (file *os.File, done func(), err error) {
	file, err = os.CreateTemp(s.ScratchDir, "result-")
	if err != nil {
		return nil, nil, fmt.Errorf("open a file for the result: %w", err)
	}
	_ = os.Remove(file.Name())
	return file, func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }, nil
}

// reconcile compares until nothing more can be repaired.
func (e *execution) reconcile(ctx context.Context, o originals, file *os.File) (*comparison, error) {
	budget := e.MaxRepairs
	var repaired int64
	for pass := 1; ; pass++ {
		if err := e.store.step(ctx, e.DB, e.row, StatusMatching); err != nil {
			return nil, err
		}
		c, err := e.compare(ctx, o, file)
		if err != nil {
			return nil, err
		}
		if err := e.at(ctx, StepMatched); err != nil {
			return nil, err
		}
		c.out.result.Repaired = repaired
		c.out.unfinished = budget == 0 && repaired > 0 && len(c.out.repairs) > 0
		if len(c.out.repairs) == 0 || budget == 0 || pass == maxPasses || e.hopeless(c.out) {
			return c, nil
		}
		if err := e.store.step(ctx, e.DB, e.row, StatusRepairing); err != nil {
			return nil, err
		}
		did, err := e.repair(ctx, c.out.repairs, &budget)
		if err == nil {
			err = e.at(ctx, StepRepaired)
		}
		if err == nil {
			err = e.impatient(did)
		}
		if err != nil {
			return nil, err
		}
		repaired += did.done
		c.out.result.Repaired = repaired
		if did.done+did.stand == 0 {
			return c, nil
		}
	}
}

// hopeless reports whether too much differs for repairs to matter: then the file
// or the account is the wrong one, and nobody is to be asked a thousand times.
func (e *execution) hopeless(o *outcome) bool {
	return int64(len(o.findings))+o.excess-int64(len(o.repairs)) > int64(e.MaxDifferences)
}

// archive keeps the result file.
func (e *execution) archive(ctx context.Context, o *outcome, file *os.File) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the result: %w", err)
	}
	kept, err := e.Archive.Put(ctx, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
	if err != nil {
		return err
	}
	o.result.Key = kept.Key
	return e.at(ctx, StepArchived)
}

// commit stores what the day came to, all of it or nothing.
func (e *execution) commit(ctx context.Context, o *outcome) error {
	now, err := e.DB.Now(ctx)
	if err != nil {
		return err
	}
	o.total()
	o.seal()
	again := false
	err = e.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := e.store.hold(ctx, tx, e.row); err != nil {
			return err
		}
		next := e.nextAfter(o, now)
		moved, err := e.moved(ctx, tx, o)
		if err != nil {
			return err
		}
		if moved {
			next = now
		}
		ref := exceptions.RunRef{
			ID: e.row.ID, MerchantID: e.row.MerchantID, Mode: e.row.Mode, IdentityID: e.row.IdentityID,
			Channel: e.row.Channel, Identity: e.row.Identity, SubIdentity: e.row.SubIdentity, Day: e.row.Day,
		}
		if _, _, err := e.Exceptions.File(ctx, tx, ref, o.findings); err != nil {
			return fmt.Errorf("file the exceptions of %s: %w", e.row.ID, err)
		}
		if _, err := e.Exceptions.Matched(ctx, tx, ref, o.found); err != nil {
			return fmt.Errorf("clear what %s has found: %w", e.row.ID, err)
		}
		if err := e.Statements.Write(ctx, tx, statements.RunRef(ref), o.statement()); err != nil {
			return err
		}
		if err := e.Statements.Completed(ctx, tx, statements.RunRef(ref)); err != nil {
			return err
		}
		if err := e.store.carry(ctx, tx, e.row, o.carried); err != nil {
			return err
		}
		rippled, err := e.store.ripple(ctx, tx, e.row, o.carriedOut, now)
		if err != nil {
			return err
		}
		again = moved || rippled || o.unfinished
		return e.store.end(ctx, tx, e.row, o, now, next)
	})
	if err != nil {
		return err
	}
	if again {
		e.wakeRuns()
	}
	return e.at(context.WithoutCancel(ctx), StepCommitted)
}

// A bill of what must have one may be late: it is looked for so often, and until so
// long after its day.
const (
	lateEvery = 3 * time.Hour
	lateUntil = 48 * time.Hour
)

// nextAfter is when the run is executed again by itself: when the bill of all of
// the day is published, where it had not ended; at once, where more can be repaired
// than one execution does; soon, where the bill may be late; never otherwise.
func (e *execution) nextAfter(o *outcome, now app.Millis) app.Millis {
	switch {
	case o.partial:
		return e.publishedAt(e.row.Channel, e.row.Day)
	case o.unfinished:
		return now
	case o.lacking() && e.mayBeLate(now):
		return now.Add(lateEvery)
	}
	return 0
}

// mayBeLate reports whether the day is so young that a bill which the channel says
// there is none of may still come: Alipay has one word for both.
func (e *execution) mayBeLate(now app.Millis) bool {
	return now < app.ToMillis(e.row.Day.End()).Add(lateUntil)
}

// tooMany is why a day with so many differences has no result: without a bill it
// is that which is missing.
func (e *execution) tooMany(ctx context.Context, o *outcome, n int64) error {
	now, err := e.DB.Now(ctx)
	switch {
	case err != nil:
		return err
	case o.status == StatusNoBill && e.mayBeLate(now):
		return &broken{Problem: Problem{Code: ProblemNotReady, Kind: channel.BillTrades}}
	}
	return &broken{Problem: Problem{Code: ProblemTooMany, Detail: fmt.Sprint(n)}}
}
