package exceptions

import (
	"context"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// exportPage is how many exceptions are read at a time.
const exportPage = 1000

// sheetRows is how many rows a worksheet can have.
const sheetRows = 1_048_576

// Exported is what an export came to. Its sums are of the whole file.
type Exported struct {
	Rows       int64
	Ours       app.Money
	Theirs     app.Money
	Difference app.Money
}

// Export writes every exception that the filter selects as a spreadsheet to be
// filled in and read by Upload, in bounded memory, and audits that it did. Its
// cursor and limit are ignored.
func (s *Service) Export(ctx context.Context, scope Scope, f Filter, lang Lang, w io.Writer) (Exported, error) {
	f.Cursor = ""
	q, err := s.query(ctx, scope, f)
	if err != nil {
		return Exported{}, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Exported{}, err
	}
	sheet, err := newSheet(lang, now, sheetRows)
	if err != nil {
		return Exported{}, err
	}
	defer sheet.close()
	if err := s.writeAll(ctx, scope, q, sheet); err != nil {
		return Exported{}, err
	}
	if err := sheet.finish(w); err != nil {
		return Exported{}, app.Errorf(app.Internal, "write the spreadsheet: %w", err)
	}
	return sheet.sums, s.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.Audit.Record(ctx, tx, audit.Entry{
			Chain: scope.MerchantID, Action: "exception.export", After: map[string]any{"mode": scope.Mode, "filter": f.facts(), "rows": sheet.sums.Rows},
		})
	})
}

func (s *Service) writeAll(ctx context.Context, scope Scope, q query, sheet *sheetWriter) error {
	for q.limit = exportPage; !q.none; {
		page, err := s.store.list(ctx, s.DB, scope, q)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := sheet.add(e); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		q.afterDay, q.afterID = page[len(page)-1].Day, page[len(page)-1].ID
	}
	return nil
}

// facts are what an audit row says about a filter.
func (f Filter) facts() map[string]string {
	out := map[string]string{
		"type": string(f.Type), "status": string(f.Status), "channel": string(f.Channel), "account": f.AccountID, "from": string(f.From), "to": string(f.To),
		"owner": f.Owner, "age": string(f.Age), "number": f.Number, "run": f.RunID,
	}
	for name, value := range out {
		if value == "" {
			delete(out, name)
		}
	}
	return out
}

// sheetWriter writes exceptions into worksheets of a spreadsheet, row by row.
type sheetWriter struct {
	file   *excelize.File
	words  sheetWords
	now    app.Millis
	limit  int // rows of a worksheet
	sheets int
	stream *excelize.StreamWriter
	row    int // the next, from 1
	sums   Exported

	styles sheetStyles
}

type sheetStyles struct{ head, money, text, total, totalMoney int }

func newSheet(lang Lang, now app.Millis, limit int) (*sheetWriter, error) {
	w := &sheetWriter{file: excelize.NewFile(), words: wordsOf(lang), now: now, limit: limit}
	if err := w.makeStyles(); err != nil {
		return nil, err
	}
	return w, w.begin()
}

func (w *sheetWriter) makeStyles() error {
	amount := "#,##0.00"
	bold := &excelize.Font{Bold: true}
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&w.styles.head, excelize.Style{Font: bold, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2F0EB"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}}},
		{&w.styles.money, excelize.Style{CustomNumFmt: &amount}},
		{&w.styles.text, excelize.Style{NumFmt: 49}}, // @: what is typed stays text
		{&w.styles.total, excelize.Style{Font: bold}},
		{&w.styles.totalMoney, excelize.Style{Font: bold, CustomNumFmt: &amount}},
	} {
		var err error
		if *s.id, err = w.file.NewStyle(&s.style); err != nil {
			return err
		}
	}
	return nil
}

