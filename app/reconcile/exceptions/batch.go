package exceptions

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
)

// BatchStatus is where an uploaded spreadsheet stands.
type BatchStatus string

// The statuses.
const (
	BatchPreviewed BatchStatus = "previewed" // nothing has been done
	BatchProposed  BatchStatus = "proposed"  // a second person is to decide about its resolutions
	BatchApplied   BatchStatus = "applied"
	BatchRejected  BatchStatus = "rejected"
	BatchWithdrawn BatchStatus = "withdrawn"
)

// Batch is an uploaded spreadsheet of exceptions, exactly as it was previewed.
type Batch struct {
	ID         string           // exb_…
	MerchantID string           //
	Mode       app.Mode         //
	Status     BatchStatus      //
	FileName   string           // as it was uploaded
	SHA256     string           // of the file's bytes
	Size       int64            // of the file, in bytes
	By         approvals.Person // who uploaded it
	CreatedAt  app.Millis
	AppliedAt  app.Millis // when it was applied or proposed; 0 until then
	DecidedAt  app.Millis
	ApprovalID string // "" where no row proposes a resolution
	// The rows by what the preview found.
	Changes   int64 // proposals included
	Proposals int64
	Unchanged int64
	Stale     int64
	Errors    int64
	Amount    app.Money // that the proposals decide about, in fen
	Version   int64
}

// RowOutcome is what the preview found about a row.
type RowOutcome string

// The outcomes.
const (
	RowChange    RowOutcome = "change"
	RowUnchanged RowOutcome = "unchanged"
	RowStale     RowOutcome = "stale" // the exception has changed since the download
	RowError     RowOutcome = "error"
)

// RowOutcomes lists every outcome, the most urgent first.
var RowOutcomes = []RowOutcome{RowError, RowStale, RowChange, RowUnchanged}

// RowResult is what became of a change.
type RowResult string

// The results; "" while nothing was done.
const (
	RowDone     RowResult = "done"     // owner or comment, at once
	RowProposed RowResult = "proposed" // with the batch's approval
	RowResolved RowResult = "resolved"
	RowReopened RowResult = "reopened" // the batch was rejected or withdrawn
	RowFailed   RowResult = "failed"   // approved, and could not be carried out: see Detail
	RowMissed   RowResult = "missed"   // the exception changed before the batch came to it
)

// BatchRow is one row of a batch.
type BatchRow struct {
	BatchID     string
	Row         int    // of the worksheet, from 1
	ExceptionID string // as written
	Version     int64  // of the exception when it was downloaded
	Outcome     RowOutcome
	// What changes. OwnerSet says that the owner does, to nobody with "" for an id.
	OwnerSet   bool
	Owner      Owner
	Resolution Resolution // "" proposes nothing
	Amount     app.Money
	LinkedID   string
	Note       string // the reason of a resolution, or a comment
	Problems   []CellProblem
	Result     RowResult
	Detail     string // why it failed: an error's reason, or its message
}

// CellProblem is what is wrong with a cell. Codes have translated sentences.
type CellProblem struct {
	Cell   string `json:"cell"` // such as "O5"
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"` // what was found
}
