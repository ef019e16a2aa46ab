package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// Walk goes through all rows of a filter, newest first.
type Walk struct {
	log     *Log
	filters []Filter // each is served by an index; together they are the filter
	cursor  string
	more    bool // things of the filter's name were left out
}

// Walk returns a walk that begins behind the filter's cursor. Its limit does not
// count. Invalid when the filter needs a chain.
func (l *Log) Walk(ctx context.Context, f Filter) (*Walk, error) {
	if f.Chain == "" && (f.ActorID != "" || f.Program || f.Action != "" || f.Target != "" || f.Text != "") {
		return nil, app.InvalidField("chain", "required", "choose a merchant or the platform to filter its audit rows")
	}
	w := &Walk{log: l, cursor: f.Cursor}
	if f.Text == "" {
		w.filters = []Filter{f}
		return w, nil
	}
	targets, more, err := l.named(ctx, f.Chain, f.Text)
	if err != nil {
		return nil, fmt.Errorf("find what is called %q: %w", f.Text, err)
	}
	w.more = more
	by := func(set func(*Filter)) {
		one := f
		set(&one)
		w.filters = append(w.filters, one)
	}
	if !slices.Contains(targets, f.Text) {
		targets = append(targets, f.Text)
	}
	for _, t := range targets {
		if f.Target == "" || f.Target == t {
			by(func(one *Filter) { one.Target = t })
		}
	}
	by(func(one *Filter) { one.requestID = f.Text })
	if app.ValidID(app.PrefixSession, f.Text) {
		by(func(one *Filter) { one.session = f.Text })
	}
	return w, nil
}

// Next returns up to limit further rows, and whether more follow.
func (w *Walk) Next(ctx context.Context, limit int) (rows []Row, more bool, err error) {
	for _, f := range w.filters {
		f.Cursor, f.Limit = w.cursor, limit+1 // one more tells whether there is a next page
		found, err := listRows(ctx, w.log.db, f)
		if err != nil {
			return nil, false, fmt.Errorf("list audit rows: %w", err)
		}
		rows = append(rows, found...)
	}
	if len(w.filters) > 1 {
		slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(b.ID, a.ID) })
		rows = slices.CompactFunc(rows, func(a, b Row) bool { return a.ID == b.ID })
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	if len(rows) > 0 {
		w.cursor = rows[len(rows)-1].ID
	}
	return rows, more, nil
}
