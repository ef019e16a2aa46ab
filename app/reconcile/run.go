// Package reconcile compares the channels' bills with our books, day by day:
// a run fetches one settlement identity's bills of one day, keeps the
// originals, matches every line, repairs what the channel proves, and hands
// what is left to exceptions and statements. A run may be killed anywhere and
// executed again with the same result.
package reconcile

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Status is how far a run is.
type Status string

// The statuses. A run that ended before goes back to fetching when it is
// executed again; what it found stands until the new execution commits.
const (
	StatusWaiting   Status = "waiting"  // the bill is not published yet
	StatusFetching  Status = "fetching" // the bills are being downloaded
	StatusMatching  Status = "matching"
	StatusRepairing Status = "repairing" // the channel is asked about what it proves
	StatusDone      Status = "done"
	StatusNoBill    Status = "no_bill" // compared: the channel has nothing of the day
	StatusFailed    Status = "failed"  // see Problem; NextAt says when it is tried again
)

// Statuses lists every status.
var Statuses = []Status{StatusWaiting, StatusFetching, StatusMatching, StatusRepairing, StatusDone, StatusNoBill, StatusFailed}

// Ended reports whether the run has a result.
func (s Status) Ended() bool { return s == StatusDone || s == StatusNoBill }

// Working reports whether the run is being executed.
func (s Status) Working() bool {
	return s == StatusFetching || s == StatusMatching || s == StatusRepairing
}

// Run is the reconciliation of one settlement identity's day.
type Run struct {
	ID          string // run_…
	MerchantID  string
	Mode        app.Mode
	IdentityID  string // sid_…
	Channel     app.Channel
	Identity    string // mchid or PID
	SubIdentity string // sub_mchid, or ""
	Day         app.Day
	Status      Status
	// Partial says that the newest result is of a day that had not ended: the run
	// is executed again when the bill of the whole day is published.
	Partial bool
	// DoneLines of ExpectedLines have been read by the execution under way, or
	// were by the last; ExpectedLines is 0 while unknown.
	DoneLines, ExpectedLines int64
	Executions               int64 // begun so far
	Tries                    int64 // without an end since it was last asked for
	// NextAt is when it is executed next; 0 for never by itself.
	NextAt    app.Millis
	Requested approvals.Person // who asked last; a zero Person is the calendar
	Problem   Problem          // why it failed or waits; zero otherwise
	Result    Result           // of the newest execution that ended
	StartedAt app.Millis       // of the newest execution
	EndedAt   app.Millis       // of the newest execution that ended; 0 for none
	CreatedAt app.Millis
	Version   int64
}

// Problem is why a run has no result. Codes are stable and have translated
// sentences.
type Problem struct {
	Code string // one of the Problem constants, or a channel.BillError's code
	// Kind is the bill it is about; "" when it is about none.
	Kind channel.BillKind
	Line int // of the unpacked bill, from 1; 0 for none
	// Detail is what was found, or the channel's own words.
	Detail string
}

// The codes of problems that are not a broken bill's own.
const (
	ProblemNotReady    = "not_ready"       // the channel has not published it yet
	ProblemNoAccount   = "no_account"      // no account of the identity has working keys
	ProblemUnavailable = "unavailable"     // the channel gave no certain answer
	ProblemRefused     = "channel_refused" // the channel refuses the bill
	ProblemCorrupt     = "corrupt"         // the bytes are not what the channel announced
	ProblemTooMany     = "too_many_differences"
	ProblemLocked      = "locked"   // the month is closed
	ProblemArchive     = "archive"  // an archived file is missing or was altered
	ProblemInternal    = "internal" // ours; the log has the cause
)

// Result is what an execution came to.
type Result struct {
	Ours    Sums // by our books
	Channel Sums // by the bill
	Matched int64
	Carried int64 // in transit to the next days
	// Exceptions is how many differences stand, and Difference the sum of their
	// amounts without sign.
	Exceptions int64
	Difference app.Money
	Repaired   int64 // payments and refunds brought to the state that the channel proves
	// Opening and Closing are the balance by the funds bill, when HasBalance.
	Opening, Closing app.Money
	HasBalance       bool
	// Standing is the balance at the day's end, when HasStanding: Closing, or what
	// the days before left where nothing moved.
	Standing    app.Money
	HasStanding bool
	// NoBill says that the channel has no trades of the day.
	NoBill bool
	// FundsMissing says why the funds bill could not be checked, in the channel's
	// words; "" when it was, or when there was nothing to check.
	FundsMissing string
	// Key names the result file in the archive; "" before the first end.
	Key string
}

// Sums are counts and sums of one side, in fen. Refunds are positive.
type Sums struct {
	Payments int64
	Refunds  int64
	Gross    app.Money
	Refunded app.Money
	Fee      app.Millifen // net of what is given back with refunds; the channel's side only
}

// Bill is one original file as the channel gave it.
type Bill struct {
	ID         string // bil_…
	RunID      string
	MerchantID string
	Kind       channel.BillKind
	// Current is the one the run's newest execution read; others are what the
	// channel published before.
	Current  bool
	Name     string // for people and downloads
	Key      string // of the original in the archive: its SHA-256
	Size     int64  // of the original's bytes
	Format   channel.BillFormat
	HashType string // of Hash, which the channel announced; "" where it gives none
	Hash     string
	Lines    int64 // rows of money, once read; 0 before
	// Problem is why it was refused whole; zero for a sound one.
	Problem   Problem
	FetchedAt app.Millis // last, when the channel handed the same bytes out again
}
