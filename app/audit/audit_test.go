package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// record commits one entry per name on the chain, each in its own transaction.
func record(t *testing.T, d *db.DB, l *audit.Log, chain string, targets ...string) {
	t.Helper()
	for _, target := range targets {
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			return l.Record(t.Context(), tx, audit.Entry{Chain: chain, Action: "test.act", Target: target, After: map[string]int{"amount": 1}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func rows(t *testing.T, l *audit.Log, chain string) []audit.Row {
	t.Helper()
	page, err := l.List(t.Context(), audit.Filter{Chain: chain, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func verify(t *testing.T, l *audit.Log, chain string, published ...audit.Head) []audit.Problem {
	t.Helper()
	problems, err := l.Verify(t.Context(), chain, published...)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func TestAnEntryIsStoredWithWhoWhatAndWhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		ctx := app.WithRequestID(t.Context(), "req_1")
		ctx = audit.WithActor(ctx, audit.Actor{Kind: audit.KindUser, ID: "usr_1", Name: "王小明", IP: "192.0.2.1"})
		err := d.InTx(ctx, func(tx *db.Tx) error {
			return l.Record(ctx, tx, audit.Entry{
				Chain: "mch_1", Action: "account.update", Target: "acct_1",
				Before: map[string]any{"name": "old"}, After: map[string]any{"name": "new", "amount": int64(1<<53 + 1)},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		got := rows(t, l, "mch_1")
		if len(got) != 1 {
			t.Fatalf("%d rows, want 1", len(got))
		}
		r := got[0]
		if r.ActorID != "usr_1" || r.ActorName != "王小明" || r.ActorIP != "192.0.2.1" || r.RequestID != "req_1" || r.Seq != 1 {
			t.Errorf("row %+v", r)
		}
		if r.Before != `{"name":"old"}` || r.After != `{"amount":9007199254740993,"name":"new"}` {
			t.Errorf("before %s, after %s", r.Before, r.After)
		}
	})
}

func TestAnEntryFallsWithItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		record(t, d, l, "mch_1", "a")
		boom := errors.New("boom")
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			if err := l.Record(t.Context(), tx, audit.Entry{Chain: "mch_1", Action: "test.act", Target: "b"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		record(t, d, l, "mch_1", "c")
		if got := rows(t, l, "mch_1"); len(got) != 2 || got[0].Seq != 2 || got[0].Target != "c" {
			t.Errorf("rows %+v", got)
		}
		if p := verify(t, l, "mch_1"); len(p) != 0 {
			t.Errorf("problems %v", p)
		}
	})
}

func TestEightWritersLeaveAWholeChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 8, 20
		l := audit.New(d, key, app.SystemClock{})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := d.InTx(t.Context(), func(tx *db.Tx) error {
						return l.Record(t.Context(), tx, audit.Entry{Chain: "mch_1", Action: "test.act", Target: fmt.Sprintf("%d-%d", w, i)})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var seqs []int64
		if err := d.Select(t.Context(), &seqs, `SELECT seq FROM audit_rows WHERE chain = 'mch_1' ORDER BY seq`); err != nil {
			t.Fatal(err)
		}
		if len(seqs) != writers*each {
			t.Fatalf("%d rows, want %d", len(seqs), writers*each)
		}
		for i, seq := range seqs {
			if seq != int64(i+1) {
				t.Fatalf("row %d has sequence %d", i+1, seq)
			}
		}
		if p := verify(t, l, "mch_1"); len(p) != 0 {
			t.Errorf("problems %v", p)
		}
	})
}

func TestVerifyIsNotMisledByRowsBeingWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		record(t, d, l, "mch_1", "first")
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil {
				record(t, d, l, "mch_1", "more")
			}
		})
		for range 50 {
			if p := verify(t, l, "mch_1"); len(p) != 0 {
				t.Errorf("problems %v", p)
				break
			}
		}
		stop()
		wg.Wait()
	})
}

func TestChainsAreIndependentAndPagesFollowEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		record(t, d, l, "mch_1", "a", "b", "c", "d", "e")
		record(t, d, l, audit.Platform, "p")
		var got []string
		f := audit.Filter{Chain: "mch_1", Limit: 2}
		for {
			page, err := l.List(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rows {
				got = append(got, r.Target)
			}
			if page.Next == "" {
				break
			}
			f.Cursor = page.Next
		}
		if s := strings.Join(got, ""); s != "edcba" {
			t.Errorf("pages gave %q", s)
		}
		if all := rows(t, l, ""); len(all) != 6 {
			t.Errorf("the platform's auditors see %d rows, want 6", len(all))
		}
		one, err := l.List(t.Context(), audit.Filter{Chain: "mch_1", Action: "test.act", Target: "b", From: app.ToMillis(time.Now().Add(-time.Hour)), To: app.ToMillis(time.Now().Add(time.Hour))})
		if err != nil || len(one.Rows) != 1 || one.Rows[0].Target != "b" {
			t.Errorf("filtered %+v, %v", one.Rows, err)
		}
		if old, _ := l.List(t.Context(), audit.Filter{To: app.ToMillis(time.Now().Add(-time.Hour))}); len(old.Rows) != 0 {
			t.Errorf("%d rows from before an hour ago", len(old.Rows))
		}
		if _, err := l.List(t.Context(), audit.Filter{Target: "b"}); !app.Is(err, app.Invalid) {
			t.Errorf("a filter without a chain: %v", err)
		}
	})
}
