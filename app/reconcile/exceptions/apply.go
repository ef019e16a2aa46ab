package exceptions

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// ApplyBatch does what the batch's preview showed, once: owners and comments at
// once, and every resolution proposed under one approval. A row whose exception
// has changed since the download is missed, and says so. Errors: NotFound;
// Forbidden for what no person asks; Conflict with reason not_uploader for
// somebody else than who uploaded it, who could then approve their own, with
// batch_applied, or with batch_empty when no row changes anything.
func (s *Service) ApplyBatch(ctx context.Context, scope Scope, id string, by approvals.Person) (Batch, error) {
	if by.Kind != approvals.ByUser || by.ID == "" {
		return Batch{}, app.Errorf(app.Forbidden, "only a signed-in person proposes how exceptions end").WithReason("not_a_user")
	}
	var out Batch
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		b, err := s.store.lockBatch(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		switch {
		case b.By.Kind != by.Kind || b.By.ID != by.ID:
			return app.Errorf(app.Conflict, "batch %s was uploaded by %s, who must apply it: upload the file yourself", id, b.By.Name).WithReason("not_uploader")
		case b.Status != BatchPreviewed:
			return app.Errorf(app.Conflict, "batch %s has been applied", id).WithReason("batch_applied").WithDetail("batch_id", id)
		case b.Changes == 0:
			return app.Errorf(app.Conflict, "batch %s changes nothing", id).WithReason("batch_empty")
		}
		a := &applying{s: s, scope: scope, batch: b, by: by}
		err = a.run(ctx, tx)
		out = a.batch
		return err
	})
	return out, err
}

// applying is one call of ApplyBatch.
type applying struct {
	s     *Service
	scope Scope
	batch Batch
	by    approvals.Person
	now   app.Millis

	rows    []BatchRow
	found   []Exception // locked, one for each row
	history []Entry
	amount  app.Money
	count   int64
}

func (a *applying) run(ctx context.Context, tx *db.Tx) error {
	var err error
	if a.now, err = a.s.DB.Now(ctx); err != nil {
		return err
	}
	if err := a.lock(ctx, tx); err != nil {
		return err
	}
	if a.batch.ApprovalID, err = a.ask(ctx, tx); err != nil {
		return err
	}
	for i := range a.rows {
		if a.rows[i].Result == RowMissed {
			continue
		}
		if err := a.apply(ctx, tx, &a.rows[i], &a.found[i]); err != nil {
			return err
		}
	}
	if err := a.s.store.insertHistory(ctx, tx, a.scope.MerchantID, a.history); err != nil {
		return err
	}
	if err := a.s.store.results(ctx, tx, a.batch, a.rows); err != nil {
		return err
	}
	a.batch.Status, a.batch.AppliedAt = BatchApplied, a.now
	if a.batch.ApprovalID != "" {
		a.batch.Status = BatchProposed
	}
	if err := a.s.store.updateBatch(ctx, tx, &a.batch); err != nil {
		return err
	}
	return a.s.recordBatch(ctx, tx, "exception_batch.propose", a.batch, BatchPreviewed)
}

// lock keeps everybody else from the exceptions that the batch changes, and
// finds those that have changed since.
func (a *applying) lock(ctx context.Context, tx *db.Tx) error {
	var err error
	if a.rows, err = a.s.store.batchRows(ctx, tx, a.batch, rowFilter{outcome: RowChange, limit: maxChanges}); err != nil {
		return err
	}
	// In the order of ids, as everybody locks several of them.
	slices.SortFunc(a.rows, func(x, y BatchRow) int { return strings.Compare(x.ExceptionID, y.ExceptionID) })
	a.found = make([]Exception, len(a.rows))
	for i := range a.rows {
		r := &a.rows[i]
		if a.found[i], err = a.s.store.lock(ctx, tx, a.scope, r.ExceptionID); err != nil {
			return err
		}
		switch e := a.found[i]; {
		case e.Version != r.Version, r.Resolution != "" && e.Status != Open:
			r.Result = RowMissed
		case r.Resolution != "":
			a.count++
			a.amount += r.weight(e)
		}
	}
	return nil
}

// ask requests the one approval of all proposals; "" where there are none.
func (a *applying) ask(ctx context.Context, tx *db.Tx) (string, error) {
	a.batch.Proposals, a.batch.Amount = a.count, a.amount
	if a.count == 0 {
		return "", nil
	}
	asked, err := a.s.Approvals.Request(ctx, tx, approvals.New{
		MerchantID: a.batch.MerchantID, Mode: a.batch.Mode, Kind: ApprovalBatch, ObjectID: a.batch.ID, Amount: a.amount, RequestedBy: a.by,
		Summary: map[string]string{"file": a.batch.FileName, "sha256": a.batch.SHA256, "proposals": strconv.FormatInt(a.count, 10)},
	})
	return asked.ID, err
}

