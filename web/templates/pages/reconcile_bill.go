package pages

import (
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ReconcileBill shows an original file as it came, unpacked, by its lines.
type ReconcileBill struct {
	Shell                 layout.Shell
	RunID                 string
	Channel               app.Channel
	Identity, SubIdentity string
	Day                   app.Day
	Kind                  string // trades or funds
	Kinds                 []string
	File                  BillFile
	// Columns are the channel's own header names; empty while they are unknown.
	Columns []string
	Rows    []BillLine
	// Row is the line that was asked for, 0 for none; Found says that the file has
	// it.
	Row   int
	Found bool
	// From is the page's first line; Before and After begin the neighbouring
	// pages, 0 for none.
	From, Before, After int
	// Broken is why the file was refused, or cannot be unpacked.
	Broken *RunProblem
}

// BillLine is one line of an original. Cells are its columns, or the line as a
// whole where it is none of the table's.
type BillLine struct {
	Number int
	Cells  []string
	Whole  bool // the line is not one of the table's
	Marked bool // the one that was asked for
}

// page is the same file from another line on.
func (v ReconcileBill) page(from int) string {
	return routes.With(v.Shell.Scope().RunBill(v.RunID, v.Kind, 0), "from", strconv.Itoa(from))
}

func (l BillLine) text() string { return strings.Join(l.Cells, "") }
