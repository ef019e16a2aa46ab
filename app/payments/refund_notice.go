package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// takeRefund applies a verified notice about a refund. A refund of ours is
// settled; one that was made in the channel's own console is adopted. When it
// overtook the notice of its payment, the payment is settled first.
func (s *Service) takeRefund(ctx context.Context, account merchants.Account, notice channel.Notice) (string, error) {
	told := *notice.Refund
	a, err := s.store.attempt(ctx, s.DB, account.MerchantID, told.PaymentNumber)
	if app.Is(err, app.NotFound) {
		return s.contradicts(ctx, account, notice, Attempt{}, "unknown_number")
	}
	if err != nil {
		return "error", err
	}
	field := misbound(a, told)
	switch {
	case a.AccountID != account.ID:
		field = "account"
	case field == "" && !app.PlainASCII(told.Number, 64): // no number that we could keep
		field = "refund_number"
	}
	if field != "" {
		return s.refundContradicts(ctx, account, notice, refundUnder(a), field)
	}
	if a.Status != StatusSucceeded {
		if result, err := s.payFirst(ctx, account, a, notice); result != "" || err != nil {
			return result, err
		}
		if a, err = s.store.attempt(ctx, s.DB, a.MerchantID, a.ID); err != nil {
			return "error", err
		}
	}
	r, known, err := s.refundNumbered(ctx, a, told.Number)
	switch {
	case err != nil:
		return "error", err
	case known:
		return s.takeKnownRefund(ctx, account, notice, r, a)
	}
	return s.takeForeignRefund(ctx, account, notice, a)
}

// refundUnder stands for a refund of a that we do not know.
func refundUnder(a Attempt) Refund {
	return Refund{AttemptID: a.ID, PaymentID: a.PaymentID, MerchantID: a.MerchantID, Mode: a.Mode, AccountID: a.AccountID, Channel: a.Channel, Identity: a.Identity, SubIdentity: a.SubIdentity}
}

// payFirst brings the order a refund is of to succeeded, by what the channel's
// query says: nothing can be given back that was not paid. A result ends the
// notice: the order of a payment code that we undo is given back by that.
func (s *Service) payFirst(ctx context.Context, account merchants.Account, a Attempt, notice channel.Notice) (string, error) {
	if a.ReverseAt != 0 {
		rows, err := s.refundNoticeRows(ctx, refundUnder(a), notice)
		if err != nil {
			return "error", err
		}
		if result, err := s.takeReversed(ctx, account, a, rows); result != "applied" {
			return result, err
		}
		return "", nil
	}
	trade, asked, err := s.confirm(ctx, a, account)
	if err != nil {
		return "deferred", s.deferNotice(ctx, account, notice, a, asked)
	}
	out, err := s.settle(ctx, a.MerchantID, a.ID, trade, asked)
	if field := mismatchOf(err); field != "" {
		return s.contradicts(ctx, account, notice, a, field)
	}
	if err != nil {
		return "error", err
	}
	if out.Changed {
		s.worked(ctx, account)
	}
	return "", nil
}

// refundNumbered returns the refund of a that the channel knows by the number:
// one of ours, or one that was adopted.
func (s *Service) refundNumbered(ctx context.Context, a Attempt, number string) (Refund, bool, error) {
	scope := Scope{a.MerchantID, a.Mode}
	if app.ValidID(app.PrefixRefund, number) {
		// One that looks like ours can be foreign: another installation's, or made
		// since the backup that was restored here.
		if r, err := s.store.refund(ctx, s.DB, scope, number); !app.Is(err, app.NotFound) {
			return r, err == nil, err
		}
	}
	id, err := s.store.adopted(ctx, s.DB, a.ID, number)
	if err != nil || id == "" {
		return Refund{}, false, err
	}
	r, err := s.store.refund(ctx, s.DB, scope, id)
	return r, err == nil, err
}

