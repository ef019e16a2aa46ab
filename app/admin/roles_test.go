package admin_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

func TestNobodyGrantsWhatIsNotTheirs(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		dev := w.add(t, "dev", admin.Grant{Role: access.Developer, Domain: w.one})
		operator := w.add(t, "operator", admin.Grant{Role: access.PlatformOperator, Domain: access.Platform})
		auditor := w.add(t, "auditor", admin.Grant{Role: access.PlatformAuditor, Domain: access.Platform})
		someone := w.add(t, "someone")
		gone := w.add(t, "gone", admin.Grant{Role: access.PlatformAdmin, Domain: access.Platform})
		if _, err := w.admin.DisableUser(program(), gone.ID); err != nil {
			t.Fatal(err)
		}
		key := audit.WithActor(context.Background(), audit.Actor{Kind: audit.KindKey, ID: "key_1"})
		cases := []struct {
			name   string
			ctx    context.Context
			to     access.User
			role   access.Role
			domain string
			want   string
		}{
			{"owner in their merchant", as(w.owner1), someone, access.Finance, w.one, ""},
			{"owner appoints an owner", as(w.owner1), someone, access.Owner, w.one, ""},
			{"twice", as(w.owner1), someone, access.Owner, w.one, "role_held"},
			{"owner in another merchant", as(w.owner1), someone, access.Viewer, w.two, "forbidden"},
			{"owner on the platform", as(w.owner1), someone, access.PlatformAuditor, access.Platform, "forbidden"},
			{"owner gives a platform role in their merchant", as(w.owner1), someone, access.PlatformAdmin, w.one, "forbidden"},
			{"developer", as(dev), someone, access.Viewer, w.one, "forbidden"},
			{"operator", as(operator), someone, access.Viewer, w.one, "forbidden"},
			{"auditor", as(auditor), someone, access.PlatformAuditor, access.Platform, "forbidden"},
			{"admin in a merchant", as(w.root), someone, access.Developer, w.two, ""},
			{"admin on the platform", as(w.root), someone, access.PlatformOperator, access.Platform, ""},
			{"admin to themselves", as(w.root), w.root, access.Owner, w.one, "own_role"},
			{"owner to themselves", as(w.owner1), w.owner1, access.Finance, w.one, "own_role"},
			{"disabled admin", as(gone), someone, access.Viewer, w.two, "forbidden"},
			{"nobody", context.Background(), someone, access.Viewer, w.two, "forbidden"},
			{"an API key", key, someone, access.Viewer, w.two, "forbidden"},
			{"a merchant role on the platform", as(w.root), someone, access.Owner, access.Platform, "invalid_request"},
			{"everywhere", as(w.root), someone, access.Owner, "*", "invalid_request"},
			{"an unknown role", as(w.root), someone, "emperor", w.one, "forbidden"},
		}
		for _, c := range cases {
			err := w.admin.Grant(c.ctx, c.to.ID, admin.Grant{Role: c.role, Domain: c.domain})
			if c.want == "" && err != nil || c.want != "" && reason(err) != c.want {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
		if !w.allowed(t, someone, w.one, access.Keys, access.Write) || w.allowed(t, someone, w.two, access.Payments, access.Export) {
			t.Error("the grants gave other rights than theirs")
		}
	})
}

func TestARoleIsTakenAway(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		g := admin.Grant{Role: access.Finance, Domain: w.one}
		u := w.add(t, "finance", g)
		if err := w.admin.Revoke(as(w.owner2), u.ID, g); reason(err) != "forbidden" {
			t.Errorf("another merchant's owner: %v", err)
		}
		if err := w.admin.Revoke(as(w.owner1), u.ID, g); err != nil {
			t.Fatal(err)
		}
		if w.allowed(t, u, w.one, access.Home, access.Read) {
			t.Error("the role still counts")
		}
		if err := w.admin.Revoke(as(w.owner1), u.ID, g); reason(err) != "not_found" {
			t.Errorf("twice: %v", err)
		}
		r := w.last(t, w.one)
		if r.Action != "role.revoke" || r.ActorID != w.owner1.ID || r.Target != u.ID || !strings.Contains(r.Before, "finance") || r.After != "" {
			t.Errorf("audit row %+v", r)
		}
	})
}

