package admin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/db"
)

var refundClerk = admin.RoleInput{Name: "Refund clerk", Rights: []access.Right{{Object: access.Refunds, Action: access.Create}}}

func TestAnOwnerMakesGrantsChangesAndDeletesARole(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		c, err := w.admin.CreateRole(as(w.owner1), w.one, refundClerk)
		if err != nil {
			t.Fatal(err)
		}
		u := w.add(t, "clerk")
		if err := w.admin.Grant(as(w.owner1), u.ID, admin.Grant{Role: c.Role(), Domain: w.one}); err != nil {
			t.Fatal(err)
		}
		if !w.allowed(t, u, w.one, access.Refunds, access.Create) || w.allowed(t, u, w.one, access.Refunds, access.Approve) || w.allowed(t, u, w.two, access.Refunds, access.Read) {
			t.Error("the role does not allow what it says")
		}
		c, err = w.admin.UpdateRole(as(w.owner1), w.one, c.ID, c.Version, admin.RoleInput{Name: "Reader", Rights: []access.Right{{Object: access.Refunds, Action: access.Read}}})
		if err != nil {
			t.Fatal(err)
		}
		if w.allowed(t, u, w.one, access.Refunds, access.Create) {
			t.Error("the holder keeps what the role lost")
		}
		row := w.last(t, w.one)
		if row.Action != "role.update" || !strings.Contains(row.Before, "refunds:create") || strings.Contains(row.After, "refunds:create") {
			t.Errorf("audited %+v", row)
		}
		if err := w.admin.DeleteRole(as(w.owner1), w.one, c.ID, ""); reason(err) != "role_in_use" {
			t.Errorf("a held role: %v", err)
		}
		if err := w.admin.DeleteRole(as(w.owner1), w.one, c.ID, access.Role("owner ")); reason(err) != "invalid_request" {
			t.Errorf("another role that is none: %v", err)
		}
		if err := w.admin.DeleteRole(as(w.owner1), w.one, c.ID, access.Viewer); err != nil {
			t.Fatal(err)
		}
		held, err := w.access.Bindings(t.Context(), w.db, u.ID)
		if err != nil || len(held) != 1 || held[0].Role != access.Viewer {
			t.Errorf("the holder has %+v, %v", held, err)
		}
		var actions []string
		for _, r := range w.trail(t, w.one) {
			actions = append(actions, r.Action)
		}
		if want := []string{"role.grant", "role.create", "role.grant", "role.update", "role.grant", "role.revoke", "role.delete"}; !slices.Equal(actions, want) {
			t.Errorf("the chain says %q", actions)
		}
	})
}

