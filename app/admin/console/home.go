package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// home is the overview of a merchant. Whoever has none goes to the platform's
// pages.
func (c *Console) home(r *request) error {
	if r.merchant.ID == "" {
		return c.homeless(r)
	}
	s, err := c.shell(r, layout.NavHome)
	if err != nil {
		return err
	}
	view := pages.Home{Shell: s}
	if view.Actions, err = c.needsAction(r, s); err != nil {
		return err
	}
	if !s.Can.Payments {
		return c.page(r, pages.HomePage(view))
	}
	if err := c.dayFigures(r, &view); err != nil {
		return err
	}
	latest, err := c.Payments.List(r.ctx, r.scope(), payments.Filter{Limit: 8})
	if err != nil {
		return err
	}
	view.Latest = paymentRows(latest.Payments)
	if len(view.Latest) == 0 {
		ever, err := c.Payments.Any(r.ctx, r.scope())
		if err != nil {
			return err
		}
		if !ever {
			if view.Steps, err = c.setupSteps(r, s); err != nil {
				return err
			}
		}
	}
	return c.page(r, pages.HomePage(view))
}

// homeless is for users who work for no merchant.
func (c *Console) homeless(r *request) error {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	platform := ask.may(access.Platform, access.Merchants, access.Read)
	if ask.err != nil {
		return ask.err
	}
	if platform {
		return r.Redirect(routes.AdminMerchants)
	}
	return app.Errorf(app.Forbidden, "%s has no role", r.user.ID).WithReason("no_role")
}

// dayFigures sums today and, to compare, yesterday up to this time of day.
func (c *Console) dayFigures(r *request, view *pages.Home) error {
	now := c.Clock.Now().In(app.Beijing)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, app.Beijing)
	view.Date, view.AsOf = midnight.Format(time.DateOnly), app.ToMillis(now)
	today, err := c.Payments.Figures(r.ctx, r.scope(), payments.Filter{From: app.ToMillis(midnight)})
	if err != nil {
		return err
	}
	before, err := c.Payments.Figures(r.ctx, r.scope(), payments.Filter{
		From: app.ToMillis(midnight.AddDate(0, 0, -1)), To: app.ToMillis(now.AddDate(0, 0, -1)),
	})
	if err != nil {
		return err
	}
	view.Today, view.Before = dayFigures(today), dayFigures(before)
	if !view.Shell.Can.Refunds {
		return nil
	}
	refunds, err := c.Payments.RefundFigures(r.ctx, r.scope(), payments.RefundFilter{From: app.ToMillis(midnight)})
	if err != nil {
		return err
	}
	earlier, err := c.Payments.RefundFigures(r.ctx, r.scope(), payments.RefundFilter{
		From: app.ToMillis(midnight.AddDate(0, 0, -1)), To: app.ToMillis(now.AddDate(0, 0, -1)),
	})
	view.Refunds, view.RefundsBefore = pages.DayRefunds{Amount: refunds.Amount, Capped: refunds.Capped}, pages.DayRefunds{Amount: earlier.Amount, Capped: earlier.Capped}
	return err
}

func dayFigures(f payments.Figures) pages.DayFigures {
	return pages.DayFigures{Amount: f.Amount, Count: f.Count, Succeeded: f.Succeeded, Capped: f.Capped}
}
