package api

import (
	"fmt"
	"io"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// exportView is a file that is being made.
type exportView struct {
	ID       string                  `json:"id"`
	Status   statements.ExportStatus `json:"status"`
	Name     string                  `json:"name"`
	Progress int64                   `json:"progress"`
	Total    int64                   `json:"total"`
}

func (a *API) listStatements(c *fiber.Ctx) error {
	q := queryOf(c)
	f := statements.Filter{AccountID: q.text("account_id"), Limit: q.limit(), After: q.id("cursor", app.PrefixStatement)}
	f.From, f.To = q.days()
	if err := q.done(); err != nil {
		return err
	}
	found, err := a.Statements.List(c.UserContext(), scope(c), f)
	if err != nil {
		return err
	}
	views := make([]statements.View, 0, len(found.Statements))
	for _, s := range found.Statements {
		views = append(views, statements.ViewOf(s))
	}
	return write(c, http.StatusOK, page[statements.View]{Data: views, NextCursor: cursor(found.Next)})
}

// days reads either a day or a month, of which one must be given.
func (q *query) days() (from, to app.Day) {
	date, month := q.text("date"), q.text("month")
	switch {
	case date != "" && month != "":
		q.fail("month", "bad_value", "name a date or a month, not both")
	case date != "":
		day, err := app.ParseDay(date)
		if err != nil {
			q.fail("date", "wrong_type", "date must be a day such as 2026-11-24")
		}
		return day, day
	case month != "":
		first, err := statements.ParseMonth(month)
		if err != nil {
			q.fail("month", "wrong_type", "month must be a month such as 2026-11")
			return "", ""
		}
		return first, statements.LastOf(first)
	default:
		q.fail("date", "required", "name a date, such as date=2026-11-24, or a month, such as month=2026-11")
	}
	return "", ""
}

func (a *API) getStatement(c *fiber.Ctx) error {
	s, err := a.Statements.Statement(c.UserContext(), scope(c), c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, statements.ViewOf(s))
}

// getStatementFile hands the file out, or says with 202 how far it is.
func (a *API) getStatementFile(c *fiber.Ctx) error {
	q := queryOf(c)
	format := statements.Format(q.oneOf("format", func(s string) bool { _, err := statements.ParseFormat(s); return err == nil }))
	locale := q.oneOf("locale", func(s string) bool { _, err := statements.ParseLocale(s); return err == nil })
	if err := q.done(); err != nil {
		return err
	}
	format, _ = statements.ParseFormat(string(format))
	locale, _ = statements.ParseLocale(locale)
	key := principal(c)
	file, err := a.Statements.File(c.UserContext(), scope(c), c.Params("id"), format, locale, approvals.Person{Kind: approvals.ByKey, ID: key.KeyID, Name: key.Prefix})
	if err != nil {
		return err
	}
	if file.Body == nil {
		c.Set(fiber.HeaderRetryAfter, "5")
		e := file.Export
		return write(c, http.StatusAccepted, exportView{e.ID, e.Status, e.Name, e.Progress, e.Total})
	}
	size := file.Body.Size()
	c.Set(fiber.HeaderContentType, file.Format.Type())
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", file.Name))
	return c.SendStream(struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file.Body, 0, size), file.Body}, int(size))
}
