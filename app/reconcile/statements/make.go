package statements

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// Format is what a file is.
type Format string

// The formats.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
	Zip  Format = "zip" // of a month
)

// Type is the format's media type.
func (f Format) Type() string {
	switch f {
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case CSV:
		return "text/csv; charset=utf-8"
	}
	return "application/zip"
}

// fullStatement is a statement with all that its file needs.
type fullStatement struct {
	Statement
	merchant, account string // names
	period            Period
	resultKey         string
	lines             int64
	alone             bool                 // takes along what belongs to no account
	booked            map[string]app.Money // of the adjustments, by kind
}

// fullOf reads a statement of the scope as a file shows it, or NotFound.
func (s *Service) fullOf(ctx context.Context, scope payments.Scope, id string) (fullStatement, error) {
	st, b, err := s.statement(ctx, scope, id)
	if err != nil {
		return fullStatement{}, err
	}
	at := place{st.IdentityID, st.Day}
	f := fullStatement{Statement: st, resultKey: b.days[at].ResultKey, lines: b.days[at].LineCount, booked: b.booked[st.ID]}
	// As Outcome.figures folded it.
	f.alone = len(b.statements[at]) == 1 && st.AccountID != ""
	for _, a := range b.accounts[st.IdentityID] {
		if a.ID == st.AccountID {
			f.account = a.Name
		}
	}
	m, err := s.Merchants.Merchant(ctx, scope.MerchantID)
	if err != nil {
		return fullStatement{}, err
	}
	p, _, err := s.store.period(ctx, s.DB, scope, st.Day.Month())
	f.merchant, f.period = m.Name, p.period()
	return f, err
}

// fileName names a statement's file: what it is, whose, and the day.
func (f fullStatement) fileName(format Format) string {
	account := f.AccountID
	if account == "" {
		account = "unassigned"
	}
	return fmt.Sprintf("statement_%s_%s_%s_%s.%s", f.Channel, plainName(f.Identity), plainName(account), f.Day, format)
}

// plainName keeps what is harmless in any file system.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-') {
			return r
		}
		return '-'
	}, s)
}

// makeFile writes a statement's file. Its lines must add up to the statement, or
// nothing is made.
func (s *Service) makeFile(ctx context.Context, to io.Writer, f fullStatement, format Format, w words) error {
	result, done, err := s.openResult(ctx, f.resultKey)
	if err != nil {
		return err
	}
	defer done()
	if format == CSV {
		return s.makeCSV(ctx, to, f, result, w)
	}
	book, err := report.NewBook(s.Dir)
	if err != nil {
		return err
	}
	defer book.Close() //nolint:errcheck // temporary files only
	if err := book.Facts(w.Summary, f.title(w), f.facts(w), []string{w.Handled, w.Checked, w.Date}); err != nil {
		return err
	}
	sheet, err := book.Sheet(w.Lines, lineColumns(w))
	if err != nil {
		return err
	}
	sum, err := s.linesOf(ctx, f, result, w, sheet.Row)
	if err != nil {
		return err
	}
	if err := errors.Join(sheet.Close(sum.totals(w)), f.holds(sum)); err != nil {
		return err
	}
	return book.Write(to)
}

func (s *Service) makeCSV(ctx context.Context, to io.Writer, f fullStatement, result *match.Result, w words) error {
	table, err := report.NewCSV(to, lineColumns(w))
	if err != nil {
		return err
	}
	sum, err := s.linesOf(ctx, f, result, w, table.Row)
	if err != nil {
		return err
	}
	return errors.Join(table.Close(), f.holds(sum))
}

// linesOf yields the statement's lines; a day without a bill has none.
func (s *Service) linesOf(ctx context.Context, f fullStatement, result *match.Result, w words, yield func([]any) error) (tally, error) {
	if result == nil {
		return tally{Figures: Figures{Ours: f.Ours, Theirs: f.Theirs}}, nil
	}
	return s.eachLine(ctx, f.MerchantID, f.AccountID, f.alone, result, w, yield)
}

// holds refuses a file whose lines say something else than its statement.
func (f fullStatement) holds(sum tally) error {
	if sum.Ours == f.Ours && sum.Theirs == f.Theirs {
		return nil
	}
	return app.Errorf(app.Internal, "the lines of %s add up to %+v and %+v, the statement says %+v and %+v: run %s again", f.ID, sum.Ours, sum.Theirs, f.Ours, f.Theirs, f.Day).
		WithReason("statement_differs")
}

