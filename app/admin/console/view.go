package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// Looking into a merchant as the platform: a session says why, sees what its
// role may see there for an hour, and changes nothing but what helps (ADR 22).

// reasonView marks a page that a platform role may see once it has said why.
const reasonView = "view_reason"

// helps are the acts that a platform role may do in a merchant; the policy says
// which role may do which.
func helps() []access.Action { return []access.Action{access.Sync, access.Resend} }

// readView finds out what the session looks into. Only platform roles can, so
// nobody else is asked about.
func (c *Console) readView(r *request) error {
	may, err := c.Access.Allowed(r.ctx, r.user.ID, access.Platform, access.Merchants, access.Look)
	if err != nil || !may {
		return err
	}
	r.view, err = c.Access.View(r.ctx, c.DB, r.session.ID)
	if app.Is(err, app.NotFound) {
		return nil
	}
	return err
}

// look is for a merchant in which the user has no part: as the platform they
// may look, if their session has said why. To everybody else it is missing.
func (c *Console) look(r *request, merchant string) error {
	if r.view.MerchantID != merchant {
		may, err := c.Access.Allowed(r.ctx, r.user.ID, access.Platform, access.Merchants, access.Look)
		if err != nil {
			return err
		}
		if !may {
			return missingMerchant()
		}
		if r.merchant, err = c.Merchants.Merchant(r.ctx, merchant); err != nil {
			return err
		}
		return app.Errorf(app.Forbidden, "%s has not said why they look into %s", r.user.ID, merchant).WithReason(reasonView)
	}
	r.ctx, r.viewing = access.Viewing(r.ctx, r.view), true
	part, err := c.Access.Allowed(r.ctx, r.user.ID, merchant, access.Home, access.Read)
	switch {
	case err != nil:
		return err
	case !part:
		return missingMerchant()
	case r.Method() == http.MethodPost && !slices.Contains(helps(), r.route.Action):
		return app.Errorf(app.Forbidden, "%s only looks into %s", r.user.ID, merchant).WithReason("view_read_only")
	}
	return nil
}

// askReason answers 403 with the form that asks why.
func (c *Console) askReason(r *request) error {
	next := ""
	if r.Method() == http.MethodGet {
		next = safeNext(r.OriginalURL())
	}
	m := r.merchant
	r.merchant.ID, r.merchant.Name = "", "" // the page is not the merchant's
	view, err := c.viewForm(r, m.ID, m.Name, next)
	if err != nil {
		return err
	}
	return c.render(r, http.StatusForbidden, pages.ViewPage(view))
}

func (c *Console) viewForm(r *request, id, name, next string) (pages.View, error) {
	s, err := c.shell(r, layout.NavMerchants)
	return pages.View{Shell: s, MerchantID: id, MerchantName: name, Next: next, Minutes: int(access.ViewLife.Minutes())}, err
}

// viewPage asks why the reader wants to look into a merchant.
func (c *Console) viewPage(r *request) error {
	view, err := c.newView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ViewPage(view))
}

func (c *Console) newView(r *request) (pages.View, error) {
	id, err := r.id("target", app.PrefixMerchant)
	if err != nil {
		return pages.View{}, err
	}
	m, err := c.Merchants.Merchant(r.ctx, id)
	if err != nil {
		return pages.View{}, err
	}
	return c.viewForm(r, m.ID, m.Name, "")
}

// startView leads to the page that was asked for, or to the merchant's overview.
func (c *Console) startView(r *request) error {
	view, err := c.newView(r)
	if err != nil {
		return err
	}
	view.Next, view.Reason = safeNext(r.field("next")), r.field("reason")
	_, err = c.Admin.StartView(r.ctx, r.session, view.MerchantID, view.Reason)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.ViewPage(view))
	}
	if err != nil {
		return err
	}
	if strings.Contains(view.Next, view.MerchantID) {
		return c.done(r, view.Next, "")
	}
	mode, err := c.usualMode(r, view.MerchantID)
	if err != nil {
		return err
	}
	return c.done(r, routes.Scope{Merchant: view.MerchantID, Mode: mode}.Home(), "")
}

// leaveView goes back to the merchant's page on the platform.
func (c *Console) leaveView(r *request) error {
	if err := c.Admin.LeaveView(r.ctx, r.session); err != nil {
		return err
	}
	to := routes.AdminMerchants
	if r.view.MerchantID != "" {
		to = routes.AdminMerchant(r.view.MerchantID)
	}
	return c.done(r, to, "view_left")
}

// viewBand is what every page says while the session looks into a merchant.
func (c *Console) viewBand(r *request) (layout.View, error) {
	if r.view.MerchantID == "" {
		return layout.View{}, nil
	}
	m, err := c.Merchants.Merchant(r.ctx, r.view.MerchantID)
	if err != nil {
		return layout.View{}, err
	}
	return layout.View{Merchant: m.Name, Until: r.view.Until.Time().In(app.Beijing).Format("15:04")}, nil
}
