package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func allowed(t testing.TB, s *Service, userID, domain string, o Object, a Action) bool {
	t.Helper()
	ok, err := s.Allowed(context.Background(), userID, domain, o, a)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// everyPermission is what may be asked, as the brief for pages lists it.
func everyPermission() map[Object][]Action {
	return map[Object][]Action{
		Home: {Read}, Payments: {Read, Close, Sync, Export}, Refunds: {Read, Create, Approve, Export}, Approvals: {Read, Decide},
		Accounts: {Read, Write}, Keys: {Read, Write}, Webhooks: {Read, Write}, Deliveries: {Read, Resend},
		Members: {Read, Write}, Audit: {Read, Export}, Merchants: {Read, Write, Look}, Users: {Read, Write},
		Jobs: {Read, Run}, Settings: {Read, Write}, Sandbox: {Write}, OwnLogins: {Own}, OwnInbox: {Read}, Roles: {Read, Write},
		Exceptions: {Read, Write, Approve}, Reconciliation: {Read, Run, Export, Lock, Approve}, Providers: {Read, Write},
	}
}

// TestTheRoleMatrix says in words of its own what each role may do, in its
// merchant, in another one, on the platform and for itself; all else is denied.
func TestTheRoleMatrix(t *testing.T) {
	const looks = "home:read payments:read refunds:read approvals:read exceptions:read accounts:read webhooks:read deliveries:read"
	cases := []struct {
		role                 Role
		own, other, platform string
		domain               string
	}{
		{Owner, "home:read payments:read payments:close payments:sync payments:export refunds:read refunds:create refunds:approve refunds:export approvals:read approvals:decide exceptions:read exceptions:write exceptions:approve reconciliation:read reconciliation:run reconciliation:export reconciliation:lock reconciliation:approve accounts:read accounts:write keys:read keys:write webhooks:read webhooks:write deliveries:read deliveries:resend members:read members:write roles:read roles:write audit:read audit:export settings:read settings:write sandbox:write", "", "", "mch_1"},
		{Developer, "home:read payments:read payments:sync refunds:read approvals:read approvals:decide exceptions:read accounts:read accounts:write keys:read keys:write webhooks:read webhooks:write deliveries:read deliveries:resend settings:read sandbox:write", "", "", "mch_1"},
		{Finance, "home:read payments:read payments:close payments:sync payments:export refunds:read refunds:create refunds:approve refunds:export approvals:read approvals:decide exceptions:read exceptions:write exceptions:approve reconciliation:read reconciliation:run reconciliation:export reconciliation:lock reconciliation:approve accounts:read settings:read", "", "", "mch_1"},
		{Viewer, "home:read payments:read refunds:read approvals:read exceptions:read accounts:read", "", "", "mch_1"},
		{PlatformAdmin, looks + " reconciliation:read members:read roles:read audit:read settings:read", "", "home:read merchants:read merchants:write merchants:look providers:read providers:write users:read users:write audit:read audit:export jobs:read jobs:run settings:read settings:write sandbox:write", Platform},
		{PlatformOperator, looks + " payments:sync deliveries:resend", "", "home:read merchants:read merchants:look providers:read jobs:read jobs:run settings:read sandbox:write", Platform},
		{PlatformAuditor, looks + " reconciliation:read members:read roles:read audit:read settings:read", "", "home:read merchants:read merchants:look providers:read users:read audit:read audit:export jobs:read settings:read", Platform},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		for _, c := range cases {
			u := addUser(t, s, string(c.role)+"@example.com")
			bind(t, s, u, c.role, c.domain)
			want := map[string]string{"mch_1": c.own, "mch_2": c.other, Platform: c.platform, Self: "sessions:own inbox:read"}
			ctx := t.Context()
			if c.role.FitsDomain(Platform) {
				checkRole(ctx, t, s, u, c.role, "mch_1", "") // it has not said why it looks
				ctx = Viewing(ctx, View{UserID: u.ID, MerchantID: "mch_1"})
				checkRole(Viewing(ctx, View{UserID: "usr_2", MerchantID: "mch_1"}), t, s, u, c.role, "mch_1", "")
			}
			for domain, words := range want {
				checkRole(ctx, t, s, u, c.role, domain, words)
			}
		}
	})
}

func checkRole(ctx context.Context, t *testing.T, s *Service, u User, r Role, domain, words string) {
	t.Helper()
	for o, actions := range everyPermission() {
		for _, a := range actions {
			permission := fmt.Sprintf("%s:%s", o, a)
			want := slices.Contains(strings.Fields(words), permission)
			if got, err := s.Allowed(ctx, u.ID, domain, o, a); err != nil || got != want {
				t.Errorf("%s in %s: %s is %v, want %v (%v)", r, domain, permission, got, want, err)
			}
		}
	}
}

