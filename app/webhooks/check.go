package webhooks

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// Violation is an invariant that does not hold for an object.
type Violation struct {
	Invariant string // "I7"
	Object    string // the id of the event or delivery
	Message   string
}

// longestWait is more than any schedule lets a delivery wait.
const longestWait = 30 * time.Hour

const checkPage = 500

// Check verifies invariant I7 over the whole database: every event is
// delivered, retrying, or visibly dead, for every endpoint that wanted it while
// it was enabled. It reads in pages, in bounded memory.
func Check(ctx context.Context, d *db.DB) ([]Violation, error) {
	found, err := checkDeliveries(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("check deliveries: %w", err)
	}
	log := events.NewLog(d, app.SystemClock{})
	reached, err := log.Cursor(ctx, consumer)
	if err != nil {
		return nil, err
	}
	for after := ""; ; {
		page, err := selectAllEndpoints(ctx, d, after, checkPage)
		if err != nil {
			return nil, fmt.Errorf("check endpoints: %w", err)
		}
		if len(page) == 0 {
			return found, nil
		}
		for _, e := range page {
			missing, err := checkOwed(ctx, d, log, e, reached)
			if err != nil {
				return nil, fmt.Errorf("check events of %s: %w", e.ID, err)
			}
			found = append(found, missing...)
		}
		after = page[len(page)-1].ID
	}
}

// checkOwed finds events that the endpoint was owed and that have no delivery.
func checkOwed(ctx context.Context, d *db.DB, log *events.Log, e Endpoint, reached int64) ([]Violation, error) {
	last := reached
	if e.Status != Enabled {
		last = min(e.OwedUntil, reached)
	}
	var found []Violation
	for at := e.OwedFrom; at < last; {
		page, err := log.List(ctx, events.Filter{
			MerchantID: e.MerchantID, Mode: e.Mode, After: at, Before: last + 1, OldestFirst: true, Limit: checkPage,
		})
		if err != nil || len(page) == 0 {
			return found, err
		}
		at = page[len(page)-1].Seq
		has, err := deliveredOf(ctx, d, e, page)
		if err != nil {
			return nil, err
		}
		for _, ev := range page {
			if ev.Type != EventTest && e.Wants(ev.Type) && !has[ev.ID] {
				found = append(found, Violation{"I7", ev.ID, fmt.Sprintf("%s with seq %d has no delivery for endpoint %s", ev.Type, ev.Seq, e.ID)})
			}
		}
	}
	return found, nil
}

func deliveredOf(ctx context.Context, d *db.DB, e Endpoint, page []events.Event) (map[string]bool, error) {
	ids := make([]string, len(page))
	for i, ev := range page {
		ids[i] = ev.ID
	}
	have, err := selectDelivered(ctx, d, e, ids)
	out := make(map[string]bool, len(have))
	for _, id := range have {
		out[id] = true
	}
	return out, err
}

// checkDeliveries finds deliveries that are neither succeeded, nor retrying,
// nor dead with a reason.
func checkDeliveries(ctx context.Context, d *db.DB) ([]Violation, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, err
	}
	stuck, err := selectStuck(ctx, d, now.Add(longestWait))
	if err != nil {
		return nil, err
	}
	found := make([]Violation, len(stuck))
	for i, s := range stuck {
		found[i] = Violation{"I7", s.ID, s.why()}
	}
	return found, nil
}

func (d Delivery) why() string {
	switch {
	case d.Status == Pending && d.NextAt <= 0:
		return "the delivery is pending without a next attempt"
	case d.Status == Pending:
		return fmt.Sprintf("the delivery is pending, but its next attempt at %s is further away than the schedule allows", d.NextAt.Time().Format(time.RFC3339))
	case d.Status == Dead:
		return "the delivery is dead without a reason"
	case d.Status == Succeeded:
		return "the delivery succeeded without a time of delivery"
	}
	return fmt.Sprintf("the delivery has the unknown status %q", d.Status)
}
