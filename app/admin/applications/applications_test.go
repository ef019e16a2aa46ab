package applications_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
)

type world struct {
	*applications.Service
	admin      *admin.Service
	access     *access.Service
	root, shop context.Context // an administrator, and somebody without a role
	clock      *clock
}

type clock struct{ ahead time.Duration }

func (c *clock) Now() time.Time { return time.Now().Add(c.ahead) }

func inEach(t *testing.T, f func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := &clock{}
		cheap := &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
		a := access.New(d, c, access.Config{Hash: cheap})
		l := audit.New(d, make([]byte, 32), c)
		w := &world{admin: admin.New(d, a, l).At(c), access: a, clock: c}
		w.Service = applications.New(applications.Config{DB: d, Access: a, Audit: l, Admin: w.admin, Merchants: merchants.New(d, nil, l, c), Clock: c})
		w.root = w.add(t, "root", admin.Grant{Role: access.PlatformAdmin, Domain: access.Platform})
		w.shop = w.add(t, "somebody")
		f(t, w)
		if p, err := l.Verify(t.Context(), audit.Platform); err != nil || len(p) > 0 {
			t.Errorf("the platform's chain: %v %v", p, err)
		}
	})
}

func (w *world) add(t *testing.T, name string, grants ...admin.Grant) context.Context {
	t.Helper()
	system := audit.WithActor(t.Context(), audit.System("test"))
	u, _, err := w.admin.CreateUser(system, admin.NewUser{Email: name + "@example.com", Name: name, Password: "correct horse battery", Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return audit.WithActor(t.Context(), audit.Actor{Kind: audit.KindUser, ID: u.ID, Name: name})
}

func (w *world) submit(t *testing.T, company string, verify bool) (applications.Application, string) {
	t.Helper()
	a, token, err := w.Submit(t.Context(), applications.Input{Company: company, Contact: "Contact", Email: "Tea@Example.com", Note: "Tea", Locale: "en"}, verify)
	if err != nil {
		t.Fatal(err)
	}
	return a, token
}

func (w *world) list(t *testing.T, status, before string) []applications.Application {
	t.Helper()
	list, err := w.List(w.root, applications.Filter{Status: status, Before: before, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNobodySeesAnApplicationBeforeItsEmailIsConfirmed(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		a, token := w.submit(t, "Tea", true)
		if _, err := w.Application(w.root, a.ID); !app.Is(err, app.NotFound) || len(token) != 43 {
			t.Errorf("unconfirmed: %v, a token of %d", err, len(token))
		}
		if _, _, _, err := w.Approve(w.root, a.ID); !app.Is(err, app.NotFound) {
			t.Errorf("approved unconfirmed: %v", err)
		}
		if n, err := w.Waiting(t.Context()); n != 0 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
		if err := w.Confirm(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if err := w.Confirm(t.Context(), token); !app.Is(err, app.NotFound) {
			t.Errorf("confirmed twice: %v", err)
		}
		if got, err := w.Application(w.root, a.ID); err != nil || got.Status != applications.Waiting || got.VerifiedAt == 0 || got.Email != "tea@example.com" {
			t.Errorf("%+v, %v", got, err)
		}
		if n, err := w.Waiting(t.Context()); n != 1 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
		late, token := w.submit(t, "Late", true)
		w.clock.ahead = applications.LinkLife
		if err := w.Confirm(t.Context(), token); !app.Is(err, app.NotFound) {
			t.Errorf("confirmed too late: %v", err)
		}
		if n, err := w.ForgetUnverified(t.Context()); n != 1 || err != nil {
			t.Errorf("forgot %d, %v; not only %s", n, err, late.ID)
		}
		if len(w.list(t, applications.Waiting, "")) != 1 {
			t.Error("a confirmed application was forgotten")
		}
	})
}

func TestOfManyApprovalsAtOnceOneOpensTheMerchant(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		a, _ := w.submit(t, "Tea", false)
		var approved atomic.Int32
		var token string
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				_, _, link, err := w.Approve(w.root, a.ID)
				if err == nil {
					approved.Add(1)
					token = link
				} else if !app.Is(err, app.Conflict) {
					t.Errorf("a second approval: %v", err)
				}
			})
		}
		group.Wait()
		list, err := w.Merchants.Merchants(t.Context(), merchants.MerchantFilter{Limit: 10})
		if err != nil || len(list) != 1 || list[0].Name != "Tea" || approved.Load() != 1 {
			t.Fatalf("%d approvals made %+v, %v", approved.Load(), list, err)
		}
		i, err := w.admin.InvitationOf(t.Context(), token)
		if err != nil || i.Role != access.Owner || i.Email != "tea@example.com" || i.MerchantID != list[0].ID {
			t.Errorf("%+v, %v", i, err)
		}
		if _, err := w.Reject(w.root, a.ID, "no"); !app.Is(err, app.Conflict) {
			t.Errorf("rejected afterwards: %v", err)
		}
		// The link can be made again, which ends the one before, until it was used.
		_, _, again, err := w.Renew(w.root, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.admin.InvitationOf(t.Context(), token); !app.Is(err, app.NotFound) {
			t.Errorf("the old link: %v", err)
		}
		if _, err := w.admin.AcceptAsNew(t.Context(), admin.NewcomerInput{Token: again, Name: "Owner", Password: "correct horse battery"}); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := w.Renew(w.root, a.ID); !app.Is(err, app.Conflict) {
			t.Errorf("a link after they joined: %v", err)
		}
	})
}

func TestOnlyWhoOpensMerchantsAnswers(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		a, _ := w.submit(t, "Tea", false)
		for name, ctx := range map[string]context.Context{"somebody": w.shop, "nobody": t.Context()} {
			_, _, _, approve := w.Approve(ctx, a.ID)
			_, _, _, renew := w.Renew(ctx, a.ID)
			_, reject := w.Reject(ctx, a.ID, "no")
			_, read := w.Application(ctx, a.ID)
			_, list := w.List(ctx, applications.Filter{Status: applications.Waiting, Limit: 1})
			for act, err := range map[string]error{"approve": approve, "renew": renew, "reject": reject, "read": read, "list": list} {
				if !app.Is(err, app.Forbidden) {
					t.Errorf("%s may %s: %v", name, act, err)
				}
			}
		}
		for reason, code := range map[string]string{" ": "required", strings.Repeat("x", 301): "too_long"} {
			var e *app.Error
			if _, err := w.Reject(w.root, a.ID, reason); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Code != code {
				t.Errorf("rejected for %.5q: %v", reason, err)
			}
		}
		if got, err := w.Reject(w.root, a.ID, " No licence "); err != nil || got.Reason != "No licence" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, _, _, err := w.Renew(w.root, a.ID); !app.Is(err, app.NotFound) {
			t.Errorf("a link to a rejected one: %v", err)
		}
	})
}

func TestApplicationsAreReadPageByPage(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		for _, company := range []string{"One", "Two", "Three"} {
			w.submit(t, company, false)
		}
		first := w.list(t, applications.Waiting, "")
		if len(first) != 2 || first[0].Company != "Three" {
			t.Fatalf("%+v", first)
		}
		if rest := w.list(t, applications.Waiting, first[1].ID); len(rest) != 1 || rest[0].Company != "One" {
			t.Errorf("%+v", rest)
		}
		if _, err := w.List(w.root, applications.Filter{Status: applications.Unverified, Limit: 1}); !app.Is(err, app.Invalid) {
			t.Errorf("the unverified were listed: %v", err)
		}
	})
}
