package exceptions_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// market is a room over a shop's real payments at the sandbox.
type market struct {
	*room
	shop *paymentstest.Shop
	run  exceptions.RunRef
}

func eachMarket(t *testing.T, f func(m *market)) {
	t.Helper()
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop, _ := paymentstest.Open(t, d, clock)
		log := audit.New(d, make([]byte, 32), clock)
		s := exceptions.New(exceptions.Config{DB: d, Audit: log, Approvals: shop.Approvals, Payments: shop.Payments, Members: members{}})
		shop.Approvals.Register(exceptions.ApprovalException, s.Decisions())
		ref := run
		ref.MerchantID, ref.Mode, ref.Identity = shop.Scope.MerchantID, shop.Scope.Mode, shop.WeChat.Identity
		f(&market{room: &room{Service: s, t: t, d: d, log: log, asked: shop.Approvals}, shop: shop, run: ref})
	}, dbtest.WithClock(clock))
}

// surplus files that more came in for a paid payment than our books say.
func (m *market) surplus(p payments.Payment, more app.Money) exceptions.Exception {
	m.t.Helper()
	m.file(m.run, exceptions.Finding{
		Key: "payment:" + p.PaidAttemptID, Type: exceptions.AmountDiffers, Kind: channel.LinePayment, AccountID: p.AccountID, Number: p.PaidAttemptID,
		ChannelNo: p.ChannelTradeNo, PaymentID: p.ID, Ours: p.Amount, Channel: p.Amount + more, Difference: -more,
	})
	page, err := m.List(m.t.Context(), m.shop.Scope, exceptions.Filter{Number: p.OrderNo})
	if err != nil || len(page.Exceptions) != 1 {
		m.t.Fatalf("%+v, %v", page, err)
	}
	return page.Exceptions[0]
}

func (m *market) resolve(e exceptions.Exception, p exceptions.Proposal) exceptions.Exception {
	m.t.Helper()
	p.Reason, p.By = "x", maker
	e, err := m.Propose(m.as(maker), m.shop.Scope, e.ID, p)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := m.asked.Decide(m.as(checker), approvals.Scope(m.shop.Scope), e.ApprovalID, approvals.Decision{By: checker, Approve: true}); err != nil {
		m.t.Fatal(err)
	}
	if e, err = m.Get(m.t.Context(), m.shop.Scope, e.ID); err != nil {
		m.t.Fatal(err)
	}
	return e
}

func TestASurplusGoesBackToThePayerOnce(t *testing.T) {
	eachMarket(t, func(m *market) {
		p := m.shop.Paid("EX-1", channel.WeChatNative)
		e := m.surplus(p, 34)
		plan, err := m.Preview(m.t.Context(), m.shop.Scope, e.ID, exceptions.Proposal{Resolution: exceptions.Refund})
		if err != nil || plan.Amount != 34 || plan.Refundable != p.Amount {
			m.t.Fatalf("planned %+v, %v", plan, err)
		}
		e = m.resolve(e, exceptions.Proposal{Resolution: exceptions.Refund})
		if e.Status != exceptions.Resolved || e.GivenBackID == "" {
			m.t.Fatalf("resolved %+v", e)
		}
		m.shop.RefundDue()
		r := m.shop.WaitRefund(e.GivenBackID, payments.RefundSucceeded)
		if r.Amount != 34 || r.RefundNo != e.ID || r.ApprovalID != e.ApprovalID || r.RequestedBy() != maker {
			m.t.Errorf("refunded %+v", r)
		}
		if sent := m.shop.ChannelRefunds(app.WeChat, p.PaidAttemptID); len(sent) != 1 {
			m.t.Errorf("the channel refunded %d times", len(sent))
		}
		if err := m.shop.Payments.Verify(m.t.Context(), func(v payments.Violation) { m.t.Errorf("the books say %+v", v) }); err != nil {
			m.t.Error(err)
		}
	})
}

