package trade

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
)

const (
	poll       = 500 * time.Millisecond
	batch      = 64
	sendersMax = 16 // sendings at once, so one dead receiver holds up few others
)

// Wake makes the sender look at the queue now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run ends due refunds and sends due notifications until ctx ends, then waits for those under way.
func (s *Service) Run(ctx context.Context) {
	slots := make(chan struct{}, sendersMax)
	var sending sync.WaitGroup
	defer sending.Wait()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		n, err := s.dispatch(ctx, func(send func()) {
			slots <- struct{}{}
			sending.Go(func() {
				defer func() { <-slots }()
				send()
			})
		})
		if err != nil && ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "sandbox: send notifications", "error", err)
		}
		if n == batch && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Deliver ends the refunds and sends everything that is due now, one after the other, and returns
// how many it sent.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := s.dispatch(ctx, func(send func()) { send() })
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}

// dispatch ends due refunds and expired trades, claims due notifications and
// hands each sending to start.
func (s *Service) dispatch(ctx context.Context, start func(send func())) (int, error) {
	if err := errors.Join(s.finishDue(ctx), s.endExpired(ctx)); err != nil {
		return 0, err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return 0, err
	}
	due, err := selectDue(ctx, s.db, now, batch)
	if err != nil {
		return 0, fmt.Errorf("find due notifications: %w", err)
	}
	for _, n := range due {
		last := n.Attempts >= len(s.announcers[n.Channel].Retries)
		next := now.Add(s.wait(n))
		claimed, err := claim(ctx, s.db, n, next)
		if err != nil {
			return 0, fmt.Errorf("claim notification %s: %w", n.ID, err)
		}
		if !claimed {
			continue // another process has it
		}
		n.Attempts++
		start(func() {
			// A shutdown lets the sending end: it has its own timeout.
			if err := s.sendScheduled(context.WithoutCancel(ctx), n, last); err != nil {
				s.logger.ErrorContext(ctx, "sandbox: send notification", "notification", n.ID, "error", err)
			}
		})
	}
	return len(due), nil
}

// lastWait is how long a claimed last sending may take before it counts as lost
// with its process and is sent again.
const lastWait = time.Minute

func (s *Service) wait(n Notification) time.Duration {
	retries := s.announcers[n.Channel].Retries
	if n.Attempts < len(retries) {
		return retries[n.Attempts]
	}
	return lastWait
}

// sendScheduled sends once, twice under duplicate_notification, and settles the
// notification's state.
func (s *Service) sendScheduled(ctx context.Context, n Notification, last bool) error {
	twice, err := s.Take(ctx, n.Channel, n.MerchantID, DuplicateNotification)
	if err != nil {
		return err
	}
	sent, err := s.send(ctx, n, false)
	if err == nil && twice {
		var again Attempt
		again, err = s.send(ctx, n, false)
		sent.Accepted = sent.Accepted || again.Accepted
	}
	if err != nil {
		return err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	switch {
	case sent.Accepted:
		return updateFinished(ctx, s.db, n.ID, Delivered, now)
	case last:
		return updateFinished(ctx, s.db, n.ID, Exhausted, now)
	}
	return nil
}

// Replay sends a notification once more at once, whatever its state, and
// returns how it went. The schedule goes on unless it is accepted.
func (s *Service) Replay(ctx context.Context, id string) (Attempt, error) {
	n, err := s.Notification(ctx, id)
	if err != nil {
		return Attempt{}, err
	}
	a, err := s.send(ctx, n, true)
	if err != nil || !a.Accepted {
		return a, err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return a, err
	}
	return a, updateFinished(ctx, s.db, n.ID, Delivered, now)
}

// send makes one signed request and stores the attempt. Its error is ours; the
// merchant's failure is in the attempt.
func (s *Service) send(ctx context.Context, n Notification, replayed bool) (Attempt, error) {
	t, err := s.ByID(ctx, n.TradeID)
	if err != nil {
		return Attempt{}, err
	}
	msg, err := s.message(ctx, t)
	if err != nil {
		return Attempt{}, err
	}
	msg.Notification = n
	if n.Kind == KindRefund {
		if msg.Refund, err = s.announced(ctx, n); err != nil {
			return Attempt{}, err
		}
	}
	if msg.Fault, err = s.TakeFirst(ctx, n.Channel, n.MerchantID, spoilers(msg.Merchant)...); err != nil {
		return Attempt{}, err
	}
	a := Attempt{
		ID: app.NewID("sat_", msg.Now), NotificationID: n.ID, Number: n.Attempts,
		Fault: msg.Fault, Replayed: replayed, CreatedAt: app.ToMillis(msg.Now),
	}
	s.post(ctx, msg, &a)
	a.DurationMS = s.clock.Now().Sub(msg.Now).Milliseconds()
	if err := insertAttempt(ctx, s.db, a); err != nil {
		return a, fmt.Errorf("store attempt of %s: %w", n.ID, err)
	}
	return a, nil
}

// spoilers lists the faults of a sending for the merchant.
func spoilers(m Merchant) []Fault {
	faults := []Fault{BadSignature, SignTest, TamperAmount}
	if m.Mode == Both {
		faults = append(faults, SignWithPublicKey)
	}
	return faults
}
