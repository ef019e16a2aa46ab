package api

import (
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// query reads a list's parameters. Unknown and repeated ones are errors: a
// filter that is silently ignored shows the wrong rows.
type query struct {
	values url.Values
	known  map[string]bool
	err    error
}

func queryOf(c *fiber.Ctx) *query {
	values, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		err = app.Errorf(app.Invalid, "the query string is malformed").WithReason("invalid_request")
	}
	return &query{values: values, known: map[string]bool{}, err: err}
}

func (q *query) text(name string) string {
	q.known[name] = true
	if len(q.values[name]) > 1 {
		q.fail(name, "duplicate_field", "%s stands twice", name)
	}
	s := q.values.Get(name)
	if s != "" && !app.PlainASCII(s, maxFilter) {
		q.fail(name, "bad_characters", "%s must be at most %d visible ASCII characters", name, maxFilter)
	}
	return s
}

// maxFilter is the longest value of a filter.
const maxFilter = 128

func (q *query) number(name string) int {
	s := q.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		q.fail(name, "wrong_type", "%s must be a positive integer", name)
	}
	return n
}

func (q *query) time(name string) app.Millis {
	s := q.text(name)
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		q.fail(name, "wrong_type", "%s must be an RFC 3339 time with zone, such as 2026-01-31T08:00:00+08:00", name)
		return 0
	}
	return app.ToMillis(t)
}

// oneOf reads a parameter that must be empty or valid.
func (q *query) oneOf(name string, valid func(string) bool) string {
	s := q.text(name)
	if s != "" && !valid(s) {
		q.fail(name, "bad_value", "%s has no value %q", name, s)
	}
	return s
}

func (q *query) fail(name, code, format string, args ...any) {
	if q.err == nil {
		q.err = app.InvalidField(name, code, format, args...)
	}
}

// done reports the first error, unknown parameters included.
func (q *query) done() error {
	for name := range q.values {
		if !q.known[name] {
			q.fail(name, "unknown_field", "unknown parameter %q", name)
		}
	}
	return q.err
}

const (
	defaultLimit = 20
	maxLimit     = 100
)

// limit reads how many rows a page holds.
func (q *query) limit() int {
	n := q.number("limit")
	if n == 0 {
		return defaultLimit
	}
	if n > maxLimit {
		q.fail("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	return n
}

// id reads a parameter that must be empty or an id with the prefix.
func (q *query) id(name, prefix string) string {
	return q.oneOf(name, func(s string) bool { return app.ValidID(prefix, s) })
}
