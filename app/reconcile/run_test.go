package reconcile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestADayInOrderIsReconciledToTheFen(t *testing.T) {
	each(t, func(w *world) {
		paid, given := map[app.Channel]payments.Payment{}, map[app.Channel]payments.RefundView{}
		for _, c := range bothChannels {
			for n := range 3 {
				paid[c] = w.Paid(no("D-%s-%d", c, n), native(c))
			}
			given[c] = w.Refund(paid[c].ID, paymentstest.RefundInput(no("D-%s", c), 200))
			w.WaitRefund(given[c].ID, payments.RefundSucceeded)
		}
		w.Tomorrow()
		w.RunDue()
		for _, c := range bothChannels {
			r := w.ended(c)
			want := reconcile.Sums{Payments: 3, Refunds: 1, Gross: 3702, Refunded: 200}
			if r.Status != reconcile.StatusDone || r.Result.Ours != want || r.Result.Exceptions != 0 || r.Result.Matched != 4 || r.Partial {
				w.T.Errorf("%s: %+v %s", c, r, w.types(c))
			}
			want.Fee = r.Result.Channel.Fee
			if r.Result.Channel != want || want.Fee == 0 || !r.Result.HasBalance || r.Result.Closing != 3502-want.Fee.Round() {
				w.T.Errorf("%s: the channel's side is %+v", c, r.Result)
			}
			w.found(c, paid[c], given[c])
		}
		if n := w.RunDue(); n != 0 {
			w.T.Errorf("%d runs were executed without need", n)
		}
		w.Sound()
	})
}

// found looks a payment and its refund up.
func (w *world) found(c app.Channel, p payments.Payment, r payments.RefundView) {
	w.T.Helper()
	a := w.WeChat
	if c == app.Alipay {
		a = w.Alipay
	}
	objects := []reconcile.Object{
		{Channel: c, Identity: a.Identity, Kind: channel.LinePayment, Number: p.PaidAttemptID, Day: today},
		{Channel: c, Identity: a.Identity, Kind: channel.LineRefund, Number: w.GetRefund(r.ID).Number, Day: today},
		{Channel: c, Identity: a.Identity, Kind: channel.LinePayment, Number: "att_unknown", Day: today.Add(1)},
		{Channel: c, Identity: "another", Kind: channel.LinePayment, Number: p.PaidAttemptID, Day: today},
	}
	places, err := w.Reconcile.Find(w.Ctx, w.Scope, objects)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, place := range places[:2] {
		if place.Item == nil || place.Item.Class != match.Matched || place.Item.Line == nil || place.Run == nil || place.Run.Day != today {
			w.T.Errorf("%s: %+v", c, place)
		}
	}
	if places[2].Item != nil || places[2].ExpectedAt == 0 || places[3].Item != nil || places[3].ExpectedAt != 0 || places[3].Run != nil {
		w.T.Errorf("%s: %+v", c, places[2:])
	}
	other := w.Scope
	other.MerchantID = "mch_other"
	if places, err := w.Reconcile.Find(w.Ctx, other, objects[:1]); err != nil || places[0].Item != nil || places[0].Run != nil {
		w.T.Errorf("another merchant finds %+v, %v", places, err)
	}
}

