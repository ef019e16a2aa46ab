package events

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The internal types: facts that consumers of this program count by. They are
// sequenced like all others and told to nobody outside: no webhook, no list.
const (
	PaymentCreated  = "payment.created"
	PaymentSwitched = "payment.switched" // paid another way from now on: its method, channel or account may differ
	AttemptRefused  = "attempt.refused"  // of the payment that is the object
	RefundCreated   = "refund.created"
	RefundRejected  = "refund.rejected"
	RefundNamed     = "refund.named" // an adopted refund got its number and dates
)

var internal = []string{PaymentCreated, PaymentSwitched, AttemptRefused, RefundCreated, RefundRejected, RefundNamed}

// Internal reports whether the event is for consumers within the program alone.
func (e Event) Internal() bool {
	for _, t := range internal {
		if e.Type == t {
			return true
		}
	}
	return false
}

// Note records an internal fact in tx, as Write does. It says only what happened
// to which object: a consumer reads the object itself.
func (l *Log) Note(ctx context.Context, tx *db.Tx, kind, merchantID string, mode app.Mode, objectID string) error {
	e := Event{
		MerchantID: merchantID, Mode: mode, Type: kind, ObjectID: objectID, Payload: "{}",
	}
	if !e.Internal() {
		return app.Errorf(app.Internal, "event type %q is not internal", kind)
	}
	at := l.clock.Now()
	e.ID, e.CreatedAt = app.NewID(app.PrefixEvent, at), app.ToMillis(at)
	if err := insertEvent(ctx, tx, e); err != nil {
		return fmt.Errorf("note %s of %s: %w", kind, objectID, err)
	}
	tx.AfterCommit(l.written.ring)
	return nil
}

// Pending reports whether an event of one of the merchant's objects, internal
// or not, has yet to be numbered or comes after seq.
func (l *Log) Pending(ctx context.Context, merchantID string, seq int64, objectIDs ...string) (bool, error) {
	ids, err := selectPending(ctx, l.db, merchantID, seq, objectIDs)
	return len(ids) > 0, wrap("look for events of "+objectIDs[0], err)
}
