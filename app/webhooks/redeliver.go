package webhooks

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// Redeliver sends a delivery again, now, whatever became of it: the same body
// under the same webhook-id. A finished one begins its schedule anew. Codes:
// NotFound, Conflict (reason "endpoint_disabled", or "delivery_in_flight" while
// an attempt is under way).
func (s *Service) Redeliver(ctx context.Context, merchantID string, mode app.Mode, id string) (Delivery, error) {
	var after Delivery
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := s.delivery(ctx, tx, merchantID, mode, id)
		if err != nil {
			return err
		}
		if err := s.receiving(ctx, tx, before.MerchantID, before.Mode, before.EndpointID); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		n, err := restart(ctx, tx, merchantID, []string{id}, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return app.Errorf(app.Conflict, "an attempt is under way").WithReason("delivery_in_flight")
		}
		if after, err = s.delivery(ctx, tx, merchantID, mode, id); err != nil {
			return err
		}
		tx.AfterCommit(s.wake)
		return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: "webhook_delivery.redeliver", Target: id})
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("redeliver %s: %w", id, err)
	}
	return after, nil
}

func (s *Service) receiving(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, endpointID string) error {
	e, err := s.endpoint(ctx, q, merchantID, mode, endpointID)
	if app.Is(err, app.NotFound) || err == nil && e.Status != Enabled {
		return notReceiving(endpointID)
	}
	return err
}

func notReceiving(endpointID string) error {
	return app.Errorf(app.Conflict, "endpoint %s is not enabled", endpointID).WithReason("endpoint_disabled")
}

// RedeliverAll sends every delivery that the filter selects again and returns
// how many; Limit and Before are ignored. Those of endpoints that are not
// enabled, and those under way, are left out.
func (s *Service) RedeliverAll(ctx context.Context, f Filter) (int, error) {
	f.Before, f.Limit = "", fanOutBatch
	total := 0
	for {
		page, err := selectDeliveries(ctx, s.db, f)
		if err != nil {
			return total, fmt.Errorf("redeliver: %w", err)
		}
		if len(page) == 0 {
			break
		}
		n, err := s.restartPage(ctx, f.MerchantID, page)
		total += n
		if err != nil {
			return total, err
		}
		f.Before = page[len(page)-1].ID
	}
	return total, nil
}

func (s *Service) restartPage(ctx context.Context, merchantID string, page []Delivery) (int, error) {
	var total int64
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		total = 0
		enabled, err := selectEnabled(ctx, tx, []string{merchantID})
		if err != nil {
			return err
		}
		receiving := map[string]bool{}
		for _, e := range enabled {
			receiving[e.ID] = true
		}
		var ids []string
		for _, d := range page {
			if receiving[d.EndpointID] {
				ids = append(ids, d.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		if total, err = restart(ctx, tx, merchantID, ids, now); err != nil {
			return err
		}
		tx.AfterCommit(s.wake)
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: merchantID, Action: "webhook_delivery.redeliver", Target: fmt.Sprintf("%d deliveries", total), After: ids,
		})
	})
	if err != nil {
		return 0, fmt.Errorf("redeliver: %w", err)
	}
	return int(total), nil
}

// SendTest sends an endpoint.test event to one endpoint and to no other,
// whatever its filters. Codes: NotFound, Conflict (reason "endpoint_disabled").
func (s *Service) SendTest(ctx context.Context, merchantID string, mode app.Mode, endpointID string) (Delivery, error) {
	var d Delivery
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		e, err := s.endpoint(ctx, tx, merchantID, mode, endpointID)
		if err != nil {
			return err
		}
		if e.Status != Enabled {
			return notReceiving(endpointID)
		}
		ev, err := s.events.Write(ctx, tx, events.New{
			Type: EventTest, MerchantID: merchantID, Mode: mode, ObjectID: e.ID, Data: e.View(),
		})
		if err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		d = newDelivery(ev, e, now)
		tx.AfterCommit(s.wake)
		if err := insertDeliveries(ctx, tx, []Delivery{d}); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: "webhook_endpoint.test", Target: e.ID})
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("test endpoint %s: %w", endpointID, err)
	}
	return d, nil
}
