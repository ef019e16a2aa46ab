package statements

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// ExportStatus is how far a file is.
type ExportStatus string

// The statuses.
const (
	ExportQueued  ExportStatus = "queued"
	ExportRunning ExportStatus = "running"
	ExportDone    ExportStatus = "done"
	ExportFailed  ExportStatus = "failed" // asking for it again tries again
)

// ExportStatuses lists every status.
var ExportStatuses = []ExportStatus{ExportQueued, ExportRunning, ExportDone, ExportFailed}

// The kinds of exports.
const (
	ExportStatement = "statement" // one statement's file
	ExportMonth     = "month"     // a month's zip
)

// Export is a file that is made in the background and kept in the archive. The
// same figures in the same format and language are made once.
type Export struct {
	ID         string // exp_…
	MerchantID string
	Mode       app.Mode
	Kind       string
	ObjectID   string // the statement's id, or the month
	Format     Format
	Locale     string
	Status     ExportStatus
	// Progress of Total parts are done; Total is 0 before it begins.
	Progress, Total int64
	Name            string // for the download
	Size            int64  // of the file, once done
	Error           string // why it failed, for the operator
	Requested       approvals.Person
	CreatedAt       app.Millis
	FinishedAt      app.Millis // 0 until done or failed
	key             string
	fence           int64
	tries           int64
}

// SHA256 is the file's, in hex; "" until it is done.
func (e Export) SHA256() string { return e.key }

// exportParams are what a job must know besides the object.
type exportParams struct {
	Format Format `json:"format"`
	Locale string `json:"locale"`
}

// ParseFormat reads the format of a statement's file; "" is xlsx. Anything else
// is Invalid.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case "":
		return XLSX, nil
	case XLSX, CSV:
		return f, nil
	}
	return "", app.InvalidField("format", "bad_value", "format must be csv or xlsx")
}

// ParseLocale reads a file's language; "" is zh-CN. Anything else is Invalid.
func ParseLocale(s string) (string, error) {
	if s == "" {
		return Locales[0], nil
	}
	if !slices.Contains(Locales, s) {
		return "", app.InvalidField("locale", "bad_value", "locale must be zh-CN or en")
	}
	return s, nil
}

// smallLines is up to how many lines of a day its file is made at once.
const smallLines = 20_000

// File is a statement's file. Body is nil while it is being made: Export says
// how far it is. The caller closes Body.
type File struct {
	Name   string
	Format Format
	Body   archive.Blob
	Export Export
}

// File returns a statement's file by its figures as they stand now: a small
// day's at once, a large one's once a job has made it; ask again until then. What
// is handed out is audited as by's download. Errors: NotFound; Internal with
// reason statement_differs when the lines do not add up to the statement.
func (s *Service) File(ctx context.Context, scope payments.Scope, id string, format Format, locale string, by approvals.Person) (File, error) {
	f, err := s.fullOf(ctx, scope, id)
	if err != nil {
		return File{}, err
	}
	e, err := s.want(ctx, f.export(format, locale, by))
	if err != nil {
		return File{}, err
	}
	if e.Status == ExportQueued && f.lines <= s.small() {
		if e, err = s.makeNow(ctx, e); err != nil {
			return File{}, err
		}
	}
	out := File{Name: e.Name, Format: format, Export: e}
	if e.Status != ExportDone {
		return out, nil
	}
	if out.Body, err = s.open(ctx, e.key); err != nil {
		return File{}, err
	}
	if err := s.auditDownload(ctx, id, e, by); err != nil {
		_ = out.Body.Close()
		return File{}, err
	}
	return out, nil
}

func (s *Service) small() int64 {
	if s.SmallLines != 0 {
		return s.SmallLines
	}
	return smallLines
}

// export is the file of a statement, named by everything that it shows.
func (f fullStatement) export(format Format, locale string, by approvals.Person) Export {
	return Export{
		MerchantID: f.MerchantID, Mode: f.Mode, Kind: ExportStatement, ObjectID: f.ID, Format: format, Locale: locale,
		Name: f.fileName(format), Requested: by, key: digestOf(ViewOf(f.Statement), f.Theirs.Fee, f.resultKey, f.merchant, f.account, f.period.Handled, f.period.Checked, f.booked, format, locale),
	}
}