func TestTheLastOwnerAndTheLastAdministratorStay(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		owner, root := admin.Grant{Role: access.Owner, Domain: w.one}, admin.Grant{Role: access.PlatformAdmin, Domain: access.Platform}
		rows := len(w.trail(t, audit.Platform))
		attempts := map[string]func() error{
			"revoke the owner":              func() error { return w.admin.Revoke(as(w.root), w.owner1.ID, owner) },
			"the owner leaves":              func() error { return w.admin.Revoke(as(w.owner1), w.owner1.ID, owner) },
			"disable the owner":             func() error { _, err := w.admin.DisableUser(as(w.root), w.owner1.ID); return err },
			"delete the owner":              func() error { return w.admin.DeleteUser(as(w.root), w.owner1.ID) },
			"the administrator leaves":      func() error { return w.admin.Revoke(as(w.root), w.root.ID, root) },
			"disable the administrator":     func() error { _, err := w.admin.DisableUser(program(), w.root.ID); return err },
			"the administrator deletes all": func() error { return w.admin.DeleteUser(as(w.root), w.root.ID) },
		}
		for name, attempt := range attempts {
			if err := attempt(); reason(err) != "last_holder" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !w.allowed(t, w.owner1, w.one, access.Members, access.Write) || !w.allowed(t, w.root, access.Platform, access.Users, access.Write) {
			t.Error("a refused act took a role")
		}
		if got := len(w.trail(t, audit.Platform)); got != rows {
			t.Errorf("refused acts left %d audit rows", got-rows)
		}
		// A disabled second owner is no owner.
		second := w.add(t, "second", owner)
		if _, err := w.admin.DisableUser(as(w.root), second.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.admin.Revoke(as(w.root), w.owner1.ID, owner); reason(err) != "last_holder" {
			t.Errorf("with a disabled second owner: %v", err)
		}
		if _, err := w.admin.EnableUser(as(w.root), second.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.admin.Revoke(as(w.root), w.owner1.ID, owner); err != nil {
			t.Errorf("with an active second owner: %v", err)
		}
	})
}

func TestTwoOwnersCannotRemoveEachOtherAtOnce(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		owner := admin.Grant{Role: access.Owner, Domain: w.one}
		second := w.add(t, "second", owner)
		var wg sync.WaitGroup
		results := make([]error, 2)
		wg.Go(func() { results[0] = w.admin.Revoke(as(w.owner1), second.ID, owner) })
		wg.Go(func() { results[1] = w.admin.Revoke(as(second), w.owner1.ID, owner) })
		wg.Wait()
		n, err := w.access.ActiveHolders(context.Background(), w.db, access.Owner, w.one)
		if err != nil || n != 1 {
			t.Errorf("%d owners left, %v (%v)", n, err, results)
		}
		if (results[0] == nil) == (results[1] == nil) {
			t.Errorf("results %v, want one refusal", results)
		}
	})
}

func TestAnOwnerAddsMembers(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		n := admin.NewMember{MerchantID: w.one, Email: "New@example.com", Name: "New", Role: access.Developer}
		u, first, err := w.admin.AddMember(as(w.owner1), n)
		if err != nil || first == "" || !u.MustChangePassword {
			t.Fatalf("%+v %q %v", u, first, err)
		}
		in, err := w.admin.SignIn(context.Background(), admin.Credentials{Email: "new@example.com", Password: first, IP: "192.0.2.9"})
		if err != nil || !in.User.MustChangePassword {
			t.Fatalf("first sign-in: %+v %v", in.User, err)
		}
		n.MerchantID = w.two
		again, second, err := w.admin.AddMember(as(w.owner2), n)
		if err != nil || second != "" || again.ID != u.ID {
			t.Errorf("the same person elsewhere: %+v %q %v", again, second, err)
		}
		for _, by := range []access.User{w.owner1, u} {
			if _, _, err := w.admin.AddMember(as(by), admin.NewMember{MerchantID: w.two, Email: "x@example.com", Name: "x", Role: access.Viewer}); !app.Is(err, app.Forbidden) {
				t.Errorf("%s adds to another's merchant: %v", by.Name, err)
			}
		}
		for _, role := range []access.Role{access.PlatformAdmin, "emperor"} {
			_, _, err := w.admin.AddMember(as(w.owner1), admin.NewMember{MerchantID: w.one, Email: "x@example.com", Name: "x", Role: role})
			if !app.Is(err, app.Invalid) {
				t.Errorf("%s: %v", role, err)
			}
		}
		if _, err := w.access.UserByEmail(context.Background(), w.db, "x@example.com"); !app.Is(err, app.NotFound) {
			t.Errorf("a refused member became a user: %v", err)
		}
		members, err := w.access.Members(context.Background(), w.one)
		if err != nil || len(members) != 2 || members[0].Email != "new@example.com" || members[0].Role != access.Developer {
			t.Errorf("members %+v, %v", members, err)
		}
	})
}
