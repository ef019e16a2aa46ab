package merchants_test

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
)

func TestAnAccountIsDeafFromTheFirstUnannouncedSuccess(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		since := func(want app.Millis) {
			t.Helper()
			got, err := r.AccountForCallback(ctx, a.ID)
			if err != nil || got.Health.DeafSince != want {
				t.Errorf("deaf since %d, %v; want %d", got.Health.DeafSince, err, want)
			}
		}
		if err := r.MarkHeard(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		since(0)
		first := app.ToMillis(r.clock.Now())
		for range 2 {
			if err := r.MarkDeaf(ctx, a.ID); err != nil {
				t.Fatal(err)
			}
			r.clock.advance(time.Minute)
		}
		since(first)
		if err := r.MarkHeard(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		since(0)
		for name, err := range map[string]error{
			"MarkDeaf": r.MarkDeaf(ctx, "acct_x"), "MarkHeard": r.MarkHeard(ctx, "acct_x"), "RecordSuccess": r.RecordSuccess(ctx, "acct_x"),
			"AccountForCallback": second(r.AccountForCallback(ctx, "acct_x")),
		} {
			if !app.Is(err, app.NotFound) {
				t.Errorf("%s of no account: %v", name, err)
			}
		}
	})
}

func TestTheLastSuccessIsKeptToTheMinute(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		success := func(after time.Duration, want app.Millis) {
			t.Helper()
			r.clock.advance(after)
			if err := r.RecordSuccess(ctx, a.ID); err != nil {
				t.Fatal(err)
			}
			if got := r.wantEnabled(t, a.ID, true); got.Health.LastSuccessAt != want {
				t.Errorf("last success %d, want %d", got.Health.LastSuccessAt, want)
			}
		}
		first := app.ToMillis(r.clock.Now())
		success(0, first)
		success(59*time.Second, first)
		success(time.Second, first.Add(time.Minute))
	})
}