func TestWhatNoPolicyAllowsIsDenied(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		nobody := addUser(t, s, "nobody@example.com")
		admin := addUser(t, s, "admin@example.com")
		bind(t, s, admin, PlatformAdmin, Platform)
		owner := addUser(t, s, "owner@example.com")
		bind(t, s, owner, Owner, "mch_1")
		cases := []struct {
			who, domain string
			o           Object
			a           Action
		}{
			{nobody.ID, "mch_1", Home, Read},
			{nobody.ID, Self, OwnLogins, Own},
			{"", "mch_1", Home, Read},
			{"role:owner", "mch_1", Home, Read}, // to casbin, a name has the role it is called
			{"owner", "mch_1", Home, Read},
			{owner.ID, "", Home, Read},
			{owner.ID, "*", Home, Read},
			{admin.ID, "*", Merchants, Write},
			{owner.ID, "mch_1", "", ""},
			{owner.ID, "mch_1", Payments, "delete"},
			{owner.ID, "mch_1", "everything", Read},
			{owner.ID, "MCH_1", Home, Read},
			{owner.ID, "mch_1 ", Home, Read},
		}
		for _, c := range cases {
			if allowed(t, s, c.who, c.domain, c.o, c.a) {
				t.Errorf("%q may %s %s in %q", c.who, c.a, c.o, c.domain)
			}
		}
	})
}

func TestAnEmptyPolicyDeniesEverything(t *testing.T) {
	binding := []Binding{{UserID: "usr_1", Role: Owner, Domain: "mch_1"}}
	for name, r := range map[string]func() (*rules, error){
		"no permissions": func() (*rules, error) { return newRules(1, nil, nil, binding) },
		"no bindings":    func() (*rules, error) { return newRules(1, Policy(), nil, nil) },
		"nothing":        func() (*rules, error) { return newRules(1, nil, nil, nil) },
	} {
		got, err := r()
		if err != nil {
			t.Fatal(name, err)
		}
		for o, actions := range everyPermission() {
			for _, a := range append(actions, "") {
				if ok, err := got.allows("usr_1", "mch_1", InMerchant, o, a); ok || err != nil {
					t.Errorf("%s: %s:%s is %v, %v", name, o, a, ok, err)
				}
			}
		}
		if ok, _ := got.allows("", "", place(""), "", ""); ok {
			t.Errorf("%s: the empty question is allowed", name)
		}
	}
}

func TestABindingThatNoGrantCouldMakeGivesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "u@example.com")
		for i, b := range []Binding{{Role: Owner, Domain: "*"}, {Role: Owner, Domain: Platform}, {Role: PlatformAdmin, Domain: "mch_1"}, {Role: holder, Domain: "mch_1"}} {
			inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
				if _, err := s.Bind(ctx, tx, u.ID, b.Role, b.Domain, ""); !app.Is(err, app.Invalid) {
					t.Errorf("bind %s in %s: %v", b.Role, b.Domain, err)
				}
				// The same planted past the service.
				b.ID, b.UserID = fmt.Sprintf("rbd_%d", i), u.ID
				return insertBinding(ctx, tx, b)
			})
		}
		for o, actions := range everyPermission() {
			for _, a := range actions {
				for _, domain := range []string{"mch_1", Platform, Self} {
					if allowed(t, s, u.ID, domain, o, a) {
						t.Errorf("%s:%s in %s", o, a, domain)
					}
				}
			}
		}
	})
}

func TestADemotionCountsHereAtOnceAndElsewhereWithinFiveSeconds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		here, elsewhere := newService(d, clock), newService(d, clock)
		u := addUser(t, here, "u@example.com")
		b := bind(t, here, u, Owner, "mch_1")
		for _, s := range []*Service{here, elsewhere} {
			if !allowed(t, s, u.ID, "mch_1", Keys, Write) {
				t.Fatal("the owner may not write keys")
			}
		}
		inTx(t, here, func(ctx context.Context, tx *db.Tx) error { return here.Unbind(ctx, tx, b) })
		if allowed(t, here, u.ID, "mch_1", Keys, Write) {
			t.Error("still allowed where the role was taken")
		}
		clock.pass(5 * time.Second)
		if allowed(t, elsewhere, u.ID, "mch_1", Keys, Write) {
			t.Error("still allowed elsewhere after five seconds")
		}
		bind(t, elsewhere, u, Viewer, "mch_1")
		clock.pass(5 * time.Second)
		if !allowed(t, here, u.ID, "mch_1", Payments, Read) || allowed(t, here, u.ID, "mch_1", Keys, Read) {
			t.Error("the new role did not arrive")
		}
	})
}

func TestARolledBackGrantGivesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "u@example.com")
		_ = d.InTx(t.Context(), func(tx *db.Tx) error {
			if _, err := s.Bind(t.Context(), tx, u.ID, Owner, "mch_1", ""); err != nil {
				t.Error(err)
			}
			return app.Errorf(app.Internal, "boom")
		})
		if allowed(t, s, u.ID, "mch_1", Home, Read) {
			t.Error("allowed by a grant that was rolled back")
		}
	})
}

func TestADisabledUserMayNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "u@example.com")
		bind(t, s, u, Owner, "mch_1")
		token, _ := open(t, s, u, "")
		if !allowed(t, s, u.ID, "mch_1", Home, Read) {
			t.Fatal("the owner may not see home")
		}
		u.State = Disabled
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
			_, err := s.UpdateUser(ctx, tx, u)
			return err
		})
		if allowed(t, s, u.ID, "mch_1", Home, Read) {
			t.Error("a disabled user may see home")
		}
		if _, _, err := s.Session(t.Context(), token); !app.Is(err, app.Unauthenticated) {
			t.Errorf("a disabled user's session: %v", err)
		}
	})
}

func TestManyAskWhileRolesChange(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	s := newService(d, app.SystemClock{})
	u, other := addUser(t, s, "u@example.com"), addUser(t, s, "o@example.com")
	bind(t, s, u, Owner, "mch_1")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if !allowed(t, s, u.ID, "mch_1", Home, Read) {
					t.Error("the owner was denied")
					return
				}
			}
		})
	}
	for range 20 {
		b := bind(t, s, other, Viewer, "mch_1")
		if !allowed(t, s, other.ID, "mch_1", Home, Read) {
			t.Error("a granted role does not count at once")
		}
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { return s.Unbind(ctx, tx, b) })
		if allowed(t, s, other.ID, "mch_1", Home, Read) {
			t.Error("a taken role still counts")
		}
	}
	wg.Wait()
}

func TestGuessedDomainsDoNotFillTheCache(t *testing.T) {
	c := newDecisions()
	for i := range maxDecisions + 10 {
		if err := c.Set(fmt.Sprint(i), true); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.known) > maxDecisions {
		t.Errorf("%d decisions kept", len(c.known))
	}
}

func TestTheMatrixShowsThePolicyWhole(t *testing.T) {
	want, got := 0, 0
	for _, p := range Policy() {
		want += len(p.Actions)
		for _, a := range p.Actions {
			if !Known(p.Object, a) {
				t.Errorf("%s:%s is not known", p.Object, a)
			}
			if !slices.Contains(everyPermission()[p.Object], a) {
				t.Errorf("%s:%s is in the policy only", p.Object, a)
			}
		}
	}
	for _, r := range Matrix() {
		got += len(r.Roles)
	}
	if got != want {
		t.Errorf("the matrix has %d marks, the policy %d", got, want)
	}
	if Known(Payments, Run) || Known("everything", Read) {
		t.Error("a permission that nobody has is known")
	}
}

// benchmarkRules has 1,000 merchants with three members each, and the platform's three.
func benchmarkRules(b *testing.B) *rules {
	b.Helper()
	bindings := []Binding{{UserID: "usr_admin", Role: PlatformAdmin, Domain: Platform}}
	for i := range 1000 {
		for _, r := range []Role{Owner, Developer, Finance} {
			bindings = append(bindings, Binding{UserID: fmt.Sprintf("usr_%d_%s", i, r), Role: r, Domain: fmt.Sprintf("mch_%d", i)})
		}
	}
	r, err := newRules(1, Policy(), nil, bindings)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func BenchmarkAllowed(b *testing.B) {
	r := benchmarkRules(b)
	for _, c := range []struct {
		name, user, domain string
		place              Where
		cached             bool
	}{
		{"cached", "usr_500_finance", "mch_500", InMerchant, true},
		{"uncached allow", "usr_500_finance", "mch_500", InMerchant, false},
		{"uncached allow platform", "usr_admin", "mch_500", EveryMerchant, false},
		{"uncached deny", "usr_500_finance", "mch_501", InMerchant, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			r.enforcer.EnableCache(c.cached)
			for b.Loop() {
				if _, err := r.allows(c.user, c.domain, c.place, Payments, Read); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompileRulesOf1000Merchants(b *testing.B) {
	for b.Loop() {
		benchmarkRules(b)
	}
}
