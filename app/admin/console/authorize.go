package console

import (
	"net/url"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
)

// authorize is the one place where the console decides whether a request may be
// served. What is not allowed is denied: a merchant that the user has no part
// in is NotFound, as if it did not exist, a missing permission Forbidden.
func (c *Console) authorize(r *request) error {
	switch r.route.Place {
	case Public, SignedIn, Joining, Enrolling, Leaving:
		return nil
	case Own:
		return c.permit(r, access.Self)
	case OnPlatform:
		return c.permit(r, access.Platform)
	case InMerchant:
		merchant, err := url.PathUnescape(r.Params("merchant"))
		if err != nil {
			return missingMerchant()
		}
		if err := c.enter(r, merchant, app.Mode(r.Params("mode"))); err != nil {
			return err
		}
		c.rememberPlace(r)
		return nil
	case InQuery:
		return c.enter(r, r.query("merchant"), app.Mode(r.query("mode")))
	case Start:
		merchant, mode, err := c.startAt(r)
		if err != nil || merchant == "" {
			return err
		}
		if err := c.enter(r, merchant, mode); err != nil {
			return err
		}
		c.rememberPlace(r)
		return nil
	}
	return app.Errorf(app.Internal, "route %s is not decided", r.route.Path)
}

// enter is for pages of one merchant in one mode.
func (c *Console) enter(r *request, merchant string, mode app.Mode) error {
	if !app.ValidID(app.PrefixMerchant, merchant) || !mode.Valid() || (mode == app.Test && c.LiveOnly) {
		return missingMerchant()
	}
	part, err := c.Access.Allowed(r.ctx, r.user.ID, merchant, access.Home, access.Read)
	if err != nil {
		return err
	}
	if !part {
		if err := c.look(r, merchant); err != nil {
			return err
		}
	}
	if r.merchant, err = c.Merchants.Merchant(r.ctx, merchant); err != nil {
		return err
	}
	r.mode = mode
	return c.permit(r, merchant)
}

func (c *Console) permit(r *request, domain string) error {
	ok, err := c.Access.Allowed(r.ctx, r.user.ID, domain, r.route.Object, r.route.Action)
	if err != nil {
		return err
	}
	if !ok {
		return app.Errorf(app.Forbidden, "%s may not %s %s", r.user.ID, r.route.Action, r.route.Object).WithReason(reasonRole)
	}
	return nil
}

// reasonRole marks what another role would allow.
const reasonRole = "role_needed"

func missingMerchant() error { return app.Errorf(app.NotFound, "no such merchant and mode") }