func (a *applying) apply(ctx context.Context, tx *db.Tx, r *BatchRow, e *Exception) error {
	args := map[string]string{"batch": a.batch.ID, "row": strconv.Itoa(r.Row)}
	note := func(event Event, from Status, text string, more map[string]string) {
		for name, value := range args {
			more[name] = value
		}
		row := entry(ctx, a.now, *e, event, from, text, more)
		row.Version++ // the change below
		if n := len(a.history); n > 0 && a.history[n-1].ExceptionID == e.ID {
			row = row.then(a.history[n-1])
		}
		a.history = append(a.history, row)
	}
	if r.OwnerSet {
		before := e.OwnerName
		e.OwnerID, e.OwnerName = r.Owner.ID, r.Owner.Name
		note(EventAssigned, e.Status, "", map[string]string{"from": before, "to": e.OwnerName})
	}
	r.Result = RowDone
	switch {
	case r.Resolution != "":
		r.Result = RowProposed
		plan := Plan{Resolution: r.Resolution, Amount: r.Amount}
		if r.LinkedID != "" {
			plan.Linked = &Linked{ID: r.LinkedID}
		}
		e.propose(Proposal{Reason: r.Note, By: a.by}, plan, a.now)
		e.ApprovalID, e.BatchID = a.batch.ApprovalID, a.batch.ID
		note(EventProposed, Open, r.Note, proposedArgs(*e, plan))
	case r.Note != "":
		e.Note = r.Note
		note(EventCommented, e.Status, r.Note, map[string]string{})
	}
	ok, err := a.s.store.update(ctx, tx, e)
	if err == nil && !ok {
		err = raced(e.ID)
	}
	return err
}

// batchFacts are what an audit row says about a batch.
type batchFacts struct {
	File      string      `json:"file"`
	SHA256    string      `json:"sha256"`
	Status    BatchStatus `json:"status"`
	Changes   int64       `json:"changes"`
	Proposals int64       `json:"proposals"`
	Amount    app.Money   `json:"amount"`
	Approval  string      `json:"approval_id,omitempty"`
}

func (s *Service) recordBatch(ctx context.Context, tx *db.Tx, action string, b Batch, before BatchStatus) error {
	e := audit.Entry{
		Chain: b.MerchantID, Action: action, Target: b.ID,
		After: batchFacts{b.FileName, b.SHA256, b.Status, b.Changes, b.Proposals, b.Amount, b.ApprovalID},
	}
	if before != "" {
		e.Before = map[string]BatchStatus{"status": before}
	}
	return s.Audit.Record(ctx, tx, e)
}

// batchDecisions carries decisions about batches out.
type batchDecisions struct{ s *Service }

// BatchDecisions returns what carries decisions about batches out, to be
// registered for ApprovalBatch.
func (s *Service) BatchDecisions() approvals.Handler { return batchDecisions{s} }

// Decided brings every exception that still waits for the batch to where the
// decision puts it, each by itself: one that can no longer be carried out does
// not keep the others.
func (h batchDecisions) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	s, scope := h.s, Scope{MerchantID: a.MerchantID, Mode: a.Mode}
	b, err := s.store.lockBatch(ctx, tx, scope, a.ObjectID)
	if err != nil {
		return err
	}
	if b.Status != BatchProposed || b.ApprovalID != a.ID {
		return app.Errorf(app.Internal, "batch %s is %s and waits for no decision of %s", b.ID, b.Status, a.ID)
	}
	rows, err := s.store.batchRows(ctx, tx, b, rowFilter{outcome: RowChange, result: RowProposed, limit: maxChanges})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(x, y BatchRow) int { return strings.Compare(x.ExceptionID, y.ExceptionID) })
	for i := range rows {
		if err := s.decideRow(ctx, tx, &rows[i], a); err != nil {
			return err
		}
	}
	if err := s.store.results(ctx, tx, b, rows); err != nil {
		return err
	}
	b.Status = map[approvals.Status]BatchStatus{approvals.Approved: BatchApplied, approvals.Rejected: BatchRejected, approvals.Withdrawn: BatchWithdrawn}[a.Status]
	b.DecidedAt = a.DecidedAt
	if err := s.store.updateBatch(ctx, tx, &b); err != nil {
		return err
	}
	return s.recordBatch(ctx, tx, "exception_batch.resolve", b, BatchProposed)
}

func (s *Service) decideRow(ctx context.Context, tx *db.Tx, r *BatchRow, a approvals.Approval) error {
	e, err := s.store.lock(ctx, tx, Scope{MerchantID: a.MerchantID, Mode: a.Mode}, r.ExceptionID)
	if err != nil {
		return err
	}
	if e.Status != Proposed || e.ApprovalID != a.ID {
		r.Result = RowMissed
		return nil
	}
	_, failed, err := s.decided(ctx, tx, e, a)
	switch {
	case err != nil:
		return err
	case failed != nil:
		r.Result, r.Detail = RowFailed, failedDetail(failed)
	case a.Status == approvals.Approved:
		r.Result = RowResolved
	default:
		r.Result = RowReopened
	}
	return nil
}

// failedDetail is why a row failed: the reason, which pages translate, or the
// message where it has none.
func failedDetail(failed *app.Error) string {
	if failed.Reason != "" {
		return failed.Reason
	}
	return clip(failed.Message, maxNote)
}

// After has nothing to do: what refunds need is woken by the commit.
func (batchDecisions) After(context.Context, approvals.Approval) {}

// Batch returns a batch of the scope, or NotFound.
func (s *Service) Batch(ctx context.Context, scope Scope, id string) (Batch, error) {
	return s.store.batch(ctx, s.DB, scope, id)
}

// Batches returns the scope's newest batches, before the one with the id before.
func (s *Service) Batches(ctx context.Context, scope Scope, before string, limit int) ([]Batch, error) {
	if limit < 1 || limit > maxLimit {
		return nil, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	return s.store.batches(ctx, s.DB, scope, before, limit)
}

// BatchRows returns up to limit rows of a batch after a row, with the outcome, in
// the file's order; "" is every outcome.
func (s *Service) BatchRows(ctx context.Context, b Batch, outcome RowOutcome, after, limit int) ([]BatchRow, error) {
	return s.store.batchRows(ctx, s.DB, b, rowFilter{outcome: outcome, after: after, limit: limit})
}
