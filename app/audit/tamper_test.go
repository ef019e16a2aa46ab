package audit_test

import (
	"fmt"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// TestEveryTamperingIsNamed plants each by SQL in a chain of six rows.
func TestEveryTamperingIsNamed(t *testing.T) {
	type finding struct {
		seq   int64
		fault audit.Fault
		row   bool // a row is named, not only its place
	}
	cases := []struct {
		name   string
		tamper []string
		want   []finding
	}{
		{"edited content", []string{`UPDATE audit_rows SET after_json = '{"amount":2}' WHERE chain = 'mch_1' AND seq = 3`},
			[]finding{{3, audit.Edited, true}}},
		{"edited actor", []string{`UPDATE audit_rows SET actor_name = 'somebody else' WHERE chain = 'mch_1' AND seq = 6`},
			[]finding{{6, audit.Edited, true}}},
		{"edited time", []string{`UPDATE audit_rows SET created_at = created_at + 1 WHERE chain = 'mch_1' AND seq = 1`},
			[]finding{{1, audit.Edited, true}}},
		{"text moved across fields", []string{`UPDATE audit_rows SET action = 'test.actc', target = '' WHERE chain = 'mch_1' AND seq = 3`},
			[]finding{{3, audit.Edited, true}}},
		{"hash replaced", []string{`UPDATE audit_rows SET hash = prev_hash WHERE chain = 'mch_1' AND seq = 3`},
			[]finding{{3, audit.Edited, true}}},
		{"deleted", []string{`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq = 3`},
			[]finding{{3, audit.Missing, false}}},
		{"first deleted", []string{`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq = 1`},
			[]finding{{1, audit.Missing, false}}},
		{"deleted and closed up", []string{
			`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq = 3`,
			`UPDATE audit_rows SET seq = 3 WHERE chain = 'mch_1' AND seq = 4`,
			`UPDATE audit_rows SET seq = 4 WHERE chain = 'mch_1' AND seq = 5`,
			`UPDATE audit_rows SET seq = 5 WHERE chain = 'mch_1' AND seq = 6`,
		}, []finding{{3, audit.Moved, true}, {4, audit.Edited, true}, {5, audit.Edited, true}, {6, audit.Truncated, false}}},
		{"reordered", []string{
			`UPDATE audit_rows SET seq = 100 WHERE chain = 'mch_1' AND seq = 3`,
			`UPDATE audit_rows SET seq = 3 WHERE chain = 'mch_1' AND seq = 4`,
			`UPDATE audit_rows SET seq = 4 WHERE chain = 'mch_1' AND seq = 100`,
		}, []finding{{3, audit.Moved, true}, {4, audit.Moved, true}}},
		{"truncated", []string{`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq >= 5`},
			[]finding{{5, audit.Truncated, false}}},
		{"all rows deleted", []string{`DELETE FROM audit_rows WHERE chain = 'mch_1'`},
			[]finding{{1, audit.Truncated, false}}},
		{"truncated with the head set back", []string{
			`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq >= 5`,
			`UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_rows WHERE chain = 'mch_1' AND seq = 4) WHERE chain = 'mch_1'`,
		}, []finding{{4, audit.HeadForge, false}}},
		{"head deleted", []string{`DELETE FROM audit_heads WHERE chain = 'mch_1'`},
			[]finding{{0, audit.HeadGone, false}, {1, audit.BeyondEnd, true}, {2, audit.BeyondEnd, true}, {3, audit.BeyondEnd, true},
				{4, audit.BeyondEnd, true}, {5, audit.BeyondEnd, true}, {6, audit.BeyondEnd, true}}},
		{"forged row at the end", []string{
			`INSERT INTO audit_rows (id, chain, seq, created_at, actor_kind, actor_id, actor_name, actor_ip, action, target, before_json, after_json, request_id, prev_hash, hash)
			 SELECT 'aud_forged', chain, 7, created_at, actor_kind, actor_id, actor_name, actor_ip, action, target, before_json, after_json, request_id, hash, hash
			 FROM audit_rows WHERE chain = 'mch_1' AND seq = 6`},
			[]finding{{7, audit.BeyondEnd, true}}},
		{"row taken from another chain", []string{
			`DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq = 1`,
			`UPDATE audit_rows SET chain = 'mch_1' WHERE chain = 'mch_2' AND seq = 1`},
			[]finding{{1, audit.Edited, true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				l := audit.New(d, key, app.SystemClock{})
				record(t, d, l, "mch_1", "a", "b", "c", "d", "e", "f")
				record(t, d, l, "mch_2", "z")
				for _, statement := range c.tamper {
					if n, err := d.Exec(t.Context(), statement); err != nil || n == 0 {
						t.Fatalf("%s: %d rows, %v", statement, n, err)
					}
				}
				var got []finding
				for _, p := range verify(t, l, "mch_1") {
					got = append(got, finding{p.Seq, p.Fault, p.RowID != ""})
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("found %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestOnlyAPublishedHeadShowsAnOldHeadRowPutBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		record(t, d, l, "mch_1", "a", "b")
		var old audit.Head
		if err := d.Get(t.Context(), &old, `SELECT chain, seq, hash, mac FROM audit_heads WHERE chain = 'mch_1'`); err != nil {
			t.Fatal(err)
		}
		record(t, d, l, "mch_1", "c", "d")
		published, err := l.Heads(t.Context())
		if err != nil || len(published) != 1 || published[0].Seq != 4 || published[0].MAC != "" {
			t.Fatalf("heads %+v, %v", published, err)
		}
		if p := verify(t, l, "mch_1", published...); len(p) != 0 {
			t.Fatalf("problems before tampering: %v", p)
		}
		if _, err := d.Exec(t.Context(), `DELETE FROM audit_rows WHERE chain = 'mch_1' AND seq > 2`); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(t.Context(), `UPDATE audit_heads SET seq = ?, hash = ?, mac = ? WHERE chain = 'mch_1'`, old.Seq, old.Hash, old.MAC); err != nil {
			t.Fatal(err)
		}
		if p := verify(t, l, "mch_1"); len(p) != 0 {
			t.Fatalf("the database alone should not show it: %v", p)
		}
		p := verify(t, l, "mch_1", published...)
		if len(p) != 1 || p[0].Fault != audit.Departed || p[0].Seq != 4 {
			t.Errorf("problems %v, want the published head at 4 departed from", p)
		}
	})
}

func TestRecordRefusesToBuildOnATamperedHead(t *testing.T) {
	statements := []string{
		`UPDATE audit_heads SET seq = 1 WHERE chain = 'mch_1'`,
		`UPDATE audit_heads SET mac = hash WHERE chain = 'mch_1'`,
		`DELETE FROM audit_heads WHERE chain = 'mch_1'`,
	}
	for _, statement := range statements {
		t.Run(statement, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				l := audit.New(d, key, app.SystemClock{})
				record(t, d, l, "mch_1", "a", "b")
				if _, err := d.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
				err := d.InTx(t.Context(), func(tx *db.Tx) error {
					return l.Record(t.Context(), tx, audit.Entry{Chain: "mch_1", Action: "test.act"})
				})
				if !app.Is(err, app.Internal) {
					t.Fatalf("got %v, want a refusal", err)
				}
				if p := verify(t, l, "mch_1"); len(p) == 0 {
					t.Error("the tampering is no longer found")
				}
			})
		})
	}
}

func TestAnotherKeyVerifiesNothing(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	record(t, d, audit.New(d, key, app.SystemClock{}), "mch_1", "a")
	other := audit.New(d, []byte("another key of thirty-two bytes!"), app.SystemClock{})
	if p := verify(t, other, "mch_1"); len(p) != 2 {
		t.Errorf("problems %v, want the row and the head", p)
	}
}
