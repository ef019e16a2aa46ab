package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// askLock asks a second person to close the month.
func (c *Console) askLock(r *request) error {
	return c.changeMonth(r, "month_lock_asked", func(month string) error {
		_, err := c.Statements.AskLock(r.ctx, r.scope(), month, r.person())
		return err
	})
}

// askReopen asks a second person to open a closed month again.
func (c *Console) askReopen(r *request) error {
	return c.changeMonth(r, "month_reopen_asked", func(month string) error {
		_, err := c.Statements.AskReopen(r.ctx, r.scope(), month, r.field("note"), r.person())
		return err
	})
}

// changeMonth asks for a change of the month in the form, whose name was typed.
// What cannot be is told on the month's page.
func (c *Console) changeMonth(r *request, note string, ask func(month string) error) error {
	month := r.field("month")
	_, err := statements.ParseMonth(month)
	if err == nil {
		err = r.confirmed(month)
	}
	if err == nil {
		err = ask(month)
	}
	if err == nil {
		return c.done(r, r.to().ReconcileMonth(month), note)
	}
	problems := c.fieldErrors(r, err)
	if problems == nil {
		return err
	}
	if app.Is(err, app.Invalid) && problems[""] == "" {
		problems[""] = r.t("month.not_asked")
	}
	view, err := c.monthView(r, month)
	if err != nil {
		return err
	}
	if problems["reason"] != "" {
		problems["note"] = problems["reason"]
	}
	view.Errors = problems
	return c.refuse(r, pages.ReconcileMonthPage(view))
}
