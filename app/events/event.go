// Package events is the outbox: immutable facts written in the transaction of
// the state change they tell of, put in order after it has committed, and
// handed to consumers in that order.
//
// Ids do not follow commit order: a transaction may take its id early and
// commit late. A sequencer therefore numbers committed events, and everything
// that must not miss one reads by that number, Seq.
package events

import (
	"bytes"
	"encoding/json"
	"regexp"
	"time"

	"github.com/piaohao/piaohao/app"
)

// APIVersion names the shape of the objects inside payloads.
const APIVersion = "v1"

// Event is one fact as it is stored.
type Event struct {
	ID         string     `db:"id"`
	MerchantID string     `db:"merchant_id"`
	Mode       app.Mode   `db:"mode"`
	Type       string     `db:"type"`
	ObjectID   string     `db:"object_id"`
	Payload    string     `db:"payload"` // the exact bytes every receiver gets
	CreatedAt  app.Millis `db:"created_at"`
	Seq        int64      `db:"seq"` // 0 until the sequencer has numbered it
}

// New is a fact to be written. Data is the object as the API's GET gives it
// plus its version; it is encoded once.
type New struct {
	Type       string // "payment.succeeded": object and what happened to it
	MerchantID string
	Mode       app.Mode
	ObjectID   string
	Data       any
}

var typeShape = regexp.MustCompile(`^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$`)

// ValidType reports whether s has the shape of an event's type.
func ValidType(s string) bool { return len(s) <= 64 && typeShape.MatchString(s) }

func (n New) check() error {
	switch {
	case !ValidType(n.Type):
		return app.Errorf(app.Internal, "event type %q is malformed", n.Type)
	case n.MerchantID == "":
		return app.Errorf(app.Internal, "event %s without a merchant", n.Type)
	case !n.Mode.Valid():
		return app.Errorf(app.Internal, "event %s with mode %q", n.Type, n.Mode)
	case n.ObjectID == "":
		return app.Errorf(app.Internal, "event %s without an object", n.Type)
	}
	return nil
}

// payload is the order of the members on the wire.
type payload struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Timestamp  string   `json:"timestamp"`
	MerchantID string   `json:"merchant_id"`
	Mode       app.Mode `json:"mode"`
	APIVersion string   `json:"api_version"`
	Data       any      `json:"data"`
}

func (n New) encode(id string, at time.Time) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(payload{
		ID: id, Type: n.Type, Timestamp: at.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		MerchantID: n.MerchantID, Mode: n.Mode, APIVersion: APIVersion, Data: n.Data,
	})
	if err != nil {
		return "", app.Errorf(app.Internal, "encode event %s of %s: %w", n.Type, n.ObjectID, err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
