package statements

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// AskMonth has a month's zip made in the background: each statement's
// spreadsheet, a summary, the bills as they came from the channels, and a
// manifest of all. Asking again for the same figures returns the same export.
// It is audited as by's. Errors: Invalid for what is no month; Conflict with
// reason nothing_to_export for one without statements.
func (s *Service) AskMonth(ctx context.Context, scope payments.Scope, month, locale string, by approvals.Person) (Export, error) {
	first, err := ParseMonth(month)
	if err != nil {
		return Export{}, err
	}
	b, p, err := s.monthBook(ctx, scope, first)
	if err != nil {
		return Export{}, err
	}
	if len(b.statements) == 0 {
		return Export{}, app.Errorf(app.Conflict, "nothing of %s has been reconciled yet", month).WithReason("nothing_to_export")
	}
	e, err := s.want(ctx, Export{
		MerchantID: scope.MerchantID, Mode: scope.Mode, Kind: ExportMonth, ObjectID: month + "." + string(scope.Mode), Format: Zip, Locale: locale,
		Name: fmt.Sprintf("statements_%s_%s.zip", scope.Mode, month), Requested: by, key: digestOf(b.digest(first), p, locale, b.waiting(first)),
	})
	if err != nil {
		return Export{}, err
	}
	return e, s.record(ctx, "statement.export", e.ID, e, by)
}

func (s *Service) monthBook(ctx context.Context, scope payments.Scope, first app.Day) (*book, Period, error) {
	b, err := s.load(ctx, s.DB, scope, first, LastOf(first))
	if err != nil {
		return nil, Period{}, err
	}
	p, _, err := s.store.period(ctx, s.DB, scope, first.Month())
	if err != nil {
		return nil, Period{}, err
	}
	b.bills, err = s.store.bills(ctx, s.DB, scope.MerchantID, b.runIDs())
	return b, p.period(), err
}

// waiting lists the month's days as they stand, for the digest: a summary names
// those without a result too.
func (b *book) waiting(first app.Day) []Status {
	var out []Status
	for _, d := range b.month(first, Period{}).Days {
		out = append(out, d.Status)
	}
	return out
}

// packed is one file of a zip.
type packed struct {
	path string
	key  string // in the archive
	size int64
	bill Bill // of an original
}

// makeMonth makes a month's zip. Its parts are kept as they are made, so that a
// job that was killed goes on where it was.
func (s *Service) makeMonth(ctx context.Context, scope payments.Scope, e *Export) (archive.File, error) {
	month, _, _ := strings.Cut(e.ObjectID, ".")
	first, err := ParseMonth(month)
	if err != nil {
		return archive.File{}, err
	}
	b, p, err := s.monthBook(ctx, scope, first)
	if err != nil {
		return archive.File{}, err
	}
	m := b.month(first, p)
	var files []packed
	e.Progress, e.Total = 0, m.parts()
	for _, d := range m.Days {
		for _, r := range d.Rows {
			for _, st := range r.Statements {
				part, err := s.part(ctx, scope, st, e)
				if err != nil {
					return archive.File{}, err
				}
				files = append(files, part)
				if err := s.advance(ctx, e); err != nil {
					return archive.File{}, err
				}
			}
			for _, bill := range r.Bills {
				files = append(files, packed{path: billPath(d.Day, bill), key: bill.Key, size: bill.Size, bill: bill})
			}
		}
	}
	merchant, err := s.Merchants.Merchant(ctx, scope.MerchantID)
	if err != nil {
		return archive.File{}, err
	}
	w := wordsOf(e.Locale)
	summary, err := s.keep(ctx, func(to io.Writer) error { return s.makeSummary(to, merchant.Name, m, w) })
	if err != nil {
		return archive.File{}, err
	}
	files = append([]packed{{path: fmt.Sprintf("summary_%s_%s.xlsx", scope.Mode, month), key: summary.Key, size: summary.Size}}, files...)
	file, err := s.keep(ctx, func(to io.Writer) error { return s.pack(ctx, to, files) })
	e.Progress = e.Total
	return file, err
}

