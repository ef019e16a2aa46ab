package reconcile_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The same bytes fetched again after the day are the whole day's: nothing more
// happened. The run ends, and is not executed over and over.
func TestABillThatDidNotGrowAfterAPartialRunIsOfTheWholeDay(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range bothChannels {
			w.Paid("G-"+string(c), native(c))
		}
		if _, err := w.Reconcile.RunNow(w.Ctx, w.Scope, today); err != nil {
			w.T.Fatal(err)
		}
		w.RunDue()
		for _, c := range bothChannels {
			if r := w.ended(c); !r.Partial {
				w.T.Fatalf("%s: %+v", c, r)
			}
		}
		w.Tomorrow()
		ctx, stop := context.WithCancel(w.Ctx)
		defer stop()
		w.Steps.Trip(func(r reconcile.Run, _ string) {
			if r.Executions > 4 {
				stop()
			}
		})
		if _, err := w.Reconcile.RunDue(ctx); err != nil {
			w.T.Error(err)
		}
		for _, c := range bothChannels {
			if r := w.ended(c); r.Partial || r.NextAt != 0 || r.Executions != 2 {
				w.T.Errorf("%s: partial %v, next at %d, executed %d times", c, r.Partial, r.NextAt, r.Executions)
			}
		}
	})
}

// forgetful are channels that have bills of no day any more.
type forgetful struct {
	reconcile.Channels
	said channel.Error
}

type forgetfulClient struct {
	channel.Client
	said channel.Error
}

func (f forgetful) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	c, err := f.Channels.Client(ctx, a)
	return forgetfulClient{c, f.said}, err
}

func (f forgetfulClient) DownloadBill(context.Context, channel.BillRequest, io.Writer) (channel.BillFile, error) {
	return channel.BillFile{}, &f.said
}

// denied are channels that let some accounts not at their bills.
type denied struct {
	reconcile.Channels
	accounts []string
}

func (d denied) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	c, err := d.Channels.Client(ctx, a)
	if err == nil && slices.Contains(d.accounts, a.ID) {
		c = forgetfulClient{c, channel.Error{Kind: channel.KindRefused, Code: "NO_AUTH", Message: a.ID}}
	}
	return c, err
}

// Two accounts of one number share its bills: whichever may fetch them does, and
// each has its part.
func TestAccountsThatShareABillAreReconciledTogether(t *testing.T) {
	each(t, func(w *world) {
		box, err := w.Sandbox.Trades().OpenMerchant(w.Ctx, app.WeChat, trade.PublicKey)
		if err != nil {
			w.T.Fatal(err)
		}
		both := []merchants.Account{w.AccountOf(box, box.Apps()[:1]...), w.AccountOf(box, box.Apps()[1:]...)}
		for n, a := range both {
			in := paymentstest.Order(no("J-%d", n), channel.WeChatNative)
			in.AccountID, in.Amount = a.ID, app.Money(100*(n+1))
			p := w.Create(in)
			w.Pay(p.Action.CodeURL)
			w.Await(p.ID, payments.StatusSucceeded)
		}
		w.Tomorrow()
		w.RunDue()
		r := w.runOf(both[0].IdentityID)
		for _, ids := range [][]string{{both[0].ID}, {both[1].ID}} {
			if _, err := w.DB.Exec(w.Ctx, `DELETE FROM reconcile_bills`); err != nil { // or what was kept would stand in
				w.T.Fatal(err)
			}
			w.Reconcile = w.Server(func(c *reconcile.Config) { c.Channels = denied{c.Channels, ids} })
			if r = w.Again(r); r.Status != reconcile.StatusDone || r.Result.Matched != 2 || r.Result.Exceptions != 0 || !r.Result.HasBalance {
				w.T.Errorf("without %s: %s %+v %+v", ids, r.Status, r.Problem, r.Result)
			}
		}
		day, err := w.Statements.Day(w.Ctx, w.Scope, today)
		if err != nil {
			w.T.Fatal(err)
		}
		gross := map[string]app.Money{}
		for _, row := range day.Rows {
			for _, st := range row.Statements {
				gross[st.AccountID] += st.Theirs.Gross
			}
		}
		if gross[both[0].ID] != 100 || gross[both[1].ID] != 200 || day.Total.Theirs.Gross != 300 {
			w.T.Errorf("%v of %+v", gross, day.Total)
		}
		w.Sound()
	})
}

// Channels keep bills for some months, and then say that there is none. A day
// that is run again is compared with the original that was kept.
func TestABillThatTheChannelHasForgottenIsReadFromTheArchive(t *testing.T) {
	w := one(t)
	for _, c := range bothChannels {
		w.Paid("H-"+string(c), native(c))
	}
	w.Tomorrow()
	w.RunDue()
	for _, said := range []channel.Error{
		{Kind: channel.KindNoBill, Code: "isp.bill_not_exist"}, {Kind: channel.KindRefused, Code: "INVALID_REQUEST"},
	} {
		w.Reconcile = w.Server(func(c *reconcile.Config) { c.Channels = forgetful{c.Channels, said} })
		for _, c := range bothChannels {
			if r := w.Again(w.ended(c)); r.Status != reconcile.StatusDone || r.Result.Matched != 1 || !r.Result.HasBalance || w.types(c) != "" {
				t.Errorf("%s, %s: %s %+v %+v, %q", c, said.Kind, r.Status, r.Problem, r.Result, w.types(c))
			}
		}
	}
	w.Sound()
}

