package reconcile_test

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile"
)

// An earlier day that ends while a later one is compared is not overlooked,
// whether the later one has a result already or not.
func TestALaterDayFollowsWhenAnEarlierOneChangesMeanwhile(t *testing.T) {
	each(t, func(w *world) {
		w.since(2)
		p := w.Paid("O-2", channel.WeChatNative)
		w.Tomorrow()
		other, err := w.Server(), error(nil)
		meanwhile := func(at time.Time) {
			done := false
			w.Steps.Trip(func(r reconcile.Run, step string) {
				if done || step != reconcile.StepArchived || r.Channel != app.WeChat || r.Day != today {
					return
				}
				done = true
				w.paidAt(p, at)
				if _, err = other.Execute(w.Ctx, w.Scope, w.Run(app.WeChat, today.Add(-1)).ID); err != nil {
					w.T.Error(err)
				}
			})
		}
		for _, at := range []time.Time{today.Start().Add(-time.Second), today.Start().Add(time.Hour)} {
			meanwhile(at)
			if w.RunDue(); w.Run(app.WeChat, today).NextAt != 0 {
				w.RunDue()
			}
			r, before := w.ended(app.WeChat), w.Run(app.WeChat, today.Add(-1))
			want := int64(0)
			if at.Before(today.Start()) {
				want = 1
			}
			if before.Result.Carried != want || r.Result.Matched != 1 || r.Result.Ours.Payments != 1-want || r.NextAt != 0 || w.types(app.WeChat) != "" {
				w.T.Errorf("yesterday carries %d, today is %+v, next at %d: %s", before.Result.Carried, r.Result, r.NextAt, w.types(app.WeChat))
			}
			if _, err := w.Reconcile.Request(w.Ctx, w.Scope, r.ID); err != nil {
				w.T.Fatal(err)
			}
		}
	})
}
