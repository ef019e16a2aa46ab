package webhooks

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

func TestInternalEventsGoToNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		b.endpoint("http://127.0.0.1:1/all")
		b.endpoint("http://127.0.0.1:1/payments", "payment.*")
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			return b.events.Note(t.Context(), tx, events.PaymentCreated, merchant, app.Test, "pay_1")
		})
		if err != nil {
			t.Fatal(err)
		}
		b.happen(1)
		if _, err := b.events.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := b.FanOut(t.Context()); err != nil || n != 2 {
			t.Fatalf("went through %d events, %v", n, err)
		}
		list, err := b.Deliveries(t.Context(), Filter{MerchantID: merchant, Mode: app.Test, Limit: 10})
		if err != nil || len(list) != 2 {
			t.Fatalf("%d deliveries of one event to two endpoints, %v", len(list), err)
		}
		for _, one := range list {
			if one.EventType == events.PaymentCreated {
				t.Error("an internal event is delivered")
			}
		}
		if found, err := Check(t.Context(), d); err != nil || len(found) != 0 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
