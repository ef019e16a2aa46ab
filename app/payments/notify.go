package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// confirmBudget bounds the query that confirms a notification: the channels
// want an answer within 5 s, and a commit must still follow.
const confirmBudget = 2500 * time.Millisecond

// Notify takes a channel's notification. A nil error means that what it says is
// durable and may be acknowledged. Otherwise the channel must be told failure,
// so that it comes again: NotFound for an unknown account, Unauthenticated for a
// forgery, Conflict with reason mismatch for one that contradicts our order
// (quarantined), Unavailable when it could not be confirmed in time (stored, and
// queried at once).
func (s *Service) Notify(ctx context.Context, c app.Channel, accountID string, n channel.Notification) error {
	result, err := s.notify(ctx, c, accountID, n)
	s.Observer.Notification(c, result)
	return err
}

func (s *Service) notify(ctx context.Context, c app.Channel, accountID string, n channel.Notification) (string, error) {
	ctx = WithCause(ctx, Cause{"channel", string(c)})
	account, err := s.Accounts.AccountForCallback(ctx, accountID)
	if err != nil {
		return "unknown_account", err
	}
	if account.Channel != c {
		return "unknown_account", app.Errorf(app.NotFound, "no %s account %s", c, accountID)
	}
	client, err := s.Clients.Client(ctx, account)
	if err != nil {
		return "unusable_account", app.Errorf(app.Unavailable, "open the client of %s: %w", accountID, err)
	}
	notice, err := client.ParseNotification(ctx, n)
	if err != nil {
		return s.reject(ctx, account, n, err)
	}
	if err := s.heard(ctx, account); err != nil {
		return "error", err
	}
	if notice.Refund != nil {
		return s.takeRefund(ctx, account, notice)
	}
	if notice.Trade == nil {
		return "quarantined", s.quarantine(ctx, account, notice, Attempt{}, "unhandled_type")
	}
	return s.take(ctx, account, notice)
}

// take applies a verified notice about an order.
func (s *Service) take(ctx context.Context, account merchants.Account, notice channel.Notice) (string, error) {
	trade := *notice.Trade
	a, err := s.store.attempt(ctx, s.DB, account.MerchantID, trade.Number)
	if app.Is(err, app.NotFound) {
		return s.contradicts(ctx, account, notice, Attempt{}, "unknown_number")
	}
	if err != nil {
		return "error", err
	}
	if a.AccountID != account.ID {
		return s.contradicts(ctx, account, notice, a, "account")
	}
	if field := mismatch(a, trade); field != "" {
		return s.contradicts(ctx, account, notice, a, field)
	}
	rows, err := s.noticeEntries(ctx, a, notice)
	if err != nil {
		return "error", err
	}
	if a.Status == StatusSucceeded {
		if err := s.writeTimeline(ctx, rows); err != nil {
			return "error", err
		}
		return "repeated", s.explain(ctx, account, a.ID, trade)
	}
	if a.ReverseAt != 0 && trade.State.WasPaid() {
		return s.takeReversed(ctx, account, a, rows)
	}
	if account.ConfirmByQuery && trade.State.WasPaid() {
		confirmed, asked, err := s.confirm(ctx, a, account)
		if err != nil {
			return "deferred", s.deferNotice(ctx, account, notice, a, asked)
		}
		trade, rows = confirmed, append(rows, asked...)
	}
	out, err := s.settle(ctx, a.MerchantID, a.ID, trade, rows)
	var e *app.Error
	if errors.As(err, &e) && e.Reason == "mismatch" {
		return s.contradicts(ctx, account, notice, a, e.Details["field"])
	}
	if err != nil {
		return "error", err
	}
	if !out.Changed {
		return "repeated", nil
	}
	s.worked(ctx, account)
	return "applied", s.explain(ctx, account, a.ID, trade)
}

// worked notes that the account takes money, to the minute. The money is
// recorded already: failing to note it must not keep the channel from being
// acknowledged.
func (s *Service) worked(ctx context.Context, account merchants.Account) {
	now, err := s.DB.Now(ctx)
	if err == nil && account.Health.LastSuccessAt <= now.Add(-time.Minute) {
		err = s.Accounts.RecordSuccess(ctx, account.ID)
	}
	if err != nil {
		s.Logger.WarnContext(ctx, "an account's success was not noted", "account_id", account.ID, "error", err)
	}
}

// confirm asks the channel whether what the notification says is so, and
// returns what was asked for the timeline too.
func (s *Service) confirm(ctx context.Context, a Attempt, account merchants.Account) (channel.Trade, []Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmBudget)
	defer cancel()
	t, rec, err := s.query(ctx, a, account)
	if err == nil && !t.State.WasPaid() {
		err = app.Errorf(app.OutcomeUnknown, "%s does not confirm that %s was paid", account.Channel, a.ID)
	}
	return t, rec.entries, err
}

func (s *Service) noticeEntries(ctx context.Context, a Attempt, notice channel.Notice) ([]Entry, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	e := entry(ctx, now, a, KindNotification, "notification.verified", map[string]string{
		"id": notice.ID, "type": notice.Type, "verified_by": notice.VerifiedBy,
	})
	if a.Status == StatusSucceeded {
		e.Message = "notification.repeated"
	}
	e.Request = clip(string(notice.Plain))
	return []Entry{e}, nil
}

// heard records that notifications of the account arrive again.
func (s *Service) heard(ctx context.Context, account merchants.Account) error {
	if account.Health.DeafSince == 0 {
		return nil
	}
	return s.Accounts.MarkHeard(ctx, account.ID)
}
