package merchants_test

import (
	"fmt"
	"testing"

	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/seal"
)

func TestResealingMovesEverySecretToTheNewKey(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		secret := "app secret"
		var all []merchants.Account
		for i := range 3 {
			in := r.registration(fmt.Sprintf("wx%d", i), fmt.Sprintf("wx%db", i))
			in.AppIDs[0].Secret = &secret
			all = append(all, r.register(t, in))
		}
		under := r.register(t, r.registrationUnder(r.provider(t), "wx0"))
		keys, err := seal.Keys(r.keyset)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := seal.AddKey(r.keyset)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.server(t).Reseal(ctx); err != nil || n != 0 {
			t.Fatalf("before the promotion: %d resealed, %v", n, err)
		}
		if err := seal.Promote(r.keyset, fresh); err != nil {
			t.Fatal(err)
		}
		promoted := r.server(t)
		for _, want := range []int{8, 0} {
			if n, err := promoted.Reseal(ctx); err != nil || n != want {
				t.Fatalf("%d resealed, %v; want %d", n, err, want)
			}
		}
		if err := seal.Retire(r.keyset, keys[0].ID); err != nil {
			t.Fatal(err)
		}
		retired := r.server(t)
		if got, err := retired.ProviderCredentials(ctx, under); err != nil || string(got) != working {
			t.Errorf("the provider's credentials %s, %v", got, err)
		}
		for _, a := range all {
			if got, err := retired.Credentials(ctx, a); err != nil || string(got) != working {
				t.Errorf("credentials %s, %v", got, err)
			}
			if got, err := retired.AppSecret(ctx, a, a.DefaultApp()); err != nil || got != secret {
				t.Errorf("app secret %q, %v", got, err)
			}
		}
	})
}

// Whoever can write the database still cannot use one account's keys as
// another's.
func TestMovedCredentialsDoNotOpen(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		secret := "app secret"
		in := r.registration("wx1", "wx2")
		in.AppIDs[0].Secret, in.AppIDs[1].Secret = &secret, &secret
		a, b := r.register(t, in), r.register(t, r.registration("wx3"))
		move(t, r, `SELECT credentials FROM accounts WHERE id = ?`, `UPDATE accounts SET credentials = ? WHERE id = ?`, a.ID, b.ID)
		if got, err := r.Credentials(ctx, b); err == nil {
			t.Errorf("moved credentials opened: %s", got)
		}
		move(t, r, `SELECT app_secret FROM account_app_ids WHERE app_id = ?`, `UPDATE account_app_ids SET app_secret = ? WHERE app_id = ?`, "wx1", "wx2")
		if got, err := r.AppSecret(ctx, a, "wx2"); err == nil {
			t.Errorf("a moved app secret opened: %s", got)
		}
		if got, err := r.Credentials(ctx, a); err != nil || string(got) != working {
			t.Errorf("credentials in place: %s, %v", got, err)
		}
	})
}

func move(t *testing.T, r *room, read, write, from, to string) {
	t.Helper()
	var sealed []byte
	if err := r.db.Get(t.Context(), &sealed, read, from); err != nil {
		t.Fatal(err)
	}
	if n, err := r.db.Exec(t.Context(), write, sealed, to); err != nil || n != 1 {
		t.Fatalf("%d rows, %v", n, err)
	}
}
