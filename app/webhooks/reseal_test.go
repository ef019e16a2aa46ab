package webhooks_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/seal"
	"github.com/piaohao/piaohao/app/webhooks"
)

func TestResealedSecretsOpenWithoutTheOldKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		path := filepath.Join(t.TempDir(), "keyset.json")
		if err := seal.Generate(path); err != nil {
			t.Fatal(err)
		}
		sealer := func() *seal.Sealer {
			s, err := seal.FromFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		clock := app.SystemClock{}
		service := webhooks.New(d, events.NewLog(d, clock), audit.New(d, make([]byte, 32), clock), sealer(), clock, webhooks.Config{AllowPrivate: true})
		merchant := app.NewID(app.PrefixMerchant, clock.Now())
		if _, err := service.Create(ctx, merchant, app.Test, webhooks.Input{URL: "http://127.0.0.1:1/", Asymmetric: true}); err != nil {
			t.Fatal(err)
		}
		old, err := seal.Keys(path)
		if err != nil {
			t.Fatal(err)
		}
		id, err := seal.AddKey(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.Promote(path, id); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{2, 0} {
			if n, err := webhooks.Reseal(ctx, d, sealer()); err != nil || n != want {
				t.Fatalf("resealed %d, %v; want %d", n, err, want)
			}
		}
		if err := seal.Retire(path, old[0].ID); err != nil {
			t.Fatal(err)
		}
		var rows []struct {
			ID     string `db:"id"`
			Sealed []byte `db:"sealed"`
		}
		if err := d.Select(ctx, &rows, `SELECT id, sealed FROM webhook_secrets`); err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if _, err := sealer().Open(r.Sealed, merchant, r.ID); err != nil {
				t.Errorf("%s does not open once the old key has retired: %v", r.ID, err)
			}
		}
	})
}
