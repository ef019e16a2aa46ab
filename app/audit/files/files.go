// Package files reads the audit log as the table of an export: the columns in
// their order, what the page's filter selects, secrets masked as they are in the
// rows.
package files

import (
	"context"
	"encoding/json"
	"io"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// Kind is the kind of list.
const Kind = "audit"

// Words say in the reader's language what rows hold as codes.
type Words interface {
	// Action is the sentence of an action.
	Action(locale, action string) string
	// Device says a user agent in short words, "" where it says nothing.
	Device(agent string) string
	// Changes are the fields in which two recorded states differ.
	Changes(before, after string) string
}

// Params writes the filter of the log as an export keeps it.
func Params(f audit.Filter) (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}

// Source reads the log for exports, whose scope's merchant is the chain.
type Source struct {
	Log   *audit.Log
	Words Words
}

// Open implements exports.Source.
func (s Source) Open(ctx context.Context, e exports.Export) (exports.Table, error) {
	var f audit.Filter
	if err := json.Unmarshal([]byte(e.Params), &f); err != nil {
		return nil, app.Errorf(app.Internal, "read the filter of %s: %w", e.ID, err)
	}
	f.Chain, f.Cursor = e.MerchantID, ""
	if f.To == 0 || f.To > e.Bound {
		f.To = e.Bound
	}
	walk, err := s.Log.Walk(ctx, f)
	if err != nil {
		return nil, err
	}
	return &table{source: s, e: e, heads: headsOf(e.Locale), walk: walk}, nil
}

// table is the log being read, newest rows first.
type table struct {
	source      Source
	e           exports.Export
	heads       heads
	walk        *audit.Walk
	first, last int64 // the rows' places in the chain: where it began, and has come to
	count       int64
	rows        [][]any
}

// Sheet implements exports.Table.
func (t *table) Sheet() string { return t.heads.sheet }

// Columns implements exports.Table.
func (t *table) Columns() []report.Column {
	widths := []int{27, 18, 12, 32, 16, 22, 32, 28, 24, 26, 32, 48, 48, 48, 32, 10, 66}
	out := make([]report.Column, len(t.heads.columns))
	for i, title := range t.heads.columns {
		out[i] = report.Column{Title: title, Width: widths[i]}
	}
	return out
}

// Totals implements exports.Table.
func (t *table) Totals() []any {
	out := make([]any, len(t.heads.columns))
	out[0] = t.heads.total(t.count)
	return out
}

// Progress implements exports.Table: a row's place in its chain says how much is
// left before it.
func (t *table) Progress() int64 {
	if t.first == 0 {
		return 0
	}
	return (t.first - t.last) * 1000 / t.first
}

const piece = 500

// Next implements exports.Table.
func (t *table) Next(ctx context.Context) ([][]any, error) {
	list, more, err := t.walk.Next(ctx, piece)
	if err != nil {
		return nil, err
	}
	t.rows = t.rows[:0]
	for i := range list {
		t.rows = append(t.rows, t.row(&list[i]))
	}
	if len(list) > 0 {
		if t.first == 0 {
			t.first = list[0].Seq
		}
		t.last = list[len(list)-1].Seq
	}
	t.count += int64(len(list))
	if !more {
		return t.rows, io.EOF
	}
	return t.rows, nil
}

func (t *table) row(r *audit.Row) []any {
	w := t.source.Words
	return []any{
		r.CreatedAt.Time().In(app.Beijing).Format("2006-01-02 15:04:05.000 -07:00"),
		r.ActorName, t.heads.kind(r.ActorKind), r.ActorID, r.ActorIP, w.Device(r.Agent), r.Session,
		w.Action(t.e.Locale, r.Action), r.Action, r.Name, r.Target,
		t.cell(w.Changes(r.Before, r.After)), t.cell(r.Before), t.cell(r.After), r.RequestID, r.Seq, r.Hash,
	}
}

// cell keeps text within what a spreadsheet's cell takes. A CSV has it whole.
func (t *table) cell(text string) string {
	const most = 32_000
	if t.e.Format != exports.XLSX {
		return text
	}
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}
