package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Check is what the last verification of a chain found.
type Check struct {
	Chain    string
	Through  int64     // the last row it covered
	Head     string    // that row's hash
	Rows     int64     // that were there
	Problems []Problem // at most 100
	By       string    // a user's id; "" for the program
	Name     string    // of the user, or of the part of the program
	At       app.Millis
	// seen is the head that the chain must go on to contain: of the last check
	// that found it whole.
	seen Head
}

// Job is the name under which the program checks chains by itself.
const Job = "audit.verify"

// CheckChain verifies the chain and keeps what it found, under the name of the
// context's actor. The end of the chain is read first, and the walk must pass
// it: so "whole through row n" is true even while rows are being added. The
// chain must also contain the head of the last check that found it whole.
func (l *Log) CheckChain(ctx context.Context, chain string) (Check, error) {
	last, err := l.LastCheck(ctx, chain)
	if err != nil && !app.Is(err, app.NotFound) {
		return Check{}, err
	}
	head, err := l.Head(ctx, chain)
	if err != nil {
		return Check{}, err
	}
	found, rows, err := l.walkChain(ctx, chain, []Head{head, last.seen})
	if err != nil {
		return Check{}, err
	}
	now, err := l.db.Now(ctx)
	if err != nil {
		return Check{}, err
	}
	actor := ActorFrom(ctx)
	if actor == (Actor{}) {
		actor = System(Job)
	}
	c := Check{
		Chain: chain, Through: head.Seq, Head: head.Hash, Rows: rows, Problems: found,
		By: actor.ID, Name: clip(actor.Name, 190), At: now, seen: last.seen,
	}
	if len(found) == 0 {
		c.seen = head
	}
	if err := l.keepCheck(ctx, c); err != nil {
		return Check{}, fmt.Errorf("keep the check of chain %s: %w", chain, err)
	}
	return c, nil
}

// CheckAll is CheckChain for every chain. It returns how many it checked, and an
// error (Internal) that names the first problem when there is one anywhere.
func (l *Log) CheckAll(ctx context.Context) (int, error) {
	chains, err := l.Chains(ctx)
	if err != nil {
		return 0, err
	}
	var broken []error
	for _, chain := range chains {
		c, err := l.CheckChain(ctx, chain)
		if err != nil {
			return 0, err
		}
		if len(c.Problems) > 0 {
			broken = append(broken, app.Errorf(app.Internal, "audit chain is broken: %s", c.Problems[0]))
		}
	}
	return len(chains), errors.Join(broken...)
}

// LastCheck returns what the last verification of the chain found; NotFound when
// there was none.
func (l *Log) LastCheck(ctx context.Context, chain string) (Check, error) {
	row, err := readCheck(ctx, l.db, chain)
	if errors.Is(err, db.ErrNoRows) {
		return Check{}, app.Errorf(app.NotFound, "chain %s has not been checked", chain)
	}
	if err != nil {
		return Check{}, fmt.Errorf("read the check of chain %s: %w", chain, err)
	}
	return row.check()
}

// BrokenChains returns the checks that found problems, 20 at most.
func (l *Log) BrokenChains(ctx context.Context) ([]Check, error) {
	rows, err := brokenChecks(ctx, l.db)
	if err != nil {
		return nil, fmt.Errorf("list broken chains: %w", err)
	}
	out := make([]Check, len(rows))
	for i, row := range rows {
		if out[i], err = row.check(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (l *Log) keepCheck(ctx context.Context, c Check) error {
	findings, err := json.Marshal(c.Problems)
	if err != nil {
		return err
	}
	row := checkRow{c.Chain, c.Through, int64(len(c.Problems)), string(findings), c.By, c.Name, c.At, c.Head, c.Rows, c.seen.Seq, c.seen.Hash}
	n, err := replaceCheck(ctx, l.db, row)
	if err == nil && n == 0 {
		if err = insertCheck(ctx, l.db, row); db.IsDuplicate(err) {
			_, err = replaceCheck(ctx, l.db, row)
		}
	}
	return err
}

type checkRow struct {
	Chain    string     `db:"chain"`
	Through  int64      `db:"through"`
	Problems int64      `db:"problems"`
	Findings string     `db:"findings"`
	By       string     `db:"checked_by"`
	Name     string     `db:"checked_name"`
	At       app.Millis `db:"checked_at"`
	Head     string     `db:"head"`
	Rows     int64      `db:"row_count"`
	SeenSeq  int64      `db:"seen_seq"`
	SeenHead string     `db:"seen_head"`
}

func (r checkRow) check() (Check, error) {
	c := Check{
		Chain: r.Chain, Through: r.Through, Head: r.Head, Rows: r.Rows, By: r.By, Name: r.Name, At: r.At,
		seen: Head{Chain: r.Chain, Seq: r.SeenSeq, Hash: r.SeenHead},
	}
	if err := json.Unmarshal([]byte(r.Findings), &c.Problems); err != nil {
		return Check{}, fmt.Errorf("findings in chain %s: %w", r.Chain, err)
	}
	return c, nil
}
