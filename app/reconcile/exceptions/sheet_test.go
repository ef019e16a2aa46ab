package exceptions_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

func (r *room) export(f exceptions.Filter, lang exceptions.Lang) ([]byte, exceptions.Exported) {
	r.t.Helper()
	var b bytes.Buffer
	sums, err := r.Export(r.as(maker), scope, f, lang, &b)
	if err != nil {
		r.t.Fatal(err)
	}
	return b.Bytes(), sums
}

// fill writes values into cells of the only worksheet.
func (r *room) fill(raw []byte, cells map[string]any) []byte {
	r.t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	for at, v := range cells {
		if err := f.SetCellValue(f.GetSheetName(0), at, v); err != nil {
			r.t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		r.t.Fatal(err)
	}
	return out.Bytes()
}

func (r *room) upload(raw []byte) (exceptions.Batch, []exceptions.BatchRow) {
	r.t.Helper()
	b, err := r.Upload(r.as(maker), scope, exceptions.Upload{Name: `C:\finance\差错.xlsx`, Bytes: raw, By: maker})
	if err != nil {
		r.t.Fatal(err)
	}
	rows, err := r.BatchRows(r.t.Context(), b, "", 0, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	return b, rows
}

func problems(rows []exceptions.BatchRow) []string {
	var out []string
	for _, row := range rows {
		for _, p := range row.Problems {
			out = append(out, p.Cell+" "+p.Code)
		}
	}
	return out
}

func TestTheFileHasItsShape(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 123456), foreign("=1+2", 7))
		for lang, word := range map[exceptions.Lang]string{exceptions.Chinese: "差错编号", exceptions.English: "Exception"} {
			raw, sums := r.export(exceptions.Filter{}, lang)
			if sums.Rows != 2 || sums.Difference != 123449 || sums.Ours != 123456 || sums.Theirs != 7 {
				r.t.Errorf("it sums %+v", sums)
			}
			f, err := excelize.OpenReader(bytes.NewReader(raw))
			if err != nil {
				r.t.Fatal(err)
			}
			name := f.GetSheetName(0)
			raws := func(at string) string {
				v, _ := f.GetCellValue(name, at, excelize.Options{RawCellValue: true})
				return v
			}
			if raws("A1") != word || raws("F2") != "'=1+2" || raws("J2") != "0.07" || raws("K2") != "-0.07" || raws("I3") != "1234.56" || raws("K4") != "1234.49" {
				r.t.Errorf("%s: A1 %q F2 %q J2 %q K2 %q I3 %q K4 %q", lang, raws("A1"), raws("F2"), raws("J2"), raws("K2"), raws("I3"), raws("K4"))
			}
			if formula, _ := f.GetCellFormula(name, "F2"); formula != "" {
				r.t.Errorf("the channel's number became the formula %q", formula)
			}
			if kind, _ := f.GetCellType(name, "A2"); kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
				r.t.Errorf("an id is a cell of the type %v", kind)
			}
			panes, err := f.GetPanes(name)
			if err != nil || !panes.Freeze || panes.YSplit != 1 {
				r.t.Errorf("panes %+v, %v", panes, err)
			}
			lists, err := f.GetDataValidations(name)
			if err != nil || len(lists) != 1 || !strings.HasPrefix(lists[0].Sqref, "O2:O") {
				r.t.Errorf("choices %+v, %v", lists, err)
			}
			if shown, err := f.GetColVisible(name, "S"); err != nil || shown {
				r.t.Errorf("the version is shown: %v, %v", shown, err)
			}
			_ = f.Close()
		}
		if got := r.actions(""); len(got) == 0 || got[len(got)-1] != "exception.export" {
			r.t.Errorf("the audit says %v", got)
		}
	})
}

