package payments

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// ready asks, before anything is stored, whether a new order of the account could
// be sent. While the channel does not answer it is Unavailable with reason
// channel_unavailable and the seconds to wait as detail retry_after.
func (s *Service) ready(account merchants.Account) error {
	if err := s.Clients.Ready(account); err != nil {
		return channelUnavailable(account.Channel, err)
	}
	return nil
}

func channelUnavailable(c app.Channel, held error) *app.Error {
	seconds := int64((heldFor(held) + time.Second - 1) / time.Second)
	return app.Errorf(app.Unavailable, "%s is not taking calls for this account at the moment; try again in %d s", c, seconds).
		WithReason("channel_unavailable").WithDetail("retry_after", strconv.FormatInt(seconds, 10)).WithCause(held)
}

// heldFor returns how long a held call has to wait, at least a second.
func heldFor(err error) time.Duration {
	var held *channel.Error
	if errors.As(err, &held) {
		return max(held.RetryAfter, time.Second)
	}
	return time.Second
}

// askHeld puts a query off that our own guard held back: the channel was not
// asked, so it does not count as one.
func (s *Service) askHeld(ctx context.Context, a Attempt, held error) error {
	ctx = context.WithoutCancel(ctx)
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if err := s.store.releaseAttempt(ctx, s.DB, a, a.LeaseOwner, now.Add(heldFor(held))); err != nil {
		return err
	}
	return channelUnavailable(a.Channel, held)
}

// sendAgainAt returns when to send an attempt once more that was not certainly
// accepted: when the guard lets calls through again, or by the schedule.
func sendAgainAt(a Attempt, now app.Millis, callErr error) app.Millis {
	if channel.KindOf(callErr) == channel.KindHeld {
		return now.Add(heldFor(callErr))
	}
	return nextQuery(a, now, false)
}
