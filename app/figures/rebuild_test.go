package figures_test

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// run executes a statement that the program itself never would.
func (w *world) run(query string, args ...any) {
	w.T.Helper()
	if _, err := w.DB.Exec(w.Ctx, query, args...); err != nil {
		w.T.Fatalf("%s: %v", query, err)
	}
}

// forget makes the database one from before the figures existed.
func (w *world) forget() {
	w.T.Helper()
	for _, table := range []string{"figures", "figures_refusals", "refused_attempts", "figures_counted", "figures_rebuild"} {
		w.run(`DELETE FROM ` + table)
	}
	w.run(`DELETE FROM event_consumers WHERE name = 'figures'`)
	w.run(`DELETE FROM events WHERE type IN ('payment.created', 'payment.switched', 'attempt.refused', 'refund.created', 'refund.rejected', 'refund.named')`)
}

func TestFiguresAreBuiltOfPaymentsFromBefore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.Paid("before-1", channel.WeChatNative)
		w.Create(paymentstest.Order("before-2", channel.AlipayQR))
		back := w.Refund(p.ID, paymentstest.RefundInput("before-1-back", 100))
		w.WaitRefund(back.ID, payments.RefundSucceeded)
		w.refused("before-3")
		w.count()
		w.forget()
		if state, err := w.figures.State(w.Ctx); err != nil || !state.Building {
			t.Fatalf("%+v, %v: nobody counted these", state, err)
		}
		if compared, err := w.figures.Verify(w.Ctx, func(figures.Violation) {}); err != nil || compared {
			t.Fatalf("compared %v, %v", compared, err)
		}
		w.Paid("meanwhile", channel.WeChatNative)
		w.count()
		if err := w.figures.Build(w.Ctx, nil); err != nil {
			t.Fatal(err)
		}
		w.exact()
		if state, err := w.figures.State(w.Ctx); err != nil || state.Building || state.Behind != 0 {
			t.Fatalf("%+v, %v", state, err)
		}

		w.run(`UPDATE figures SET created = created + 7`)
		w.run(`DELETE FROM figures_refusals`)
		if err := w.figures.Rebuild(w.Ctx, nil); err != nil {
			t.Fatal(err)
		}
		w.exact()
	})
}

func TestVerifyNamesFiguresThatPaymentsDoNotMake(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.Paid("sound-1", channel.WeChatNative)
		w.refused("sound-2")
		w.exact()
		for what, wrong := range map[string]struct{ do, undo, want string }{
			"a sum that is off":            {`UPDATE figures SET succeeded_amount = succeeded_amount + 1 WHERE span = 'day'`, `UPDATE figures SET succeeded_amount = succeeded_amount - 1 WHERE span = 'day'`, "day of"},
			"everybody's sum that is off":  {`UPDATE figures SET created = created + 1 WHERE merchant_id = ''`, `UPDATE figures SET created = created - 1 WHERE merchant_id = ''`, "platform test, hour of"},
			"figures of nothing":           {`UPDATE figures SET starts_at = starts_at - 3600000 WHERE span = 'hour'`, `UPDATE figures SET starts_at = starts_at + 3600000 WHERE span = 'hour'`, "the payments make"},
			"a payment changed by hand":    {`UPDATE payments SET amount = amount + 1, settlement_amount = settlement_amount + 1 WHERE order_no = 'sound-1'`, `UPDATE payments SET amount = amount - 1, settlement_amount = settlement_amount - 1 WHERE order_no = 'sound-1'`, p.ID},
			"refusals that never happened": {`UPDATE figures_refusals SET refused = refused + 1`, `UPDATE figures_refusals SET refused = refused - 1`, "refusals are counted"},
		} {
			w.run(wrong.do)
			var found []string
			if _, err := w.figures.Verify(w.Ctx, func(v figures.Violation) { found = append(found, v.Object+": "+v.Message) }); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(found, "\n"), wrong.want) {
				t.Errorf("%s: found %q, want %q", what, found, wrong.want)
			}
			w.run(wrong.undo)
		}
		w.sound()
		w.run(`DELETE FROM figures_refusals`)
		found := 0
		if _, err := w.figures.Verify(w.Ctx, func(figures.Violation) { found++ }); err != nil || found != 2 {
			t.Errorf("%d violations, %v: an hour and a day of refusals are gone", found, err)
		}
	})
}

func TestAChangeThatWaitsToBeCountedIsNoViolation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.Paid("waits-1", channel.WeChatNative)
		w.sound()
		w.count()
		back := w.Refund(p.ID, paymentstest.RefundInput("waits-1-back", 100))
		w.WaitRefund(back.ID, payments.RefundSucceeded)
		w.sound()
		w.exact()
	})
}

// What a server counts while another compares is no violation: the figures are
// read after what makes them.
func TestWhatIsCountedMeanwhileIsComparedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.Paid("meanwhile-1", channel.WeChatNative)
		w.count()
		back := w.Refund(p.ID, paymentstest.RefundInput("meanwhile-1-back", 100))
		w.WaitRefund(back.ID, payments.RefundSucceeded)
		w.run(`UPDATE figures SET created = created + 1 WHERE merchant_id = ''`)
		compared, err := w.figures.VerifyBefore(w.Ctx, func() {
			w.run(`UPDATE figures SET created = created - 1 WHERE merchant_id = ''`)
			w.count()
		}, func(v figures.Violation) { t.Errorf("%s: %s", v.Object, v.Message) })
		if err != nil || !compared {
			t.Errorf("compared %v, %v", compared, err)
		}
	})
}
