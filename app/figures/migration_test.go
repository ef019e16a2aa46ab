package figures_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/sql"
)

// Figures that were counted before those of all merchants had rows of their own
// are summed by a migration: nobody has to count them again.
func TestTheSumsOfAllMerchantsAreMadeOfOlderFigures(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Paid("older-1", channel.WeChatNative)
		w.Create(paymentstest.Order("older-2", channel.AlipayQR))
		w.refused("older-3")
		w.count()
		w.run(`DELETE FROM figures WHERE merchant_id = ''`)
		migration, err := fs.ReadFile(sql.Platform().Files, string(w.DB.Dialect())+"/00175_figures_everybodys.sql")
		if err != nil {
			t.Fatal(err)
		}
		_, up, _ := strings.Cut(string(migration), "-- +goose Up\n")
		w.run(up)
		w.exact()
		w.run(up) // a second time it adds nothing
		w.exact()
	})
}
