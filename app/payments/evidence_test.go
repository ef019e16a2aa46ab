package payments_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestACaseShowsWhatEachSideSays(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		p, n := s.contradict(t, "E-1")
		c, err := s.Payments.Case(s.Ctx, s.Scope, n.ID)
		if err != nil || c.Ours == nil {
			t.Fatalf("%+v, %v", c, err)
		}
		if c.Ours.Amount != 1234 || c.Told.Amount != 1235 || c.Ours.Number != p.AttemptID || c.Told.Number != p.AttemptID {
			t.Errorf("ours %+v, told %+v", c.Ours, c.Told)
		}
		if c.Told.AppID != s.WeChat.DefaultApp() || c.Told.Identity != s.WeChat.Identity || c.Told.TradeNo == "" || c.Told.AccountID != s.WeChat.ID || c.Told.State != "SUCCESS" {
			t.Errorf("told %+v", c.Told)
		}
		facts := s.WeChatFacts(p)
		facts["out_trade_no"] = "att_01ARZ3NDEKTSV4RRFFQ69G5FAV"
		s.Deliver(s.SignWeChat(s.WeChat, facts))
		held, err := s.quarantined(1)
		if err != nil || len(held) != 1 {
			t.Fatal(held, err)
		}
		if c, err = s.Payments.Case(s.Ctx, s.Scope, held[0].ID); err != nil || c.Ours != nil || c.Told.Number != "att_01ARZ3NDEKTSV4RRFFQ69G5FAV" {
			t.Errorf("an order that nobody knows: %+v, %v", c, err)
		}
		if w, err := s.Payments.OpenNotices(s.Ctx, s.Scope); err != nil || w.Count != 2 || w.Oldest != n.ReceivedAt {
			t.Errorf("open: %+v, %v", w, err)
		}
	})
}

func TestACaseShowsBothSidesOfARefund(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		p := s.Paid("E-2", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundDelay, 1)
		r := s.GetRefund(s.Refund(p.ID, paymentstest.RefundInput("ER-1", 500)).ID)
		facts := s.WeChatRefundFacts(r)
		facts["refund_id"] = r.ChannelRefundNo
		facts["amount"].(map[string]any)["refund"] = 501
		s.Deliver(s.SignWeChatRefund(s.WeChat, facts))
		held, err := s.quarantined(1)
		if err != nil || len(held) != 1 || held[0].Reason != "refund_amount" {
			t.Fatalf("%+v, %v", held, err)
		}
		c, err := s.Payments.Case(s.Ctx, s.Scope, held[0].ID)
		if err != nil || c.Ours == nil || c.Ours.RefundAmount != 500 || c.Told.RefundAmount != 501 || c.Ours.RefundNo != r.Number || c.Told.RefundNo != r.Number {
			t.Errorf("ours %+v, told %+v, %v", c.Ours, c.Told, err)
		}
	})
}

// TestWhatAQueryConfirmedIsNoCase: a notice that was only put off never waited
// for a person.
func TestWhatAQueryConfirmedIsNoCase(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		_, n := s.contradict(t, "E-3")
		if _, err := s.DB.Exec(s.Ctx, `UPDATE channel_notifications SET status = 'resolved', reason = 'unconfirmed' WHERE id = ?`, n.ID); err != nil {
			t.Fatal(err)
		}
		page, err := s.Payments.Notices(s.Ctx, s.Scope, payments.NoticeFilter{Resolved: true})
		if err != nil || len(page.Notices) != 0 {
			t.Errorf("%+v, %v", page, err)
		}
		if _, err := s.Payments.Notice(s.Ctx, s.Scope, n.ID); reasonOf(err) != "notice_not_found" {
			t.Errorf("%v", err)
		}
	})
}
