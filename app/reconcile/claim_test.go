package reconcile

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// A server that saw a run due may reach for it after another has ended it.
func TestARunThatHasEndedSinceItWasSeenDueIsNotClaimed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := New(Config{DB: d})
		now := app.ToMillis(time.Now())
		r := runRow{ID: "run_1", MerchantID: "mch_1", Mode: app.Test, IdentityID: "sid_1", Channel: app.WeChat, Day: "2026-11-24", Status: StatusWaiting, NextAt: now - 1, Version: 1}
		if err := s.store.insertRun(t.Context(), d, r); err != nil {
			t.Fatal(err)
		}
		due, err := s.store.candidates(t.Context(), d, now, 1)
		if err != nil || len(due) != 1 {
			t.Fatalf("%v, %v", due, err)
		}
		if _, err := d.Exec(t.Context(), `UPDATE reconcile_runs SET next_at = 0 WHERE id = 'run_1'`); err != nil {
			t.Fatal(err)
		}
		if row, err := s.claim(t.Context(), "run_1", now, s.store.claimDue); err != nil || row != nil {
			t.Errorf("claimed %+v, %v", row, err)
		}
		if row, err := s.claim(t.Context(), "run_1", now, s.store.claim); err != nil || row == nil {
			t.Errorf("whoever asks for it by name did not get it: %v", err)
		}
		if row, err := s.claim(t.Context(), "run_1", now, s.store.claim); err != nil || row != nil {
			t.Errorf("two hold it: %+v, %v", row, err)
		}
	})
}
