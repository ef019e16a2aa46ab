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
	// Reason is why its reopening is asked for, or was granted last.
	Reason string
	// Asked asks for what is waited for; zero when nothing is.
	Asked   approvals.Person
	AskedAt app.Millis
	// Handled asked for the lock that stands and Checked approved it (经办, 复核);
	// zero while the month is open.
	Handled, Checked approvals.Person
	LockedAt         app.Millis // 0 while open
	Version          int64
}

// Closed reports whether the month's statements stand.
func (p Period) Closed() bool { return p.Status.locked() }
