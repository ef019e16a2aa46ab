package webhooks

import (
	"context"
	"fmt"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// outcome is how a delivery stands after an attempt.
type outcome struct {
	result
	status  DeliveryStatus
	tries   int64
	nextAt  app.Millis // when pending
	disable string     // why the endpoint is to be disabled, "" when not
}

// settle decides what an attempt means.
func settle(r result, now app.Millis) outcome {
	o := outcome{result: r, tries: r.job.delivery.Tries + 1}
	wait, more := delay(o.tries)
	switch {
	case r.released:
		o.status, o.tries, o.nextAt = Pending, r.job.delivery.Tries, now
	case r.succeeded():
		o.status = Succeeded
	case r.attempt.Code == http.StatusGone:
		o.status, o.disable = Dead, ReasonGone
	case r.hopeless || !more:
		o.status = Dead
	default:
		o.status, o.nextAt = Pending, now.Add(max(wait, r.retryAfter))
	}
	since := r.job.endpoint.FailingSince
	if o.failed() && o.disable == "" && since > 0 && now >= since.Add(failingLimit) {
		o.disable = ReasonFailing
	}
	return o
}

// failed reports whether the receiver refused or could not be reached.
func (o outcome) failed() bool { return o.status != Succeeded && !o.released && !o.unsent }

// mark stores what came of a batch of attempts, in one transaction. An attempt
// whose lease has passed to another server is kept in the history but no longer
// decides the delivery.
func (s *Service) mark(ctx context.Context, results []result) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	outcomes := make([]outcome, len(results))
	for i, r := range results {
		outcomes[i] = settle(r, now)
	}
	var disabled []Endpoint
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		disabled = nil
		for _, o := range outcomes {
			if err := updateMarked(ctx, tx, o, now); err != nil {
				return err
			}
		}
		if err := insertAttempts(ctx, tx, outcomes); err != nil {
			return err
		}
		if err := markEndpoints(ctx, tx, outcomes, now); err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.disable == "" {
				continue
			}
			if err := s.disableFor(ctx, tx, o.job.endpoint, o.disable); err != nil {
				return err
			}
			disabled = append(disabled, o.job.endpoint)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark %d attempts: %w", len(results), err)
	}
	for _, e := range disabled {
		if err := s.bury(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// markEndpoints notes since when an endpoint has been failing, or that it no
// longer is; it writes only when that changes.
func markEndpoints(ctx context.Context, tx *db.Tx, outcomes []outcome, now app.Millis) error {
	var back, failing []string
	for _, o := range outcomes {
		since := o.job.endpoint.FailingSince
		switch {
		case o.status == Succeeded && since > 0:
			back = append(back, o.job.endpoint.ID)
		case o.failed() && since == 0:
			failing = append(failing, o.job.endpoint.ID)
		}
	}
	if err := setFailing(ctx, tx, failing, now); err != nil {
		return err
	}
	return clearFailing(ctx, tx, back)
}

// bury ends the waiting deliveries of an endpoint that is no longer enabled, so
// that none shows a next attempt that will not come. What a crash leaves out
// ends the same way when it falls due.
func (s *Service) bury(ctx context.Context, e Endpoint) error {
	for {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		ids, err := selectWaiting(ctx, s.db, e, now, fanOutBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.db.InTx(ctx, func(tx *db.Tx) error {
			return buryWaiting(ctx, tx, e, ids, notEnabled, now)
		})
		if err != nil {
			return fmt.Errorf("end deliveries of %s: %w", e.ID, err)
		}
	}
}
