package audit

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

var versionKey = []byte("0123456789abcdef0123456789abcdef")

// asBefore makes the chain's rows what they were before sessions, agents and names
// were kept.
func asBefore(t *testing.T, l *Log, chain string) {
	t.Helper()
	list, err := rowsAfter(t.Context(), l.db, chain, 0, 1000, 1000)
	if err != nil {
		t.Fatal(err)
	}
	prev := ""
	for _, r := range list {
		r.Version, r.Session, r.Agent, r.Name, r.NameKey, r.PrevHash = 1, "", "", "", "", prev
		r.Hash = l.hashRow(&r)
		prev = r.Hash
		if _, err := l.db.Exec(t.Context(), `UPDATE audit_rows SET version = 1, session_id = '', actor_agent = '', target_name = '', target_key = '', prev_hash = ?, hash = ? WHERE id = ?`, r.PrevHash, r.Hash, r.ID); err != nil {
			t.Fatal(err)
		}
		h := Head{Chain: chain, Seq: r.Seq, Hash: r.Hash}
		if _, err := l.db.Exec(t.Context(), `UPDATE audit_heads SET hash = ?, mac = ? WHERE chain = ?`, h.Hash, l.hashHead(h), chain); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRowsOfBothVersionsMakeOneChainAndNeitherCanPassAsTheOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := New(d, versionKey, app.SystemClock{})
		actor := Actor{Kind: KindUser, ID: "usr_1", Name: "Wen", Session: "ses_1", Agent: "curl/8"}
		record := func() {
			t.Helper()
			err := d.InTx(t.Context(), func(tx *db.Tx) error {
				return l.Record(t.Context(), tx, Entry{Chain: "mch_1", Actor: actor, Action: "test.act", Target: "key_1", After: map[string]string{"name": "Till"}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		record()
		asBefore(t, l, "mch_1")
		record()
		found := func() []Problem {
			t.Helper()
			p, err := l.Verify(t.Context(), "mch_1")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if p := found(); len(p) != 0 {
			t.Fatalf("problems before tampering: %v", p)
		}
		for statement, row := range map[string]int64{
			`UPDATE audit_rows SET session_id = 'ses_2' WHERE seq = 2`:                2,
			`UPDATE audit_rows SET actor_agent = '' WHERE seq = 2`:                    2,
			`UPDATE audit_rows SET target_name = 'Safe' WHERE seq = 2`:                2,
			`UPDATE audit_rows SET target_key = '' WHERE seq = 2`:                     2, // it could not be found by its name
			`UPDATE audit_rows SET version = 1 WHERE seq = 2`:                         2,
			`UPDATE audit_rows SET version = 3 WHERE seq = 2`:                         2,
			`UPDATE audit_rows SET version = 2 WHERE seq = 1`:                         1,
			`UPDATE audit_rows SET session_id = 'ses_2' WHERE seq = 1`:                1,
			`UPDATE audit_rows SET actor_agent = 'Firefox' WHERE seq = 1`:             1,
			`UPDATE audit_rows SET target_name = 'x', target_key = 'x' WHERE seq = 1`: 1,
		} {
			before, err := rowsAfter(t.Context(), d, "mch_1", 0, 2, 2)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := d.Exec(t.Context(), statement); err != nil || n != 1 {
				t.Fatalf("%s: %d rows, %v", statement, n, err)
			}
			if p := found(); len(p) != 1 || p[0].Seq != row || p[0].Fault != Edited {
				t.Errorf("%s: %v", statement, p)
			}
			r := before[row-1]
			if _, err := d.Exec(t.Context(), `UPDATE audit_rows SET version = ?, session_id = ?, actor_agent = ?, target_name = ?, target_key = ? WHERE id = ?`, r.Version, r.Session, r.Agent, r.Name, r.NameKey, r.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestALongNameIsFoundByItsBeginningAndStaysGenuine(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := New(d, versionKey, app.SystemClock{})
	long := strings.Repeat("İ", 250) // whose small letter is longer
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		return l.Record(t.Context(), tx, Entry{Chain: "mch_1", Action: "test.act", Target: "key_1", After: map[string]string{"name": long}})
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := l.List(t.Context(), Filter{Chain: "mch_1", Text: "İİİ"})
	if err != nil || len(page.Rows) != 1 || len([]rune(page.Rows[0].Name)) != 190 {
		t.Errorf("%+v, %v", page, err)
	}
	if p, err := l.Verify(t.Context(), "mch_1"); err != nil || len(p) != 0 {
		t.Errorf("%v, %v", p, err)
	}
}
