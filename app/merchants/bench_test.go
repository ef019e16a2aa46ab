package merchants_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
)

// What every API call pays before anything else: who calls, and by which
// account.
func BenchmarkAuthenticate(b *testing.B) {
	benchEach(b, func(b *testing.B, r *room) {
		_, secret, err := r.CreateKey(b.Context(), r.m.ID, app.Test, merchants.KeyInput{Name: "k"})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := r.Authenticate(b.Context(), secret, "203.0.113.7"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	benchEach(b, func(b *testing.B, r *room) {
		a, _, err := r.RegisterAccount(b.Context(), r.registration("wx1"), reader{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.EnableAccount(b.Context(), r.m.ID, a.ID, passes); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := r.Choose(b.Context(), r.m.ID, app.Test, app.WeChat, "", ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchEach(b *testing.B, f func(b *testing.B, r *room)) {
	for name, open := range map[string]func(testing.TB, ...dbtest.Option) *db.DB{"sqlite": dbtest.OpenSQLite, "mysql": dbtest.OpenMySQL} {
		b.Run(name, func(b *testing.B) { f(b, setup(b, open(b))) })
	}
}
