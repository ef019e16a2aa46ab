package statements_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/seal"
)

var (
	maker   = approvals.Person{Kind: approvals.ByUser, ID: "usr_maker", Name: "finance@example.com"}
	checker = approvals.Person{Kind: approvals.ByUser, ID: "usr_checker", Name: "owner@example.com"}
)

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// room is the service over a database with one merchant.
type room struct {
	*statements.Service
	t         testing.TB
	ctx       context.Context
	db        *db.DB
	clock     *clock
	log       *events.Log
	trail     *audit.Log
	approvals *approvals.Service
	merchants *merchants.Service
	archive   archive.Store
	scope     payments.Scope
	outbox    *outbox
}

// day is the day that most tests are about; the clock stands in the noon after.
const day app.Day = "2026-10-31"

func each(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	t.Parallel()
	c := &clock{}
	for _, open := range []struct {
		name string
		open func(testing.TB, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.OpenSQLite}, {"mysql", dbtest.OpenMySQL}} {
		t.Run(open.name, func(t *testing.T) {
			c.set(day.End().Add(12 * time.Hour))
			f(t, setup(t, open.open(t, dbtest.WithClock(c)), c))
		})
	}
}

func lite(t *testing.T) *room { return bench(t) }

// bench is lite for tests and benchmarks.
func bench(t testing.TB) *room {
	t.Helper()
	c := &clock{at: day.End().Add(12 * time.Hour)}
	return setup(t, dbtest.OpenSQLite(t, dbtest.WithClock(c)), c)
}

func setup(t testing.TB, d *db.DB, c *clock) *room {
	t.Helper()
	r := &room{t: t, ctx: context.Background(), db: d, clock: c, outbox: &outbox{}}
	r.log = events.NewLog(d, c)
	r.trail = audit.New(d, make([]byte, 32), c)
	r.merchants = merchants.New(d, sealer(t), r.trail, c)
	r.approvals = approvals.NewService(d, r.trail, r.merchants)
	store, err := archive.NewFolder(t.TempDir())
	r.must(err)
	r.archive = store
	pay := payments.New(payments.Config{DB: d, Events: r.log, Audit: r.trail, Approvals: r.approvals, Accounts: r.merchants, Logger: slog.New(slog.DiscardHandler)})
	r.Service = statements.New(statements.Config{
		DB: d, Events: r.log, Audit: r.trail, Approvals: r.approvals, Merchants: r.merchants, Payments: pay, Archive: r.archive,
		Logger: slog.New(slog.DiscardHandler), BaseURL: "https://pay.example.com", Dir: t.TempDir(), Mailer: r.outbox, Owner: "srv_test",
	})
	r.approvals.Register(statements.ApprovalPeriod, r.PeriodApprovals())
	m, err := r.merchants.CreateMerchant(r.ctx, "锦祥茶叶")
	r.must(err)
	r.scope = payments.Scope{MerchantID: m.ID, Mode: app.Test}
	return r
}

func sealer(t testing.TB) *seal.Sealer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := seal.Generate(path); err != nil {
		t.Fatal(err)
	}
	s, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// outbox keeps what was mailed.
type outbox struct {
	mu    sync.Mutex
	mails []statements.Mail
	fail  error
}

func (o *outbox) Send(_ context.Context, m statements.Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.mails = append(o.mails, m)
	return nil
}

// identity stores a settlement identity with enabled accounts by their names,
// since long ago.
func (r *room) identity(c app.Channel, number string, accounts ...string) statements.RunRef {
	r.t.Helper()
	long := app.ToMillis(day.Start().AddDate(0, -3, 0))
	sid := app.NewID(app.PrefixIdentity, r.clock.Now())
	_, err := r.db.Exec(r.ctx, `INSERT INTO settlement_identities (id, merchant_id, mode, channel, identity, sub_identity, created_at) VALUES (?, ?, ?, ?, ?, '', ?)`,
		sid, r.scope.MerchantID, r.scope.Mode, c, number, long)
	r.must(err)
	for i, id := range accounts {
		_, err := r.db.Exec(r.ctx, `INSERT INTO accounts (id, merchant_id, mode, channel, name, identity_id, identity, sub_identity, priority, enabled, confirm_by_query,
 version, credentials, inspected, facts, certificate_expires_at, probed_version, last_probe_at, probe_error, last_success_at, deaf_since, created_at, updated_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, 1, 0, 1, ?, 1, '{}', 0, 1, 0, '', 0, 0, ?, ?)`,
			id, r.scope.MerchantID, r.scope.Mode, c, "Account "+id, sid, number, i, []byte("x"), long, long)
		r.must(err)
	}
	return statements.RunRef{
		ID: app.NewID(app.PrefixRun, r.clock.Now()), MerchantID: r.scope.MerchantID, Mode: r.scope.Mode, IdentityID: sid, Channel: c, Identity: number, Day: day,
	}
}

// on is the identity's run of another day.
func on(run statements.RunRef, d app.Day) statements.RunRef {
	run.Day, run.ID = d, app.NewID(app.PrefixRun, d.Start())
	return run
}

