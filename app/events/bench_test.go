package events_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"

	"github.com/piaohao/piaohao/app"
)

// BenchmarkNote is what an internal event adds to a transaction that stands
// already: without the commit, which it does not need.
func BenchmarkNote(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...dbtest.Option) *db.DB{"sqlite": dbtest.OpenSQLite, "mysql": dbtest.OpenMySQL} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			l := events.NewLog(d, app.SystemClock{})
			err := d.InTx(b.Context(), func(tx *db.Tx) error {
				for b.Loop() {
					if err := l.Note(b.Context(), tx, events.PaymentCreated, "mch_A", app.Test, "pay_1"); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
