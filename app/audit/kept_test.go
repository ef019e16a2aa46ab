package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func TestKeptHeadsAreReadBackAndNotBelievedWhenChanged(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := audit.New(d, key, app.SystemClock{})
	record(t, d, l, "mch_1", "a", "b")
	record(t, d, l, audit.Platform, "c")
	heads, err := l.Heads(t.Context())
	must(t, err)
	var file strings.Builder
	must(t, l.WriteHeads(t.Context(), &file, heads))
	for _, own := range heads {
		var mac string
		must(t, d.Get(t.Context(), &mac, `SELECT mac FROM audit_heads WHERE chain = ?`, own.Chain))
		if strings.Contains(file.String(), mac) {
			t.Error("the file holds what a head could be put back with")
		}
	}
	log := fmt.Sprintf("starting up\n{\"level\":\"INFO\",\"msg\":\"ready\"}\n{\"level\":\"INFO\",\"msg\":\"audit head\",\"chain\":\"mch_9\",\"seq\":7,\"hash\":\"abc\"}\n%s", file.String())
	got, err := l.ReadHeads(strings.NewReader(log))
	if want := append([]audit.Head{{Chain: "mch_9", Seq: 7, Hash: "abc"}}, heads...); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read %v, %v, want %v", got, err, want)
	}
	for _, change := range [][2]string{{`"seq":2`, `"seq":1`}, {`"chain":"mch_1"`, `"chain":"mch_2"`}, {`"at":`, `"at":1`}, {heads[0].Hash, heads[1].Hash}} {
		changed := strings.Replace(file.String(), change[0], change[1], 1)
		if _, err := l.ReadHeads(strings.NewReader(changed)); changed == file.String() || !app.Is(err, app.Invalid) {
			t.Errorf("%s for %s: %v", change[1], change[0], err)
		}
	}
}

// putBack cuts the chain off behind a row and puts its head back as it was there.
func putBack(t *testing.T, d *db.DB, old audit.Head) {
	t.Helper()
	for _, statement := range []string{`DELETE FROM audit_rows WHERE chain = ? AND seq > ?`, `DELETE FROM audit_heads WHERE chain = ? AND seq > ?`} {
		_, err := d.Exec(t.Context(), statement, old.Chain, old.Seq)
		must(t, err)
	}
	_, err := d.Exec(t.Context(), `INSERT INTO audit_heads (chain, seq, hash, mac) VALUES (?, ?, ?, ?)`, old.Chain, old.Seq, old.Hash, old.MAC)
	must(t, err)
}

func headRow(t *testing.T, d *db.DB, chain string) (h audit.Head) {
	t.Helper()
	must(t, d.Get(t.Context(), &h, `SELECT chain, seq, hash, mac FROM audit_heads WHERE chain = ?`, chain))
	return h
}

func TestAHeadThatWasCheckedMustStayInItsChainForGood(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		record(t, d, l, "mch_1", "a", "b")
		old := headRow(t, d, "mch_1")
		record(t, d, l, "mch_1", "c", "d")
		c, err := l.CheckChain(t.Context(), "mch_1")
		if err != nil || len(c.Problems) != 0 || c.Rows != 4 || c.Through != 4 || c.Head != rows(t, l, "mch_1")[0].Hash || c.Name != audit.Job {
			t.Fatalf("%+v, %v", c, err)
		}
		putBack(t, d, old)
		record(t, d, l, "mch_1", "another c", "another d", "another e") // whole by itself
		ctx := audit.WithActor(t.Context(), audit.Actor{Kind: audit.KindUser, ID: "usr_1", Name: "Wen"})
		for range 2 { // nor is it forgotten by looking again
			c, err = l.CheckChain(ctx, "mch_1")
			if err != nil || len(c.Problems) != 1 || c.Problems[0].Fault != audit.Departed || c.Problems[0].Seq != 4 || c.By != "usr_1" {
				t.Fatalf("%+v, %v", c, err)
			}
		}
		if kept, err := l.LastCheck(t.Context(), "mch_1"); err != nil || kept.Rows != 5 || len(kept.Problems) != 1 || kept.Name != "Wen" {
			t.Errorf("kept %+v, %v", kept, err)
		}
	})
}

func TestAChainOfWhichNothingIsLeftIsMissed(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := audit.New(d, key, app.SystemClock{})
	record(t, d, l, "mch_1", "a", "b")
	if n, err := l.CheckAll(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	for _, statement := range []string{`DELETE FROM audit_rows`, `DELETE FROM audit_heads`} {
		_, err := d.Exec(t.Context(), statement)
		must(t, err)
	}
	if n, err := l.CheckAll(t.Context()); n != 1 || !app.Is(err, app.Internal) {
		t.Errorf("%d chains, %v", n, err)
	}
}
