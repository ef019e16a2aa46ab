package pages

import (
	"slices"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Files is the list of exported lists.
type Files struct {
	Shell     layout.Shell
	Title     string // translated
	List      string // what can be exported, "" where there is no one place
	Rows      []FileRow
	Pager     components.Pager
	Forbidden bool // the user may export nothing here
}

// FileRow is one export. Status is a word of file_status; Progress is in
// thousandths.
type FileRow struct {
	ID, List, Format string
	// At is its address: file, cancel and retry are below.
	At string
	// Filters are those of the list, in the reader's words, and Href the list.
	Filters        []components.Chip
	Period         string
	Href           string
	Status         string
	Rows, Size     int64
	Progress       int64
	Name, SHA256   string
	Problem        string // the system's own text, for the operator
	RequestedBy    Person
	RequestedAt    app.Millis
	ReadyAt        app.Millis
	ExpiresAt      app.Millis
	Working, Again bool
}

func (r FileRow) tone() components.Tone {
	switch r.Status {
	case "done":
		return components.Good
	case "queued", "running":
		return components.Busy
	case "failed":
		return components.Bad
	}
	return components.Quiet
}

func (r FileRow) size() string { return BillFile{Size: r.Size}.size() }

// thousandths is the progress as an attribute.
func (r FileRow) thousandths() string { return strconv.FormatInt(r.Progress, 10) }

func filesWorking(rows []FileRow) bool {
	return slices.ContainsFunc(rows, func(r FileRow) bool { return r.Working })
}

// SavedViews is the page where a list's views are renamed and deleted.
type SavedViews struct {
	Shell layout.Shell
	List  string // payments, refunds or deliveries
	Back  string // the list, as it was looked at
	Query string // its filters, which the forms keep
	Rows  []SavedView
	// MayShare says that the user keeps the merchant's settings.
	MayShare bool
	// Wrong is the view whose form was refused, Name what it was to be called, and
	// Errors why.
	Wrong, Name string
	Errors      map[string]string
}

// does is the address of what is done with a view.
func (v SavedViews) does(row SavedView, what string) string {
	at := v.Shell.Scope().ViewAction(v.List, row.ID, what)
	if v.Query != "" {
		at += "?" + v.Query
	}
	return at
}

// SavedView is one view; Mine says that the user may change it.
type SavedView struct {
	ID, Name, Href string
	Filters        []components.Chip
	Shared, Mine   bool
}

// clockMinute is a time in UTC+8 to the minute.
func clockMinute(m app.Millis) string { return m.Time().In(app.Beijing).Format("2006-01-02 15:04") }

// dayOf is a time's day in UTC+8.
func dayOf(m app.Millis) string { return m.Time().In(app.Beijing).Format(time.DateOnly) }

// nameOf is what the form of a view says: what was entered, where it was refused.
func (v SavedViews) nameOf(row SavedView) string {
	if v.Wrong != row.ID {
		return row.Name
	}
	return v.Name
}

func (v SavedViews) errorOf(row SavedView) string {
	if v.Wrong != row.ID {
		return ""
	}
	return v.Errors["name"]
}
