package webhooks

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// consumer is the fan-out's name among the consumers of events.
const consumer = "webhooks"

const fanOutBatch = 200

// FanOut makes a delivery of every newly sequenced event for every endpoint
// that wants it, in Seq order, and returns how many events it went through.
// Several servers may call it at once.
func (s *Service) FanOut(ctx context.Context) (int, error) {
	total := 0
	for {
		now, err := s.db.Now(ctx)
		if err != nil {
			return total, err
		}
		n, err := s.events.Consume(ctx, consumer, fanOutBatch, func(tx *db.Tx, batch []events.Event) error {
			tx.AfterCommit(s.wake)
			return fanOut(ctx, tx, batch, now)
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func fanOut(ctx context.Context, tx *db.Tx, batch []events.Event, now app.Millis) error {
	endpoints, err := selectEnabled(ctx, tx, merchantsOf(batch))
	if err != nil {
		return fmt.Errorf("read endpoints: %w", err)
	}
	byOwner := map[owner][]Endpoint{}
	for _, e := range endpoints {
		o := owner{e.MerchantID, e.Mode}
		byOwner[o] = append(byOwner[o], e)
	}
	var out []Delivery
	for _, ev := range batch {
		if ev.Internal() || ev.Type == EventTest {
			continue // nobody's, or its one delivery was made with it
		}
		for _, e := range byOwner[owner{ev.MerchantID, ev.Mode}] {
			if e.Wants(ev.Type) && ev.Seq > e.OwedFrom {
				out = append(out, newDelivery(ev, e, now))
			}
		}
	}
	return insertDeliveries(ctx, tx, out)
}

type owner struct {
	merchantID string
	mode       app.Mode
}

func merchantsOf(batch []events.Event) []string {
	var out []string
	seen := map[string]bool{}
	for _, ev := range batch {
		if !seen[ev.MerchantID] {
			seen[ev.MerchantID] = true
			out = append(out, ev.MerchantID)
		}
	}
	return out
}

func newDelivery(ev events.Event, e Endpoint, now app.Millis) Delivery {
	return Delivery{
		ID: app.NewID(app.PrefixDelivery, now.Time()), EventID: ev.ID, EndpointID: e.ID,
		MerchantID: e.MerchantID, Mode: e.Mode, EventType: ev.Type, ObjectID: ev.ObjectID,
		Status: Pending, NextAt: now, CreatedAt: now, UpdatedAt: now,
	}
}
