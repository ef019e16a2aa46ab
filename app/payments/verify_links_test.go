package payments_test

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestVerifyNamesWhatNobodyLooksAfter(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		open := s.Create(paymentstest.Order("VL-1", channel.WeChatNative))
		p := s.Paid("VL-2", channel.AlipayQR)
		s.approvalsAbove(500)
		r := s.GetRefund(s.Refund(p.ID, paymentstest.RefundInput("VL-2", 400)).ID)
		waiting := s.GetRefund(s.Refund(p.ID, paymentstest.RefundInput("VL-3", 501)).ID)
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 50)
		foreign := s.Adopted(p.ID, 3)
		next := s.nextLook(open.AttemptID)
		if found := s.violations(); len(found) != 0 {
			s.T.Fatalf("sound books are reported: %v", found)
		}
		for _, tc := range []struct {
			name, table, set, id string
			value                any
			undo                 any
			want                 string
		}{
			{"an attempt nobody asks about", "attempts", "next_query_at", open.AttemptID, 0, next, "I2 " + open.AttemptID},
			{"a payment that waits for it", "attempts", "next_query_at", open.AttemptID, 0, next, "I2 " + open.ID},
			{"an attempt that its payment forgot", "payments", "open_attempt_id", open.ID, "", open.AttemptID, "I5 " + open.AttemptID},
			{"an attempt of another mode", "attempts", "mode", open.AttemptID, "live", "test", "I10 " + open.AttemptID},
			{"an order_no that is free again", "payment_keys", "payment_id", "order_no:VL-1", "pay_x", open.ID, "I8 " + open.ID},
			{"a refund_no that is free again", "refund_keys", "refund_id", "refund_no:VL-2", "rfd_x", r.ID, "I8 " + r.ID},
			{"a refund under another number", "refunds", "number", r.ID, "other", r.ID, "I8 " + r.ID},
			{"a refund that was never sent", "refunds", "sends", r.ID, 0, r.Sends, "I8 " + r.ID},
			{"a refund nobody asks about", "refunds", "status", r.ID, "pending", "succeeded", "I2 " + r.ID},
			{"a refund of another account", "refunds", "account_id", r.ID, s.WeChat.ID, s.Alipay.ID, "I10 " + r.ID},
			{"a refund of another mode", "refunds", "mode", r.ID, "live", "test", "I10 " + r.ID},
			{"a line behind an answered refund", "attempts", "refund_turn", p.PaidAttemptID, r.ID, "", "I2 " + p.PaidAttemptID},
			{"a foreign refund under no number", "adopted_refunds", "number", "refund_id:" + foreign.ID, "other", foreign.Number, "I3 " + foreign.ID},
			{"a receipt of another amount", "channel_receipts", "amount", "object_id:" + r.ID, 401, 400, "I3 " + r.ID},
			{"a receipt of another price", "channel_receipts", "amount", "object_id:" + p.PaidAttemptID, 1235, 1234, "I3 " + p.PaidAttemptID},
			{"a refund that waits for nothing", "refunds", "approval_id", waiting.ID, "", waiting.ApprovalID, "I5 " + waiting.ID},
			{"a question nothing waits for", "refunds", "approval_id", waiting.ID, "apr_x", waiting.ApprovalID, "I5 " + waiting.ApprovalID},
			{"an approval that moved nothing", "approvals", "status", waiting.ApprovalID, "approved", "pending", "I5 " + waiting.ID},
		} {
			column, id, named := strings.Cut(tc.id, ":")
			if !named {
				column, id = "id", tc.id
			}
			change := `UPDATE ` + tc.table + ` SET ` + tc.set + ` = ? WHERE ` + column + ` = ?`
			s.sql(change, tc.value, id)
			if found := s.violations(); !found[tc.want] {
				s.T.Errorf("%s: reported %v, want %q", tc.name, found, tc.want)
			}
			s.sql(change, tc.undo, id)
		}
		s.sql(`UPDATE approvals SET status = 'rejected', decided_kind = requested_kind, decided_id = requested_id WHERE id = ?`, waiting.ApprovalID)
		if found := s.violations(); !found["I5 "+waiting.ApprovalID] {
			s.T.Errorf("an approval by who asked for it: reported %v", found)
		}
		s.sql(`UPDATE approvals SET status = 'pending', decided_kind = '', decided_id = '' WHERE id = ?`, waiting.ApprovalID)
		s.sql(`UPDATE payments SET open_attempt_id = '' WHERE id = ?`, open.ID)
		s.sql(`UPDATE attempts SET status = 'closed', next_query_at = 0 WHERE id = ?`, open.AttemptID)
		if found := s.violations(); !found["I2 "+open.ID] {
			s.T.Errorf("an unpaid payment that nothing ends: reported %v", found)
		}
		s.sql(`UPDATE attempts SET status = 'pending', next_query_at = ? WHERE id = ?`, next, open.AttemptID)
		s.sql(`UPDATE payments SET open_attempt_id = ? WHERE id = ?`, open.AttemptID, open.ID)
		if got := s.GetRefund(r.ID); got.Status != payments.RefundSucceeded {
			s.T.Errorf("left as %s", got.Status)
		}
	})
}

// nextLook returns when an attempt is to be asked about.
func (s *shop) nextLook(id string) int64 {
	s.T.Helper()
	var next int64
	if err := s.DB.Get(s.Ctx, &next, `SELECT next_query_at FROM attempts WHERE id = ?`, id); err != nil {
		s.T.Fatal(err)
	}
	return next
}
