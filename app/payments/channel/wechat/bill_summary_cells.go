package wechat

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// summaryCells is a summary's row with ways to read its cells.
type summaryCells struct {
	text  *billText
	cells []string
	line  int
}

func newSummary(text *billText) (summaryCells, error) {
	cells, line, err := text.summary()
	return summaryCells{text: text, cells: cells, line: line}, err
}

func (s summaryCells) bad(column int) error {
	return &channel.BillError{
		Line: s.line, Code: channel.BillSummary, Detail: billfile.Found(s.text.columns.Name(column), s.cells[column]),
	}
}

func (s summaryCells) count(into *int64) func(int) bool {
	return func(column int) (ok bool) { *into, ok = billfile.Count(s.cells[column]); return ok }
}

func (s summaryCells) fen(into *app.Money) func(int) bool {
	return func(column int) (ok bool) { *into, ok = billfile.Fen(s.cells[column]); return ok }
}

func (s summaryCells) millifen(into *app.Millifen) func(int) bool {
	return func(column int) (ok bool) { *into, ok = billfile.Millifen(s.cells[column]); return ok }
}