// openResult opens a run's result in the archive; nil for a day without one.
func (s *Service) openResult(ctx context.Context, key string) (*match.Result, func(), error) {
	if key == "" {
		return nil, func() {}, nil
	}
	blob, err := s.open(ctx, key)
	if err != nil {
		return nil, nil, fmt.Errorf("open the result: %w", err)
	}
	r, err := match.OpenResult(blob, blob.Size())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the result %s: %w", key, err), blob.Close())
	}
	return r, func() { _ = blob.Close() }, nil
}

// open opens a kept file. What is missing or altered is nobody's fault who asks.
func (s *Service) open(ctx context.Context, key string) (archive.Blob, error) {
	blob, err := s.Archive.Open(ctx, key)
	if app.Is(err, app.NotFound) || archive.Altered(err) {
		return nil, app.Errorf(app.Internal, "a kept file cannot be read: %w", err).WithReason("archive_damaged")
	}
	return blob, err
}

// keep makes a file in the archive.
func (s *Service) keep(ctx context.Context, write func(w io.Writer) error) (archive.File, error) {
	return s.Archive.Put(ctx, write)
}

func (f fullStatement) title(w words) string {
	return fmt.Sprintf("%s %s %s", f.merchant, word(w.Channels, string(f.Channel)), f.Day)
}

// facts are the summary: the same figures as on the page.
func (f fullStatement) facts(w words) []report.Fact {
	n := w.Facts
	account := f.account
	if f.AccountID == "" {
		account = w.Unassigned
	}
	out := []report.Fact{
		{Name: n.Merchant, Value: f.merchant}, {Name: n.Mode, Value: word(w.Modes, string(f.Mode))}, {Name: n.Channel, Value: word(w.Channels, string(f.Channel))},
		{Name: n.Identity, Value: f.Identity},
	}
	if f.SubIdentity != "" {
		out = append(out, report.Fact{Name: n.SubIdentity, Value: f.SubIdentity})
	}
	status := w.status(f.Status, f.Exceptions)
	if f.LockedAt != 0 {
		status += " · " + w.Locked
	}
	out = append(out, report.Fact{Name: n.Account, Value: account}, report.Fact{Name: n.Date, Value: string(f.Day)}, report.Fact{Name: n.Status, Value: status}, report.Fact{})
	out = append(out, figureFacts(w, Totals{f.Figures, f.Exceptions, f.Adjustments})...)
	for _, kind := range slices.Sorted(maps.Keys(f.booked)) {
		out = append(out, report.Fact{Name: "  " + word(w.Adjusted, kind), Value: f.booked[kind]})
	}
	if b := f.Balance; b != nil {
		out = append(out, report.Fact{}, report.Fact{Name: n.Opening, Value: b.Opening}, report.Fact{Name: n.Income, Value: b.Income},
			report.Fact{Name: n.Outgoing, Value: b.Outgoing}, report.Fact{Name: n.Closing, Value: b.Closing})
	}
	if f.LockedAt != 0 {
		out = append(out, report.Fact{}, report.Fact{Name: n.Handled, Value: f.period.Handled.Name}, report.Fact{Name: n.Checked, Value: f.period.Checked.Name},
			report.Fact{Name: n.LockedAt, Value: clockOf(f.LockedAt.Time(), false)})
	}
	return out
}

func figureFacts(w words, t Totals) []report.Fact {
	n := w.Facts
	count, amount := t.Differing()
	out := []report.Fact{
		{Name: n.OurPayments, Value: t.Ours.Payments}, {Name: n.OurGross, Value: t.Ours.Gross},
		{Name: n.OurRefunds, Value: t.Ours.Refunds}, {Name: n.OurRefunded, Value: t.Ours.Refunded}, {},
		{Name: n.Payments, Value: t.Theirs.Payments}, {Name: n.Gross, Value: t.Theirs.Gross}, {Name: n.Settlement, Value: t.Theirs.Settlement},
		{Name: n.Refunds, Value: t.Theirs.Refunds}, {Name: n.Refunded, Value: t.Theirs.Refunded}, {Name: n.RefundedSettlement, Value: t.Theirs.RefundedSettlement},
		{Name: n.Fee, Value: t.Theirs.Fee}, {Name: n.Net, Value: t.Theirs.Net()}, {},
		{Name: n.Matched, Value: t.Matched}, {Name: n.InTransit, Value: t.InTransit}, {Name: n.Differing, Value: count}, {Name: n.DifferingAmount, Value: amount},
	}
	for _, d := range t.Differences {
		out = append(out, report.Fact{Name: "  " + word(w.Classes, string(d.Class)), Value: d.Count})
	}
	return append(out, report.Fact{Name: n.Exceptions, Value: t.Exceptions.Total}, report.Fact{Name: n.Open, Value: t.Exceptions.Open}, report.Fact{Name: n.Adjustments, Value: t.Adjustments.Amount})
}