func TestAnExportFilledInIsPreviewedAndThenAppliedUnderOneApproval(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_1", 1000), missing("att_2", 2000), missing("att_3", 3000), missing("att_4", 4000), missing("att_5", 5000))
		raw, _ := r.export(exceptions.Filter{}, exceptions.Chinese) // the newest first: att_5 in row 2
		filled := r.fill(raw, map[string]any{
			"O2": "以平台为准", "R2": "渠道确认补单",
			"O3": "Write off", "Q3": 0.1, "R3": "尾差",
			"N4": "CHECKER@example.com",
			"R5": "等渠道回复",
		})
		b, rows := r.upload(filled)
		if b.Changes != 4 || b.Proposals != 2 || b.Unchanged != 1 || b.Errors != 0 || b.Stale != 0 || b.Amount != 5010 || b.FileName != "差错.xlsx" || b.Status != exceptions.BatchPreviewed {
			r.t.Fatalf("previewed %+v %v", b, problems(rows))
		}
		if rows[1].Resolution != exceptions.WriteOff || rows[1].Amount != 10 || rows[2].Owner.ID != checker.ID || rows[3].Note != "等渠道回复" {
			r.t.Errorf("rows %+v", rows)
		}
		if got := r.only("att_5"); got.Status != exceptions.Open {
			r.t.Fatalf("a preview made it %s", got.Status)
		}
		// One of them is changed before the batch is applied.
		if err := r.Comment(r.as(checker), scope, r.only("att_4").ID, "先别动"); err != nil {
			r.t.Fatal(err)
		}
		b, err := r.ApplyBatch(r.as(maker), scope, b.ID, maker)
		if err != nil || b.Status != exceptions.BatchProposed || b.Proposals != 1 || b.Amount != 5000 || b.ApprovalID == "" {
			r.t.Fatalf("applied %+v, %v", b, err)
		}
		if _, err := r.ApplyBatch(r.as(maker), scope, b.ID, maker); reason(err) != "batch_applied" {
			r.t.Errorf("twice: %v", err)
		}
		if e := r.only("att_3"); e.OwnerID != checker.ID {
			r.t.Errorf("owner %+v", e)
		}
		if e := r.only("att_2"); e.Note != "等渠道回复" || e.Status != exceptions.Open {
			r.t.Errorf("comment %+v", e)
		}
		if n, _ := r.asked.CountPending(r.t.Context(), scope.MerchantID, scope.Mode, nil); n != 1 {
			r.t.Errorf("%d approvals wait", n)
		}
		r.decide(r.only("att_5"), true)
		if e := r.only("att_5"); e.Status != exceptions.Resolved || e.BatchID != b.ID {
			r.t.Errorf("resolved %+v", e)
		}
		r.wantAdjusted(map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustClaim: 5000})
		r.wantResults(b, "2 resolved", "3 missed", "4 done", "5 done")
		if b, err = r.Batch(r.t.Context(), scope, b.ID); err != nil || b.Status != exceptions.BatchApplied || b.DecidedAt == 0 {
			r.t.Errorf("in the end %+v, %v", b, err)
		}
		if got := r.actions(b.ID); !slices.Equal(got, []string{"exception_batch.upload", "exception_batch.propose", "exception_batch.resolve"}) {
			r.t.Errorf("the audit says %v", got)
		}
		r.wantEvents(r.only("att_5").ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventApplied)
	})
}

func (r *room) wantResults(b exceptions.Batch, want ...string) {
	r.t.Helper()
	rows, err := r.BatchRows(r.t.Context(), b, exceptions.RowChange, 0, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%d %s", row.Row, row.Result))
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("rows %v, want %v", got, want)
	}
}

func TestARejectedBatchOpensWhatStillWaits(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_1", 1000), missing("att_2", 2000))
		raw, _ := r.export(exceptions.Filter{}, exceptions.English)
		b, _ := r.upload(r.fill(raw, map[string]any{"O2": "We are right", "R2": "x", "O3": "Ignore", "R3": "y"}))
		b, err := r.ApplyBatch(r.as(maker), scope, b.ID, maker)
		if err != nil {
			r.t.Fatal(err)
		}
		r.file(run, missing("att_2", 2000)) // the first is found no longer
		approval := exceptions.Exception{ApprovalID: b.ApprovalID}
		r.decide(approval, false)
		if one, two := r.only("att_1"), r.only("att_2"); one.Status != exceptions.Cleared || two.Status != exceptions.Open || two.BatchID != "" {
			r.t.Errorf("%+v, %+v", one, two)
		}
		r.wantResults(b, "2 reopened", "3 missed")
	})
}

