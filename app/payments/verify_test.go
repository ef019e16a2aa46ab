package payments_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// violations runs every check and returns what it reports, as "I2 object".
func (s *shop) violations() map[string]bool {
	s.T.Helper()
	found := map[string]bool{}
	report := func(v payments.Violation) { found[v.Invariant+" "+v.Object] = true }
	if err := s.Payments.Verify(s.Ctx, report); err != nil {
		s.T.Fatal(err)
	}
	if err := s.Payments.DuplicateTransactions(s.Ctx, report); err != nil {
		s.T.Fatal(err)
	}
	return found
}

func TestVerifyNamesEachPlantedViolation(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("V-1", channel.WeChatNative))
		s.Pay(p.Action.CodeURL)
		paid := s.Await(p.ID, payments.StatusSucceeded)
		other := s.Create(paymentstest.Order("V-2", channel.WeChatNative))
		if found := s.violations(); len(found) != 0 {
			s.T.Fatalf("sound books are reported: %v", found)
		}
		for _, tc := range []struct {
			name          string
			plant, repair string
			args          []any
			undo          []any
			want          string
		}{
			{
				"a paid attempt without its receipt", `UPDATE channel_receipts SET object_id = 'x' WHERE object_id = ?`,
				`UPDATE channel_receipts SET object_id = ? WHERE object_id = 'x'`, []any{p.AttemptID}, []any{p.AttemptID}, "I3 " + p.AttemptID,
			},
			{
				"a receipt without effect", `UPDATE channel_receipts SET object_id = ? WHERE object_id = ?`,
				`UPDATE channel_receipts SET object_id = ? WHERE object_id = ?`, []any{other.AttemptID, p.AttemptID}, []any{p.AttemptID, other.AttemptID}, "I2 " + other.AttemptID,
			},
			{
				"a payment that forgot its money", `UPDATE payments SET status = 'pending' WHERE id = ?`,
				`UPDATE payments SET status = 'succeeded' WHERE id = ?`, []any{p.ID}, []any{p.ID}, "I2 " + p.AttemptID,
			},
			{
				"a success nobody paid", `UPDATE payments SET status = 'succeeded' WHERE id = ?`,
				`UPDATE payments SET status = 'pending' WHERE id = ?`, []any{other.ID}, []any{other.ID}, "I2 " + other.ID,
			},
			{
				"a payment paid by a stranger", `UPDATE payments SET paid_attempt_id = 'att_x' WHERE id = ?`,
				`UPDATE payments SET paid_attempt_id = ? WHERE id = ?`, []any{p.ID}, []any{p.AttemptID, p.ID}, "I2 " + p.ID,
			},
			{
				"a transaction in two attempts", `UPDATE attempts SET channel_trade_no = ?, identity = ? WHERE id = ?`,
				`UPDATE attempts SET channel_trade_no = '' WHERE id = ?`, []any{paid.ChannelTradeNo, s.WeChat.Identity, other.AttemptID}, []any{other.AttemptID}, "I3 " + paid.ChannelTradeNo,
			},
			{
				"a success without its event", `UPDATE events SET object_id = 'x' WHERE object_id = ? AND type = 'payment.succeeded'`,
				`UPDATE events SET object_id = ? WHERE object_id = 'x'`, []any{p.ID}, []any{p.ID}, "I6 " + p.ID,
			},
			{
				"an event without its success", `UPDATE events SET object_id = ? WHERE object_id = ? AND type = 'payment.succeeded'`,
				`UPDATE events SET object_id = ? WHERE object_id = ? AND type = 'payment.succeeded'`, []any{other.ID, p.ID}, []any{p.ID, other.ID}, "I6 " + other.ID,
			},
			{
				"a close without its event", `UPDATE payments SET status = 'closed' WHERE id = ?`,
				`UPDATE payments SET status = 'pending' WHERE id = ?`, []any{other.ID}, []any{other.ID}, "I6 " + other.ID,
			},
			{
				"an unknown state", `UPDATE payments SET status = 'lost' WHERE id = ?`,
				`UPDATE payments SET status = 'pending' WHERE id = ?`, []any{other.ID}, []any{other.ID}, "I5 " + other.ID,
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

// sql changes exactly one row behind the program's back.
func (s *shop) sql(query string, args ...any) {
	s.T.Helper()
	if n, err := s.DB.Exec(s.Ctx, query, args...); err != nil || n != 1 {
		s.T.Fatalf("%s: %d rows, %v", query, n, err)
	}
}
