package approvals_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
)

var (
	maker   = approvals.Person{Kind: approvals.ByUser, ID: "usr_maker", Name: "cashier@example.com"}
	checker = approvals.Person{Kind: approvals.ByUser, ID: "usr_checker", Name: "finance@example.com"}
	backend = approvals.Person{Kind: approvals.ByKey, ID: "key_shop", Name: "sk_test_shop"} // made before that was kept
	scope   = approvals.Scope{MerchantID: "mch_1", Mode: app.Test}
)

// room is the service with a handler that leaves its mark on the row it is told
// of, within the deciding transaction.
type room struct {
	*approvals.Service
	d    *db.DB
	log  *audit.Log
	keys *merchants.Service

	mu     sync.Mutex
	fail   error
	marked int
	after  []approvals.Status
}

func (r *room) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	_, err := tx.Exec(ctx, `UPDATE approvals SET object_id = 'carried_out' WHERE id = ?`, a.ID)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marked++
	return errors.Join(err, r.fail)
}

func (r *room) After(_ context.Context, a approvals.Approval) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.after = append(r.after, a.Status)
}

func each(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := audit.New(d, make([]byte, 32), app.SystemClock{})
		keys := merchants.New(d, nil, log, app.SystemClock{})
		r := &room{Service: approvals.NewService(d, log, keys), d: d, log: log, keys: keys}
		r.Register("gift", r)
		f(t, r)
	})
}

func (r *room) request(t *testing.T, by approvals.Person) approvals.Approval {
	t.Helper()
	return r.requestAt(t, scope, by)
}

