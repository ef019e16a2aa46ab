package webhooks

import "github.com/piaohao/piaohao/app"

// DeliveryStatus says how far a delivery has come.
type DeliveryStatus string

// The statuses of a delivery.
const (
	Pending   DeliveryStatus = "pending"   // waiting for its next attempt
	Succeeded DeliveryStatus = "succeeded" // accepted by the receiver
	Dead      DeliveryStatus = "dead"      // given up; can be redelivered
)

// The events this package writes.
const (
	EventDisabled = "endpoint.disabled" // an endpoint was switched off by its receiver's answers
	EventTest     = "endpoint.test"     // sent on request to one endpoint, whatever its filters
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID          string         `db:"id"`
	EventID     string         `db:"event_id"` // also the webhook-id of every attempt
	EndpointID  string         `db:"endpoint_id"`
	MerchantID  string         `db:"merchant_id"`
	Mode        app.Mode       `db:"mode"`
	EventType   string         `db:"event_type"`
	ObjectID    string         `db:"object_id"`
	Status      DeliveryStatus `db:"status"`
	Attempts    int64          `db:"attempts"`    // ever begun
	Tries       int64          `db:"tries"`       // of the current schedule, MaxTries at most
	NextAt      app.Millis     `db:"next_at"`     // when pending: the next attempt, or the lease's end
	LeaseOwner  string         `db:"lease_owner"` // the claim that is sending it
	LeaseUntil  app.Millis     `db:"lease_until"`
	LastCode    int64          `db:"last_code"` // HTTP status, 0 without an answer
	LastError   string         `db:"last_error"`
	CreatedAt   app.Millis     `db:"created_at"`
	DeliveredAt app.Millis     `db:"delivered_at"` // first acceptance, 0 without
	UpdatedAt   app.Millis     `db:"updated_at"`
}

// Attempt is one request that was sent, or tried to be.
type Attempt struct {
	DeliveryID     string     `db:"delivery_id"`
	N              int64      `db:"n"` // from 1; a number without an attempt was cut short by a crash
	MerchantID     string     `db:"merchant_id"`
	StartedAt      app.Millis `db:"started_at"`
	DurationMS     int64      `db:"duration_ms"`
	Code           int64      `db:"code"` // HTTP status, 0 without an answer
	Error          string     `db:"error"`
	Response       string     `db:"response"`        // the first 4 KiB of the reply's body
	RequestHeaders string     `db:"request_headers"` // JSON object
}
