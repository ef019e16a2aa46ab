package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ExceptionImport uploads a filled-in spreadsheet: the field file. Below it stand
// the newest uploads.
type ExceptionImport struct {
	Shell   layout.Shell
	Batches []ExceptionBatchRow
	Errors  map[string]string
}

// ExceptionBatchRow is one upload. Status is as stored.
type ExceptionBatchRow struct {
	ID, Status, FileName                         string
	By                                           Person
	CreatedAt                                    app.Millis
	Changes, Proposals, Unchanged, Stale, Errors int
	Amount                                       app.Money
}

// ExceptionBatch is one upload and what it does, row by row.
type ExceptionBatch struct {
	Shell layout.Shell
	ExceptionBatchRow
	SHA256     string
	ApprovalID string
	Rows       []ExceptionChange
	Outcome    string // the rows shown; "" for all
	Next       string // the address of the next rows; "" on the last page
	Apply      bool   // the reader may apply it now
	Problem    string // of the form, translated
}

// ExceptionChange is one row of an upload. Outcome and Result are as stored.
type ExceptionChange struct {
	Row                      int
	ExceptionID, Outcome     string
	OwnerSet                 bool
	Owner, Resolution, Note  string
	Amount                   app.Money
	LinkedID, Result, Detail string
	Problems                 []CellProblem
}

// CellProblem is what is wrong with a cell: the code below exception_cell.
type CellProblem struct{ Cell, Code, Detail string }

func (p CellProblem) sentence(ctx context.Context) string {
	return i18n.T(ctx, "exceptions.cell", "cell", p.Cell, "what", i18n.T(ctx, "exception_cell."+p.Code, "detail", p.detail(ctx)))
}

// detail translates what is a word of ours.
func (p CellProblem) detail(ctx context.Context) string {
	for _, key := range []string{"exception_status." + p.Detail, "exception_resolution." + p.Detail, "reason." + p.Detail} {
		if p.Detail != "" && i18n.Has(ctx, key) {
			return i18n.T(ctx, key)
		}
	}
	return p.Detail
}

// changes says what the row does.
func (c ExceptionChange) changes(ctx context.Context) []string {
	var out []string
	if c.OwnerSet {
		owner := c.Owner
		if owner == "" {
			owner = i18n.T(ctx, "exceptions.nobody")
		}
		out = append(out, i18n.T(ctx, "exceptions.change_owner", "owner", owner))
	}
	switch {
	case c.Resolution != "" && c.Amount != 0:
		out = append(out, i18n.T(ctx, "exceptions.change_amount", "resolution", i18n.T(ctx, "exception_resolution."+c.Resolution), "amount", c.Amount.String()))
	case c.Resolution != "":
		out = append(out, i18n.T(ctx, "exceptions.change_resolution", "resolution", i18n.T(ctx, "exception_resolution."+c.Resolution)))
	}
	if c.Note != "" {
		out = append(out, i18n.T(ctx, "exceptions.change_note", "note", c.Note))
	}
	return out
}

// why says why a row could not be carried out.
func (c ExceptionChange) why(ctx context.Context) string {
	if key := "reason." + c.Detail; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return c.Detail
}

func (c ExceptionChange) state() string {
	if c.Result != "" {
		return c.Result
	}
	return c.Outcome
}

func (c ExceptionChange) tone() components.Tone {
	switch c.state() {
	case "error", "failed":
		return components.Bad
	case "stale", "missed", "proposed":
		return components.Attention
	case "change":
		return components.Busy
	case "resolved", "done":
		return components.Good
	}
	return components.Quiet
}

func (r ExceptionBatchRow) tone() components.Tone {
	switch r.Status {
	case "previewed":
		return components.Busy
	case "proposed":
		return components.Attention
	case "applied":
		return components.Good
	case "rejected":
		return components.Bad
	}
	return components.Quiet
}

// sums are the counts above the rows.
func (v ExceptionBatch) sums(ctx context.Context) [][2]string {
	return [][2]string{
		{i18n.T(ctx, "exception_row.change"), components.Count(int64(v.Changes))}, {i18n.T(ctx, "exceptions.proposals"), components.Count(int64(v.Proposals))},
		{i18n.T(ctx, "exceptions.proposed_amount"), v.Amount.String()}, {i18n.T(ctx, "exception_row.unchanged"), components.Count(int64(v.Unchanged))},
		{i18n.T(ctx, "exception_row.stale"), components.Count(int64(v.Stale))}, {i18n.T(ctx, "exception_row.error"), components.Count(int64(v.Errors))},
	}
}

func (v ExceptionBatch) next(ctx context.Context) string {
	return i18n.T(ctx, "exception_batch_next."+v.Status)
}
