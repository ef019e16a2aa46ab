// Package approvals lets a second person decide what one alone may not do. It
// knows no kind of request: a room asks for an approval inside the transaction
// of its own change, and registers a handler that is told of the decision
// inside the deciding one.
package approvals

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// Status is the state of an approval.
type Status string

// The states. Only Pending leads anywhere.
const (
	Pending   Status = "pending"
	Approved  Status = "approved"
	Rejected  Status = "rejected"
	Withdrawn Status = "withdrawn" // by who asked
)

// Statuses lists every state.
var Statuses = []Status{Pending, Approved, Rejected, Withdrawn}

// Person is who asked or decided. Name is as it is shown: an e-mail address, or
// a key's prefix.
type Person struct {
	Kind string // ByUser or ByKey
	ID   string // usr_… or key_…
	Name string
}

// The kinds of persons. Only users decide.
const (
	ByUser = "user"
	ByKey  = "key" // the merchant's backend, by an API key
)

// IsOfKeyBy reports whether a key asked that this user was shown the secret of.
func (a Approval) IsOfKeyBy(userID string) bool {
	return a.RequestedBy.Kind == ByKey && a.Maker != "" && a.Maker == userID
}

// is reports whether both are the same, whatever their names say.
func (p Person) is(q Person) bool { return p.Kind == q.Kind && p.ID == q.ID }

// Approval is one request and its decision.
type Approval struct {
	ID         string // apr_…
	MerchantID string
	Mode       app.Mode
	Kind       string // what is asked for, such as "refund"
	ObjectID   string // of the object that waits
	Amount     app.Money
	// Summary are the facts to decide by, to be shown as they are.
	Summary     map[string]string
	RequestedBy Person
	// Maker is who was shown the secret of the API key that asked, usr_…; "" where a
	// person asked, or nobody knows. They do not decide either.
	Maker       string
	RequestedAt app.Millis
	Status      Status
	DecidedBy   Person // who withdrew it, when Status is Withdrawn
	DecidedAt   app.Millis
	Note        string
	Version     int64
	// ExpiresAt is when nobody may decide any more, and the request ends by itself;
	// 0 for never.
	ExpiresAt app.Millis
}

// Expired reports whether a request ended because nobody decided in time.
func (a Approval) Expired() bool {
	return a.Status == Withdrawn && a.DecidedBy == Person{Kind: BySystem, Name: expiry}
}

// AnyMode is the mode of what exists in both: it stands in both inboxes.
const AnyMode app.Mode = "any"

// New is a request for an approval.
type New struct {
	MerchantID  string
	Mode        app.Mode
	Kind        string
	ObjectID    string
	Amount      app.Money
	Summary     map[string]string
	RequestedBy Person
	Life        time.Duration // how long it may be decided; 0 for ever
}

// Scope is whose approvals of which mode a call may see.
type Scope struct {
	MerchantID string
	Mode       app.Mode
}

// Decision is a person's yes or no. A rejection needs a Note.
type Decision struct {
	By      Person
	Approve bool
	Note    string // at most 200 characters
}
