package exceptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// Upload is a filled-in spreadsheet.
type Upload struct {
	Name  string
	Bytes []byte
	By    approvals.Person
}

// maxChanges bounds the changes of one batch, which are made in one transaction.
const maxChanges = 5000

// Upload reads a spreadsheet that Export wrote and somebody filled in, and keeps
// what it would do as a batch; it changes nothing else. Errors are Invalid, the
// field "file".
func (s *Service) Upload(ctx context.Context, scope Scope, u Upload) (Batch, error) {
	rows, err := readSheet(u.Bytes)
	if err != nil {
		return Batch{}, err
	}
	if len(rows) == 0 {
		return Batch{}, refused("no_rows", "the file has no exceptions")
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Batch{}, err
	}
	sum := sha256.Sum256(u.Bytes)
	b := Batch{
		ID: app.NewID(app.PrefixBatch, now.Time()), MerchantID: scope.MerchantID, Mode: scope.Mode, Status: BatchPreviewed,
		FileName: clip(plainName(u.Name), 190), SHA256: hex.EncodeToString(sum[:]), Size: int64(len(u.Bytes)), By: u.By, CreatedAt: now, Version: 1,
	}
	p := &previewing{s: s, scope: scope, batch: &b, seen: map[string]int{}}
	if err := p.all(ctx, rows); err != nil {
		return Batch{}, err
	}
	if b.Changes > maxChanges {
		return Batch{}, refused("too_many_changes", "the file changes %d exceptions, at most %d can be at once: filter before you download", b.Changes, maxChanges)
	}
	return b, s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.store.insertBatch(ctx, tx, b, p.out); err != nil {
			return err
		}
		return s.recordBatch(ctx, tx, "exception_batch.upload", b, "")
	})
}

// plainName keeps the last part of a file's name.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// previewing finds out what a spreadsheet would change.
type previewing struct {
	s      *Service
	scope  Scope
	owners []Owner
	batch  *Batch
	seen   map[string]int // the row of each exception
	out    []BatchRow
}