// Every fault of a bill becomes the exception that it is, and no other.
func TestEveryPlantedDifferenceIsFiled(t *testing.T) {
	each(t, func(w *world) {
		want := map[trade.BillFault]string{
			trade.MissingRow: "missing_at_channel", trade.ExtraRow: "foreign", trade.WrongAmount: "amount", trade.WrongFee: "fee", trade.WrongRate: "fee",
			trade.WrongStatus: "state", trade.DuplicateRow: "duplicate", trade.WrongSummary: "summary", trade.FundsMissingRow: "funds", trade.FundsAmount: "funds",
		}
		for _, c := range bothChannels {
			w.contracted(c, "0.60%")
			p := w.Paid(no("F-%s-1", c), native(c))
			w.Paid(no("F-%s-2", c), native(c))
			r := w.Refund(p.ID, paymentstest.RefundInput(no("F-%s", c), 200))
			w.WaitRefund(r.ID, payments.RefundSucceeded)
		}
		w.Tomorrow()
		w.RunDue()
		for _, c := range bothChannels {
			run := w.ended(c)
			for _, fault := range trade.BillFaultsOf(c) {
				if want[fault] == "" {
					continue
				}
				plan := w.Plan(c, fault)
				got := w.Again(run)
				if types := w.kinds(c); types != want[fault] || !got.Status.Ended() {
					w.T.Errorf("%s %s: %s %+v, found %q, want %q", c, fault, got.Status, got.Problem, types, want[fault])
				}
				w.Sound()
				w.Cancel(plan)
			}
			w.Again(run)
			if types := w.types(c); types != "" {
				w.T.Errorf("%s: %q stands although the bill was put right", c, types)
			}
		}
	})
}

// kinds lists the types of the day's exceptions, each once.
func (w *world) kinds(c app.Channel) string {
	return strings.Join(slices.Compact(strings.Fields(w.types(c))), " ")
}

// contracted says what the channel's account has agreed to pay.
func (w *world) contracted(c app.Channel, rate string) {
	w.T.Helper()
	a := w.WeChat
	if c == app.Alipay {
		a = w.Alipay
	}
	r, err := app.ParseRate(rate)
	if err == nil {
		_, err = w.Merchants.UpdateAccount(w.Ctx, a.MerchantID, a.ID, merchants.Profile{Name: a.Name, Priority: a.Priority, ConfirmByQuery: a.ConfirmByQuery, FeeRate: r})
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// A file that is broken, foreign or of another day is refused whole, and says why.
func TestABadFileIsRefusedWhole(t *testing.T) {
	each(t, func(w *world) {
		want := map[trade.BillFault][]string{
			trade.WrongHash:     {reconcile.ProblemCorrupt, channel.BillPacking, channel.BillTruncated},
			trade.TruncatedBill: {reconcile.ProblemCorrupt, channel.BillPacking, channel.BillTruncated, channel.BillColumns, channel.BillSummaryMissing},
			trade.WrongAccount:  {channel.BillNotOurs},
			trade.WrongDay:      {channel.BillWrongDay},
		}
		for _, c := range bothChannels {
			w.Paid(no("B-%s", c), native(c))
		}
		w.Tomorrow()
		for fault, codes := range want {
			plans := []trade.BillPlan{w.Plan(app.WeChat, fault), w.Plan(app.Alipay, fault)}
			w.makeDue()
			w.RunDue()
			for n, c := range bothChannels {
				r := w.Run(c, today)
				if r.Status != reconcile.StatusFailed || !slices.Contains(codes, r.Problem.Code) || r.Problem.Kind != channel.BillTrades || r.NextAt == 0 {
					w.T.Errorf("%s %s: %s %+v", c, fault, r.Status, r.Problem)
				}
				if types := w.types(c); types != "" || r.EndedAt != 0 {
					w.T.Errorf("%s %s: %q was filed", c, fault, types)
				}
				w.Cancel(plans[n])
			}
		}
		for _, c := range bothChannels {
			if r := w.Again(w.Run(c, today)); r.Status != reconcile.StatusDone || r.Problem.Code != "" || r.Tries != 0 {
				w.T.Errorf("%s: %s %+v", c, r.Status, r.Problem)
			}
		}
	})
}

// makeDue lets every run that waits for its next try be due.
func (w *world) makeDue() {
	w.T.Helper()
	if _, err := w.DB.Exec(w.Ctx, `UPDATE reconcile_runs SET next_at = 1 WHERE next_at > 0`); err != nil {
		w.T.Fatal(err)
	}
}