func (r *room) requestAt(t *testing.T, scope approvals.Scope, by approvals.Person) approvals.Approval {
	t.Helper()
	var a approvals.Approval
	err := r.d.InTx(t.Context(), func(tx *db.Tx) (err error) {
		a, err = r.Request(t.Context(), tx, approvals.New{
			MerchantID: scope.MerchantID, Mode: scope.Mode, Kind: "gift", ObjectID: "obj_1", Amount: 5000,
			Summary: map[string]string{"to": "赵四"}, RequestedBy: by,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (r *room) get(t *testing.T, id string) approvals.Approval {
	t.Helper()
	a, err := r.Get(t.Context(), scope, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// actions lists what the merchant's audit chain says about an approval.
func (r *room) actions(t *testing.T, id string) []string {
	t.Helper()
	rows, err := r.log.List(t.Context(), audit.Filter{Chain: scope.MerchantID, Target: id, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	slices.SortFunc(rows.Rows, func(a, b audit.Row) int { return cmp.Compare(a.Seq, b.Seq) }) // ids of one millisecond are in no order
	for _, row := range rows.Rows {
		out = append(out, row.Action)
	}
	return out
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestASecondPersonDecides(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for _, tc := range []struct {
			decision approvals.Decision
			want     approvals.Status
			action   string
		}{
			{approvals.Decision{By: checker, Approve: true}, approvals.Approved, "approval.approve"},
			{approvals.Decision{By: checker, Note: "too much"}, approvals.Rejected, "approval.reject"},
		} {
			a := r.request(t, maker)
			if a.Status != approvals.Pending || !app.ValidID(app.PrefixApproval, a.ID) {
				t.Fatalf("asked %+v", a)
			}
			got, err := r.Decide(t.Context(), scope, a.ID, tc.decision)
			if err != nil || got.Status != tc.want || got.DecidedBy != checker || got.DecidedAt == 0 {
				t.Fatalf("decided %+v, %v", got, err)
			}
			stored := r.get(t, a.ID)
			if stored.Status != tc.want || stored.ObjectID != "carried_out" || stored.Summary["to"] != "赵四" || stored.Version != 2 {
				t.Errorf("stored %+v", stored)
			}
			if actions := r.actions(t, a.ID); !slices.Equal(actions, []string{"approval.request", tc.action}) {
				t.Errorf("the audit says %v", actions)
			}
			if _, err := r.Decide(t.Context(), scope, a.ID, tc.decision); !app.Is(err, app.Conflict) || reason(err) != "already_decided" {
				t.Errorf("decided twice: %v", err)
			}
		}
		if !slices.Equal(r.after, []approvals.Status{approvals.Approved, approvals.Rejected}) {
			t.Errorf("afterwards %v", r.after)
		}
	})
}

func TestWhoAsksCannotDecide(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.request(t, maker)
		again := maker
		again.Name = "renamed@example.com"
		for name, by := range map[string]approvals.Person{"the same person": maker, "under another name": again} {
			if _, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: by, Approve: true}); !app.Is(err, app.Forbidden) || reason(err) != "own_request" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, by := range map[string]approvals.Person{"a key": backend, "nobody": {}, "a user without an id": {Kind: approvals.ByUser}} {
			if _, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: by, Approve: true}); !app.Is(err, app.Forbidden) || reason(err) != "not_a_user" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: checker}); !app.Is(err, app.Invalid) {
			t.Errorf("rejected without a note: %v", err)
		}
		if got := r.get(t, a.ID); got.Status != approvals.Pending || r.marked != 0 {
			t.Errorf("%+v was carried out %d times", got, r.marked)
		}
	})
}

func TestWhoMadeAKeyDoesNotDecideWhatItAsksFor(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		as := func(p approvals.Person) context.Context {
			return audit.WithActor(t.Context(), audit.Actor{Kind: audit.KindUser, ID: p.ID, Name: p.Name})
		}
		m, err := r.keys.CreateMerchant(as(checker), "锦祥茶叶")
		if err != nil {
			t.Fatal(err)
		}
		made, _, err := r.keys.CreateKey(as(maker), m.ID, app.Test, merchants.KeyInput{Name: "till"})
		if err != nil {
			t.Fatal(err)
		}
		rolled, _, err := r.keys.RollKey(as(checker), m.ID, made.ID, time.Hour, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		programs, _, err := r.keys.CreateKey(t.Context(), m.ID, app.Test, merchants.KeyInput{Name: "demo"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, key      string
			refused, taken approvals.Person
		}{
			{"who made it", made.ID, maker, checker}, {"who rolled it", rolled.ID, checker, maker}, {"nobody", programs.ID, approvals.Person{}, maker},
		} {
			mine := approvals.Scope{MerchantID: m.ID, Mode: app.Test}
			a := r.requestAt(t, mine, approvals.Person{Kind: approvals.ByKey, ID: c.key, Name: "sk_test_till"})
			for _, yes := range []bool{true, false} {
				if _, err := r.Decide(t.Context(), mine, a.ID, approvals.Decision{By: c.refused, Approve: yes, Note: "why"}); c.refused.ID != "" && reason(err) != "own_key" {
					t.Errorf("%s decides %v: %v", c.name, yes, err)
				}
			}
			if _, err := r.Decide(t.Context(), mine, a.ID, approvals.Decision{By: c.taken, Approve: true}); err != nil {
				t.Errorf("somebody else than %s: %v", c.name, err)
			}
		}
		if own, err := r.SelfDecided(t.Context()); err != nil || len(own) != 0 {
			t.Errorf("decided by themselves: %v, %v", own, err)
		}
		if _, err := r.d.Exec(t.Context(), `UPDATE approvals SET decided_id = requested_maker WHERE requested_id = ?`, rolled.ID); err != nil {
			t.Fatal(err)
		}
		if own, err := r.SelfDecided(t.Context()); err != nil || len(own) != 1 {
			t.Errorf("planted, and found %v, %v", own, err)
		}
	})
}

func TestOnlyWhoAskedWithdraws(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.request(t, backend)
		if _, err := r.Withdraw(t.Context(), scope, a.ID, checker); !app.Is(err, app.Forbidden) || reason(err) != "not_requester" {
			t.Errorf("somebody else: %v", err)
		}
		got, err := r.Withdraw(t.Context(), scope, a.ID, backend)
		if err != nil || got.Status != approvals.Withdrawn || r.get(t, a.ID).ObjectID != "carried_out" {
			t.Errorf("%+v, %v", got, err)
		}
		if actions := r.actions(t, a.ID); !slices.Equal(actions, []string{"approval.request", "approval.withdraw"}) {
			t.Errorf("the audit says %v", actions)
		}
		if _, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: checker, Approve: true}); reason(err) != "already_decided" {
			t.Errorf("decided afterwards: %v", err)
		}
	})
}

func TestADecisionThatCannotBeCarriedOutIsNotMade(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.request(t, maker)
		r.fail = app.Errorf(app.Conflict, "the gift is gone").WithReason("gone")
		if _, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: checker, Approve: true}); reason(err) != "gone" {
			t.Fatalf("decided: %v", err)
		}
		if got := r.get(t, a.ID); got.Status != approvals.Pending || got.ObjectID != "obj_1" {
			t.Errorf("left as %+v", got)
		}
		if actions := r.actions(t, a.ID); !slices.Equal(actions, []string{"approval.request"}) {
			t.Errorf("the audit says %v", actions)
		}
		if len(r.after) != 0 {
			t.Errorf("told of %v that was undone", r.after)
		}
	})
}

