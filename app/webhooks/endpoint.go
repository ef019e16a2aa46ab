// Package webhooks tells merchants' own systems what happened: it fans events
// out into deliveries, one per endpoint that wants the event, and sends each
// until it is accepted or its schedule is used up. Signing and behaviour follow
// Standard Webhooks 1.0.0.
package webhooks

import (
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// Status of an endpoint.
type Status string

// The statuses of an endpoint. A deleted one is kept for its history only.
const (
	Enabled  Status = "enabled"
	Disabled Status = "disabled"
	deleted  Status = "deleted"
)

// Why an endpoint is disabled.
const (
	ReasonManual  = "manual"  // someone switched it off
	ReasonGone    = "gone"    // the receiver answered 410
	ReasonFailing = "failing" // nothing was accepted for five days
)

// EventTypes is what an endpoint wants: exact types, "payment.*" for all of an
// object's, or "*" for everything.
type EventTypes []string

// Endpoint is a URL of a merchant's that receives events of one mode.
type Endpoint struct {
	ID           string     `db:"id" json:"id"`
	MerchantID   string     `db:"merchant_id" json:"merchant_id"`
	Mode         app.Mode   `db:"mode" json:"mode"`
	URL          string     `db:"url" json:"url"`
	Description  string     `db:"description" json:"description"`
	EventTypes   EventTypes `db:"event_types" json:"event_types"`
	Status       Status     `db:"status" json:"status"`
	Reason       string     `db:"reason" json:"reason,omitempty"` // why disabled
	FailingSince app.Millis `db:"failing_since" json:"-"`         // 0 while the last attempt succeeded
	Version      int64      `db:"version" json:"version"`
	CreatedAt    app.Millis `db:"created_at" json:"-"`
	UpdatedAt    app.Millis `db:"updated_at" json:"-"`

	// Every matching event with owedFrom < Seq <= owedUntil has a delivery;
	// owedUntil is 0 while the endpoint is enabled.
	OwedFrom  int64 `db:"owed_from" json:"-"`
	OwedUntil int64 `db:"owed_until" json:"-"`
}

// Wants reports whether the endpoint's filters match the event type.
func (e Endpoint) Wants(eventType string) bool {
	for _, want := range e.EventTypes {
		prefix, all := strings.CutSuffix(want, "*")
		if want == eventType || all && strings.HasPrefix(eventType, prefix) {
			return true
		}
	}
	return false
}

// text is how the list is stored; types contain no comma.
func (t EventTypes) text() string { return strings.Join(t, ",") }

// Scan reads what text made.
func (t *EventTypes) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*t = strings.Split(v, ",")
	case []byte:
		*t = strings.Split(string(v), ",")
	default:
		return fmt.Errorf("event types stored as %T", src)
	}
	return nil
}
