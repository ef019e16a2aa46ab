// Package exports makes the whole of a filtered list a file, in the background
// and in bounded memory, on whichever server is free. It knows neither lists nor
// merchants' words: a Source for each kind of list reads the rows.
package exports

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// Status is how far an export is.
type Status string

// The statuses. A file expires some days after it was made.
const (
	Queued    Status = "queued"
	Running   Status = "running"
	Done      Status = "done"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
)

// Statuses lists every status.
var Statuses = []Status{Queued, Running, Done, Failed, Cancelled, Expired}

// Working reports whether the file is still to come.
func (s Status) Working() bool { return s == Queued || s == Running }

// Again reports whether an export of the status can be made once more.
func (s Status) Again() bool { return s == Failed || s == Cancelled || s == Expired }

// Format is what a file is.
type Format string

// The formats.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// ParseFormat reads a format; anything but the two is Invalid.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains([]Format{XLSX, CSV}, f) {
		return f, nil
	}
	return "", app.InvalidField("format", "bad_value", "format must be xlsx or csv")
}

// Type is the format's media type.
func (f Format) Type() string {
	if f == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}

// Scope is whose exports of which mode a call may touch. Another scope's export
// is NotFound, as if it did not exist.
type Scope struct {
	MerchantID string
	Mode       app.Mode
}

// Request asks for an export.
type Request struct {
	Scope
	Kind   string // names the Source
	Params string // what the Source reads: its own filter
	Query  string // the same filter as it stands in the list's address, for people
	Format Format
	Locale string // of the file's words
	Name   string // of the file, without its ending
	By     approvals.Person
}

// Export is one file that was asked for.
type Export struct {
	ID string // exp_…
	Request
	// Bound is the moment of asking: what was created from then on is left out.
	Bound  app.Millis
	Status Status
	Rows   int64 // written so far
	// Progress is how far the reading is, in thousandths.
	Progress   int64
	Size       int64  // of the file in bytes, once done
	SHA256     string // of the file, once done
	Error      string // why it failed, for the operator
	Tries      int64
	CreatedAt  app.Millis
	FinishedAt app.Millis // 0 until it ended
	ExpiresAt  app.Millis // 0 while there is nothing to remove
	fence      int64
}

// FileName is what a download is called.
func (e Export) FileName() string { return e.Name + "." + string(e.Format) }

// Source reads the rows of one kind of list.
type Source interface {
	Open(ctx context.Context, e Export) (Table, error)
}

// Table is what an export holds, read once from its beginning.
type Table interface {
	// Sheet names the table within a spreadsheet.
	Sheet() string
	Columns() []report.Column
	// Next returns further rows, perhaps none, and io.EOF at the end. They are the
	// caller's.
	Next(ctx context.Context) ([][]any, error)
	// Progress is how far Next has come, in thousandths.
	Progress() int64
	// Totals are a spreadsheet's last row, after the end.
	Totals() []any
}
