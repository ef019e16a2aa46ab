package exceptions_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// The words of people and of channels stay text in whatever a spreadsheet is
// saved as, and come back as they were.
func TestNothingInAFileBeginsAFormula(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, foreign("+1-2", 7), foreign("@SUM(1)", 8))
		note := "=HYPERLINK(\"http://example.com\")\n@2"
		if err := r.Comment(r.as(maker), scope, r.only("+1-2").ID, note); err != nil {
			r.t.Fatal(err)
		}
		raw, _ := r.export(exceptions.Filter{}, exceptions.English)
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			r.t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows(f.GetSheetName(0), excelize.Options{RawCellValue: true})
		if err != nil {
			r.t.Fatal(err)
		}
		for n, row := range rows[1:] {
			for at, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+@") {
					r.t.Errorf("row %d, column %d is %q", n+2, at+1, cell)
				}
			}
		}
		if b, rows := r.upload(raw); b.Unchanged != 2 || b.Changes+b.Errors+b.Stale != 0 {
			r.t.Errorf("%+v %v", b, problems(rows))
		}
		b, filled := r.upload(r.fill(raw, map[string]any{"R2": "'=1+1"}))
		if b.Changes != 1 || filled[0].Note != "=1+1" {
			r.t.Errorf("%+v %+v", b, filled)
		}
	})
}

// Who uploads a file decides what it says: whoever else applied it would have
// them approve their own proposals.
func TestABatchIsAppliedByWhoUploadedIt(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_1", 1000))
		raw, _ := r.export(exceptions.Filter{}, exceptions.Chinese)
		b, _ := r.upload(r.fill(raw, map[string]any{"O2": "以平台为准", "R2": "渠道确认补单"}))
		if _, err := r.ApplyBatch(r.as(checker), scope, b.ID, checker); reason(err) != "not_uploader" {
			r.t.Errorf("applied by somebody else: %v", err)
		}
		b, err := r.ApplyBatch(r.as(maker), scope, b.ID, maker)
		if err != nil {
			r.t.Fatal(err)
		}
		d := approvals.Decision{By: maker, Approve: true}
		if _, err := r.asked.Decide(r.as(maker), approvals.Scope(scope), b.ApprovalID, d); reason(err) != "own_request" {
			r.t.Errorf("approved by who uploaded it: %v", err)
		}
	})
}
