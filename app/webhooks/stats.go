package webhooks

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// maxCounted bounds what Stats counts, so that a health check stays cheap.
const maxCounted = 10_000

// Stats says how far behind deliveries are, over all merchants.
type Stats struct {
	Due       int        // due now and not being sent; 10,000 means at least that
	OldestDue app.Millis // when the longest-waiting of them became due, 0 without
	Behind    int64      // sequenced events that are not fanned out yet
}

// Stats returns how far behind deliveries are.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return Stats{}, err
	}
	out, err := selectStats(ctx, s.db, now)
	if err != nil {
		return Stats{}, fmt.Errorf("count due deliveries: %w", err)
	}
	out.Behind, err = s.events.Behind(ctx, consumer)
	return out, err
}
