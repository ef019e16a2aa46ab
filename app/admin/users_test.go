package admin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

func TestOnlyAdministratorsManageUsers(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		victim := w.add(t, "victim")
		operator := w.add(t, "operator", admin.Grant{Role: access.PlatformOperator, Domain: access.Platform})
		auditor := w.add(t, "auditor", admin.Grant{Role: access.PlatformAuditor, Domain: access.Platform})
		acts := map[string]func(ctx context.Context) error{
			"create": func(ctx context.Context) error {
				_, _, err := w.admin.CreateUser(ctx, admin.NewUser{Email: "x@example.com", Name: "x"})
				return err
			},
			"update": func(ctx context.Context) error {
				_, err := w.admin.UpdateUser(ctx, victim.ID, "mine@example.com", "x", "")
				return err
			},
			"disable": func(ctx context.Context) error { _, err := w.admin.DisableUser(ctx, victim.ID); return err },
			"enable":  func(ctx context.Context) error { _, err := w.admin.EnableUser(ctx, victim.ID); return err },
			"reset":   func(ctx context.Context) error { _, err := w.admin.ResetPassword(ctx, victim.ID); return err },
			"delete":  func(ctx context.Context) error { return w.admin.DeleteUser(ctx, victim.ID) },
			"revoke":  func(ctx context.Context) error { return w.admin.RevokeSessions(ctx, victim.ID) },
		}
		before := len(w.trail(t, audit.Platform))
		for name, act := range acts {
			for _, ctx := range []context.Context{context.Background(), as(w.owner1), as(operator), as(auditor), as(victim)} {
				if err := act(ctx); !app.Is(err, app.Forbidden) {
					t.Errorf("%s by %s: %v", name, audit.ActorFrom(ctx).Name, err)
				}
			}
		}
		if got := len(w.trail(t, audit.Platform)); got != before {
			t.Errorf("refused acts left %d audit rows", got-before)
		}
	})
}

func TestAUsersLifeIsAudited(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		ctx := app.WithRequestID(as(w.root), "req_1")
		start := len(w.trail(t, audit.Platform))
		u, first, err := w.admin.CreateUser(ctx, admin.NewUser{Email: "u@example.com", Name: "U", Grants: []admin.Grant{{Role: access.PlatformAuditor, Domain: access.Platform}}})
		if err != nil || !u.MustChangePassword {
			t.Fatal(u, err)
		}
		steps := []func() error{
			func() error { _, err := w.admin.UpdateUser(ctx, u.ID, "u2@example.com", "U2", "en"); return err },
			func() error { _, err := w.admin.ResetPassword(ctx, u.ID); return err },
			func() error { _, err := w.admin.DisableUser(ctx, u.ID); return err },
			func() error { _, err := w.admin.EnableUser(ctx, u.ID); return err },
			func() error { return w.admin.RevokeSessions(ctx, u.ID) },
			func() error { return w.admin.DeleteUser(ctx, u.ID) },
		}
		for i, step := range steps {
			if err := step(); err != nil {
				t.Fatal(i, err)
			}
		}
		var actions []string
		for _, r := range w.trail(t, audit.Platform)[start:] {
			actions = append(actions, r.Action)
			if r.ActorID != w.root.ID || r.Target != u.ID || r.RequestID != "req_1" || strings.Contains(r.Before+r.After, first) || strings.Contains(r.Before+r.After, "argon2") {
				t.Errorf("row %+v", r)
			}
			if r.Action == "user.update" && (!strings.Contains(r.Before, `"u@example.com"`) || !strings.Contains(r.After, `"u2@example.com"`)) {
				t.Errorf("before %s, after %s", r.Before, r.After)
			}
		}
		want := "user.create role.grant user.update user.reset_password user.disable user.enable session.revoke_all user.delete"
		if got := strings.Join(actions, " "); got != want {
			t.Errorf("audited %s, want %s", got, want)
		}
		if _, err := w.access.User(ctx, w.db, u.ID); !app.Is(err, app.NotFound) {
			t.Errorf("the deleted user: %v", err)
		}
		if w.allowed(t, u, access.Platform, access.Audit, access.Read) {
			t.Error("the deleted user still has rights")
		}
	})
}

// A user without its role, or a role without its audit row, would be worse than
// neither.
func TestAUserIsCreatedWholeOrNotAtAll(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		rows := len(w.trail(t, audit.Platform))
		_, _, err := w.admin.CreateUser(as(w.root), admin.NewUser{Email: "u@example.com", Name: "U", Grants: []admin.Grant{
			{Role: access.PlatformAuditor, Domain: access.Platform}, {Role: access.Owner, Domain: access.Platform}}})
		if !app.Is(err, app.Invalid) {
			t.Fatal(err)
		}
		if _, err := w.access.UserByEmail(context.Background(), w.db, "u@example.com"); !app.Is(err, app.NotFound) {
			t.Errorf("half a user: %v", err)
		}
		if got := len(w.trail(t, audit.Platform)); got != rows {
			t.Errorf("%d audit rows of nothing", got-rows)
		}
	})
}
