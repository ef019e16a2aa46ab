package reconcile_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// troubled is a day on which something is to be repaired and something differs.
type troubled struct {
	unheard payments.View    // paid, and nobody told us
	console trade.Refund     // made in the channel's console, unheard
	refund  payments.Payment // whose
}

func (w *world) troubled(c app.Channel, name string) troubled {
	w.T.Helper()
	var d troubled
	d.refund = w.Paid(name+"-1", native(c))
	w.Paid(name+"-2", native(c))
	w.unheard(c, func() { d.console = w.ConsoleRefund(c, d.refund.PaidAttemptID, 300) })
	d.unheard = w.Create(paymentstest.Order(name+"-3", native(c)))
	w.unheard(c, func() { w.Pay(d.unheard.Action.CodeURL) })
	w.Plan(c, trade.ExtraRow)
	return d
}

// unheard does at the channel what it will not tell us of.
func (w *world) unheard(c app.Channel, do func()) {
	w.T.Helper()
	w.Fault(c, trade.DropNotification, 1)
	do()
	deadline := time.Now().Add(time.Minute)
	for {
		left, err := w.Sandbox.Trades().Planned(w.Ctx)
		if err != nil {
			w.T.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.T.Fatalf("%s has told nobody nothing: %+v", c, left)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// repaired wants the day's payment and refund to stand as the channel has them,
// once.
func (w *world) repaired(c app.Channel, d troubled) {
	w.T.Helper()
	p := w.Get(d.unheard.ID)
	if p.Status != payments.StatusSucceeded || !p.Recovered || strings.Join(w.EventTypes(p.ID), " ") != "payment.succeeded" {
		w.T.Errorf("%s: the payment is %s, recovered %v, told %v", c, p.Status, p.Recovered, w.EventTypes(p.ID))
	}
	list := w.RefundsOf(d.refund.ID)
	if len(list) != 1 || list[0].Amount != 300 || list[0].Source != payments.SourceChannel || !list[0].Recovered || w.Get(d.refund.ID).AmountRefunded != 300 {
		w.T.Errorf("%s: refunds %+v", c, list)
	}
}

func TestWhatTheChannelProvesIsRepaired(t *testing.T) {
	each(t, func(w *world) {
		days := map[app.Channel]troubled{}
		for _, c := range bothChannels {
			days[c] = w.troubled(c, "R-"+string(c))
		}
		w.Tomorrow()
		w.RunDue()
		for _, c := range bothChannels {
			r := w.ended(c)
			if types := w.types(c); types != "foreign" || r.Result.Repaired != 2 || r.Result.Matched != 4 {
				w.T.Errorf("%s: %q is left, %+v", c, types, r.Result)
			}
			w.repaired(c, days[c])
			calls := w.Wire.Total()
			again := w.Again(r)
			if again.Result.Key != r.Result.Key || again.Result.Repaired != 0 || w.types(c) != "foreign" {
				w.T.Errorf("%s: again %+v", c, again.Result)
			}
			if made := w.Wire.Total() - calls; made > 4 {
				w.T.Errorf("%s: %d calls for a day that was repaired", c, made)
			}
			w.repaired(c, days[c])
		}
		w.Sound()
	})
}

// What is more than one execution asks about is the next one's, which nobody has
// to ask for.
func TestRepairsGoOnUntilNothingIsLeft(t *testing.T) {
	w := one(t)
	d := w.troubled(app.WeChat, "M")
	w.Tomorrow()
	w.Reconcile = w.Server(func(c *reconcile.Config) { c.MaxRepairs = 1 })
	w.RunDue()
	w.repaired(app.WeChat, d)
	if r := w.ended(app.WeChat); r.Executions != 2 || r.NextAt != 0 || w.types(app.WeChat) != "foreign" {
		t.Errorf("%d executions, next at %d, %s", r.Executions, r.NextAt, w.types(app.WeChat))
	}
	w.Sound()
}

// Whatever an execution had done when it was broken off, the next one comes to
// what an undisturbed one comes to, and does nothing twice.
func TestBrokenOffAnywhereTheNextExecutionComesToTheSame(t *testing.T) {
	each(t, func(w *world) {
		for _, step := range reconcile.Steps {
			c := app.WeChat
			w.fresh(c)
			d := w.troubled(c, "K-"+step)
			w.Tomorrow()
			ctx, cancel := context.WithCancel(w.Ctx)
			w.Steps.Trip(func(r reconcile.Run, at string) {
				if at == step && r.Channel == c && r.Day == today {
					if left, err := os.ReadDir(w.Config.ScratchDir); err != nil || len(left) > 0 {
						w.T.Errorf("%s: killed now, it would leave %v, %v", step, left, err)
					}
					cancel()
				}
			})
			if _, err := w.Reconcile.RunDue(ctx); err != nil && ctx.Err() == nil {
				w.T.Fatal(err)
			}
			cancel()
			w.Steps.Trip(nil)
			if ctx.Err() == nil {
				w.T.Fatalf("%s: never came to it", step)
			}
			w.RunDue()
			w.undisturbed(c, step, d)
		}
		// One that a person had executed, and that was not due by itself, too.
		r := w.runOf(w.WeChat.IdentityID)
		ctx, cancel := context.WithCancel(w.Ctx)
		w.Steps.Trip(func(_ reconcile.Run, at string) {
			if at == reconcile.StepFetched {
				cancel()
			}
		})
		if _, err := w.Reconcile.Execute(ctx, w.Scope, r.ID); err == nil {
			w.T.Error("nobody was killed")
		}
		w.Steps.Trip(nil)
		w.RunDue()
		if after := w.runOf(w.WeChat.IdentityID); after.Status != reconcile.StatusDone || after.NextAt != 0 || after.Executions != r.Executions+2 {
			w.T.Errorf("%s, executed %d times after %d", after.Status, after.Executions, r.Executions)
		}
	})
}

// fresh gives the channel a new account, and so a new settlement identity, that
// the helpers use from now on.
func (w *world) fresh(c app.Channel) {
	w.T.Helper()
	if _, err := w.Merchants.DisableAccount(w.Ctx, w.Scope.MerchantID, w.WeChat.ID); err != nil {
		w.T.Fatal(err)
	}
	w.WeChat = w.Account(c)
	w.since(0)
}

// undisturbed wants the newest account's run to be what an undisturbed one is.
func (w *world) undisturbed(c app.Channel, step string, d troubled) {
	w.T.Helper()
	w.repaired(c, d)
	r := w.runOf(w.WeChat.IdentityID)
	if r.Status != reconcile.StatusDone || r.Result.Exceptions != 1 || r.Result.Matched != 4 {
		w.T.Errorf("%s: %s %+v %+v", step, r.Status, r.Problem, r.Result)
	}
	var filed, statements, told int
	w.count(&filed, `SELECT COUNT(*) FROM exceptions WHERE run_id = ?`, r.ID)
	w.count(&statements, `SELECT COUNT(*) FROM statements WHERE run_id = ?`, r.ID)
	w.count(&told, `SELECT COUNT(*) FROM events WHERE object_id = ?`, r.ID)
	if filed != 1 || statements != 1 || told != 1 {
		w.T.Errorf("%s: %d exceptions, %d statements, %d events", step, filed, statements, told)
	}
}

func (w *world) runOf(identityID string) reconcile.Run {
	w.T.Helper()
	list, err := w.Reconcile.Runs(w.Ctx, w.Scope, today)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, r := range list {
		if r.IdentityID == identityID {
			return r
		}
	}
	w.T.Fatalf("no run of %s", identityID)
	return reconcile.Run{}
}

func (w *world) count(into *int, query string, args ...any) {
	w.T.Helper()
	if err := w.DB.Get(w.Ctx, into, query, args...); err != nil {
		w.T.Fatal(err)
	}
}

// An execution whose lease was taken over while it slept changes nothing more.
func TestWhoeverLostTheRunStoresNothing(t *testing.T) {
	each(t, func(w *world) {
		w.Paid("L-1", channel.WeChatNative)
		w.Plan(app.WeChat, trade.MissingRow)
		w.Tomorrow()
		other := w.Server(func(c *reconcile.Config) { c.Observer = nobody{} })
		var once sync.Once
		w.Steps.Trip(func(r reconcile.Run, step string) {
			if step != reconcile.StepArchived || r.Channel != app.WeChat || r.Day != today {
				return
			}
			once.Do(func() {
				w.Clock.Advance(time.Hour) // far beyond the lease
				if _, err := other.RunDue(w.Ctx); err != nil {
					w.T.Error(err)
				}
			})
		})
		w.RunDue()
		w.Steps.Trip(nil)
		r := w.ended(app.WeChat)
		var filed, told int
		w.count(&filed, `SELECT COUNT(*) FROM exceptions WHERE run_id = ?`, r.ID)
		w.count(&told, `SELECT COUNT(*) FROM events WHERE object_id = ?`, r.ID)
		if r.Executions != 2 || filed != 1 || told != 1 {
			w.T.Errorf("%d executions, %d exceptions, %d events", r.Executions, filed, told)
		}
	})
}

type nobody struct{}

func (nobody) Step(reconcile.Run, string)         {}
func (nobody) Ended(reconcile.Run, time.Duration) {}

// Servers that wake at the same moment share the runs.
func TestTwoServersNeverExecuteTheSameRunAtOnce(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range bothChannels {
			w.Paid("S-"+string(c), native(c))
		}
		w.Tomorrow()
		var mu sync.Mutex
		running, most := map[string]int{}, 0
		w.Steps.Trip(func(r reconcile.Run, step string) {
			mu.Lock()
			defer mu.Unlock()
			switch step {
			case reconcile.StepClaimed:
				running[r.ID]++
				most = max(most, running[r.ID])
			case reconcile.StepArchived:
				running[r.ID]--
			}
		})
		var all sync.WaitGroup
		for range 4 {
			server := w.Server()
			all.Go(func() {
				if _, err := server.RunDue(w.Ctx); err != nil {
					w.T.Error(err)
				}
			})
		}
		all.Wait()
		for _, c := range bothChannels {
			if r := w.ended(c); r.Executions != 1 {
				w.T.Errorf("%s was executed %d times", c, r.Executions)
			}
		}
		if most != 1 {
			w.T.Errorf("a run was executed by %d at once", most)
		}
	})
}

func TestARunThatIsBeingExecutedIsNotStartedAgain(t *testing.T) {
	w := one(t)
	w.Paid("X-1", channel.WeChatNative)
	w.Tomorrow()
	var reasons []string
	w.Steps.Trip(func(r reconcile.Run, step string) {
		if step != reconcile.StepMatched || r.Channel != app.WeChat || r.Day != today {
			return
		}
		_, err := w.Reconcile.Execute(w.Ctx, w.Scope, r.ID)
		_, err2 := w.Reconcile.Request(w.Ctx, w.Scope, r.ID)
		reasons = append(reasons, fmt.Sprint(app.CodeOf(err), " ", app.CodeOf(err2)))
	})
	w.RunDue()
	if len(reasons) != 1 || reasons[0] != "conflict conflict" {
		t.Errorf("got %v", reasons)
	}
}

// What somebody else is asking about, and what the channel does not answer, is no
// exception yet: the run comes again, a few times.
func TestAnAnswerThatDidNotComeIsWaitedFor(t *testing.T) {
	w := one(t)
	d := w.troubled(app.WeChat, "I")
	w.lease(d.unheard.AttemptID, w.Clock.Now().Add(1000*time.Hour))
	w.Tomorrow()
	for n := int64(1); n <= 5; n++ {
		w.RunDue()
		if r := w.Run(app.WeChat, today); r.Status != reconcile.StatusFailed || r.Problem.Code != reconcile.ProblemUnavailable || r.Tries != n || w.types(app.WeChat) != "" {
			t.Fatalf("%s %+v %s", r.Status, r.Problem, w.types(app.WeChat))
		}
		w.makeDue()
	}
	w.RunDue()
	r := w.ended(app.WeChat)
	if types := w.types(app.WeChat); types != "foreign state" {
		t.Errorf("at last %q is filed", types)
	}
	w.lease(d.unheard.AttemptID, time.UnixMilli(0))
	w.Again(r)
	if types := w.types(app.WeChat); types != "foreign" {
		t.Errorf("answered, %q is left", types)
	}
	w.repaired(app.WeChat, d)
	w.Sound()
}

func (w *world) lease(attemptID string, until time.Time) {
	w.T.Helper()
	if _, err := w.DB.Exec(w.Ctx, `UPDATE attempts SET lease_owner = 'lse_other', lease_until = ? WHERE id = ?`, app.ToMillis(until), attemptID); err != nil {
		w.T.Fatal(err)
	}
}

// An execution that takes longer than a lease keeps it, and shows how far it is.
func TestWhoeverWorksKeepsTheRun(t *testing.T) {
	w := one(t)
	w.Paid("H-1", channel.WeChatNative)
	w.Tomorrow()
	short := func(c *reconcile.Config) { c.LeaseTime = 2 * time.Second }
	slow, other := w.Server(short), w.Server(func(c *reconcile.Config) { short(c); c.Observer = nobody{} })
	w.Steps.Trip(func(r reconcile.Run, step string) {
		if step != reconcile.StepMatched || r.Channel != app.WeChat || r.Day != today {
			return
		}
		time.Sleep(2200 * time.Millisecond) // longer than the lease
		if _, err := other.RunDue(w.Ctx); err != nil {
			t.Error(err)
		}
	})
	if _, err := slow.RunDue(w.Ctx); err != nil {
		t.Fatal(err)
	}
	if r := w.ended(app.WeChat); r.Executions != 1 {
		t.Errorf("%d executions", r.Executions)
	}
}
