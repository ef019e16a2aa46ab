package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Filter selects rows. Its zero fields select everything; all but the times need
// a Chain, whose indexes serve them.
type Filter struct {
	Chain   string // "" is every chain, for the platform's auditors
	ActorID string // of a user or an API key
	Program bool   // what the program did by itself
	Action  string
	Target  string
	// Text is the id of a target, a request or a session, or how the name of a
	// target begins, in any case.
	Text     string
	From, To app.Millis // half-open; an id carries its time
	Cursor   string     // the id of the last row of the page before
	Limit    int        // 1 to 100, 0 means 20

	requestID, session string
}

// Page is one page of rows, newest first. Next is the next page's cursor, ""
// at the end.
type Page struct {
	Rows []Row
	Next string
	// MoreNamed says that the filter's text begins the names of more things than
	// are listed.
	MoreNamed bool
}

// List returns a page of rows. Invalid when the filter needs a chain or its
// limit is out of range.
func (l *Log) List(ctx context.Context, f Filter) (Page, error) {
	if f.Limit == 0 {
		f.Limit = 20
	}
	if f.Limit < 1 || f.Limit > 100 {
		return Page{}, app.InvalidField("limit", "out_of_range", "limit must be from 1 to 100")
	}
	w, err := l.Walk(ctx, f)
	if err != nil {
		return Page{}, err
	}
	rows, more, err := w.Next(ctx, f.Limit)
	if err != nil {
		return Page{}, err
	}
	p := Page{Rows: rows, MoreNamed: w.more}
	if more {
		p.Next = rows[len(rows)-1].ID
	}
	return p, nil
}

// Heads returns every chain's head, for the hourly log: a chain can be checked
// later against heads that left this database. The MACs are left out.
func (l *Log) Heads(ctx context.Context) ([]Head, error) {
	heads, err := listHeads(ctx, l.db)
	if err != nil {
		return nil, fmt.Errorf("list audit heads: %w", err)
	}
	for i := range heads {
		heads[i].MAC = ""
	}
	return heads, nil
}

// Head returns the end of one chain without its MAC, and a Head with Seq 0 for a
// chain that has none.
func (l *Log) Head(ctx context.Context, chain string) (Head, error) {
	head, err := readHead(ctx, l.db, chain)
	if errors.Is(err, db.ErrNoRows) {
		return Head{Chain: chain}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("read the head of audit chain %s: %w", chain, err)
	}
	head.MAC = ""
	return head, nil
}

// Chains names every chain that has rows or a head.
func (l *Log) Chains(ctx context.Context) ([]string, error) {
	chains, err := listChains(ctx, l.db)
	if err != nil {
		return nil, fmt.Errorf("list audit chains: %w", err)
	}
	return chains, nil
}

// firstID is the smallest id of a row made at or after the time.
func firstID(at app.Millis) string {
	var id ulid.ULID
	if err := id.SetTime(uint64(max(at, 0))); err != nil {
		return app.PrefixAudit + "~" // beyond the year 10889: after every id
	}
	return app.PrefixAudit + id.String()
}
