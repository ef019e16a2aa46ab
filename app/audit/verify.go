package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app/db"
)

// Fault names what was done to a chain.
type Fault string

// The faults Verify tells apart.
const (
	Missing   Fault = "missing"   // rows were deleted from the middle or the beginning
	Edited    Fault = "edited"    // a row's content is not what was recorded, or it was forged
	Moved     Fault = "moved"     // a row stands where it was not recorded
	Truncated Fault = "truncated" // rows were cut off the end
	HeadGone  Fault = "head_gone" // the head row was deleted
	HeadForge Fault = "head_forged"
	BeyondEnd Fault = "beyond_end" // a row follows the end that the head names
	Departed  Fault = "departed"   // the chain does not contain a head published earlier
)

// Problem is one finding. Seq is the place in the chain, and RowID the row
// there, "" when there is none.
type Problem struct {
	Chain  string
	Seq    int64
	RowID  string
	Fault  Fault
	Detail string
}

// String renders the problem for an operator.
func (p Problem) String() string {
	return fmt.Sprintf("chain %s row %d %s: %s: %s", p.Chain, p.Seq, p.RowID, p.Fault, p.Detail)
}

const (
	verifyPage  = 500
	maxProblems = 100
)

// Verify walks the chain and returns what is wrong with it, at most 100
// findings; none means that it is whole. published are heads of this chain from
// the logs: the chain must still contain them.
func (l *Log) Verify(ctx context.Context, chain string, published ...Head) ([]Problem, error) {
	found, _, err := l.walkChain(ctx, chain, published)
	return found, err
}

// walkChain is Verify, and counts the rows.
func (l *Log) walkChain(ctx context.Context, chain string, published []Head) (found []Problem, rows int64, err error) {
	head, err := readHead(ctx, l.db, chain)
	gone := errors.Is(err, db.ErrNoRows)
	if err != nil && !gone {
		return nil, 0, fmt.Errorf("verify chain %s: %w", chain, err)
	}
	w := walk{log: l, chain: chain, published: map[int64]string{}}
	for _, p := range published {
		if p.Chain == chain && p.Seq > 0 {
			w.publish(p)
		}
	}
	if err := w.rows(ctx, l.db, head.Seq); err != nil {
		return nil, 0, fmt.Errorf("verify chain %s: %w", chain, err)
	}
	beyond, err := rowsBeyondHead(ctx, l.db, chain, maxProblems)
	if err != nil {
		return nil, 0, fmt.Errorf("verify chain %s: %w", chain, err)
	}
	w.end(head, gone, beyond)
	w.departed()
	return w.problems[:min(len(w.problems), maxProblems)], w.count, nil
}

// walk is the state of one verification.
type walk struct {
	log       *Log
	chain     string
	seq       int64  // of the last row seen
	hash      string // of the last row seen
	suspect   bool   // the last row was itself reported, or one before this is missing
	count     int64  // of rows seen
	published map[int64]string
	problems  []Problem
}

func (w *walk) rows(ctx context.Context, q db.Querier, until int64) error {
	for len(w.problems) < maxProblems {
		page, err := rowsAfter(ctx, q, w.chain, w.seq, until, verifyPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			w.row(&page[i])
		}
	}
	return nil
}

func (w *walk) row(r *Row) {
	if r.Seq > w.seq+1 {
		w.gap(w.seq+1, r.Seq-1)
		w.suspect = true
	}
	linked, genuine := r.PrevHash == w.hash, w.log.rowGenuine(r)
	reported := true
	switch {
	case !genuine && !linked:
		w.found(r.Seq, r.ID, Moved, "it was recorded after another row than the one before it")
	case !genuine:
		w.found(r.Seq, r.ID, Edited, "its content does not match its hash")
	case !linked && !w.suspect:
		w.found(r.Seq, r.ID, Moved, "it is genuine but does not follow the row before it")
	default:
		reported = false
	}
	if want, ok := w.published[r.Seq]; ok && want == r.Hash {
		delete(w.published, r.Seq)
	}
	w.seq, w.hash, w.suspect = r.Seq, r.Hash, reported
	w.count++
}

func (w *walk) gap(from, to int64) {
	for seq := from; seq <= to && len(w.problems) < maxProblems; seq++ {
		w.found(seq, "", Missing, "the row was deleted")
	}
}

// end compares the last row with the head read before the walk.
func (w *walk) end(head Head, gone bool, beyond []Row) {
	switch {
	case gone:
		w.found(0, "", HeadGone, "the chain's head row was deleted")
	case !w.log.headGenuine(head):
		w.found(head.Seq, "", HeadForge, "the head row does not match its HMAC")
	case w.seq < head.Seq && len(w.problems) < maxProblems:
		w.found(w.seq+1, "", Truncated, fmt.Sprintf("rows %d to %d were cut off the end", w.seq+1, head.Seq))
	case w.seq == head.Seq && w.hash != head.Hash && !w.suspect:
		w.found(w.seq, "", Moved, "the last row is not the one the head names")
	}
	for _, r := range beyond {
		w.found(r.Seq, r.ID, BeyondEnd, "the head does not know the row")
	}
}

// publish takes a head that the chain must contain. Two of one row that differ
// cannot both be: the second is found out at once.
func (w *walk) publish(h Head) {
	if known, ok := w.published[h.Seq]; ok && known != h.Hash {
		w.found(h.Seq, "", Departed, "two heads were published at this row, and they differ")
		return
	}
	w.published[h.Seq] = h.Hash
}

func (w *walk) departed() {
	for _, seq := range slices.Sorted(maps.Keys(w.published)) {
		w.found(seq, "", Departed, "the chain no longer contains the head that was published at this row")
	}
}

func (w *walk) found(seq int64, rowID string, f Fault, detail string) {
	w.problems = append(w.problems, Problem{Chain: w.chain, Seq: seq, RowID: rowID, Fault: f, Detail: detail})
}
