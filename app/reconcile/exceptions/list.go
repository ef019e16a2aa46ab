package exceptions

import (
	"context"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Age is how long ago the end of an exception's day is (账龄).
type Age string

// The ages, in days: below one, from one to below three, from three to below
// seven, and from seven on.
const (
	Under1 Age = "0-1"
	From1  Age = "1-3"
	From3  Age = "3-7"
	From7  Age = "7+"
)

// Ages lists every age, the youngest first.
var Ages = []Age{Under1, From1, From3, From7}

// AgeDays is how many whole days have passed between the end of the day and now,
// by the calendar in Beijing: 0 for yesterday and today.
func AgeDays(day app.Day, now time.Time) int {
	days := int(app.DayOf(now).Start().Sub(day.Start())/(24*time.Hour)) - 1
	return max(days, 0)
}

// AgeOf is the age of what belongs to the day.
func AgeOf(day app.Day, now time.Time) Age {
	switch d := AgeDays(day, now); {
	case d < 1:
		return Under1
	case d < 3:
		return From1
	case d < 7:
		return From3
	default:
		return From7
	}
}

// days is the range of days that has the age; "" is open.
func (a Age) days(now time.Time) (from, to app.Day) {
	today := app.DayOf(now)
	switch a {
	case Under1:
		return today.Add(-1), ""
	case From1:
		return today.Add(-3), today.Add(-2)
	case From3:
		return today.Add(-7), today.Add(-4)
	case From7:
		return "", today.Add(-8)
	}
	return "", ""
}

// Filter narrows the queue; empty fields admit all.
type Filter struct {
	Type      Type
	Status    Status
	Standing  bool // open or proposed; with Status "" only
	Filed     bool // all that days count: not cleared; with Status "" only
	Channel   app.Channel
	AccountID string
	From, To  app.Day // both included
	Owner     string  // usr_…, or NoOwner
	Age       Age
	// Number is any of the numbers: ours, the merchant's, the channel's, or the id
	// of the payment, the refund or the exception itself.
	Number string
	RunID  string
	Cursor string
	Limit  int // 1 to 100; 0 means 25
}

// NoOwner filters what nobody has taken on.
const NoOwner = "nobody"

const (
	defaultLimit = 25
	maxLimit     = 100
	maxNumbered  = 100 // exceptions that one number can have
)

// Page is one page of the queue, the newest day first; Next is "" on the last.
type Page struct {
	Exceptions []Exception
	Next       string
}

// List returns a page of the scope's exceptions, without their evidence. It is
// Invalid for a limit outside 1–100, a foreign cursor or an unknown word in the
// filter.
func (s *Service) List(ctx context.Context, scope Scope, f Filter) (Page, error) {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return Page{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	q, err := s.query(ctx, scope, f)
	if err != nil || q.none {
		return Page{}, err
	}
	q.limit = f.Limit + 1
	rows, err := s.store.list(ctx, s.DB, scope, q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Exceptions: rows}
	if len(rows) > f.Limit {
		last := rows[f.Limit-1]
		page.Exceptions, page.Next = rows[:f.Limit], string(last.Day)+"_"+last.ID
	}
	return page, nil
}

// query is a filter as SQL takes it.
type query struct {
	Filter
	ids      []string // nil for any
	none     bool     // nothing can match
	afterDay app.Day
	afterID  string
	limit    int
}

func (s *Service) query(ctx context.Context, scope Scope, f Filter) (query, error) {
	q := query{Filter: f}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return q, err
	}
	if err := q.words(now.Time()); err != nil {
		return q, err
	}
	if f.Cursor != "" {
		day, id, _ := strings.Cut(f.Cursor, "_")
		if _, err := app.ParseDay(day); err != nil || !app.ValidID(app.PrefixException, id) {
			return q, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
		}
		q.afterDay, q.afterID = app.Day(day), id
	}
	if number := strings.TrimSpace(f.Number); number != "" {
		q.ids, err = s.store.numbered(ctx, s.DB, scope, clip(number, 64))
		q.none = len(q.ids) == 0
	}
	return q, err
}

// words checks what a filter names, and turns an age into days.
func (q *query) words(now time.Time) error {
	switch {
	case q.Type != "" && !known(Types, q.Type):
		return app.InvalidField("type", "bad_value", "type must be one of the types of exceptions")
	case q.Status != "" && !known(Statuses, q.Status):
		return app.InvalidField("status", "bad_value", "status must be open, proposed, resolved or cleared")
	case q.Channel != "" && !q.Channel.Valid():
		return app.InvalidField("channel", "bad_value", "channel must be wechat or alipay")
	case q.Age != "" && !known(Ages, q.Age):
		return app.InvalidField("age", "bad_value", "age must be 0-1, 1-3, 3-7 or 7+")
	}
	from, to := q.Age.days(now)
	if from > q.From {
		q.From = from
	}
	if to != "" && (q.To == "" || to < q.To) {
		q.To = to
	}
	return nil
}

func known[T comparable](all []T, one T) bool {
	for _, x := range all {
		if x == one {
			return true
		}
	}
	return false
}

// Get returns an exception of the scope with its evidence, or NotFound.
func (s *Service) Get(ctx context.Context, scope Scope, id string) (Exception, error) {
	return s.store.get(ctx, s.DB, scope, id)
}

// maxHistory bounds what a page shows of a history: the newest.
const maxHistory = 500

// History returns what happened to an exception of the scope, oldest first.
func (s *Service) History(ctx context.Context, scope Scope, id string) ([]Entry, error) {
	if _, err := s.store.get(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	return s.store.history(ctx, s.DB, scope.MerchantID, id, maxHistory)
}