// begin starts a worksheet with its head.
func (w *sheetWriter) begin() error {
	w.sheets++
	name := w.words.sheet
	var err error
	if w.sheets == 1 {
		err = w.file.SetSheetName(w.file.GetSheetName(0), name)
	} else {
		name += " " + strconv.Itoa(w.sheets)
		_, err = w.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if err := w.choices(name); err != nil {
		return err
	}
	if w.stream, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	return w.head()
}

// choices offers the resolutions in their column.
func (w *sheetWriter) choices(name string) error {
	list := excelize.NewDataValidation(true)
	column := cell(colResolution, 2)
	list.SetSqref(column + ":" + cell(colResolution, min(w.limit, sheetRows)))
	words := make([]string, len(Resolutions))
	for i, r := range Resolutions {
		words[i] = w.words.resolutions[r]
	}
	if err := list.SetDropList(words); err != nil {
		return err
	}
	list.SetError(excelize.DataValidationErrorStyleStop, w.words.headers[colResolution], w.words.choose)
	return w.file.AddDataValidation(name, list)
}

// widths are the columns' in characters.
var widths = [sheetColumns]float64{32, 14, 10, 32, 12, 32, 22, 30, 14, 14, 14, 8, 12, 26, 18, 32, 14, 40, 8}

func (w *sheetWriter) head() error {
	for i, width := range widths {
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
		if column := sheetColumn(i); column.editable() && !column.money() {
			if err := w.stream.SetColStyle(i+1, i+1, w.styles.text); err != nil {
				return err
			}
		}
	}
	if err := w.stream.SetColVisible(int(colVersion)+1, int(colVersion)+1, false); err != nil {
		return err
	}
	if err := w.stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	values := make([]any, sheetColumns)
	for i, word := range w.words.headers {
		values[i] = excelize.Cell{StyleID: w.styles.head, Value: word}
	}
	w.row = 2
	return w.stream.SetRow("A1", values)
}

// add writes one exception.
func (w *sheetWriter) add(e Exception) error {
	if w.row == w.limit { // the last row is the total's
		if err := w.end(); err != nil {
			return err
		}
		if err := w.begin(); err != nil {
			return err
		}
	}
	values := make([]any, sheetColumns)
	for i, text := range w.texts(e) {
		values[i] = excelize.Cell{StyleID: w.styles.text, Value: safe(text)}
	}
	values[colAge] = AgeDays(e.Day, w.now.Time())
	for column, m := range map[sheetColumn]app.Money{colOurs: e.Ours, colTheirs: e.Theirs, colDifference: e.Difference, colAmount: e.Amount} {
		values[column] = excelize.Cell{StyleID: w.styles.money, Value: report.MoneyCell(m)}
		if column == colAmount && m == 0 {
			values[column] = excelize.Cell{StyleID: w.styles.money}
		}
	}
	if err := w.stream.SetRow(cell(colID, w.row), values); err != nil {
		return err
	}
	w.row++
	w.sums.Rows++
	w.sums.Ours += e.Ours
	w.sums.Theirs += e.Theirs
	w.sums.Difference += e.Difference
	return nil
}

// texts are the words of an exception's row; amounts and the age are left out.
func (w *sheetWriter) texts(e Exception) [sheetColumns]string {
	return [sheetColumns]string{
		colID: e.ID, colType: w.words.types[e.Type], colChannel: w.words.channels[e.Channel], colAccount: e.AccountID, colDay: string(e.Day),
		colNumber: e.Number, colOrderNo: e.OrderNo, colChannelNo: e.ChannelNo, colStatus: w.words.statuses[e.Status], colOwner: e.OwnerName,
		colResolution: w.words.resolutions[e.Resolution], colLink: e.LinkedID, colNote: e.Note, colVersion: strconv.FormatInt(e.Version, 10),
	}
}

// end writes the total row and closes the worksheet. The totals are of what has
// been written so far.
func (w *sheetWriter) end() error {
	values := make([]any, colDifference+1)
	for i := range values {
		values[i] = excelize.Cell{StyleID: w.styles.total}
	}
	values[colID] = excelize.Cell{StyleID: w.styles.total, Value: w.words.total}
	values[colType] = excelize.Cell{StyleID: w.styles.total, Value: w.sums.Rows}
	for column, m := range map[sheetColumn]app.Money{colOurs: w.sums.Ours, colTheirs: w.sums.Theirs, colDifference: w.sums.Difference} {
		values[column] = excelize.Cell{StyleID: w.styles.totalMoney, Value: report.MoneyCell(m)}
	}
	if err := w.stream.SetRow(cell(colID, w.row), values); err != nil {
		return err
	}
	return w.stream.Flush()
}

func (w *sheetWriter) finish(to io.Writer) error {
	if err := w.end(); err != nil {
		return err
	}
	return w.file.Write(to)
}

func (w *sheetWriter) close() { _ = w.file.Close() } // removes temporary files only

// cell names a cell, such as "A1".
func cell(c sheetColumn, row int) string {
	return string(rune('A'+int(c))) + strconv.Itoa(row)
}
