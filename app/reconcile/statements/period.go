package statements

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
)

// PeriodStatus is whether a month's statements may still change.
type PeriodStatus string

// The statuses of a month. Asking for a decision changes nothing yet: a month
// whose lock is asked for is open, one whose reopening is asked for is locked.
const (
	PeriodOpen      PeriodStatus = "open"
	PeriodLocking   PeriodStatus = "locking"
	PeriodLocked    PeriodStatus = "locked"
	PeriodReopening PeriodStatus = "reopening"
)

func (s PeriodStatus) locked() bool { return s == PeriodLocked || s == PeriodReopening }

// Period is a merchant's month in one mode.
type Period struct {
	ID         string // prd_…; "" for a month that nothing was written in yet
	MerchantID string
	Mode       app.Mode
	Month      string // "2026-11"
	Status     PeriodStatus
	ApprovalID string // of the decision that is waited for; "" when none is
	// Reason is why its reopening was asked for, or was granted last.
	Reason string
	// Requested asked for what is waited for, or for the lock that stands (经办).
	Requested   approvals.Person
	RequestedAt app.Millis
	// Locked is who approved the lock that stands (复核).
	Locked   approvals.Person
	LockedAt app.Millis // 0 while open
	Version  int64
}

// Closed reports whether the month's statements stand.
func (p Period) Closed() bool { return p.Status.locked() }