func TestOfManyDecisionsAtOnceOneCounts(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.request(t, maker)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := map[approvals.Status]int{}
		for i := range 20 {
			wg.Go(func() {
				got, err := r.Decide(t.Context(), scope, a.ID, approvals.Decision{By: checker, Approve: i%2 == 0, Note: "because"})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won[got.Status]++
				case reason(err) != "already_decided":
					t.Errorf("lost with %v", err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 || won[r.get(t, a.ID).Status] != 1 || len(r.after) != 1 {
			t.Errorf("%v won, carried out %d times", won, len(r.after))
		}
		if actions := r.actions(t, a.ID); len(actions) != 2 {
			t.Errorf("the audit says %v", actions)
		}
	})
}

func TestApprovalsAreListedPerMerchantAndMode(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var ids []string
		for range 3 {
			ids = append(ids, r.request(t, maker).ID)
		}
		if _, err := r.Decide(t.Context(), scope, ids[1], approvals.Decision{By: checker, Approve: true}); err != nil {
			t.Fatal(err)
		}
		page, err := r.List(t.Context(), scope, approvals.Filter{Limit: 2})
		if err != nil || len(page.Approvals) != 2 || page.Approvals[0].ID != ids[2] || page.Next != ids[1] {
			t.Fatalf("first page %+v, %v", page, err)
		}
		page, err = r.List(t.Context(), scope, approvals.Filter{Limit: 2, Before: page.Next})
		if err != nil || len(page.Approvals) != 1 || page.Approvals[0].ID != ids[0] || page.Next != "" {
			t.Errorf("second page %+v, %v", page, err)
		}
		page, err = r.List(t.Context(), scope, approvals.Filter{Status: approvals.Pending, Kind: "gift", ObjectID: "obj_1"})
		if err != nil || len(page.Approvals) != 2 {
			t.Errorf("pending %+v, %v", page, err)
		}
		if n, err := r.CountPending(t.Context(), scope.MerchantID, scope.Mode, nil); err != nil || n != 2 {
			t.Errorf("%d wait, %v", n, err)
		}
		for name, other := range map[string]approvals.Scope{"merchant": {MerchantID: "mch_2", Mode: app.Test}, "mode": {MerchantID: "mch_1", Mode: app.Live}} {
			if _, err := r.Get(t.Context(), other, ids[0]); !app.Is(err, app.NotFound) {
				t.Errorf("of another %s: %v", name, err)
			}
			if _, err := r.Decide(t.Context(), other, ids[0], approvals.Decision{By: checker, Approve: true}); !app.Is(err, app.NotFound) {
				t.Errorf("decided from another %s: %v", name, err)
			}
			if page, err := r.List(t.Context(), other, approvals.Filter{}); err != nil || len(page.Approvals) != 0 {
				t.Errorf("listed for another %s: %+v, %v", name, page, err)
			}
		}
		if _, err := r.List(t.Context(), scope, approvals.Filter{Limit: 101}); !app.Is(err, app.Invalid) {
			t.Errorf("a limit of 101: %v", err)
		}
		if _, err := r.List(t.Context(), scope, approvals.Filter{Before: "x"}); !app.Is(err, app.Invalid) {
			t.Errorf("a foreign cursor: %v", err)
		}
	})
}

func TestAKindNobodyCarriesOutIsNotAskedFor(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		err := r.d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := r.Request(t.Context(), tx, approvals.New{MerchantID: "mch_1", Mode: app.Test, Kind: "unknown", ObjectID: "x", RequestedBy: maker})
			return err
		})
		if !app.Is(err, app.Internal) {
			t.Errorf("asked: %v", err)
		}
	})
}

func TestWhatIsDecidedIsListedApart(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		first, second := r.request(t, maker), r.request(t, maker)
		if _, err := r.Decide(t.Context(), scope, first.ID, approvals.Decision{By: checker, Approve: true}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			filter approvals.Filter
			want   string
		}{{approvals.Filter{Decided: true}, first.ID}, {approvals.Filter{Status: approvals.Pending}, second.ID}} {
			page, err := r.List(t.Context(), scope, c.filter)
			if err != nil || len(page.Approvals) != 1 || page.Approvals[0].ID != c.want {
				t.Errorf("%+v: %+v, %v", c.filter, page, err)
			}
		}
	})
}
