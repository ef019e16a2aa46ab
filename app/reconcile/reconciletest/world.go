// Package reconciletest gives tests a shop whose books are compared with the
// bills of a running sandbox.
package reconciletest

import (
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// World is a shop and the reconciliation of its books. The sandbox keeps the
// machine's time and has bills of any day up to now.
type World struct {
	*paymentstest.Shop
	Wire       *paymentstest.Wire
	Reconcile  *reconcile.Service
	Exceptions *exceptions.Service
	Statements *statements.Service
	Archive    *archive.Folder
	ArchiveDir string
	Steps      *Steps
	Config     reconcile.Config
	Box        *db.DB // the sandbox's
}

// Open brings up a world on d, whose clock is c.
func Open(t testing.TB, d *db.DB, c *paymentstest.Clock) *World {
	t.Helper()
	w := &World{Steps: &Steps{}, ArchiveDir: filepath.Join(t.TempDir(), "archive")}
	shop, wire := paymentstest.Open(t, d, c, func(box *sandbox.Config) { box.SameDayBills, w.Box = true, box.DB })
	w.Shop, w.Wire = shop, wire
	var err error
	if w.Archive, err = archive.NewFolder(w.ArchiveDir); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	w.Statements = statements.New(statements.Config{
		DB: d, Events: shop.Events, Audit: shop.Audit, Approvals: shop.Approvals, Merchants: shop.Merchants, Payments: shop.Payments, Archive: w.Archive, Logger: logger,
	})
	w.Exceptions = exceptions.New(exceptions.Config{
		DB: d, Audit: shop.Audit, Approvals: shop.Approvals, Payments: shop.Payments, Members: access.New(d, c, access.Config{}), Periods: statements.Periods{},
	})
	w.Config = reconcile.Config{
		DB: d, Audit: shop.Audit, Merchants: shop.Merchants, Payments: shop.Payments, Exceptions: w.Exceptions, Statements: w.Statements, Periods: statements.Periods{},
		Channels: shop, Archive: w.Archive, Observer: w.Steps, Logger: logger, Modes: []app.Mode{app.Live, app.Test}, ScratchDir: t.TempDir(),
		Schedules: map[app.Channel]reconcile.Schedule{app.WeChat: schedule(t, "15 10 * * *"), app.Alipay: schedule(t, "30 9 * * *")},
	}
	w.Reconcile = w.Server()
	return w
}

// Server returns a further server's service on the same database.
func (w *World) Server(changes ...func(*reconcile.Config)) *reconcile.Service {
	c := w.Config
	for _, change := range changes {
		change(&c)
	}
	s := reconcile.New(c)
	w.T.Cleanup(s.Close)
	return s
}

func schedule(t testing.TB, spec string) reconcile.Schedule {
	t.Helper()
	s, err := cron.ParseStandard("CRON_TZ=Asia/Shanghai " + spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Steps watches executions and may trip one.
type Steps struct {
	mu   sync.Mutex
	trip func(run reconcile.Run, step string)
	seen []string
	ends []reconcile.Run
}

// Step implements reconcile.Observer.
func (s *Steps) Step(run reconcile.Run, step string) {
	s.mu.Lock()
	trip := s.trip
	s.seen = append(s.seen, step)
	s.mu.Unlock()
	if trip != nil {
		trip(run, step)
	}
}

// Ended implements reconcile.Observer.
func (s *Steps) Ended(run reconcile.Run, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = append(s.ends, run)
}

// Trip calls f at every step from now on; nil ends it.
func (s *Steps) Trip(f func(run reconcile.Run, step string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trip = f
}

// Count returns how often a step was come to.
func (s *Steps) Count(step string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, x := range s.seen {
		if x == step {
			n++
		}
	}
	return n
}

// Today is the machine's day, of the payments that tests make.
func Today() app.Day { return app.DayOf(time.Now()) }

// Tomorrow moves the platform's clock behind the publication of today's bills.
func (w *World) Tomorrow() {
	now := w.Clock.Now()
	if at := Today().End().Add(12 * time.Hour); now.Before(at) {
		w.Clock.Advance(at.Sub(now))
	}
}

// RunDue executes what is due and returns how many runs that were.
func (w *World) RunDue() int {
	w.T.Helper()
	n, err := w.Reconcile.RunDue(w.Ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

// Run returns the channel's run of a day.
func (w *World) Run(c app.Channel, day app.Day) reconcile.Run {
	w.T.Helper()
	list, err := w.Reconcile.Runs(w.Ctx, w.Scope, day)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, r := range list {
		if r.Channel == c {
			return r
		}
	}
	w.T.Fatalf("no run of %s on %s", c, day)
	return reconcile.Run{}
}

// Again executes a run now.
func (w *World) Again(r reconcile.Run) reconcile.Run {
	w.T.Helper()
	out, err := w.Reconcile.Execute(w.Ctx, w.Scope, r.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return out
}

// Found lists the channel's exceptions of a day that were not cleared, without
// their evidence.
func (w *World) Found(c app.Channel, day app.Day) []exceptions.Exception {
	w.T.Helper()
	var out []exceptions.Exception
	page, err := w.Exceptions.List(w.Ctx, w.Scope, exceptions.Filter{From: day, To: day, Limit: 100})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, e := range page.Exceptions {
		if e.Channel == c && e.Status != exceptions.Cleared {
			out = append(out, e)
		}
	}
	return out
}

// Plan plans a fault of today's bill.
func (w *World) Plan(c app.Channel, f trade.BillFault, change ...func(*trade.BillPlan)) trade.BillPlan {
	w.T.Helper()
	account := w.WeChat.Identity
	if c == app.Alipay {
		account = w.Alipay.DefaultApp()
	}
	p := trade.BillPlan{Channel: c, Account: account, Day: Today(), Fault: f}
	for _, x := range change {
		x(&p)
	}
	p, err := w.Sandbox.Trades().PlanBillFault(w.Ctx, p)
	if err != nil {
		w.T.Fatal(err)
	}
	return p
}

// Cancel takes a planned fault back.
func (w *World) Cancel(p trade.BillPlan) {
	w.T.Helper()
	if err := w.Sandbox.Trades().CancelBillFault(w.Ctx, p.ID); err != nil {
		w.T.Fatal(err)
	}
}

// Sound checks every invariant, those of reconciliation too.
func (w *World) Sound() {
	w.T.Helper()
	w.Shop.Sound()
	if err := w.Reconcile.Verify(w.Ctx, func(v payments.Violation) { w.T.Errorf("%s violated by %s: %s", v.Invariant, v.Object, v.Message) }); err != nil {
		w.T.Fatal(err)
	}
}