// parts counts the statements, and one more for the zip itself.
func (m Month) parts() int64 {
	n := int64(1)
	for _, d := range m.Days {
		for _, r := range d.Rows {
			n += int64(len(r.Statements))
		}
	}
	return n
}

// part is one statement's spreadsheet, made unless it has been already.
func (s *Service) part(ctx context.Context, scope payments.Scope, st Statement, e *Export) (packed, error) {
	f, err := s.fullOf(ctx, scope, st.ID)
	if err != nil {
		return packed{}, err
	}
	made, err := s.want(ctx, f.export(XLSX, e.Locale, approvals.Person{})) // nobody asked for it by itself
	if err != nil {
		return packed{}, err
	}
	if made.Status == ExportQueued {
		if made, err = s.makeNow(ctx, made); err != nil {
			return packed{}, err
		}
	}
	if made.Status != ExportDone {
		return packed{}, fmt.Errorf("%s is being made by another server", made.Name)
	}
	return packed{path: "statements/" + string(st.Day) + "/" + made.Name, key: made.key, size: made.Size}, nil
}

// advance notes a part as done, and refuses to go on for another server.
func (s *Service) advance(ctx context.Context, e *Export) error {
	e.Progress++
	held, err := s.store.progress(ctx, s.DB, *e)
	if err == nil && !held {
		return errTaken
	}
	return err
}

func billPath(day app.Day, b Bill) string {
	return "originals/" + string(day) + "/" + string(b.Kind) + "_" + billName(b.Name)
}

// billName keeps a name with its endings, and nothing that is a path.
func billName(s string) string {
	parts := strings.Split(path.Base(strings.ReplaceAll(s, `\`, "/")), ".")
	for i := range parts {
		parts[i] = plainName(parts[i])
	}
	return strings.Join(parts, ".")
}

// pack writes the zip: its files, what each of them is, and their hashes as
// sha256sum checks them.
func (s *Service) pack(ctx context.Context, to io.Writer, files []packed) error {
	z := zip.NewWriter(to)
	for _, f := range files {
		if err := s.packOne(ctx, z, f); err != nil {
			return fmt.Errorf("pack %s: %w", f.path, err)
		}
	}
	if err := writeManifest(z, files); err != nil {
		return err
	}
	return z.Close()
}

// zipTime stands for the files' times, so that the same files make the same zip.
var zipTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Service) packOne(ctx context.Context, z *zip.Writer, f packed) error {
	blob, err := s.open(ctx, f.key)
	if err != nil {
		return err
	}
	defer blob.Close()  //nolint:errcheck // read only
	method := zip.Store // spreadsheets and packed bills are compressed already
	if strings.HasSuffix(f.path, ".csv") {
		method = zip.Deflate
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: f.path, Method: method, Modified: zipTime})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(blob, 0, blob.Size()))
	return err
}

func writeManifest(z *zip.Writer, files []packed) error {
	sums, err := z.CreateHeader(&zip.FileHeader{Name: "SHA256SUMS", Method: zip.Deflate, Modified: zipTime})
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := fmt.Fprintf(sums, "%s  %s\n", f.key, f.path); err != nil {
			return err
		}
	}
	list, err := z.CreateHeader(&zip.FileHeader{Name: "manifest.csv", Method: zip.Deflate, Modified: zipTime})
	if err != nil {
		return err
	}
	table, err := report.NewCSV(list, []report.Column{
		{Title: "file"}, {Title: "size"}, {Title: "sha256"}, {Title: "bill_id"}, {Title: "channel_name"}, {Title: "channel_hash_type"}, {Title: "channel_hash"}, {Title: "lines"},
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		row := []any{f.path, f.size, f.key, nil, nil, nil, nil, nil}
		if f.bill.ID != "" {
			row = []any{f.path, f.size, f.key, f.bill.ID, f.bill.Name, f.bill.HashType, f.bill.Hash, f.bill.Lines}
		}
		if err := table.Row(row); err != nil {
			return err
		}
	}
	return table.Close()
}
