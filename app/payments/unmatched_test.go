package payments_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// quarantined lists the newest cases that wait for a person.
func (s *shop) quarantined(limit int) ([]payments.StoredNotice, error) {
	page, err := s.Payments.Notices(s.Ctx, s.Scope, payments.NoticeFilter{Limit: limit})
	return page.Notices, err
}

// contradict delivers a validly signed notification whose amount is one fen off,
// and returns the case it became.
func (s *shop) contradict(t testing.TB, order string) (payments.View, payments.StoredNotice) {
	t.Helper()
	p := s.Create(paymentstest.Order(order, channel.WeChatNative))
	facts := s.WeChatFacts(p)
	facts["amount"] = map[string]any{"total": 1235, "payer_total": 1235, "currency": "CNY", "payer_currency": "CNY"}
	if status, text := s.Deliver(s.SignWeChat(s.WeChat, facts)); status < 400 {
		t.Fatalf("a wrong amount was acknowledged: %d %s", status, text)
	}
	held, err := s.quarantined(1)
	if err != nil || len(held) != 1 || held[0].Reason != "amount" || held[0].PaymentID != p.ID {
		t.Fatalf("held %+v, %v", held, err)
	}
	return p, held[0]
}

func TestAPersonEndsACaseOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		p, n := s.contradict(t, "Q-1")
		for _, bad := range []payments.NoticeResolution{
			{Outcome: payments.NoticeIgnored}, {Outcome: payments.NoticeConfirmed, Note: "x"}, {Outcome: "", Note: "x"},
			{Outcome: payments.NoticeIgnored, Note: strings.Repeat("长", 501)},
		} {
			if _, err := s.Payments.ResolveNotice(s.Ctx, s.Scope, n.ID, bad); !app.Is(err, app.Invalid) {
				t.Errorf("%+v: %v, want Invalid", bad, err)
			}
		}
		ctx := payments.WithCause(s.Ctx, payments.Cause{Kind: "user", Name: "finance@example.com"})
		var ended, late atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := s.Payments.ResolveNotice(ctx, s.Scope, n.ID, payments.NoticeResolution{Outcome: payments.NoticeReturned, Note: "given back at the channel"})
				switch {
				case err == nil:
					ended.Add(1)
				case reasonOf(err) == "notice_resolved":
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if ended.Load() != 1 || late.Load() != 7 {
			t.Fatalf("ended %d times, %d came late", ended.Load(), late.Load())
		}
		got, err := s.Payments.Notice(s.Ctx, s.Scope, n.ID)
		if err != nil || got.Open() || got.Outcome != payments.NoticeReturned || got.ResolvedBy != "finance@example.com" || got.Note == "" || got.ResolvedAt == 0 {
			t.Errorf("%+v, %v", got, err)
		}
		var audited int
		if err := s.DB.Get(s.Ctx, &audited, `SELECT COUNT(*) FROM audit_rows WHERE action = 'notification.resolve' AND target = ?`, n.ID); err != nil || audited != 1 {
			t.Errorf("%d audit rows, %v", audited, err)
		}
		if open, err := s.quarantined(10); err != nil || len(open) != 0 {
			t.Errorf("still open: %+v, %v", open, err)
		}
		past, err := s.Payments.Notices(s.Ctx, s.Scope, payments.NoticeFilter{Resolved: true})
		if err != nil || len(past.Notices) != 1 {
			t.Errorf("dealt with: %+v, %v", past, err)
		}
		story, err := s.Payments.Timeline(s.Ctx, s.Scope, p.ID)
		if err != nil || story[len(story)-1].Message != "notification.resolved" {
			t.Errorf("the story ends with %+v, %v", story[len(story)-1], err)
		}
		// A word about money is not money.
		if now := s.Get(p.ID); now.Status != payments.StatusPending {
			t.Errorf("the payment is %s", now.Status)
		}
	})
}

func TestACaseIsConfirmedWhenTheChannelAgrees(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		p, n := s.contradict(t, "Q-2")
		got, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, n.ID)
		if err != nil || got.Open() || got.Outcome != payments.NoticeConfirmed {
			t.Errorf("an unpaid order that the channel calls unpaid: %+v, %v", got, err)
		}
		if now := s.Get(p.ID); now.Status != payments.StatusPending {
			t.Errorf("the payment is %s", now.Status)
		}
		p, n = s.contradict(t, "Q-3")
		s.Trap.Arm() // the true notification is lost
		s.Pay(p.Action.CodeURL)
		s.Trap.Wait(t)
		if _, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, n.ID); err != nil {
			t.Fatal(err)
		}
		if now := s.Get(p.ID); now.Status != payments.StatusSucceeded || now.Amount != 1234 {
			t.Errorf("the payment is %s", now.Status)
		}
		if _, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, n.ID); reasonOf(err) != "notice_resolved" {
			t.Errorf("again: %v", err)
		}
	})
}

func TestACaseWithoutAnOrderCannotBeAskedAbout(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		t := s.T
		p := s.Create(paymentstest.Order("Q-4", channel.WeChatNative))
		facts := s.WeChatFacts(p)
		facts["out_trade_no"] = "att_01ARZ3NDEKTSV4RRFFQ69G5FAV"
		s.Deliver(s.SignWeChat(s.WeChat, facts))
		held, err := s.quarantined(1)
		if err != nil || len(held) != 1 || held[0].Reason != "unknown_number" || held[0].Recheckable() {
			t.Fatalf("%+v, %v", held, err)
		}
		if _, err := s.Payments.RecheckNotice(s.Ctx, s.Scope, held[0].ID); reasonOf(err) != "notice_without_order" {
			t.Errorf("%v", err)
		}
		other := payments.Scope{MerchantID: s.Scope.MerchantID, Mode: app.Live}
		if _, err := s.Payments.Notice(s.Ctx, other, held[0].ID); !app.Is(err, app.NotFound) {
			t.Errorf("another mode reads it: %v", err)
		}
		if _, err := s.Payments.ResolveNotice(s.Ctx, other, held[0].ID, payments.NoticeResolution{Outcome: payments.NoticeIgnored, Note: "x"}); !app.Is(err, app.NotFound) {
			t.Errorf("another mode resolves it: %v", err)
		}
	})
}
