package statements_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func (r *room) mailTo(list ...string) {
	r.t.Helper()
	_, err := r.merchants.UpdateSettings(r.ctx, r.scope.MerchantID, merchants.Settings{StatementEmails: merchants.AddressesOf(list)})
	r.must(err)
}

func (r *room) mailDue() int {
	r.t.Helper()
	n, err := r.MailDue(r.ctx)
	r.must(err)
	return n
}

func TestADaysFiguresAreMailedOnceItsBillsAreCompared(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.mailTo("finance@example.com", "owner@example.com")
		wechat, alipay := r.identity("wechat", "1600000001", "acct_A"), r.identity("alipay", "2088000000000001", "acct_B")
		r.must(r.end(wechat, outcome(10_000, figures("acct_A", 3))))
		if n := r.mailDue(); n != 0 {
			t.Fatalf("%d mails while a bill is awaited", n)
		}
		r.exception(alipay, "acct_B", "payment:1", "open", 30)
		r.must(r.end(alipay, outcome(0, figures("acct_B", 1))))
		if n := r.mailDue(); n != 1 || len(r.outbox.mails) != 1 {
			t.Fatalf("%d mails", n)
		}
		m := r.outbox.mails[0]
		if strings.Join(m.To, " ") != "finance@example.com owner@example.com" || m.Subject != "锦祥茶叶 2026-10-31 对账完成：有差错" {
			t.Errorf("%q to %v", m.Subject, m.To)
		}
		for _, want := range []string{
			"微信支付 1600000001 · 已对平", "账单支付笔数: 3 · ¥30.00", "手续费: ¥0.15", "应结净额: ¥24.85", "支付宝 2088000000000001 · 有差错", "未结差错: 1 · ¥0.30",
			"期初余额: ¥100.00 → 期末余额: ¥124.85", "https://pay.example.com/console/m/" + r.scope.MerchantID + "/test/reconciliation?date=2026-10-31",
		} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, m.Text)
			}
		}
		if n := r.mailDue(); n != 0 {
			t.Errorf("sent again")
		}
		// The same outcome again is no news; another one is.
		r.must(r.end(wechat, outcome(10_000, figures("acct_A", 3))))
		if n := r.mailDue(); n != 0 {
			t.Errorf("the same figures are mailed again")
		}
		r.must(r.end(wechat, outcome(10_000, figures("acct_A", 4))))
		if n := r.mailDue(); n != 1 || r.outbox.mails[1].ID == m.ID {
			t.Errorf("%d mails of other figures, %s after %s", n, r.outbox.mails[1].ID, m.ID)
		}
	})
}

func TestALateBillDoesNotHoldTheMailForEver(t *testing.T) {
	r := lite(t)
	r.mailTo("finance@example.com")
	wechat := r.identity("wechat", "1600000001", "acct_A")
	r.identity("alipay", "2088000000000001", "acct_B")
	r.must(r.end(wechat, outcome(0, figures("acct_A", 3))))
	r.clock.set(r.clock.Now().Add(2*time.Hour + time.Second))
	if n := r.mailDue(); n != 1 || !strings.Contains(r.outbox.mails[0].Text, "支付宝 2088000000000001 · 待出账") {
		t.Errorf("%d mails: %+v", n, r.outbox.mails)
	}
}

func TestAMailThatCannotBeSentIsTriedAgainAndGivenUp(t *testing.T) {
	r := lite(t)
	r.mailTo("finance@example.com")
	run := r.identity("wechat", "1600000001", "acct_A")
	r.outbox.fail = errors.New("451 try again later")
	r.must(r.end(run, outcome(0, figures("acct_A", 3)))) // and the run is not held up
	var tries int64
	for range 20 {
		if n := r.mailDue(); n != 0 {
			t.Fatal("it went out")
		}
		r.clock.set(r.clock.Now().Add(11 * time.Hour))
	}
	var status, why string
	r.must(r.db.Get(r.ctx, &status, `SELECT status FROM statement_mails WHERE merchant_id = ?`, r.scope.MerchantID))
	r.must(r.db.Get(r.ctx, &why, `SELECT error FROM statement_mails WHERE merchant_id = ?`, r.scope.MerchantID))
	r.must(r.db.Get(r.ctx, &tries, `SELECT tries FROM statement_mails WHERE merchant_id = ?`, r.scope.MerchantID))
	if status != "failed" || why != "451 try again later" || tries != 7 {
		t.Errorf("%s after %d tries: %s", status, tries, why)
	}
	r.outbox.fail = nil
	r.must(r.end(run, outcome(0, figures("acct_A", 4))))
	if n := r.mailDue(); n != 1 {
		t.Errorf("%d mails of new figures", n)
	}
}

func TestNobodyIsMailedWhoWasNotNamed(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.must(r.end(run, outcome(0, figures("acct_A", 3))))
	if n := r.mailDue(); n != 0 {
		t.Errorf("%d mails", n)
	}
	r.mailTo("finance@example.com")
	r.must(r.end(run, outcome(0, figures("acct_A", 4))))
	r.mailTo() // changed their minds before it went out
	if n := r.mailDue(); n != 0 || len(r.outbox.mails) != 0 {
		t.Errorf("%d mails", n)
	}
}

// slow lets something happen while a mail is on its way.
type slow struct {
	*outbox
	meanwhile func()
}

func (s *slow) Send(ctx context.Context, m statements.Mail) error {
	if s.meanwhile != nil {
		do := s.meanwhile
		s.meanwhile = nil
		do()
	}
	return s.outbox.Send(ctx, m)
}

func TestNewFiguresWhileAMailIsOnItsWayAreMailedToo(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.mailTo("finance@example.com")
		run := r.identity("wechat", "1600000001", "acct_A")
		r.must(r.end(run, outcome(0, figures("acct_A", 3))))
		r.Service.Mailer = &slow{r.outbox, func() { r.must(r.end(run, outcome(0, figures("acct_A", 4)))) }}
		if n := r.mailDue(); n != 2 || !strings.Contains(r.outbox.mails[1].Text, "账单支付笔数: 4") {
			t.Errorf("%d mails: %+v", n, r.outbox.mails)
		}
	})
}
