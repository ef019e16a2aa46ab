package dbcheck

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/sql"
)

// firstRelease are the numbers of the migrations of version 0.1: a database that
// has them must take every later one, whatever its number.
const firstRelease = "00001 00010 00011 00012 00013 00014 00015 00016 00020 00021 00022 00023 00024 00030 00031 00032 00033 00034 00035 00036 00037 00050 00051 00052 00053 00054 00055"

// oldPayment is a row as that release wrote it.
const oldPayment = `INSERT INTO payments (id, merchant_id, mode, order_no, status, amount, currency, subject, method, channel, account_id,
 open_attempt_id, paid_attempt_id, channel_trade_no, payer_amount, settlement_amount, amount_refunded, late, metadata,
 return_url, expires_at, created_at, updated_at, paid_at, closed_at, close_requested_at, error_code, error_message, version)
 VALUES ('pay_old', 'mch_1', 'test', 'OLD-1', 'succeeded', 100, 'CNY', 'tea', 'alipay_qr', 'alipay', 'acct_1',
 '', 'att_old', 'T1', 100, 100, 0, 0, '{}', '', 1, 1, 1, 1, 0, 0, '', '', 3)`

func TestADatabaseOfTheFirstReleaseIsUpgradedWithItsRows(t *testing.T) {
	for name, url := range map[string]string{"sqlite": "sqlite:" + t.TempDir() + "/old.db", "mysql": dbtest.NewMySQLURL(t)} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			d, err := db.Open(ctx, db.Config{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			old := sql.Platform()
			old.Files = only(t, old.Files, firstRelease)
			if n, err := d.Migrate(ctx, old); err != nil || n != len(strings.Fields(firstRelease)) {
				t.Fatalf("the first release: %d migrations, %v", n, err)
			}
			if _, err := d.Exec(ctx, oldPayment); err != nil {
				t.Fatal(err)
			}
			if n, err := d.Migrate(ctx, sql.Platform()); err != nil || n == 0 {
				t.Fatalf("the upgrade: %d migrations, %v", n, err)
			}
			var reserved int64
			if err := d.Get(ctx, &reserved, `SELECT refund_reserved FROM payments WHERE id = 'pay_old' AND amount_refunded = 0 AND version = 3`); err != nil || reserved != 0 {
				t.Errorf("the old payment reserves %d, %v", reserved, err)
			}
			for name, statement := range map[string]string{
				"more than was paid":      `UPDATE payments SET refund_reserved = 101 WHERE id = 'pay_old'`,
				"arrived, not reserved":   `UPDATE payments SET amount_refunded = 1 WHERE id = 'pay_old'`,
				"less than nothing":       `UPDATE payments SET refund_reserved = -1 WHERE id = 'pay_old'`,
				"a refund of nothing due": `UPDATE payments SET refund_reserved = 50, amount_refunded = 51 WHERE id = 'pay_old'`,
			} {
				if _, err := d.Exec(ctx, statement); !db.IsCheck(err) {
					t.Errorf("%s: %v, want a violated constraint", name, err)
				}
			}
		})
	}
}

// only keeps the migrations with the given numbers.
func only(t *testing.T, files fs.FS, numbers string) fs.FS {
	t.Helper()
	kept := fstest.MapFS{}
	for _, folder := range []string{"mysql", "sqlite"} {
		names, err := fs.Glob(files, folder+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			number, _, _ := strings.Cut(path.Base(name), "_")
			if !strings.Contains(numbers, number) {
				continue
			}
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			kept[name] = &fstest.MapFile{Data: text}
		}
	}
	return kept
}