// takeKnownRefund settles a refund of ours by what a notice says.
func (s *Service) takeKnownRefund(ctx context.Context, account merchants.Account, notice channel.Notice, r Refund, a Attempt) (string, error) {
	told := *notice.Refund
	if field := refundMismatch(r, a, told); field != "" {
		return s.refundContradicts(ctx, account, notice, r, field)
	}
	rows, err := s.refundNoticeRows(ctx, r, notice)
	if err != nil {
		return "error", err
	}
	if r.Status == refundStates[told.State] && r.Status.Final() {
		rows[0].Message = "notification.repeated"
		return "repeated", s.writeTimeline(ctx, rows)
	}
	if account.ConfirmByQuery {
		confirmed, asked, err := s.confirmRefund(ctx, a, account, r.lookup())
		if err != nil {
			return "deferred", s.deferRefund(ctx, account, notice, r, asked)
		}
		told, rows = confirmed, append(rows, asked...)
	}
	out, err := s.settleRefund(ctx, r, told, rows, nil)
	if field := mismatchOf(err); field != "" {
		return s.refundContradicts(ctx, account, notice, r, field)
	}
	if err != nil {
		return "error", err
	}
	if !out.Changed {
		return "repeated", nil
	}
	return "applied", s.resolveDeferred(ctx, r.PaymentID)
}

// confirmRefund asks the channel whether what the notification says is so.
func (s *Service) confirmRefund(ctx context.Context, a Attempt, account merchants.Account, lookup channel.RefundLookup) (channel.Refund, []Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmBudget)
	defer cancel()
	told, rec, err := s.queryRefund(ctx, a, account, lookup)
	return told, rec.entries, err
}

func (s *Service) refundNoticeRows(ctx context.Context, r Refund, notice channel.Notice) ([]Entry, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	e := entry(ctx, now, r.attempt(), KindNotification, "notification.verified", map[string]string{
		"id": notice.ID, "type": notice.Type, "verified_by": notice.VerifiedBy, "refund": notice.Refund.Number,
	})
	e.Request = clip(string(notice.Plain))
	return []Entry{e}, nil
}

// deferRefund stores a notice that could not be confirmed in time, with what was
// asked, and has the job find out.
func (s *Service) deferRefund(ctx context.Context, account merchants.Account, notice channel.Notice, r Refund, asked []Entry) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if err := s.storeNotice(ctx, account, notice, r.attempt(), noticeDeferred, "refund_unconfirmed", now); err != nil {
		return err
	}
	if err := s.writeTimeline(ctx, asked); err != nil {
		return err
	}
	if r.ID != "" {
		if err := s.store.askRefundNow(ctx, s.DB, r, now); err != nil {
			return err
		}
		s.refundsDue()
	}
	return app.Errorf(app.Unavailable, "the notification about a refund of %s could not be confirmed in time", r.AttemptID)
}

// resolveDeferred ends the deferred notices of a payment whose truth is known.
func (s *Service) resolveDeferred(ctx context.Context, paymentID string) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	_, err = s.store.resolveDeferred(ctx, s.DB, paymentID, now)
	return err
}

// refundContradicts quarantines a verified notice about a refund that does not
// fit our books, and asks the channel for the truth at once.
func (s *Service) refundContradicts(ctx context.Context, account merchants.Account, notice channel.Notice, r Refund, field string) (string, error) {
	if err := s.quarantineRefund(ctx, account, notice, r, field); err != nil {
		return "error", err
	}
	if r.ID != "" && !r.Status.Final() {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return "error", err
		}
		if err := s.store.askRefundNow(ctx, s.DB, r, now); err != nil {
			return "error", err
		}
		s.refundsDue()
	}
	return "quarantined", app.Errorf(app.Conflict, "the notification's %s does not fit the refund", field).WithReason("mismatch").WithDetail("field", field)
}

// quarantineRefund stores for a person what contradicts our books.
func (s *Service) quarantineRefund(ctx context.Context, account merchants.Account, notice channel.Notice, r Refund, field string) error {
	s.Logger.ErrorContext(ctx, "the channel's word about a refund contradicts the books",
		"account_id", account.ID, "notice_id", notice.ID, "field", field, "refund_id", r.ID, "attempt_id", r.AttemptID)
	return s.quarantine(ctx, account, notice, r.attempt(), field)
}