// A channel that says of a day with business that there is no bill may be late:
// once it has one, the day is in order by itself.
func TestABillThatComesLateIsFoundAllTheSame(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range bothChannels {
			w.Paid("L-"+string(c), native(c))
		}
		w.Tomorrow()
		none := func(c *reconcile.Config) {
			c.Channels = forgetful{c.Channels, channel.Error{Kind: channel.KindNoBill, Code: "isp.bill_not_exist"}}
		}
		due := func(s *reconcile.Service) {
			if _, err := s.RunDue(w.Ctx); err != nil {
				w.T.Fatal(err)
			}
		}
		strict := w.Server(none)
		strict.MaxDifferences = 0
		due(strict)
		for _, c := range bothChannels {
			if r := w.Run(c, today); r.Status != reconcile.StatusWaiting || r.Problem.Code != reconcile.ProblemNotReady || w.types(c) != "" {
				w.T.Errorf("%s: %s %+v %s", c, r.Status, r.Problem, w.types(c))
			}
		}
		w.makeDue()
		due(w.Server(none))
		for _, c := range bothChannels {
			if r := w.ended(c); r.Status != reconcile.StatusNoBill || w.types(c) != "missing_at_channel" || r.NextAt <= app.ToMillis(w.Clock.Now()) {
				w.T.Errorf("%s: %s %s, next at %d", c, r.Status, w.types(c), r.NextAt)
			}
		}
		w.Clock.Advance(4 * time.Hour)
		w.RunDue()
		for _, c := range bothChannels {
			if r := w.ended(c); r.Status != reconcile.StatusDone || w.types(c) != "" || r.NextAt != 0 {
				w.T.Errorf("%s: %s %s, next at %d", c, r.Status, w.types(c), r.NextAt)
			}
		}
		w.Sound()
	})
}

// A bill that came broken when the day was run again does not stand in the way of
// the sound one before it.
func TestASoundBillStandsInForABrokenOneThatCameLater(t *testing.T) {
	w := one(t)
	w.Paid("K-1", channel.WeChatNative)
	w.Tomorrow()
	w.RunDue()
	sound := w.bills(w.ended(app.WeChat).ID, channel.BillTrades)[0]
	w.Plan(app.WeChat, trade.WrongDay)
	r := w.Again(w.Run(app.WeChat, today))
	if r.Status != reconcile.StatusFailed || r.Problem.Code != channel.BillWrongDay {
		t.Fatalf("%s %+v", r.Status, r.Problem)
	}
	w.Reconcile = w.Server(func(c *reconcile.Config) {
		c.Channels = forgetful{c.Channels, channel.Error{Kind: channel.KindNoBill, Code: "NO_STATEMENT_EXIST"}}
	})
	r = w.Again(r)
	if r.Status != reconcile.StatusDone || r.Result.Matched != 1 || w.types(app.WeChat) != "" {
		t.Errorf("%s %+v %s", r.Status, r.Result, w.types(app.WeChat))
	}
	for _, b := range w.bills(r.ID, channel.BillTrades) {
		if b.Current != (b.ID == sound.ID) {
			t.Errorf("%+v is current", b)
		}
	}
	w.Sound()
}

// What was fetched while the day went on is not the day's bill: it stands in for
// nothing.
func TestABillOfHalfADayStandsInForNothing(t *testing.T) {
	w := one(t)
	w.Paid("I-1", channel.WeChatNative)
	if _, err := w.Reconcile.RunNow(w.Ctx, w.Scope, today); err != nil {
		t.Fatal(err)
	}
	w.RunDue()
	w.ended(app.WeChat)
	w.Tomorrow()
	w.Reconcile = w.Server(func(c *reconcile.Config) {
		c.Channels = forgetful{c.Channels, channel.Error{Kind: channel.KindRefused, Code: "NO_AUTH"}}
	})
	ctx, stop := context.WithCancel(w.Ctx)
	defer stop()
	w.Steps.Trip(func(r reconcile.Run, _ string) {
		if r.Executions > 4 {
			stop()
		}
	})
	if _, err := w.Reconcile.RunDue(ctx); err != nil {
		t.Error(err)
	}
	if r := w.Run(app.WeChat, today); r.Status != reconcile.StatusFailed || r.Problem.Code != reconcile.ProblemRefused || r.NextAt <= app.ToMillis(w.Clock.Now()) {
		t.Errorf("%s %+v, next at %d after %d executions", r.Status, r.Problem, r.NextAt, r.Executions)
	}
}

// WeChat gives a provider no bill of its merchants' balances. That is no
// difference, and no movement of nothing.
func TestAMerchantUnderAProviderHasNoFundsBillAndNoDifference(t *testing.T) {
	each(t, func(w *world) {
		provider, appID := w.Provider(app.WeChat)
		a := w.Partner(provider, appID)
		in := paymentstest.Order("S-1", channel.WeChatNative)
		in.AccountID = a.ID
		p := w.Create(in)
		w.Pay(p.Action.CodeURL)
		w.Await(p.ID, payments.StatusSucceeded)
		w.Tomorrow()
		w.RunDue()
		list, err := w.Reconcile.Runs(w.Ctx, w.Scope, today)
		if err != nil {
			w.T.Fatal(err)
		}
		for _, r := range list {
			if r.SubIdentity == "" {
				continue
			}
			if r.Status != reconcile.StatusDone || r.Result.Matched != 1 || r.Result.Exceptions != 0 || r.Result.HasBalance || !strings.Contains(r.Result.FundsMissing, channel.CodeNoSuchBill) {
				w.T.Errorf("%s %+v %+v: %s", r.Status, r.Problem, r.Result, w.types(app.WeChat))
			}
			return
		}
		w.T.Errorf("no run of the merchant under the provider: %+v", list)
	})
}
