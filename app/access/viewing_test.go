package access

import (
	"context"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func TestASessionLooksIntoOneMerchantForAnHour(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s, elsewhere := newService(d, clock), newService(d, clock)
		session := Session{ID: "ses_1", UserID: "usr_1", ExpiresAt: app.ToMillis(clock.Now().Add(12 * time.Hour))}
		looks := func(on *Service, want string) {
			t.Helper()
			v, err := on.View(t.Context(), d, session.ID)
			if want == "" && !app.Is(err, app.NotFound) || want != "" && (err != nil || v.MerchantID != want) {
				t.Errorf("looks into %q (%v), want %q", v.MerchantID, err, want)
			}
		}
		start := func(merchant string) (v View) {
			t.Helper()
			inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
				v, err = s.StartView(ctx, tx, session, merchant, "ticket 7")
				return err
			})
			return v
		}
		end := func(v View) (ended bool) {
			t.Helper()
			inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
				ended, err = s.EndView(ctx, tx, v)
				return err
			})
			return ended
		}
		looks(s, "")
		first := start("mch_1")
		looks(elsewhere, "mch_1")
		start("mch_2")
		looks(elsewhere, "mch_2")
		if end(first) {
			t.Error("a view that was over has ended again")
		}
		looks(s, "mch_2")
		clock.pass(ViewLife - time.Millisecond)
		looks(s, "mch_2")
		clock.pass(time.Millisecond)
		looks(s, "")
		last := start("mch_1")
		if !end(last) || end(last) {
			t.Error("leaving ends a view once")
		}
		looks(elsewhere, "")

		session.ExpiresAt = app.ToMillis(clock.Now().Add(time.Minute))
		if v := start("mch_1"); v.Until != session.ExpiresAt {
			t.Errorf("the view outlives its session until %d", v.Until)
		}
		left := func(want int) {
			t.Helper()
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := d.Get(t.Context(), &n, `SELECT COUNT(*) FROM session_views`); err != nil || n != want {
				t.Errorf("%d views are kept, want %d (%v)", n, want, err)
			}
		}
		clock.pass(30 * 24 * time.Hour)
		left(1)
		clock.pass(time.Hour)
		left(0)
	})
}
