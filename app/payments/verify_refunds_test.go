package payments_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestVerifyNamesEachPlantedViolationOfARefund(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("VR-1", channel.AlipayQR)
		arrived := s.WaitRefund(s.Refund(p.ID, paymentstest.RefundInput("VR-1", 400)).ID, payments.RefundSucceeded)
		s.approvalsAbove(1)
		waiting := s.GetRefund(s.Refund(p.ID, paymentstest.RefundInput("VR-2", 100)).ID)
		s.approvalsAbove(0)
		twice, duplicate := s.paidTwice("VR-3")
		s.RefundDue()
		s.WaitRefund(s.RefundsOf(twice.ID)[0].ID, payments.RefundSucceeded)
		if found := s.violations(); len(found) != 0 {
			s.T.Fatalf("sound books are reported: %v", found)
		}
		for _, tc := range []struct {
			name          string
			plant, repair string
			args, undo    []any
			want          string
		}{
			{
				"more given back than was paid", `UPDATE refunds SET amount = 1135 WHERE id = ?`,
				`UPDATE refunds SET amount = 100 WHERE id = ?`, []any{waiting.ID}, []any{waiting.ID}, "I1 " + p.ID,
			},
			{
				"a reservation without a refund", `UPDATE payments SET refund_reserved = 501 WHERE id = ?`,
				`UPDATE payments SET refund_reserved = 500 WHERE id = ?`, []any{p.ID}, []any{p.ID}, "I1 " + p.ID,
			},
			{
				"a refund that reserves nothing", `UPDATE payments SET refund_reserved = 400 WHERE id = ?`,
				`UPDATE payments SET refund_reserved = 500 WHERE id = ?`, []any{p.ID}, []any{p.ID}, "I1 " + p.ID,
			},
			{
				"money that arrived and is not counted", `UPDATE payments SET amount_refunded = 399 WHERE id = ?`,
				`UPDATE payments SET amount_refunded = 400 WHERE id = ?`, []any{p.ID}, []any{p.ID}, "I1 " + p.ID,
			},
			{
				"a duplicate's refund that reserves nothing", `UPDATE attempts SET refund_reserved = 0 WHERE id = ?`,
				`UPDATE attempts SET refund_reserved = 1234 WHERE id = ?`, []any{duplicate}, []any{duplicate}, "I1 " + duplicate,
			},
			{
				"more of a duplicate than was paid", `UPDATE refunds SET amount = 1235 WHERE attempt_id = ?`,
				`UPDATE refunds SET amount = 1234 WHERE attempt_id = ?`, []any{duplicate}, []any{duplicate}, "I1 " + duplicate,
			},
			{
				"a refund of what was never paid", `UPDATE refunds SET attempt_id = ? WHERE attempt_id = ?`,
				`UPDATE refunds SET attempt_id = ? WHERE attempt_id = ?`, []any{s.unpaid(), duplicate}, []any{duplicate, s.unpaid()}, "I1 " + s.unpaid(),
			},
			{
				"arrived without a receipt", `UPDATE channel_receipts SET object_id = 'x' WHERE object_id = ?`,
				`UPDATE channel_receipts SET object_id = ? WHERE object_id = 'x'`, []any{arrived.ID}, []any{arrived.ID}, "I3 " + arrived.ID,
			},
			{
				"a receipt of what did not arrive", `UPDATE channel_receipts SET object_id = ? WHERE object_id = ?`,
				`UPDATE channel_receipts SET object_id = ? WHERE object_id = ?`, []any{waiting.ID, arrived.ID}, []any{arrived.ID, waiting.ID}, "I3 " + waiting.ID,
			},
			{
				"an unknown state", `UPDATE refunds SET status = 'lost' WHERE id = ?`,
				`UPDATE refunds SET status = 'awaiting_approval' WHERE id = ?`, []any{waiting.ID}, []any{waiting.ID}, "I5 " + waiting.ID,
			},
			{
				"arrived without its event", `UPDATE events SET object_id = 'x' WHERE object_id = ? AND type = 'refund.succeeded'`,
				`UPDATE events SET object_id = ? WHERE object_id = 'x'`, []any{arrived.ID}, []any{arrived.ID}, "I6 " + arrived.ID,
			},
			{
				"an event of what did not arrive", `UPDATE events SET object_id = ? WHERE object_id = ? AND type = 'refund.succeeded'`,
				`UPDATE events SET object_id = ? WHERE object_id = ? AND type = 'refund.succeeded'`, []any{waiting.ID, arrived.ID}, []any{arrived.ID, waiting.ID}, "I6 " + waiting.ID,
			},
			{
				"a failure without its event", `UPDATE refunds SET status = 'failed' WHERE id = ?`,
				`UPDATE refunds SET status = 'awaiting_approval' WHERE id = ?`, []any{waiting.ID}, []any{waiting.ID}, "I6 " + waiting.ID,
			},
			{
				"an abnormal one without its event", `UPDATE refunds SET status = 'abnormal' WHERE id = ?`,
				`UPDATE refunds SET status = 'awaiting_approval' WHERE id = ?`, []any{waiting.ID}, []any{waiting.ID}, "I6 " + waiting.ID,
			},
		} {
			s.sql(tc.plant, tc.args...)
			if found := s.violations(); !found[tc.want] {
				s.T.Errorf("%s: reported %v, want %q", tc.name, found, tc.want)
			}
			s.sql(tc.repair, tc.undo...)
		}
	})
}

// unpaid returns an attempt that nobody paid.
func (s *shop) unpaid() string {
	s.T.Helper()
	return s.Create(paymentstest.Order("VR-unpaid", channel.AlipayQR)).AttemptID
}