func TestARefundThatNoLongerFitsOpensTheExceptionAgain(t *testing.T) {
	eachMarket(t, func(m *market) {
		p := m.shop.Paid("EX-2", channel.WeChatNative)
		e := m.surplus(p, 500)
		e, err := m.Propose(m.as(maker), m.shop.Scope, e.ID, exceptions.Proposal{Resolution: exceptions.Refund, Reason: "x", By: maker})
		if err != nil {
			m.t.Fatal(err)
		}
		if _, err := m.shop.Payments.Refund(m.shop.Ctx, m.shop.Scope, p.ID, paymentstest.RefundInput("RF-all", p.Amount-499), nil); err != nil {
			m.t.Fatal(err)
		}
		a, err := m.asked.Decide(m.as(checker), approvals.Scope(m.shop.Scope), e.ApprovalID, approvals.Decision{By: checker, Approve: true})
		if err != nil || a.Status != approvals.Approved {
			m.t.Fatalf("decided %+v, %v", a, err)
		}
		if e, err = m.Get(m.t.Context(), m.shop.Scope, e.ID); err != nil || e.Status != exceptions.Open || e.GivenBackID != "" || e.Resolution != "" {
			m.t.Errorf("left as %+v, %v", e, err)
		}
		history, err := m.History(m.t.Context(), m.shop.Scope, e.ID)
		if err != nil || len(history) != 4 || history[3].Event != exceptions.EventFailed || history[3].Args["reason"] != "refund_exceeds_remainder" {
			m.t.Errorf("history %+v, %v", history, err)
		}
		if sums, err := m.Adjustments(m.t.Context(), m.d, m.shop.Scope, day, day); err != nil || len(sums) != 0 {
			m.t.Errorf("booked %+v, %v", sums, err)
		}
		if _, err := m.Preview(m.t.Context(), m.shop.Scope, e.ID, exceptions.Proposal{Resolution: exceptions.Refund}); reason(err) != "refund_exceeds_remainder" {
			m.t.Errorf("previewed: %v", err)
		}
	})
}

func TestForeignMoneyIsExplainedByAPaymentOfTheSameMerchant(t *testing.T) {
	eachMarket(t, func(m *market) {
		p := m.shop.Paid("EX-3", channel.WeChatNative)
		m.file(m.run, foreign("wx77", 1234))
		page, err := m.List(m.t.Context(), m.shop.Scope, exceptions.Filter{Type: exceptions.Foreign})
		if err != nil || len(page.Exceptions) != 1 {
			m.t.Fatal(page, err)
		}
		e := page.Exceptions[0]
		for _, number := range []string{p.ID, p.PaidAttemptID, p.OrderNo, p.ChannelTradeNo} {
			plan, err := m.Preview(m.t.Context(), m.shop.Scope, e.ID, exceptions.Proposal{Resolution: exceptions.Link, Link: " " + number})
			if err != nil || plan.Linked == nil || plan.Linked.ID != p.ID || plan.Linked.Amount != p.Amount {
				m.t.Errorf("by %s: %+v, %v", number, plan.Linked, err)
			}
		}
		offers, err := m.Offers(m.t.Context(), m.shop.Scope, e)
		if err != nil || len(offers) != 4 || offers[0].Resolution != exceptions.Link || offers[0].Err != nil || len(offers[0].Consequences) == 0 {
			m.t.Errorf("offered %+v, %v", offers, err)
		}
		other, err := m.shop.Merchants.CreateMerchant(m.shop.Ctx, "Another")
		if err != nil {
			m.t.Fatal(err)
		}
		alien := m.run
		alien.MerchantID, alien.ID, alien.IdentityID = other.ID, "run_alien", "sid_alien"
		m.file(alien, foreign("wx78", 1234))
		theirs := exceptions.Scope{MerchantID: other.ID, Mode: app.Test}
		page, err = m.List(m.t.Context(), theirs, exceptions.Filter{})
		if err != nil || len(page.Exceptions) != 1 {
			m.t.Fatal(page, err)
		}
		_, err = m.Preview(m.t.Context(), theirs, page.Exceptions[0].ID, exceptions.Proposal{Resolution: exceptions.Link, Link: p.ID})
		if fieldOf(err) != "link" {
			m.t.Errorf("linked to another merchant's payment: %v", err)
		}
		e = m.resolve(e, exceptions.Proposal{Resolution: exceptions.Link, Link: p.OrderNo})
		if e.Status != exceptions.Resolved || e.LinkedID != p.ID {
			m.t.Errorf("resolved %+v", e)
		}
	})
}
