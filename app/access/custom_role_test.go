package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const (
	mchOne = "mch_01J0000000000000000000000A"
	mchTwo = "mch_01J0000000000000000000000B"
)

func addRole(t testing.TB, s *Service, merchant, name string, rights ...Right) CustomRole {
	t.Helper()
	var c CustomRole
	inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
		var err error
		c, err = s.AddCustomRole(ctx, tx, merchant, name, rights, "")
		return err
	})
	return c
}

// refused runs f in a transaction and returns the error's reason, or its code.
func refused(t testing.TB, s *Service, f func(ctx context.Context, tx *db.Tx) error) string {
	t.Helper()
	ctx := context.Background()
	var e *app.Error
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return f(ctx, tx) }); !errors.As(err, &e) {
		t.Fatalf("not refused: %v", err)
	}
	if e.Reason != "" {
		return e.Reason
	}
	return string(e.Code)
}

func TestARoleOfTheMerchantsOwnAllowsWhatItSaysAndOnlyThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		clerk := addRole(t, s, mchOne, "Refund clerk", Right{Refunds, Create})
		u := addUser(t, s, "clerk@example.com")
		bind(t, s, u, clerk.Role(), mchOne)
		for o, actions := range everyPermission() {
			for _, a := range actions {
				// Asking for a refund brings what it needs: seeing refunds, and the
				// payments on whose pages they are asked for.
				want := slices.Contains([]Right{{Home, Read}, {Payments, Read}, {Refunds, Read}, {Refunds, Create}}, Right{o, a})
				if got := allowed(t, s, u.ID, mchOne, o, a); got != want {
					t.Errorf("%s:%s in its merchant is %v", o, a, got)
				}
				if allowed(t, s, u.ID, mchTwo, o, a) || allowed(t, s, u.ID, Platform, o, a) {
					t.Errorf("%s:%s is allowed elsewhere", o, a)
				}
			}
		}
		if !allowed(t, s, u.ID, Self, OwnLogins, Own) {
			t.Error("its holder cannot see their own sessions")
		}
	})
}

func TestARoleIsKnownInItsMerchantOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		theirs := addRole(t, s, mchTwo, "Clerk", Right{Payments, Read})
		u := addUser(t, s, "clerk@example.com")
		if got := refused(t, s, func(ctx context.Context, tx *db.Tx) error {
			_, err := s.Bind(ctx, tx, u.ID, theirs.Role(), mchOne, "")
			return err
		}); got != "role_not_found" {
			t.Errorf("another merchant's role: %s", got)
		}
		if _, err := s.CustomRole(t.Context(), d, mchOne, theirs.ID); !app.Is(err, app.NotFound) {
			t.Errorf("read by another merchant: %v", err)
		}
		// A row that no grant could have made counts for nothing.
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(insertBinding(ctx, tx, Binding{ID: "rbd_1", UserID: u.ID, Role: theirs.Role(), Domain: mchOne}), s.policyChanged(ctx, tx))
		})
		if allowed(t, s, u.ID, mchOne, Payments, Read) || allowed(t, s, u.ID, mchTwo, Payments, Read) {
			t.Error("a planted binding to another merchant's role is believed")
		}
	})
}

func TestNoRoleHoldsWhatItsOwnerDoesNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		for _, r := range []Right{{Members, Write}, {Roles, Write}, {Merchants, Write}, {Users, Write}, {Jobs, Run}, {"secrets", Read}, {Payments, Run}, {}} {
			if got := refused(t, s, func(ctx context.Context, tx *db.Tx) error {
				_, err := s.AddCustomRole(ctx, tx, mchOne, "Climber", []Right{{Payments, Read}, r}, "")
				return err
			}); got != "invalid_request" {
				t.Errorf("%s: %s", r, got)
			}
		}
		// What stands in the row all the same, is not believed.
		c := addRole(t, s, mchOne, "Clerk", Right{Payments, Read})
		u := addUser(t, s, "clerk@example.com")
		bind(t, s, u, c.Role(), mchOne)
		if _, err := d.Exec(t.Context(), `UPDATE custom_roles SET permissions = '["payments:read","members:write","roles:write","users:write"]'`); err != nil {
			t.Fatal(err)
		}
		inTx(t, s, s.policyChanged)
		if !allowed(t, s, u.ID, mchOne, Payments, Read) {
			t.Error("the role lost what it may hold")
		}
		for _, r := range []Right{{Members, Write}, {Roles, Write}, {Users, Write}} {
			if allowed(t, s, u.ID, mchOne, r.Object, r.Action) || allowed(t, s, u.ID, Platform, r.Object, r.Action) {
				t.Errorf("a planted %s is believed", r)
			}
		}
	})
}

