package payments

import "slices"

// Status is the state of a payment or an attempt.
type Status string

// The states of design §4. An attempt uses all but StatusInReview.
const (
	StatusInReview  Status = "in_review" // held by risk before anything is sent
	StatusCreated   Status = "created"   // durable; the channel has not certainly accepted it
	StatusPending   Status = "pending"   // accepted by the channel; the payer may pay
	StatusSucceeded Status = "succeeded"
	StatusClosed    Status = "closed" // ended unpaid
	StatusFailed    Status = "failed" // refused for certain
)

// Statuses lists every state of a payment.
var Statuses = []Status{StatusInReview, StatusCreated, StatusPending, StatusSucceeded, StatusClosed, StatusFailed}

// edges are the moves a payment may make. StatusClosed and StatusFailed lead to StatusSucceeded
// only because money that arrived late is still money; such a payment is
// flagged late. Nothing leads away from StatusSucceeded.
var edges = map[Status][]Status{
	StatusInReview: {StatusCreated, StatusClosed, StatusFailed},
	StatusCreated:  {StatusPending, StatusSucceeded, StatusClosed, StatusFailed},
	StatusPending:  {StatusSucceeded, StatusClosed, StatusFailed},
	StatusClosed:   {StatusSucceeded},
	StatusFailed:   {StatusSucceeded},
}

// CanMove reports whether a payment or attempt may go from one state to the
// other.
func CanMove(from, to Status) bool { return slices.Contains(edges[from], to) }

// IsLate reports whether success from this state is late money.
func IsLate(from Status) bool { return from == StatusClosed || from == StatusFailed }

// Open reports whether the payer can still be expected to pay.
func (s Status) Open() bool { return s == StatusInReview || s == StatusCreated || s == StatusPending }

// Valid reports whether s is a state.
func (s Status) Valid() bool { return slices.Contains(Statuses, s) }