func TestWhatIsWrongInAFileIsSaidCellByCell(t *testing.T) {
	each(t, func(r *room) {
		var findings []exceptions.Finding
		for i := range 12 {
			findings = append(findings, missing("att_"+strconv.Itoa(i), 1000))
		}
		r.file(run, findings...)
		raw, _ := r.export(exceptions.Filter{}, exceptions.English)
		f := map[string]any{
			"N2": "nobody@example.com", "N3": reader.Name, "O4": "Forget it", "O5": "We are right", "O6": "Refund the surplus", "R6": "x",
			"O7": "Write off", "Q7": 10.01, "R7": "x", "O8": "Write off", "Q8": 0.001, "R8": "x", "Q9": 1, "P10": "ORDER-1",
			"A11": "exc_01ARZ3NDEKTSV4RRFFQ69G5FAV", "S12": "x", "R13": strings.Repeat("长", 501),
		}
		b, rows := r.upload(r.fill(raw, f))
		want := []string{
			"N2 owner", "N3 owner", "O4 resolution", "R5 reason_missing", "O6 not_offered", "Q7 amount_out_of_range", "Q8 amount", "Q9 resolution_missing",
			"P10 resolution_missing", "A11 not_found", "S12 version", "R13 note",
		}
		if got := problems(rows); !slices.Equal(got, want) || b.Errors != 12 || b.Changes != 0 {
			r.t.Errorf("%v\nwant %v\n%+v", got, want, b)
		}
		if _, err := r.ApplyBatch(r.as(maker), scope, b.ID, maker); reason(err) != "batch_empty" {
			r.t.Errorf("applied: %v", err)
		}
	})
}

func TestWhatChangedSinceTheDownloadIsStale(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_1", 1000), missing("att_2", 1000))
		raw, _ := r.export(exceptions.Filter{}, exceptions.English)
		if err := r.Comment(r.as(checker), scope, r.only("att_2").ID, "x"); err != nil {
			r.t.Fatal(err)
		}
		b, rows := r.upload(r.fill(raw, map[string]any{"O2": "We are right", "R2": "x"}))
		if b.Stale != 1 || b.Changes != 0 || rows[0].Outcome != exceptions.RowStale {
			r.t.Errorf("%+v %+v", b, rows)
		}
	})
}

