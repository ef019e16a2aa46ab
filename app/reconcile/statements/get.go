package statements

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Statement returns a statement of the scope, or NotFound.
func (s *Service) Statement(ctx context.Context, scope payments.Scope, id string) (Statement, error) {
	st, _, err := s.statement(ctx, scope, id)
	return st, err
}

func (s *Service) statement(ctx context.Context, scope payments.Scope, id string) (Statement, *book, error) {
	day, err := s.store.dayOfStatement(ctx, s.DB, scope, id)
	if err != nil {
		return Statement{}, nil, err
	}
	b, err := s.load(ctx, s.DB, scope, day, day)
	if err != nil {
		return Statement{}, nil, err
	}
	for _, list := range b.statements {
		for _, st := range list {
			if st.ID == id {
				return st, b, nil
			}
		}
	}
	return Statement{}, nil, errNoStatement(id)
}

func errNoStatement(id string) error {
	return app.Errorf(app.NotFound, "no statement %s", id).WithReason("statement_not_found")
}

// Filter narrows a list of statements.
type Filter struct {
	From, To  app.Day // both included; at most 92 days
	AccountID string  // "" for all
	After     string  // keyset: the cursor of the page before
	Limit     int     // 1 to 100
}

// maxDays is how many days one list may span.
const maxDays = 92

// Page is one page of a list, the newest day first. Next is "" on the last.
type Page struct {
	Statements []Statement
	Next       string
}

// List returns a page of the scope's statements. It is Invalid for a range that
// is none or spans more than 92 days.
func (s *Service) List(ctx context.Context, scope payments.Scope, f Filter) (Page, error) {
	if f.From == "" || f.To < f.From || f.From.Add(maxDays) <= f.To {
		return Page{}, app.InvalidField("date", "out_of_range", "name a day or a month; at most %d days can be listed at once", maxDays)
	}
	rows, err := s.store.list(ctx, s.DB, scope, f)
	if err != nil {
		return Page{}, err
	}
	page := Page{}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		page.Next = rows[f.Limit-1].ID
	}
	if len(rows) == 0 {
		return page, nil
	}
	b, err := s.load(ctx, s.DB, scope, rows[len(rows)-1].Day, rows[0].Day)
	if err != nil {
		return Page{}, err
	}
	for _, r := range rows {
		for _, st := range b.statements[place{r.IdentityID, r.Day}] {
			if st.ID == r.ID {
				page.Statements = append(page.Statements, st)
			}
		}
	}
	return page, nil
}

type placeRow struct {
	ID         string  `db:"id"`
	IdentityID string  `db:"identity_id"`
	Day        app.Day `db:"day"`
}

// list reads a page's places, the newest day first.
func (s store) list(ctx context.Context, q db.Querier, scope payments.Scope, f Filter) ([]placeRow, error) {
	b := db.NewBuild(`SELECT id, identity_id, day FROM statements WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ?`, scope.MerchantID, scope.Mode, f.From, f.To)
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.After != "" {
		day, err := s.dayOfStatement(ctx, q, scope, f.After)
		if app.Is(err, app.NotFound) {
			return nil, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
		}
		if err != nil {
			return nil, err
		}
		b.And(`day < ? OR (day = ? AND id < ?)`, day, day, f.After)
	}
	var rows []placeRow
	if err := b.Tail(`ORDER BY day DESC, id DESC LIMIT ?`, f.Limit+1).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list statements: %w", err)
	}
	return rows, nil
}

func (store) dayOfStatement(ctx context.Context, q db.Querier, scope payments.Scope, id string) (app.Day, error) {
	var day app.Day
	err := q.Get(ctx, &day, `SELECT day FROM statements WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return "", errNoStatement(id)
	}
	if err != nil {
		return "", fmt.Errorf("read statement %s: %w", id, err)
	}
	return day, nil
}
