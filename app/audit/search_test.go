package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const session = "ses_01J0000000000000000000000A"

func TestRowsAreFoundByNameRequestSessionAndWhoActed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		wen := audit.Actor{Kind: audit.KindUser, ID: "usr_1", Name: "Wen", Session: session}
		act := func(actor audit.Actor, request string, e audit.Entry) {
			t.Helper()
			ctx := app.WithUserAgent(app.WithRequestID(audit.WithActor(t.Context(), actor), request), "curl/8.5.0")
			e.Chain, e.Action = "mch_1", "test.act"
			must(t, d.InTx(ctx, func(tx *db.Tx) error { return l.Record(ctx, tx, e) }))
		}
		named := func(name string) map[string]string { return map[string]string{"name": name} }
		act(wen, "req_1", audit.Entry{Target: "key_1", After: named("Till key")})
		act(wen, "req_2", audit.Entry{Target: "key_1"}) // says nothing of its name
		act(wen, "req_3", audit.Entry{Target: "key_2", Before: named("tillage 100%")})
		act(audit.System("job"), "", audit.Entry{Target: "key_3", After: named("Other")})
		act(audit.Actor{Kind: audit.KindKey, ID: "key_1", Name: "sk_test_ab"}, "req_4", audit.Entry{Target: "rfd_1", After: map[string]string{"refund_no": "BACK-1"}})
		act(wen, "req_5", audit.Entry{Target: "usr_1"})
		act(wen, "req_6", audit.Entry{Target: "usr_2", Before: map[string]any{"user": map[string]string{"name": "Lin", "email": "lin@example.com"}}})
		for _, c := range []struct{ filter, want audit.Filter }{
			{audit.Filter{Text: "till"}, audit.Filter{Target: "req_3 req_2 req_1"}},
			{audit.Filter{Text: "TILL KEY"}, audit.Filter{Target: "req_2 req_1"}},
			{audit.Filter{Text: "100%"}, audit.Filter{}},
			{audit.Filter{Text: "%"}, audit.Filter{}},
			{audit.Filter{Text: "key_1"}, audit.Filter{Target: "req_2 req_1"}},
			{audit.Filter{Text: "req_4"}, audit.Filter{Target: "req_4"}},
			{audit.Filter{Text: "back-1"}, audit.Filter{Target: "req_4"}},
			{audit.Filter{Text: session}, audit.Filter{Target: "req_6 req_5 req_3 req_2 req_1"}},
			{audit.Filter{Text: "wen"}, audit.Filter{Target: "req_5"}},
			{audit.Filter{Text: "lin@example.com"}, audit.Filter{Target: "req_6"}},
			{audit.Filter{Text: "till", ActorID: "usr_2"}, audit.Filter{}},
			{audit.Filter{Text: "till", Target: "key_2"}, audit.Filter{Target: "req_3"}},
			{audit.Filter{ActorID: "key_1"}, audit.Filter{Target: "req_4"}},
			{audit.Filter{Program: true}, audit.Filter{Target: ""}},
		} {
			c.filter.Chain = "mch_1"
			page, err := l.List(t.Context(), c.filter)
			must(t, err)
			var got []string
			for _, r := range page.Rows {
				got = append(got, r.RequestID)
			}
			if strings.Join(got, " ") != c.want.Target || c.filter.Program && len(page.Rows) != 1 {
				t.Errorf("%+v finds %q, want %q", c.filter, got, c.want.Target)
			}
		}
		first := rows(t, l, "mch_1")[6]
		if first.Session != session || first.Agent != "curl/8.5.0" || first.Name != "Till key" {
			t.Errorf("row %+v", first)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesOfWhatSeveralIndexesFindJoinWithoutGapsOrRepeats(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := audit.New(d, key, app.SystemClock{})
	for i := range 60 {
		ctx := audit.WithActor(t.Context(), audit.Actor{Kind: audit.KindUser, ID: "usr_1", Name: "Wen", Session: session})
		must(t, d.InTx(ctx, func(tx *db.Tx) error {
			return l.Record(ctx, tx, audit.Entry{Chain: "mch_1", Action: "test.act", Target: fmt.Sprintf("key_%d", i%3), After: map[string]any{"name": "Till", "n": i}})
		}))
	}
	f := audit.Filter{Chain: "mch_1", Text: "till", Limit: 7}
	seen := map[string]bool{}
	last := ""
	for range 20 {
		page, err := l.List(t.Context(), f)
		must(t, err)
		for _, r := range page.Rows {
			if seen[r.ID] || last != "" && r.ID >= last {
				t.Fatalf("%s stands again, or out of order", r.ID)
			}
			seen[r.ID], last = true, r.ID
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d rows on all pages, want 60", len(seen))
	}
	for i := range 25 {
		record(t, d, l, "mch_2", fmt.Sprintf("thing_%d", i))
		must(t, d.InTx(t.Context(), func(tx *db.Tx) error {
			return l.Record(context.Background(), tx, audit.Entry{Chain: "mch_2", Action: "test.act", Target: fmt.Sprintf("thing_%d", i), After: map[string]string{"name": "same"}})
		}))
	}
	page, err := l.List(t.Context(), audit.Filter{Chain: "mch_2", Text: "sam", Limit: 100})
	if err != nil || !page.MoreNamed || len(page.Rows) != 40 {
		t.Errorf("%d rows of too many things, told %v, %v", len(page.Rows), page.MoreNamed, err)
	}
}
