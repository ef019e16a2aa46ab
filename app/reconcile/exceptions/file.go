package exceptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// File makes the exceptions of a run those that its newest execution found, in
// the run's own transaction, and returns how many were opened and how many are
// cleared. What stands already is kept as it is; what has other amounts than
// before is open again, whatever had been decided of the old ones; and what
// earlier executions of the run filed and this one no longer finds is cleared,
// even where somebody has proposed or decided something: the proposal is
// withdrawn, and what was booked is reversed. A refund that was made stays made.
// Nothing changes in a month that is closed: what belongs to one and was not filed
// before is filed with the run's own day.
func (s *Service) File(ctx context.Context, tx *db.Tx, run RunRef, findings []Finding) (opened, closed int, err error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, 0, err
	}
	ctx = audit.WithActor(ctx, runner)
	f := &filing{s: s, run: run, now: now, key: map[naturalKey]*filed{}}
	if err := f.read(ctx, tx, findings); err != nil {
		return 0, 0, err
	}
	for i := range findings {
		if err := f.take(ctx, tx, findings[i]); err != nil {
			return 0, 0, err
		}
	}
	if err := f.clearRest(ctx, tx); err != nil {
		return 0, 0, err
	}
	return f.opened, f.cleared, f.write(ctx, tx)
}

// naturalKey is what makes an exception within an identity.
type naturalKey struct {
	day  app.Day
	kind Type
	key  string
}

// filed is an exception as filing needs it.
type filed struct {
	ID         string    `db:"id"`
	RunID      string    `db:"run_id"`
	Day        app.Day   `db:"day"`
	Type       Type      `db:"type"`
	Key        string    `db:"object_key"`
	Number     string    `db:"number"`
	Ours       app.Money `db:"ours"`
	Theirs     app.Money `db:"theirs"`
	Difference app.Money `db:"difference"`
	Digest     string    `db:"digest"`
	Status     Status    `db:"status"`
	ClearedBy  string    `db:"cleared_by"`
	Version    int64     `db:"version"`
	found      bool
}

// filing is one call of File. New rows and history are collected and written at
// the end; exceptions whose state changes are read and changed one by one, which
// are few.
type filing struct {
	s    *Service
	run  RunRef
	now  app.Millis
	key  map[naturalKey]*filed
	all  []*filed
	shut map[string]bool // months, once asked about

	rows            []newRow
	history         []Entry
	opened, cleared int
}

// newRow is an exception to be inserted.
type newRow struct {
	Exception
	evidence, digest string
}

// read locks what stands of the run and of the days of its findings, so that
// nobody decides about it meanwhile, and remembers it.
func (f *filing) read(ctx context.Context, tx *db.Tx, findings []Finding) error {
	days := []app.Day{f.run.Day}
	for _, n := range findings {
		if n.Day != "" && !slices.Contains(days, n.Day) {
			days = append(days, n.Day)
		}
	}
	standing, err := f.s.store.lockFiled(ctx, tx, f.run, days, f.now)
	if err != nil {
		return err
	}
	for i := range standing {
		e := &standing[i]
		k := naturalKey{e.Day, e.Type, e.Key}
		if f.key[k] == nil {
			f.key[k] = e
			f.all = append(f.all, e)
		}
	}
	return nil
}

