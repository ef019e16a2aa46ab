package exceptions

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
)

// The bounds of an upload.
const (
	MaxUpload    = 4 << 20  // bytes of the file
	maxUnzipped  = 64 << 20 // bytes of all its parts
	maxParts     = 200
	maxSheetRows = 20_000
	maxSheetRow  = 5 * maxSheetRows // the number of the last row, blank ones included: a row may claim any
)

// sheetRow is one row of an upload, its cells as decimal text and words.
type sheetRow struct {
	row   int // from 1
	cells [sheetColumns]string
}

// refused is a file that is not read at all; the codes have translated sentences.
func refused(code, format string, args ...any) *app.Error {
	return app.InvalidField("file", code, format, args...)
}

// readSheet reads a filled-in spreadsheet of exceptions. Errors are Invalid, the
// field "file" with the code file_empty, file_too_large, not_xlsx, macros,
// several_sheets, formula, header or too_many_rows.
func readSheet(raw []byte) ([]sheetRow, error) {
	switch {
	case len(raw) == 0:
		return nil, refused("file_empty", "choose a file")
	case len(raw) > MaxUpload:
		return nil, refused("file_too_large", "the file has more than %d bytes", MaxUpload)
	}
	if err := inspect(raw); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, refused("not_xlsx", "the file is not a spreadsheet that can be read").WithCause(err)
	}
	defer func() { _ = file.Close() }() // removes temporary files only
	sheets := file.GetSheetList()
	if len(sheets) != 1 {
		return nil, refused("several_sheets", "the file has %d worksheets: upload one with a single one", len(sheets))
	}
	rows, err := file.Rows(sheets[0])
	if err != nil {
		return nil, refused("not_xlsx", "the worksheet cannot be read").WithCause(err)
	}
	defer func() { _ = rows.Close() }()
	return collect(rows)
}

func collect(rows *excelize.Rows) ([]sheetRow, error) {
	var out []sheetRow
	for n := 1; rows.Next(); n++ {
		if n > maxSheetRow {
			return nil, refused("too_many_rows", "the file goes on beyond row %d: delete what stands below the exceptions", maxSheetRow)
		}
		texts, err := rows.Columns()
		if err != nil {
			return nil, refused("not_xlsx", "row %d cannot be read", n).WithCause(err)
		}
		r := sheetRow{row: n}
		for i, text := range texts[:min(len(texts), len(r.cells))] {
			r.cells[i] = unsafe(text)
		}
		switch {
		case n == 1:
			if !r.isHead() {
				return nil, refused("header", "the first row is not that of an export of exceptions: download one, fill it in and upload it")
			}
		case r.isTotal(), r.isEmpty():
		case len(out) == maxSheetRows:
			return nil, refused("too_many_rows", "the file has more than %d rows: filter before you download", maxSheetRows)
		default:
			out = append(out, r)
		}
	}
	if err := rows.Error(); err != nil {
		return nil, refused("not_xlsx", "the worksheet cannot be read").WithCause(err)
	}
	return out, nil
}

func (r sheetRow) isHead() bool {
	return r.cells == chineseSheet.headers || r.cells == englishSheet.headers
}

func (r sheetRow) isTotal() bool {
	return r.cells[colID] == chineseSheet.total || r.cells[colID] == englishSheet.total
}

func (r sheetRow) isEmpty() bool { return strings.Join(r.cells[:], "") == "" }

// inspect refuses what a spreadsheet of exceptions never holds before anything
// interprets it: too much when unpacked, macros, links to elsewhere, formulas.
func inspect(raw []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return refused("not_xlsx", "the file is not a spreadsheet (.xlsx)").WithCause(err)
	}
	if len(archive.File) > maxParts {
		return refused("file_too_large", "the file has more than %d parts", maxParts)
	}
	left := int64(maxUnzipped)
	for _, part := range archive.File {
		name := strings.ToLower(path.Clean(strings.ReplaceAll(part.Name, `\`, "/")))
		if code := forbidden(name); code != "" {
			return refused(code, "the file holds %s: save it as a plain workbook (.xlsx)", path.Base(name))
		}
		n, err := inspectPart(part, left, strings.HasPrefix(name, "xl/worksheets/"))
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// forbidden is the code of a part that is not taken, "" for any other.
func forbidden(name string) string {
	for _, word := range []string{"vbaproject", "macrosheets", "activex", "embeddings", "externallinks", "dialogsheets", "customui"} {
		if strings.Contains(name, word) {
			return "macros"
		}
	}
	return ""
}

// inspectPart unpacks a part without keeping it, and returns its size.
func inspectPart(part *zip.File, left int64, worksheet bool) (int64, error) {
	r, err := part.Open()
	if err != nil {
		return 0, refused("not_xlsx", "part %s cannot be unpacked", part.Name).WithCause(err)
	}
	defer r.Close()
	counted := &counter{r: io.LimitReader(r, left+1)}
	if worksheet {
		err = noFormulas(counted)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, counted)
	}
	if counted.n > left {
		return 0, refused("file_too_large", "the file unpacks to more than %d bytes", maxUnzipped)
	}
	var known *app.Error
	if err != nil && !errors.As(err, &known) {
		err = refused("not_xlsx", "part %s cannot be read", part.Name).WithCause(err)
	}
	return counted.n, err
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// noFormulas reads a worksheet and refuses the first cell that is computed.
func noFormulas(r io.Reader) error {
	d := xml.NewDecoder(r)
	at := ""
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "c":
			at = ""
			for _, a := range start.Attr {
				if a.Name.Local == "r" {
					at = clip(a.Value, 10)
				}
			}
		case "f":
			return refused("formula", "cell %s is a formula: enter values only", at).WithDetail("cell", at)
		}
	}
}
