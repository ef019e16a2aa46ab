package webhooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Filter selects a merchant's deliveries for a list, newest first; the zero
// value of a member means all.
type Filter struct {
	MerchantID string
	Mode       app.Mode
	EndpointID string
	Status     DeliveryStatus
	EventType  string
	ObjectID   string
	EventID    string
	Code       *int       // the last answer's HTTP status; 0 for no answer yet or none at all
	From, To   app.Millis // created in the half-open range
	Before     string     // the last id of the previous page
	Limit      int
}

// lowestULID is the smallest ULID of the millisecond.
func lowestULID(at app.Millis) string {
	var id ulid.ULID
	// A time beyond the year 10889 does not fit; such a bound excludes nothing.
	_ = id.SetTime(uint64(min(max(at, 0), app.Millis(ulid.MaxTime()))))
	return id.String()
}

// Deliveries returns a page of a merchant's deliveries.
func (s *Service) Deliveries(ctx context.Context, f Filter) ([]Delivery, error) {
	out, err := selectDeliveries(ctx, s.db, f)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return out, nil
}

// Delivery returns one delivery of the merchant and mode, or NotFound.
func (s *Service) Delivery(ctx context.Context, merchantID string, mode app.Mode, id string) (Delivery, error) {
	return s.delivery(ctx, s.db, merchantID, mode, id)
}

func (s *Service) delivery(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Delivery, error) {
	d, err := selectDelivery(ctx, q, merchantID, mode, id)
	if errors.Is(err, db.ErrNoRows) {
		return Delivery{}, app.Errorf(app.NotFound, "no webhook delivery %s", id)
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("read delivery %s: %w", id, err)
	}
	return d, nil
}

// ByObject returns the deliveries of the events of objects, such as a payment and
// its refunds, oldest first, for their timeline.
func (s *Service) ByObject(ctx context.Context, merchantID string, objectIDs ...string) ([]Delivery, error) {
	if len(objectIDs) == 0 {
		return nil, nil
	}
	out, err := selectByObject(ctx, s.db, merchantID, objectIDs)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of %s: %w", objectIDs[0], err)
	}
	return out, nil
}

// Attempts returns the attempts of deliveries of the merchant, by delivery and
// number; of other merchants' ids nothing.
func (s *Service) Attempts(ctx context.Context, merchantID string, deliveryIDs ...string) ([]Attempt, error) {
	if len(deliveryIDs) == 0 {
		return nil, nil
	}
	out, err := selectAttempts(ctx, s.db, merchantID, deliveryIDs)
	if err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	return out, nil
}
