package payments

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The states of a stored notification.
const (
	noticeQuarantined = "quarantined" // contradicts our books: a person decides
	noticeDeferred    = "deferred"    // believed once the query confirms it
	noticeResolved    = "resolved"
)

// StoredNotice is a verified notification that could not be applied at once.
type StoredNotice struct {
	ID             string        `db:"id"`
	MerchantID     string        `db:"merchant_id"`
	Mode           app.Mode      `db:"mode"`
	AccountID      string        `db:"account_id"`
	Channel        app.Channel   `db:"channel"`
	NoticeID       string        `db:"notice_id"`
	Status         string        `db:"status"`
	Reason         string        `db:"reason"`
	PaymentID      string        `db:"payment_id"`
	AttemptID      string        `db:"attempt_id"`
	ChannelTradeNo string        `db:"channel_trade_no"`
	Amount         app.Money     `db:"amount"`
	Plain          string        `db:"plain"` // personal data masked
	ReceivedAt     app.Millis    `db:"received_at"`
	ResolvedAt     app.Millis    `db:"resolved_at"`
	Outcome        NoticeOutcome `db:"outcome"`     // how a person ended it
	Note           string        `db:"note"`        // that person's words
	ResolvedBy     string        `db:"resolved_by"` // who it was
	Told           string        `db:"told"`        // the Evidence of the channel, JSON; see Case
}

// contradicts quarantines a verified notice that does not fit our books, and
// asks the channel for the truth at once.
func (s *Service) contradicts(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt, field string) (string, error) {
	if err := s.quarantine(ctx, account, notice, a, field); err != nil {
		return "error", err
	}
	if a.ID != "" {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return "error", err
		}
		if _, err := s.store.askNow(ctx, s.DB, a, now, now); err != nil {
			return "error", err
		}
		s.wakeQueries()
	}
	s.Logger.ErrorContext(ctx, "a verified notification contradicts the books",
		"account_id", account.ID, "notice_id", notice.ID, "field", field, "attempt_id", a.ID)
	return "quarantined", app.Errorf(app.Conflict, "the notification's %s does not fit the order", field).WithReason("mismatch").WithDetail("field", field)
}

// deferNotice stores a notice that could not be confirmed in time, with what was
// asked, and has the query job find out.
func (s *Service) deferNotice(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt, asked []Entry) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if err := s.storeNotice(ctx, account, notice, a, noticeDeferred, "unconfirmed", now); err != nil {
		return err
	}
	if err := s.writeTimeline(ctx, asked); err != nil {
		return err
	}
	if _, err := s.store.askNow(ctx, s.DB, a, now, now); err != nil {
		return err
	}
	s.wakeQueries()
	return app.Errorf(app.Unavailable, "the notification about %s could not be confirmed in time", a.ID)
}

// quarantine stores a notice for a person. Repeats of the same notice for the
// same reason are one row.
func (s *Service) quarantine(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt, reason string) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.storeNotice(ctx, account, notice, a, noticeQuarantined, reason, now)
}

func (s *Service) storeNotice(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt, status, reason string, now app.Millis) error {
	row := StoredNotice{
		ID: app.NewID(app.PrefixNotification, now.Time()), MerchantID: account.MerchantID, Mode: account.Mode,
		AccountID: account.ID, Channel: account.Channel, NoticeID: clipTo(notice.ID, 64), Status: status, Reason: reason,
		PaymentID: a.PaymentID, AttemptID: a.ID, Plain: clip(string(notice.Plain)), ReceivedAt: now,
	}
	if notice.Trade != nil {
		row.ChannelTradeNo, row.Amount = clipTo(notice.Trade.ChannelTradeNo, 64), notice.Trade.Amount
	}
	if notice.Refund != nil {
		row.ChannelTradeNo, row.Amount = clipTo(notice.Refund.ChannelTradeNo, 64), notice.Refund.Amount
	}
	told, err := json.Marshal(toldBy(account.ID, notice))
	if err != nil {
		return err
	}
	row.Told = string(told)
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.store.insertNotice(ctx, tx, row); err != nil {
			return err
		}
		if a.ID == "" {
			return nil
		}
		e := entry(ctx, now, a, KindNotification, "notification."+status, map[string]string{
			"id": notice.ID, "type": notice.Type, "reason": reason, "verified_by": notice.VerifiedBy,
		})
		e.Result, e.Request = ResultRejected, row.Plain
		return s.store.insertTimeline(ctx, tx, []Entry{e})
	})
	if err != nil && !db.IsDuplicate(err) {
		return fmt.Errorf("store notification %s: %w", notice.ID, err)
	}
	return nil
}