func (p *previewing) all(ctx context.Context, rows []sheetRow) error {
	var err error
	if p.owners, err = p.s.Owners(ctx, p.scope); err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, 200) {
		found, err := p.known(ctx, chunk)
		if err != nil {
			return err
		}
		for _, r := range chunk {
			if err := p.row(ctx, r, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// known reads the exceptions of some rows.
func (p *previewing) known(ctx context.Context, rows []sheetRow) (map[string]Exception, error) {
	var ids []string
	for _, r := range rows {
		if app.ValidID(app.PrefixException, r.cells[colID]) {
			ids = append(ids, r.cells[colID])
		}
	}
	list, err := p.s.store.byIDs(ctx, p.s.DB, p.scope, ids)
	out := make(map[string]Exception, len(list))
	for _, e := range list {
		out[e.ID] = e
	}
	return out, err
}

// row judges one row and keeps what it comes to.
func (p *previewing) row(ctx context.Context, r sheetRow, found map[string]Exception) error {
	b := BatchRow{BatchID: p.batch.ID, Row: r.row, ExceptionID: clip(r.cells[colID], 40), Outcome: RowUnchanged}
	if err := p.judge(ctx, &b, r, found); err != nil {
		return err
	}
	switch {
	case len(b.Problems) > 0:
		b.Outcome = RowError
		p.batch.Errors++
	case b.Outcome == RowStale:
		p.batch.Stale++
	case b.Outcome == RowChange:
		p.batch.Changes++
		if b.Resolution != "" {
			p.batch.Proposals++
			p.batch.Amount += b.weight(found[b.ExceptionID])
		}
	default:
		p.batch.Unchanged++
	}
	p.out = append(p.out, b)
	return nil
}

func (b BatchRow) weight(e Exception) app.Money {
	if b.Amount != 0 {
		return b.Amount
	}
	return e.magnitude()
}

func (b *BatchRow) wrong(c sheetColumn, code, detail string) {
	b.Problems = append(b.Problems, CellProblem{Cell: cell(c, b.Row), Code: code, Detail: clip(detail, 100)})
}

func (p *previewing) judge(ctx context.Context, b *BatchRow, r sheetRow, found map[string]Exception) error {
	e, ok := found[r.cells[colID]]
	if !ok {
		b.ExceptionID = asciiOf(b.ExceptionID)
		b.wrong(colID, "not_found", r.cells[colID])
		return nil
	}
	if first := p.seen[e.ID]; first != 0 {
		b.wrong(colID, "repeated", strconv.Itoa(first))
		return nil
	}
	p.seen[e.ID] = b.Row
	if b.Version = versionOf(r); b.Version == 0 {
		b.wrong(colVersion, "version", r.cells[colVersion])
		return nil
	}
	if b.Version != e.Version {
		b.Outcome = RowStale
		return nil
	}
	p.owner(b, r, e)
	p.note(b, r, e)
	return p.resolution(ctx, b, r, e)
}

// versionOf reads the hidden column, 0 when it is no version.
func versionOf(r sheetRow) int64 {
	v, err := strconv.ParseInt(strings.TrimSpace(r.cells[colVersion]), 10, 64)
	if err != nil {
		return 0
	}
	return max(v, 0)
}

// amountOf reads the amount as decimal text; an empty cell is 0.
func amountOf(r sheetRow) (app.Money, bool) {
	raw := strings.TrimSpace(r.cells[colAmount])
	if raw == "" {
		return 0, true
	}
	m, err := report.ParseMoneyCell(raw)
	return m, err == nil
}

// asciiOf keeps what fits a column of ids.
func asciiOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

func (p *previewing) owner(b *BatchRow, r sheetRow, e Exception) {
	name := strings.TrimSpace(r.cells[colOwner])
	if strings.EqualFold(name, e.OwnerName) {
		return
	}
	if name == "" {
		b.OwnerSet, b.Outcome = true, RowChange
		return
	}
	i := slices.IndexFunc(p.owners, func(o Owner) bool { return strings.EqualFold(o.Name, name) })
	if i < 0 {
		b.wrong(colOwner, "owner", name)
		return
	}
	b.OwnerSet, b.Owner, b.Outcome = true, p.owners[i], RowChange
}

func (p *previewing) note(b *BatchRow, r sheetRow, e Exception) {
	note, err := words("note", normal(r.cells[colNote]), false)
	if err != nil {
		b.wrong(colNote, "note", "")
		return
	}
	if note != normal(unsafe(e.Note)) {
		if note == "" { // nothing is ever taken out of a history
			b.wrong(colNote, "note_removed", e.Note)
			return
		}
		b.Note, b.Outcome = note, RowChange
	}
}

// normal writes line ends in one way: spreadsheets change them.
func normal(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "_x000D_", "").Replace(s))
}

// resolution judges the three cells that propose something.
func (p *previewing) resolution(ctx context.Context, b *BatchRow, r sheetRow, e Exception) error {
	word, ok := resolutionNamed(r.cells[colResolution])
	if !ok {
		b.wrong(colResolution, "resolution", r.cells[colResolution])
		return nil
	}
	amount, ok := amountOf(r)
	if !ok {
		b.wrong(colAmount, "amount", r.cells[colAmount])
		return nil
	}
	link := strings.TrimSpace(r.cells[colLink])
	if word == e.Resolution && amount == e.Amount && link == e.LinkedID {
		return nil
	}
	switch {
	case e.Status != Open:
		b.wrong(colResolution, "not_open", string(e.Status))
		return nil
	case word == "" && amount != 0:
		b.wrong(colAmount, "resolution_missing", "")
		return nil
	case word == "":
		b.wrong(colLink, "resolution_missing", "")
		return nil
	}
	if b.Note == "" {
		b.Note = e.Note
	}
	if b.Note == "" {
		b.wrong(colNote, "reason_missing", "")
		return nil
	}
	return p.proposal(ctx, b, e, Proposal{Resolution: word, Amount: amount, Link: link, Reason: b.Note})
}

// proposal asks whether the resolution fits the exception.
func (p *previewing) proposal(ctx context.Context, b *BatchRow, e Exception, in Proposal) error {
	var err error
	if in.Link, err = p.s.paymentNumbered(ctx, p.scope, e, in); err == nil {
		var plan Plan
		if plan, err = p.s.plan(ctx, p.s.DB, p.scope, e, in); err == nil {
			b.Resolution, b.Amount, b.Outcome = plan.Resolution, plan.Amount, RowChange
			if plan.Linked != nil {
				b.LinkedID = plan.Linked.ID
			}
			return nil
		}
	}
	why := refusal(err)
	if why == nil {
		return err
	}
	switch why.Field {
	case "amount":
		b.wrong(colAmount, "amount_"+why.Fields[0].Code, in.Amount.Yuan())
	case "link":
		b.wrong(colLink, "link_"+why.Fields[0].Code, in.Link)
	case "resolution":
		b.wrong(colResolution, "not_offered", string(in.Resolution))
	default:
		b.wrong(colResolution, "cannot", why.Reason)
	}
	return nil
}