// end commits an outcome as a run does.
func (r *room) end(run statements.RunRef, o statements.Outcome) error {
	return r.db.InTx(r.ctx, func(tx *db.Tx) error {
		if err := r.Write(r.ctx, tx, run, o); err != nil {
			return err
		}
		return r.Completed(r.ctx, tx, run)
	})
}

// row stores a run's row, as the day shows it.
func (r *room) row(run statements.RunRef, status, problem string) {
	r.t.Helper()
	n, err := r.db.Exec(r.ctx, `UPDATE reconcile_runs SET status = ?, problem_code = ? WHERE identity_id = ? AND bill_day = ?`, status, problem, run.IdentityID, run.Day)
	r.must(err)
	if n > 0 {
		return
	}
	_, err = r.db.Exec(r.ctx, `INSERT INTO reconcile_runs (id, merchant_id, mode, identity_id, channel, identity, sub_identity, bill_day, status, partial, done_lines, expected_lines,
 executions, tries, next_at, lease_owner, lease_until, fence, requested_kind, requested_id, requested_name, problem_code, problem_kind,
 problem_line, problem_detail, result, result_key, carried_in, carried_out, started_at, ended_at, created_at, version)
 VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, 0, 0, 0, 1, 0, 0, '', 0, 0, '', '', '', ?, '', 0, '', '', '', '', '', 0, 0, 0, 1)`,
		run.ID, run.MerchantID, run.Mode, run.IdentityID, run.Channel, run.Identity, run.Day, status, problem)
	r.must(err)
}

// exception files one, as a run of its own does, and puts it where it is.
func (r *room) exception(run statements.RunRef, account, key, status string, difference app.Money) {
	r.t.Helper()
	ref := exceptions.RunRef(run)
	ref.ID = app.NewID(app.PrefixRun, r.clock.Now())
	service := exceptions.New(exceptions.Config{DB: r.db, Audit: r.trail, Approvals: r.approvals})
	r.must(r.db.InTx(r.ctx, func(tx *db.Tx) error {
		if _, _, err := service.File(r.ctx, tx, ref, []exceptions.Finding{{Key: key, Type: exceptions.AmountDiffers, Kind: channel.LinePayment, AccountID: account, Difference: difference}}); err != nil {
			return err
		}
		_, err := tx.Exec(r.ctx, `UPDATE exceptions SET status = ? WHERE identity_id = ? AND day = ? AND object_key = ?`, status, run.IdentityID, run.Day, key)
		return err
	}))
}

// settle ends every exception of the merchant.
func (r *room) settle() {
	r.t.Helper()
	_, err := r.db.Exec(r.ctx, `UPDATE exceptions SET status = 'resolved' WHERE merchant_id = ? AND status IN ('open', 'proposed')`, r.scope.MerchantID)
	r.must(err)
}

// adjust books an amount as a resolution does.
func (r *room) adjust(run statements.RunRef, account string, kind exceptions.AdjustmentKind, amount app.Money) {
	r.t.Helper()
	_, err := r.db.Exec(r.ctx, `INSERT INTO exception_adjustments (exception_id, version, merchant_id, mode, identity_id, account_id, day, kind, amount, reverses, linked_payment_id, approval_id, booked_at)
 VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, 0, '', '', 0)`, app.NewID(app.PrefixException, r.clock.Now()), run.MerchantID, run.Mode, run.IdentityID, account, run.Day, kind, amount)
	r.must(err)
}

// figures are one account's, with n payments of 10 yuan at 0.6 % and a refund of
// half of one.
func figures(account string, n int64) statements.AccountFigures {
	gross := app.Money(1000 * n)
	return statements.AccountFigures{AccountID: account, Figures: statements.Figures{
		Ours: statements.Sums{Payments: n, Refunds: 1, Gross: gross, Refunded: 500},
		Theirs: statements.Billed{
			Payments: n, Refunds: 1, Gross: gross, Settlement: gross, Refunded: 500, RefundedSettlement: 500, Fee: app.Millifen(6000*n - 3000),
		},
		Matched: n + 1,
	}}
}

// outcome adds up to a balance that begins with opening.
func outcome(opening app.Money, accounts ...statements.AccountFigures) statements.Outcome {
	o := statements.Outcome{Accounts: accounts, Balance: &statements.Balance{Opening: opening}}
	for _, a := range accounts {
		o.Balance.Income += a.Theirs.Settlement
		o.Balance.Outgoing += a.Theirs.RefundedSettlement + a.Theirs.Fee.Round()
		o.Lines += a.Matched
	}
	o.Balance.Closing = opening + o.Balance.Income - o.Balance.Outgoing
	return o
}

func (r *room) day(d app.Day) statements.Day {
	r.t.Helper()
	got, err := r.Day(r.ctx, r.scope, d)
	r.must(err)
	return got
}

func (r *room) month(m string) statements.Month {
	r.t.Helper()
	got, err := r.Month(r.ctx, r.scope, m)
	r.must(err)
	return got
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func differing(class match.Class, count int64, amount app.Money) statements.Difference {
	return statements.Difference{Class: class, Count: count, Amount: amount}
}
