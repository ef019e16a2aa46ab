package merchants_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestBadKeysNameTheField(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		for field, in := range map[string]merchants.KeyInput{
			"name":        {},
			"scopes.1":    {Name: "k", Scopes: []merchants.Scope{merchants.EventsRead, "payments:all"}},
			"expires_at":  {Name: "k", ExpiresAt: r.clock.Now()},
			"allowed_ips": {Name: "k", AllowedIPs: slices.Repeat([]string{"10.0.0.1"}, 51)},
		} {
			_, _, err := r.CreateKey(ctx, r.m.ID, app.Test, in)
			wantField(t, err, field)
		}
		_, _, err := r.CreateKey(ctx, r.m.ID, "prod", merchants.KeyInput{Name: "k"})
		wantField(t, err, "mode")
		_, _, err = r.CreateKey(ctx, "mch_missing", app.Test, merchants.KeyInput{Name: "k"})
		wantCode(t, err, app.NotFound, "")
	})
}

func TestAKeyIsChangedAndRevoked(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		expires := r.clock.Now().Add(time.Hour)
		k, secret := r.key(t, app.Test, merchants.KeyInput{ExpiresAt: expires})
		_, err := r.UpdateKey(ctx, r.m.ID, k.ID, merchants.KeyInput{Name: "till", Scopes: []merchants.Scope{merchants.EventsRead}, AllowedIPs: []string{"10.0.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Key(ctx, r.m.ID, k.ID)
		if err != nil || got.Name != "till" || len(got.Scopes) != 1 || len(got.AllowedIPs) != 1 || got.ExpiresAt != app.ToMillis(expires) {
			t.Fatalf("changed %+v, %v", got, err)
		}
		_, err = r.Authenticate(ctx, secret, "10.0.0.2")
		wantCode(t, err, app.Forbidden, "ip_not_allowed")
		if _, err := r.RevokeKey(ctx, r.m.ID, k.ID); err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"revoke": second(r.RevokeKey(ctx, r.m.ID, k.ID)),
			"update": second(r.UpdateKey(ctx, r.m.ID, k.ID, merchants.KeyInput{Name: "x"})),
		} {
			if !app.Is(err, app.Conflict) || reasonOf(err) != "key_not_active" {
				t.Errorf("%s a revoked key: %v", name, err)
			}
		}
		if got := r.actions(t, r.m.ID, k.ID); !slices.Equal(got, []string{"key.create", "key.update", "key.revoke"}) {
			t.Errorf("audited %q", got)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestARolledKeyOverlapsItsSuccessor(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		old, oldSecret := r.key(t, app.Live, merchants.KeyInput{Scopes: []merchants.Scope{merchants.EventsRead}, AllowedIPs: []string{"10.0.0.1"}})
		next, nextSecret, err := r.RollKey(ctx, r.m.ID, old.ID, time.Hour, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if next.ID == old.ID || next.RolledFrom != old.ID || next.Mode != app.Live || next.ExpiresAt != 0 || next.Prefix == old.Prefix {
			t.Errorf("successor %+v", next)
		}
		p, err := r.Authenticate(ctx, nextSecret, "10.0.0.1")
		if err != nil || p.KeyID != next.ID || p.May(merchants.PaymentsWrite) || !p.May(merchants.EventsRead) {
			t.Errorf("principal %+v, %v", p, err)
		}
		if _, err := r.Authenticate(ctx, oldSecret, "10.0.0.1"); err != nil {
			t.Errorf("within the overlap: %v", err)
		}
		_, _, err = r.RollKey(ctx, r.m.ID, old.ID, 0, time.Time{})
		wantCode(t, err, app.Conflict, "key_already_rolled")
		r.clock.advance(time.Hour)
		_, err = r.Authenticate(ctx, oldSecret, "10.0.0.1")
		wantCode(t, err, app.Unauthenticated, "invalid_api_key")
		if _, err := r.Authenticate(ctx, nextSecret, "10.0.0.1"); err != nil {
			t.Error(err)
		}
		got, err := r.Key(ctx, r.m.ID, old.ID)
		if err != nil || got.RolledTo != next.ID {
			t.Errorf("rolled to %q, %v; want %s", got.RolledTo, err, next.ID)
		}
		_, _, err = r.RollKey(ctx, r.m.ID, old.ID, 0, time.Time{})
		wantCode(t, err, app.Conflict, "key_not_active")
	})
}

func TestRollingNeverProlongsAKey(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		end := r.clock.Now().Add(time.Minute)
		k, _ := r.key(t, app.Test, merchants.KeyInput{ExpiresAt: end})
		if _, _, err := r.RollKey(ctx, r.m.ID, k.ID, time.Hour, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Key(ctx, r.m.ID, k.ID); err != nil || got.ExpiresAt != app.ToMillis(end) {
			t.Errorf("expires %d, %v; want %d", got.ExpiresAt, err, app.ToMillis(end))
		}
		k, secret := r.key(t, app.Test, merchants.KeyInput{})
		for _, overlap := range []time.Duration{-time.Second, merchants.MaxOverlap + 1} {
			_, _, err := r.RollKey(ctx, r.m.ID, k.ID, overlap, time.Time{})
			wantField(t, err, "overlap")
		}
		_, _, err := r.RollKey(ctx, r.m.ID, k.ID, 0, r.clock.Now())
		wantField(t, err, "expires_at")
		if _, _, err := r.RollKey(ctx, r.m.ID, k.ID, 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		_, err = r.Authenticate(ctx, secret, "")
		wantCode(t, err, app.Unauthenticated, "invalid_api_key")
	})
}

func TestAKeyRolledAtOnceHasOneSuccessor(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		k, _ := r.key(t, app.Test, merchants.KeyInput{})
		var mu sync.Mutex
		rolled := 0
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, _, err := r.RollKey(t.Context(), r.m.ID, k.ID, time.Hour, time.Time{})
				if err == nil {
					mu.Lock()
					rolled++
					mu.Unlock()
				} else if reasonOf(err) != "key_already_rolled" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		keys, err := r.Keys(t.Context(), merchants.KeyFilter{MerchantID: r.m.ID, Mode: app.Test})
		if err != nil || rolled != 1 || len(keys) != 2 {
			t.Fatalf("%d rolls, %d keys, %v; want 1 and 2", rolled, len(keys), err)
		}
	})
}

func TestKeysAreListedByPagesAndMode(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var want []string
		for range 3 {
			k, _ := r.key(t, app.Test, merchants.KeyInput{})
			want = append([]string{k.ID}, want...)
		}
		r.key(t, app.Live, merchants.KeyInput{})
		f := merchants.KeyFilter{MerchantID: r.m.ID, Mode: app.Test, Limit: 2}
		var got []string
		for range 2 {
			page, err := r.Keys(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range page {
				got = append(got, k.ID)
			}
			f.Before = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages gave %v, want %v", got, want)
		}
	})
}
