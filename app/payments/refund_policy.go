package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

// The reasons the payer reads in the channel's message.
const (
	reasonLate      = "订单关闭后付款，自动退回"
	reasonDuplicate = "订单重复付款，自动退回"
)

// refundLate gives money back that came after its payment was closed, once, if
// the merchant chose so. It runs in the transaction that records the money.
func (s *Service) refundLate(ctx context.Context, tx *db.Tx, out *settled, now app.Millis) error {
	return s.refundByPolicy(ctx, tx, out, reasonLate, now, func(m merchants.Settings) bool { return m.LatePayments == merchants.RefundMoney })
}

// refundDuplicate gives the second payment of an order back, once, unless the
// merchant chose to keep it.
func (s *Service) refundDuplicate(ctx context.Context, tx *db.Tx, out *settled, now app.Millis) error {
	return s.refundByPolicy(ctx, tx, out, reasonDuplicate, now, func(m merchants.Settings) bool { return m.DuplicatePayments == merchants.RefundMoney })
}

// refundByPolicy makes a refund of everything the attempt was paid, due at once.
// It is made once because an attempt becomes paid once.
func (s *Service) refundByPolicy(ctx context.Context, tx *db.Tx, out *settled, reason string, now app.Millis, wanted func(merchants.Settings) bool) error {
	settings, err := s.Accounts.SettingsIn(ctx, tx, out.Payment.MerchantID)
	if err != nil || !wanted(settings) {
		return err
	}
	ctx = WithCause(ctx, Cause{"system", "policy"})
	r, err := s.refundOf(out.Payment, out.Attempt, RefundInput{Amount: out.Attempt.Amount, Reason: reason, Source: SourcePolicy}, now)
	if err != nil {
		return err
	}
	r.RequestedKind, r.RequestedName = "system", "policy"
	if err := s.reserveRefund(ctx, tx, out.Payment, r); err != nil {
		return err
	}
	in := RefundInput{Amount: r.Amount, AttemptID: r.AttemptID}
	if err := s.store.claimRefundNo(ctx, tx, r, in.fingerprint(r.PaymentID)); err != nil {
		return err
	}
	if err := s.insertRefund(ctx, tx, r); err != nil {
		return err
	}
	out.story = append(out.story, askedRefundEntry(ctx, now, r, nil))
	tx.AfterCommit(s.refundsDue)
	return nil
}
