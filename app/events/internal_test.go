package events_test

import (
	"errors"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

// note writes an internal event in a transaction of its own.
func note(t *testing.T, d *db.DB, l *events.Log, kind, object string) error {
	t.Helper()
	return d.InTx(t.Context(), func(tx *db.Tx) error { return l.Note(t.Context(), tx, kind, "mch_A", app.Test, object) })
}

func TestInternalEventsAreForConsumersAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		l := events.NewLog(d, app.SystemClock{})
		kinds := []string{events.PaymentCreated, events.PaymentSwitched, events.AttemptRefused, events.RefundCreated, events.RefundRejected, events.RefundNamed}
		for _, kind := range kinds {
			if err := note(t, d, l, kind, "pay_1"); err != nil {
				t.Fatal(err)
			}
		}
		told := write(t, d, l, fact("pay_1"))
		if waits, err := l.Pending(ctx, "mch_A", 0, "pay_1"); err != nil || !waits {
			t.Errorf("unnumbered events are not pending: %v", err)
		}
		sequence(t, l)
		var got []events.Event
		if _, err := l.Consume(ctx, "reader", 10, func(_ *db.Tx, b []events.Event) error { got = b; return nil }); err != nil || len(got) != len(kinds)+1 {
			t.Fatalf("consumed %d of %d, %v", len(got), len(kinds)+1, err)
		}
		for _, e := range got {
			if e.Internal() != (e.ID != told.ID) {
				t.Errorf("%s: internal is %v", e.Type, e.Internal())
			}
			if _, err := l.Get(ctx, "mch_A", app.Test, e.ID); app.Is(err, app.NotFound) != e.Internal() {
				t.Errorf("%s can be read: %v", e.Type, err)
			}
		}
		list, err := l.List(ctx, events.Filter{MerchantID: "mch_A", Mode: app.Test, Limit: 10})
		if err != nil || len(list) != 1 || list[0].ID != told.ID {
			t.Errorf("listed %+v, %v", list, err)
		}
		if list, err := l.List(ctx, events.Filter{MerchantID: "mch_A", Mode: app.Test, Type: events.PaymentCreated, Limit: 10}); err != nil || len(list) != 0 {
			t.Errorf("listed by type: %+v, %v", list, err)
		}
		if of, err := l.ByObject(ctx, "mch_A", "pay_1"); err != nil || len(of) != 1 {
			t.Errorf("of the object: %+v, %v", of, err)
		}
		last := got[len(got)-1].Seq
		if waits, err := l.Pending(ctx, "mch_A", last, "pay_1"); err != nil || waits {
			t.Errorf("everything is read, yet pending: %v", err)
		}
		if waits, err := l.Pending(ctx, "mch_A", last-1, "pay_0", "pay_1"); err != nil || !waits {
			t.Errorf("the last is not pending: %v", err)
		}
	})
}

func TestANoteStandsOrFallsWithItsTransaction(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := events.NewLog(d, app.SystemClock{})
	if err := note(t, d, l, "payment.succeeded", "pay_1"); !app.Is(err, app.Internal) {
		t.Errorf("a public event without a payload: %v", err)
	}
	boom := errors.New("boom")
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		if err := l.Note(t.Context(), tx, events.PaymentCreated, "mch_A", app.Test, "pay_1"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) || sequence(t, l) != 0 {
		t.Errorf("the note outlives its transaction: %v", err)
	}
}