func digestOf(parts ...any) string {
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err) // views and names always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// want returns the export of e's content, and queues it where there is none yet,
// where it failed, or where the archive has lost it. e.key holds the content's
// digest.
func (s *Service) want(ctx context.Context, e Export) (Export, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Export{}, err
	}
	digest := e.key
	e.ID, e.Status, e.key, e.CreatedAt = app.NewID(app.PrefixExport, now.Time()), ExportQueued, "", now
	found, ok, err := s.store.exportOf(ctx, s.DB, e, digest)
	if err != nil {
		return Export{}, err
	}
	if !ok {
		err := s.store.insertExport(ctx, s.DB, e, digest, now)
		if err == nil {
			return e, nil
		}
		if !db.IsDuplicate(err) {
			return Export{}, err
		}
		if found, _, err = s.store.exportOf(ctx, s.DB, e, digest); err != nil { // another server's
			return Export{}, err
		}
	}
	lost := false
	if found.Status == ExportDone {
		has, err := s.Archive.Has(ctx, found.key)
		if err != nil {
			return Export{}, err
		}
		lost = !has
	}
	if found.Status == ExportFailed || lost {
		if err := s.store.requeue(ctx, s.DB, found, now); err != nil {
			return Export{}, err
		}
		found.Status, found.Error, found.key, found.tries = ExportQueued, "", "", 0
	}
	return found, nil
}

// Export returns an export of the scope, or NotFound.
func (s *Service) Export(ctx context.Context, scope payments.Scope, id string) (Export, error) {
	return s.store.export(ctx, s.DB, scope, id)
}

// ExportsListed is how many exports a list has at most.
const ExportsListed = 50

// Exports returns the newest exports that people and keys of the scope asked for,
// before the id ("" for the newest), ExportsListed at most.
func (s *Service) Exports(ctx context.Context, scope payments.Scope, before string) ([]Export, error) {
	return s.store.exports(ctx, s.DB, scope, before)
}

// OpenExport returns an export's file for by, who is audited. Errors: NotFound;
// Conflict with reason export_not_ready. The caller closes the blob.
func (s *Service) OpenExport(ctx context.Context, scope payments.Scope, id string, by approvals.Person) (Export, archive.Blob, error) {
	e, err := s.store.export(ctx, s.DB, scope, id)
	if err != nil {
		return Export{}, nil, err
	}
	if e.Status != ExportDone {
		return Export{}, nil, app.Errorf(app.Conflict, "%s is %s: wait until it is done", id, e.Status).WithReason("export_not_ready")
	}
	blob, err := s.open(ctx, e.key)
	if err != nil {
		return Export{}, nil, err
	}
	if err := s.auditDownload(ctx, e.ID, e, by); err != nil {
		_ = blob.Close()
		return Export{}, nil, err
	}
	return e, blob, nil
}

// downloadFacts are what the audit says of a file that was handed out or asked
// for.
type downloadFacts struct {
	Kind   string `json:"kind"`
	Object string `json:"object_id"`
	Name   string `json:"name"`
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

func (s *Service) auditDownload(ctx context.Context, target string, e Export, by approvals.Person) error {
	return s.record(ctx, "statement.download", target, e, by)
}

func (s *Service) record(ctx context.Context, action, target string, e Export, by approvals.Person) error {
	entry := audit.Entry{
		Chain: e.MerchantID, Action: action, Target: target, After: downloadFacts{e.Kind, e.ObjectID, e.Name, e.Size, e.key},
		Actor: audit.Actor{Kind: by.Kind, ID: by.ID, Name: by.Name, IP: audit.ActorFrom(ctx).IP},
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error { return s.Audit.Record(ctx, tx, entry) })
	if err != nil {
		return fmt.Errorf("audit the download of %s: %w", target, err)
	}
	return nil
}