func TestNobodyWritesOrGrantsARoleThatIsNotTheirs(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		dev := w.add(t, "dev", admin.Grant{Role: access.Developer, Domain: w.one})
		c, err := w.admin.CreateRole(as(w.owner1), w.one, refundClerk)
		if err != nil {
			t.Fatal(err)
		}
		clerk := w.add(t, "clerk", admin.Grant{Role: c.Role(), Domain: w.one})
		for name, err := range map[string]error{
			"a developer makes a role":         second(w.admin.CreateRole(as(dev), w.one, admin.RoleInput{Name: "X", Rights: refundClerk.Rights})),
			"a holder widens their own role":   second(w.admin.UpdateRole(as(clerk), w.one, c.ID, c.Version, admin.RoleInput{Name: "X", Rights: access.RoleRights()})),
			"another merchant's owner makes":   second(w.admin.CreateRole(as(w.owner2), w.one, refundClerk)),
			"a platform admin makes":           second(w.admin.CreateRole(as(w.root), w.one, refundClerk)),
			"another merchant's owner deletes": w.admin.DeleteRole(as(w.owner2), w.one, c.ID, ""),
			"a holder grants it":               w.admin.Grant(as(clerk), dev.ID, admin.Grant{Role: c.Role(), Domain: w.one}),
		} {
			if reason(err) != "forbidden" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, err := range map[string]error{
			"granted in another merchant": w.admin.Grant(as(w.owner2), dev.ID, admin.Grant{Role: c.Role(), Domain: w.two}),
			"changed from another":        second(w.admin.UpdateRole(as(w.owner2), w.two, c.ID, c.Version, refundClerk)),
			"deleted from another":        w.admin.DeleteRole(as(w.owner2), w.two, c.ID, ""),
			"an invitation from another":  second2(w.admin.Invite(as(w.owner2), w.two, "x@example.com", c.Role())),
		} {
			if reason(err) != "role_not_found" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range []access.Right{{Object: access.Members, Action: access.Write}, {Object: access.Roles, Action: access.Write}} {
			if err := second(w.admin.CreateRole(as(w.owner1), w.one, admin.RoleInput{Name: "Climber", Rights: []access.Right{r}})); reason(err) != "invalid_request" {
				t.Errorf("%s: %v", r, err)
			}
		}
		// A right that the owner has lost a moment ago is not theirs to give.
		other := w.add(t, "second", admin.Grant{Role: access.Owner, Domain: w.one})
		if err := w.admin.Revoke(as(w.owner1), other.ID, admin.Grant{Role: access.Owner, Domain: w.one}); err != nil {
			t.Fatal(err)
		}
		if err := second(w.admin.CreateRole(as(other), w.one, admin.RoleInput{Name: "Late", Rights: refundClerk.Rights})); reason(err) != "forbidden" {
			t.Errorf("a former owner: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func second2[T, U any](_ T, _ U, err error) error { return err }

func TestARolesHoldersGetNothingThatASecondPersonHasNotSeen(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		w.admin.Guarded(func(context.Context, db.Querier, string) (bool, error) { return true, nil })
		reader := admin.RoleInput{Name: "Reader", Rights: []access.Right{{Object: access.Refunds, Action: access.Read}}}
		c, err := w.admin.CreateRole(as(w.owner1), w.one, reader)
		if err != nil {
			t.Fatal(err)
		}
		wider := admin.RoleInput{Name: "Reader", Rights: append(reader.Rights, access.Right{Object: access.Keys, Action: access.Write})}
		if c, err = w.admin.UpdateRole(as(w.owner1), w.one, c.ID, c.Version, wider); err != nil {
			t.Fatalf("a role that nobody holds: %v", err)
		}
		if c, err = w.admin.UpdateRole(as(w.owner1), w.one, c.ID, c.Version, reader); err != nil {
			t.Fatal(err)
		}
		i, _, err := w.admin.Invite(as(w.owner1), w.one, "later@example.com", c.Role())
		if err != nil {
			t.Fatal(err)
		}
		if err := second(w.admin.UpdateRole(as(w.owner1), w.one, c.ID, c.Version, wider)); reason(err) != "role_second_person" {
			t.Errorf("widened under an invitation: %v", err)
		}
		if err := w.admin.Uninvite(as(w.owner1), w.one, i.ID); err != nil {
			t.Fatal(err)
		}
		u := w.add(t, "accomplice")
		if err := w.admin.Grant(as(w.owner1), u.ID, admin.Grant{Role: c.Role(), Domain: w.one}); err != nil {
			t.Fatal(err)
		}
		if err := second(w.admin.UpdateRole(as(w.owner1), w.one, c.ID, c.Version, wider)); reason(err) != "role_second_person" {
			t.Errorf("widened under its holder: %v", err)
		}
		if err := w.admin.DeleteRole(as(w.owner1), w.one, c.ID, access.Owner); reason(err) != "role_second_person" {
			t.Errorf("exchanged for an owner's: %v", err)
		}
		if w.allowed(t, u, w.one, access.Keys, access.Write) {
			t.Error("one person alone gave keys away")
		}
		if err := w.admin.DeleteRole(as(w.owner1), w.one, c.ID, access.Viewer); err != nil {
			t.Errorf("exchanged for one that changes nothing: %v", err)
		}
	})
}
