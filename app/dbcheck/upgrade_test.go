package dbcheck

import (
	"io/fs"
	"path"
	"slices"
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

// keptMakers is the migration from which on keys keep who made them.
const keptMakers = "00184"

// oldKeys are a key that a user made, one that the program made, and what the
// first asked for.
var oldKeys = []string{
	`INSERT INTO api_keys (id, merchant_id, mode, name, kind, prefix, secret_hash, scopes, allowed_ips, expires_at, last_used_at, revoked_at,
 rolled_from, rolled_to, created_at) VALUES ('key_1', 'mch_1', 'test', 'till', 'public', 'sk', NULL, '[]', '[]', 0, 0, 0, '', '', 1),
 ('key_2', 'mch_1', 'test', 'demo', 'public', 'sk', NULL, '[]', '[]', 0, 0, 0, '', '', 1)`,
	`INSERT INTO audit_rows (id, chain, seq, created_at, actor_kind, actor_id, actor_name, actor_ip, action, target, before_json, after_json,
 request_id, prev_hash, hash) VALUES ('aud_1', 'mch_1', 1, 1, 'user', 'usr_1', '', '', 'key.create', 'key_1', '', '', '', 'a', 'b'),
 ('aud_2', 'mch_1', 2, 1, 'system', '', 'demo', '', 'key.create', 'key_2', '', '', '', 'b', 'c')`,
	`INSERT INTO approvals (id, merchant_id, mode, kind, object_id, amount, summary, requested_kind, requested_id, requested_name, requested_at,
 status, decided_kind, decided_id, decided_name, decided_at, note, version) VALUES ('apr_1', 'mch_1', 'test', 'refund', 'rfd_1', 1, '{}',
 'key', 'key_1', 'sk', 1, 'pending', '', '', '', 0, '', 1)`,
}

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
			later := sql.Platform()
			later.Files = before(t, later.Files, keptMakers)
			if _, err := d.Exec(ctx, oldPayment); err != nil {
				t.Fatal(err)
			}
			if n, err := d.Migrate(ctx, later); err != nil || n == 0 {
				t.Fatalf("before makers were kept: %d migrations, %v", n, err)
			}
			for _, row := range oldKeys {
				if _, err := d.Exec(ctx, row); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := d.Migrate(ctx, sql.Platform()); err != nil || n == 0 {
				t.Fatalf("the upgrade: %d migrations, %v", n, err)
			}
			var makers []string
			if err := d.Select(ctx, &makers, `SELECT made_by FROM api_keys UNION ALL SELECT requested_maker FROM approvals ORDER BY 1`); err != nil || !slices.Equal(makers, []string{"", "usr_1", "usr_1"}) {
				t.Errorf("the old keys and what one asked for are by %v, %v", makers, err)
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

// before keeps the migrations below a number.
func before(t *testing.T, files fs.FS, number string) fs.FS {
	t.Helper()
	names, err := fs.Glob(files, "mysql/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, name := range names {
		if n, _, _ := strings.Cut(path.Base(name), "_"); n < number {
			numbers = append(numbers, n)
		}
	}
	return only(t, files, strings.Join(numbers, " "))
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
