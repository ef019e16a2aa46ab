// Package figures sums payments, refunds and refusals by the hour and the day,
// so that a page with a month on it reads some hundred rows instead of a million
// payments.
//
// The sums derive from the event sequence: an event says which payment has
// changed, and the consumer replaces what the payment counted for by what it
// counts for now (docs/adr/0011). Nothing here is written in a payment's own
// transaction. A figure lags by a second, and is exact once the consumer has
// caught up.
package figures

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// Scope is whose figures: one merchant's in one mode, or with no MerchantID
// those of all merchants, which are for the platform's own pages.
type Scope struct {
	MerchantID string
	Mode       app.Mode
}

// Span is how long one row of the figures is.
type Span string

// The spans. An hour is one of UTC, a day one of Beijing: 24 such hours.
const (
	Hour Span = "hour"
	Day  Span = "day"
)

const (
	hourMillis = app.Millis(int64(time.Hour / time.Millisecond))
	dayMillis  = 24 * hourMillis
	beijing    = 8 * hourMillis
)

// Of returns the start of the span that at lies in.
func (s Span) Of(at app.Millis) app.Millis {
	if s == Day {
		return at - (at+beijing)%dayMillis
	}
	return at - at%hourMillis
}

// Next returns the start of the span after the one that starts at from.
func (s Span) Next(from app.Millis) app.Millis {
	if s == Day {
		return from + dayMillis
	}
	return from + hourMillis
}

// Service counts and answers. Its methods are safe for concurrent use, by any
// number of servers.
type Service struct {
	db     *db.DB
	events *events.Log
	page   int // how many payments a page of building has
}

// New returns the service of the figures in d, which follows log.
func New(d *db.DB, log *events.Log) *Service { return &Service{db: d, events: log, page: pageSize} }

// State says how far the figures are.
type State struct {
	// AsOf is when they were read.
	AsOf app.Millis
	// Behind is how many events have yet to be counted.
	Behind int64
	// Building says that payments from before the figures existed, or from before
	// they were begun again, are still being counted.
	Building bool
}

// State returns how far the figures are.
func (s *Service) State(ctx context.Context) (State, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return State{}, err
	}
	behind, err := s.events.Behind(ctx, consumer)
	if err != nil {
		return State{}, err
	}
	progress, err := selectProgress(ctx, s.db)
	return State{AsOf: now, Behind: behind, Building: progress.Phase != phaseDone}, err
}