func TestFilesThatAreNoExportAreRefusedWhole(t *testing.T) {
	r := newRoom(t, dbtest.OpenSQLite(t))
	r.file(run, missing("att_1", 1000))
	raw, _ := r.export(exceptions.Filter{}, exceptions.English)
	change := func(f func(x *excelize.File)) []byte {
		x, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		f(x)
		var out bytes.Buffer
		if err := x.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for code, file := range map[string][]byte{
		"file_empty":     nil,
		"not_xlsx":       []byte("差错编号,类型\n"),
		"file_too_large": withPart(t, raw, "xl/media/image1.png", bytes.Repeat([]byte{0}, 65<<20)),
		"macros":         withPart(t, raw, "xl/vbaProject.bin", []byte("x")),
		"several_sheets": change(func(x *excelize.File) { _, _ = x.NewSheet("more") }),
		"formula":        change(func(x *excelize.File) { _ = x.SetCellFormula("Exceptions", "Q2", "1+1") }),
		"header":         change(func(x *excelize.File) { _ = x.SetCellValue("Exceptions", "B1", "Kind") }),
		"too_many_rows":  change(func(x *excelize.File) { _ = x.SetCellValue("Exceptions", "A1048576", "far below") }),
		"no_rows":        change(func(x *excelize.File) { _ = x.RemoveRow("Exceptions", 2) }),
	} {
		_, err := r.Upload(r.as(maker), scope, exceptions.Upload{Name: "x.xlsx", Bytes: file, By: maker})
		if e := errorOf(err); e == nil || e.Field != "file" || e.Fields[0].Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if list, err := r.Batches(t.Context(), scope, "", 10); err != nil || len(list) != 0 {
		t.Errorf("kept %+v, %v", list, err)
	}
}

// withPart adds a part to a spreadsheet.
func withPart(t *testing.T, raw []byte, name string, content []byte) []byte {
	t.Helper()
	old, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range old.File {
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.Create(name)
	if err == nil {
		_, err = io.Copy(part, bytes.NewReader(content))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What people write and numbers that channels give, whatever they hold, come
// back from a file that nobody touched as no change at all.
func TestAnExportUploadedAsItIsChangesNothing(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	r := newRoom(t, d)
	day := run.Day
	rapid.Check(t, func(rt *rapid.T) {
		day = day.Next()
		ref := run
		ref.ID, ref.Day = "run_"+string(day), day
		text := rapid.StringMatching(`[ -~一-龥é€=+@"'<&]{1,20}`)
		var findings []exceptions.Finding
		for i := range rapid.IntRange(1, 4).Draw(rt, "n") {
			f := foreign(strconv.Itoa(i)+text.Draw(rt, "number"), app.Money(rapid.Int64Range(1, 1e12).Draw(rt, "fen")))
			f.Type = rapid.SampledFrom(exceptions.Types).Draw(rt, "type")
			findings = append(findings, f)
		}
		r.file(ref, findings...)
		filter := exceptions.Filter{From: day, To: day}
		for _, e := range r.list(filter) {
			note := text.Draw(rt, "note")
			if rapid.Bool().Draw(rt, "multiline") {
				note += "\n" + text.Draw(rt, "more")
			}
			if strings.TrimSpace(note) != "" {
				if err := r.Comment(r.as(maker), scope, e.ID, note); err != nil {
					rt.Fatal(err)
				}
			}
			if rapid.Bool().Draw(rt, "owned") {
				if _, err := r.Assign(r.as(maker), scope, []string{e.ID}, checker.ID); err != nil {
					rt.Fatal(err)
				}
			}
			if rapid.Bool().Draw(rt, "proposed") {
				p := exceptions.Proposal{Resolution: rapid.SampledFrom(e.Offers()).Draw(rt, "resolution"), Reason: "x", By: maker}
				if p.Resolution == exceptions.Link {
					continue
				}
				if _, err := r.Propose(r.as(maker), scope, e.ID, p); err != nil {
					rt.Fatal(err)
				}
			}
		}
		lang := rapid.SampledFrom([]exceptions.Lang{exceptions.Chinese, exceptions.English}).Draw(rt, "lang")
		raw, _ := r.export(filter, lang)
		b, rows := r.upload(raw)
		if int(b.Unchanged) != len(findings) || b.Changes+b.Stale+b.Errors != 0 {
			rt.Fatalf("%+v %+v", b, rows)
		}
	})
}

func FuzzUpload(f *testing.F) {
	d := dbtest.OpenSQLite(f)
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := newRoom(t, d).Upload(t.Context(), scope, exceptions.Upload{Name: "x.xlsx", Bytes: raw, By: maker})
		if !app.Is(err, app.Invalid) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzFilledIn(f *testing.F) {
	d := dbtest.OpenSQLite(f)
	f.Add("", "核销", "", "1.5E1", "x")
	f.Add("checker@example.com", "Link to a payment", "ORDER-1", "", "x")
	f.Add("\x00", "refund", "pay_x", "1/3", "_x000D_\r\n")
	f.Add("é", " ", "单", "¥1", "=cmd()")
	f.Fuzz(func(t *testing.T, owner, resolution, link, amount, note string) {
		r := newRoom(t, d)
		r.file(run, missing("att_1", 1000))
		raw, _ := r.export(exceptions.Filter{}, exceptions.Chinese)
		filled := r.fill(raw, map[string]any{"N2": owner, "O2": resolution, "P2": link, "Q2": amount, "R2": note})
		b, err := r.Upload(t.Context(), scope, exceptions.Upload{Name: "x.xlsx", Bytes: filled, By: maker})
		if err != nil || b.Changes+b.Unchanged+b.Errors != 1 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}