func TestAChangedRoleCountsHereAtOnceAndElsewhereWithinFiveSeconds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		here, elsewhere := newService(d, clock), newService(d, clock)
		c := addRole(t, here, mchOne, "Clerk", Right{Refunds, Create})
		u := addUser(t, here, "clerk@example.com")
		bind(t, here, u, c.Role(), mchOne)
		if !allowed(t, here, u.ID, mchOne, Refunds, Create) || !allowed(t, elsewhere, u.ID, mchOne, Refunds, Create) {
			t.Fatal("the role allows nothing")
		}
		inTx(t, here, func(ctx context.Context, tx *db.Tx) error {
			var err error
			c, err = here.ChangeCustomRole(ctx, tx, c, "Reader", []Right{{Refunds, Read}})
			return err
		})
		if allowed(t, here, u.ID, mchOne, Refunds, Create) {
			t.Error("the server that changed the role still allows it")
		}
		clock.pass(5 * time.Second)
		if allowed(t, elsewhere, u.ID, mchOne, Refunds, Create) || !allowed(t, elsewhere, u.ID, mchOne, Refunds, Read) {
			t.Error("another server does not know of the change after five seconds")
		}
		if got := refused(t, here, func(ctx context.Context, tx *db.Tx) error {
			stale := c
			stale.Version--
			_, err := here.ChangeCustomRole(ctx, tx, stale, "Other", []Right{{Refunds, Read}})
			return err
		}); got != "changed_meanwhile" {
			t.Errorf("a stale change: %s", got)
		}
	})
}

func TestARoleThatIsHeldStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		c := addRole(t, s, mchOne, "Clerk", Right{Payments, Read})
		u := addUser(t, s, "clerk@example.com")
		b := bind(t, s, u, c.Role(), mchOne)
		drop := func(ctx context.Context, tx *db.Tx) error { return s.DropCustomRole(ctx, tx, c) }
		if got := refused(t, s, drop); got != "role_in_use" {
			t.Errorf("held: %s", got)
		}
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { return s.Unbind(ctx, tx, b) })
		inTx(t, s, drop)
		if got := refused(t, s, drop); got != "role_not_found" {
			t.Errorf("gone: %s", got)
		}
	})
}

func TestRolesHaveNamesOfTheirOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		addRole(t, s, mchOne, "Clerk", Right{Payments, Read})
		addRole(t, s, mchTwo, "Clerk", Right{Payments, Read})
		for name, want := range map[string]string{
			" Clerk ": "role_name_taken", "": "invalid_request", "Owner": "invalid_request", strings.Repeat("x", 61): "invalid_request", "a\nb": "invalid_request", "\xff": "invalid_request",
		} {
			if got := refused(t, s, func(ctx context.Context, tx *db.Tx) error {
				_, err := s.AddCustomRole(ctx, tx, mchOne, name, []Right{{Payments, Read}}, "")
				return err
			}); got != want {
				t.Errorf("%q: %s, want %s", name, got, want)
			}
		}
		if got := refused(t, s, func(ctx context.Context, tx *db.Tx) error {
			_, err := s.AddCustomRole(ctx, tx, mchOne, "Idle", []Right{home()}, "")
			return err
		}); got != "invalid_request" {
			t.Errorf("a role that does nothing: %s", got)
		}
	})
}

func TestAMerchantHasABoundedNumberOfRoles(t *testing.T) {
	s := newService(dbtest.OpenSQLite(t), newClock())
	for i := range MaxCustomRoles {
		addRole(t, s, mchOne, fmt.Sprintf("Role %d", i), Right{Payments, Read})
	}
	if got := refused(t, s, func(ctx context.Context, tx *db.Tx) error {
		_, err := s.AddCustomRole(ctx, tx, mchOne, "One more", []Right{{Payments, Read}}, "")
		return err
	}); got != "too_many_roles" {
		t.Errorf("the %dth: %s", MaxCustomRoles+1, got)
	}
}

// customRules has 1,000 merchants, each with an owner and three roles of its own.
func customRules(b *testing.B) *rules {
	b.Helper()
	var roles []CustomRole
	var bindings []Binding
	for i := range 1000 {
		merchant := fmt.Sprintf("mch_%d", i)
		bindings = append(bindings, Binding{UserID: fmt.Sprintf("usr_%d_owner", i), Role: Owner, Domain: merchant})
		for j := range 3 {
			id := fmt.Sprintf("rol_01J%023d", i*3+j)
			roles = append(roles, CustomRole{ID: id, MerchantID: merchant, Rights: RoleRights()})
			bindings = append(bindings, Binding{UserID: fmt.Sprintf("usr_%d_%d", i, j), Role: Role(id), Domain: merchant})
		}
	}
	r, err := newRules(1, Policy(), roles, bindings)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func BenchmarkAllowedWithRolesOf1000Merchants(b *testing.B) {
	r := customRules(b)
	own, err := r.own["mch_500"].compiled()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, user string
		want       bool
	}{{"owner", "usr_500_owner", true}, {"own role", "usr_500_2", true}, {"deny", "usr_501_2", false}} {
		for _, cached := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s cached %v", c.name, cached), func(b *testing.B) {
				r.enforcer.EnableCache(cached)
				own.EnableCache(cached)
				for b.Loop() {
					if ok, err := r.allows(c.user, "mch_500", InMerchant, Refunds, Create); err != nil || ok != c.want {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}

func BenchmarkCompileRulesWithRolesOf1000Merchants(b *testing.B) {
	for b.Loop() {
		customRules(b)
	}
}