// take files one finding.
func (f *filing) take(ctx context.Context, tx *db.Tx, n Finding) error {
	if n.Day == "" {
		n.Day = f.run.Day
	}
	evidence := encode(n.Evidence)
	digest := digestOf(evidence)
	k, e, err := f.place(ctx, tx, &n)
	if err != nil {
		return err
	}
	if e == nil {
		f.insert(ctx, n, k, evidence, digest)
		return nil
	}
	e.found = true
	if closed, err := f.closed(ctx, tx, e.Day); err != nil || closed {
		return err
	}
	if e.foundLater() {
		return nil
	}
	// The run whose own day it is clears it, and whoever opens it again.
	if e.RunID != f.run.ID && (e.Day == f.run.Day || e.Status == Cleared) {
		if err := f.s.store.own(ctx, tx, f.run, e.ID); err != nil {
			return err
		}
	}
	same := e.Ours == n.Ours && e.Theirs == n.Channel && e.Difference == n.Difference
	switch {
	case !same, e.Status == Cleared:
		return f.change(ctx, tx, e.ID, n, evidence, digest)
	case e.Digest != digest:
		if err := f.s.store.refresh(ctx, tx, f.run.MerchantID, e.ID, evidence, digest); err != nil {
			return err
		}
		f.note(ctx, Exception{ID: e.ID, Status: e.Status, Version: e.Version + 1}, EventChanged, e.Status)
	default:
		f.note(ctx, Exception{ID: e.ID, Status: e.Status, Version: e.Version}, EventSeen, e.Status)
	}
	return nil
}

func (f *filing) insert(ctx context.Context, n Finding, k naturalKey, evidence, digest string) {
	e := Exception{
		ID: app.NewID(app.PrefixException, f.now.Time()), MerchantID: f.run.MerchantID, Mode: f.run.Mode, IdentityID: f.run.IdentityID,
		Channel: f.run.Channel, Identity: f.run.Identity, SubIdentity: f.run.SubIdentity, AccountID: n.AccountID, RunID: f.run.ID,
		Day: k.day, Type: k.kind, Kind: n.Kind, Key: k.key, Number: clip(n.Number, 64), ChannelNo: clip(n.ChannelNo, 64),
		PaymentID: n.PaymentID, RefundID: n.RefundID, Ours: n.Ours, Theirs: n.Channel, Difference: n.Difference,
		Status: Open, OpenedAt: f.now, CheckedAt: f.now, Version: 1,
	}
	f.key[k] = &filed{ID: e.ID, found: true}
	f.rows = append(f.rows, newRow{e, evidence, digest})
	f.note(ctx, e, EventFiled, "")
	f.opened++
}

// change gives a standing exception other amounts, and opens it again.
func (f *filing) change(ctx context.Context, tx *db.Tx, id string, n Finding, evidence, digest string) error {
	e, err := f.s.store.get(ctx, tx, f.scope(), id)
	if err != nil {
		return err
	}
	from := e.Status
	if err := f.undo(ctx, tx, &e); err != nil {
		return err
	}
	e.Status = Open
	if ok, err := f.s.store.update(ctx, tx, &e); err != nil || !ok {
		return firstErr(err, raced(id))
	}
	if err := f.s.store.amounts(ctx, tx, f.run.MerchantID, id, n, evidence, digest); err != nil {
		return err
	}
	event := EventChanged
	if !from.Standing() {
		event = EventReopened
		f.opened++
	}
	f.history = append(f.history, entry(ctx, f.now, e, event, from, "", map[string]string{
		"run": f.run.ID, "before": e.Difference.String(), "after": n.Difference.String(),
	}))
	return nil
}

// clearRest ends what earlier executions of this run filed.
func (f *filing) clearRest(ctx context.Context, tx *db.Tx) error {
	var gone []*filed
	var settled []string // by a later bill, and now by the run's own
	for _, e := range f.all {
		if e.found || e.RunID != f.run.ID {
			continue
		}
		if closed, err := f.closed(ctx, tx, e.Day); err != nil {
			return err
		} else if closed {
			continue
		}
		switch {
		case e.foundLater():
			settled = append(settled, e.ID)
		case e.Status != Cleared:
			gone = append(gone, e)
		}
	}
	for ids := range slices.Chunk(settled, 200) {
		if err := f.s.store.settle(ctx, tx, f.run, ids); err != nil {
			return err
		}
	}
	return f.clearAll(ctx, tx, gone)
}

