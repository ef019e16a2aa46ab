package figures_test

import (
	"fmt"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// Building reads payments before it counts them, and what happens in between is
// in the figures all the same.
func TestAPageIsCountedWhateverHappensAfterItWasRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.figures.SetPage(2)
		open := w.Create(paymentstest.Order("page-1", channel.WeChatNative))
		for i := range 4 {
			w.Create(paymentstest.Order(fmt.Sprintf("page-%d", i+2), channel.AlipayQR))
		}
		w.count()
		w.forget()
		pay := func(code, id string) {
			w.Pay(code)
			w.Await(id, payments.StatusSucceeded)
		}
		around := func(f func()) bool {
			t.Helper()
			done, err := w.figures.BuildAround(w.Ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			return done
		}

		// Paid, and that is counted, before the page is.
		if !around(func() { pay(open.Action.CodeURL, open.ID); w.count() }) {
			t.Fatal("the page was not counted")
		}
		// Another server goes on first.
		if around(func() { around(func() {}) }) {
			t.Error("a page was counted twice")
		}
		// The figures are begun again, and while they are cleared an event passes.
		again := w.Create(paymentstest.Order("page-6", channel.WeChatNative))
		w.count()
		w.figures.SetPage(10)
		begin := func(f func()) {
			if err := w.figures.Forget(w.Ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		begin(func() {})
		if around(func() { begin(func() { pay(again.Action.CodeURL, again.ID); w.count() }) }) {
			t.Error("what was read before the figures were begun again was counted")
		}
		w.figures.SetPage(2)
		pages := 0
		if err := w.figures.Build(w.Ctx, func(string) { pages++ }); err != nil || pages != 3 {
			t.Errorf("%d pages, %v", pages, err)
		}
		w.exact()
	})
}

func TestFiguresOfManyMerchantsAndHoursAddUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := figures.New(d, events.NewLog(d, &paymentstest.Clock{}))
		for _, n := range []struct{ merchants, hours int }{{130, 2}, {1, 240}, {1, 240}} {
			if err := s.AddOne(t.Context(), n.merchants, n.hours); err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string]int64{
			`SELECT SUM(created) FROM figures WHERE span = 'hour' AND merchant_id <> ''`:        740,
			`SELECT SUM(created_amount) FROM figures WHERE span = 'day' AND merchant_id = ''`:   7 * 740,
			`SELECT MIN(created) FROM figures WHERE span = 'hour' AND merchant_id = 'mch_0'`:    2,
			`SELECT COUNT(*) FROM figures WHERE span = 'hour' AND merchant_id <> ''`:            240 + 129*2,
			`SELECT SUM(refused) FROM figures_refusals WHERE span = 'hour'`:                     740,
			`SELECT MAX(refused) FROM figures_refusals WHERE span = 'day'`:                      2 * 24,
			`SELECT COUNT(*) FROM figures_refusals WHERE span = 'day' AND merchant_id='mch_77'`: 1,
		} {
			var got int64
			if err := d.Get(t.Context(), &got, query); err != nil || got != want {
				t.Errorf("%s: %d, %v, want %d", query, got, err, want)
			}
		}
	})
}