// clearAll ends exceptions: the open ones together, those about which people
// have done something one by one.
func (f *filing) clearAll(ctx context.Context, tx *db.Tx, gone []*filed) error {
	var open []string
	for _, e := range gone {
		if e.Status == Open {
			open = append(open, e.ID)
			f.note(ctx, Exception{ID: e.ID, Status: Cleared, Version: e.Version + 1}, EventCleared, Open)
			f.cleared++
			continue
		}
		if err := f.clear(ctx, tx, e.ID); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(open, 200) {
		if err := f.s.store.clearOpen(ctx, tx, f.run, ids, f.now); err != nil {
			return err
		}
	}
	return nil
}

func (f *filing) clear(ctx context.Context, tx *db.Tx, id string) error {
	e, err := f.s.store.get(ctx, tx, f.scope(), id)
	if err != nil {
		return err
	}
	from := e.Status
	if err := f.undo(ctx, tx, &e); err != nil {
		return err
	}
	e.Status, e.ClosedAt, e.ClearedBy = Cleared, f.now, f.run.ID
	if ok, err := f.s.store.update(ctx, tx, &e); err != nil || !ok {
		return firstErr(err, raced(id))
	}
	f.note(ctx, e, EventCleared, from)
	f.cleared++
	return nil
}

// undo takes back what was proposed or decided about an exception.
func (f *filing) undo(ctx context.Context, tx *db.Tx, e *Exception) error {
	switch e.Status {
	case Proposed:
		if err := f.s.withdraw(ctx, tx, *e); err != nil {
			return err
		}
	case Resolved:
		if err := f.s.store.reverse(ctx, tx, *e, f.now); err != nil {
			return err
		}
	}
	e.forget()
	return nil
}

// forget empties what was proposed; the history keeps it.
func (e *Exception) forget() {
	*e = Exception{
		ID: e.ID, MerchantID: e.MerchantID, Mode: e.Mode, IdentityID: e.IdentityID, Channel: e.Channel, Identity: e.Identity,
		SubIdentity: e.SubIdentity, AccountID: e.AccountID, RunID: e.RunID, Day: e.Day, Type: e.Type, Kind: e.Kind, Key: e.Key,
		Number: e.Number, OrderNo: e.OrderNo, ChannelNo: e.ChannelNo, PaymentID: e.PaymentID, RefundID: e.RefundID,
		Ours: e.Ours, Theirs: e.Theirs, Difference: e.Difference, Evidence: e.Evidence, Status: e.Status,
		OwnerID: e.OwnerID, OwnerName: e.OwnerName, Note: e.Note, GivenBackID: e.GivenBackID,
		OpenedAt: e.OpenedAt, CheckedAt: e.CheckedAt, Version: e.Version,
	}
}

// write stores what was collected.
func (f *filing) write(ctx context.Context, tx *db.Tx) error {
	if err := f.orderNumbers(ctx, tx); err != nil {
		return err
	}
	if err := f.s.store.insert(ctx, tx, f.rows); err != nil {
		return err
	}
	return f.s.store.insertHistory(ctx, tx, f.run.MerchantID, f.history)
}

// orderNumbers fills in the merchant's own numbers of the payments.
func (f *filing) orderNumbers(ctx context.Context, tx *db.Tx) error {
	var ids []string
	for _, r := range f.rows {
		if r.PaymentID != "" {
			ids = append(ids, r.PaymentID)
		}
	}
	numbers, err := f.s.Payments.OrderNumbers(ctx, tx, f.scope(), ids)
	if err != nil {
		return err
	}
	for i := range f.rows {
		f.rows[i].OrderNo = numbers[f.rows[i].PaymentID]
	}
	return nil
}

func (f *filing) note(ctx context.Context, e Exception, event Event, from Status) {
	f.history = append(f.history, entry(ctx, f.now, e, event, from, "", map[string]string{"run": f.run.ID}))
}

func (f *filing) scope() Scope { return Scope{MerchantID: f.run.MerchantID, Mode: f.run.Mode} }

// objectKey keeps a finding's key within its column, which holds ASCII: what a
// channel numbers otherwise is known by its hash.
func objectKey(key string) string {
	if app.PlainASCII(key, 120) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// raced is about an exception that changed although it was locked.
func raced(id string) error {
	return app.Errorf(app.Internal, "exception %s changed under its lock", id)
}

func firstErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
