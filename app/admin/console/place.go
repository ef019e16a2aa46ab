package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	routes "github.com/piaohao/piaohao/web/templates"
)

func switchRoutes() []Route {
	return []Route{
		get(routes.Switch, Start, access.Home, access.Read, (*Console).switchMerchant),
		get(routes.Merchants, Own, access.OwnInbox, access.Read, (*Console).ownMerchantsPage),
	}
}

// startAt chooses what the start page is about: what the query says, or where the
// user was last if they still have a part there, or their first merchant. Without
// any, merchant is "".
func (c *Console) startAt(r *request) (merchant string, mode app.Mode, err error) {
	merchant, mode = r.query("merchant"), app.Mode(r.query("mode"))
	if merchant != "" && mode != "" {
		return merchant, mode, nil
	}
	last, err := c.Access.Place(r.ctx, r.user.ID)
	if err != nil {
		return "", "", err
	}
	if merchant == "" {
		if merchant, err = c.firstMerchant(r, last.MerchantID); err != nil || merchant == "" {
			return "", "", err
		}
	}
	switch {
	case mode != "":
	case merchant == last.MerchantID && last.Mode.Valid() && !(last.Mode == app.Test && c.LiveOnly):
		mode = last.Mode
	default:
		mode, err = c.usualMode(r, merchant)
	}
	return merchant, mode, err
}

// firstMerchant is the one that is preferred, if the user has a role in it, or
// their first.
func (c *Console) firstMerchant(r *request, preferred string) (string, error) {
	ids, err := c.ownMerchants(r)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	if slices.Contains(ids, preferred) {
		return preferred, nil
	}
	return ids[0], nil
}

// ownMerchants are the ids of the merchants in which the user has a role, in order.
func (c *Console) ownMerchants(r *request) ([]string, error) {
	held, err := c.Access.Bindings(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, b := range held {
		if b.Domain != access.Platform && !slices.Contains(ids, b.Domain) {
			ids = append(ids, b.Domain)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// rememberPlace notes the merchant and mode of a page for the next sign-in, if
// they are others than last time. Whoever only looks in as the platform is not
// there. That it cannot be noted keeps nobody from the page.
func (c *Console) rememberPlace(r *request) {
	if r.Method() != http.MethodGet || r.fragment() || r.viewing || r.merchant.ID == "" {
		return
	}
	here := access.Place{MerchantID: r.merchant.ID, Mode: r.mode}
	last, err := c.Access.Place(r.ctx, r.user.ID)
	if err == nil && last != here {
		err = c.Access.Remember(r.ctx, r.user.ID, here)
	}
	if err != nil {
		c.Logger.WarnContext(r.ctx, "the last merchant was not noted", "user", r.user.ID, "error", err)
	}
}

// switchMerchant leads to the same list in another merchant where the user may
// see it there, else to the merchant's overview. Nothing but the list's name comes
// along: ids and filters are of the merchant that is left.
func (c *Console) switchMerchant(r *request) error {
	if r.merchant.ID == "" {
		return r.Redirect(routes.Home, http.StatusSeeOther)
	}
	to, list := r.to().Home(), r.query("list")
	if strings.ContainsAny(list, "/:") { // an object's page, or a pattern of one
		list = ""
	}
	for _, route := range Table() {
		if route.Method != http.MethodGet || route.Path != scoped+"/"+list || route.Place != InMerchant {
			continue
		}
		ok, err := c.Access.Allowed(r.ctx, r.user.ID, r.merchant.ID, route.Object, route.Action)
		if err != nil {
			return err
		}
		if ok {
			to = r.to().Base() + "/" + list
		}
	}
	return r.Redirect(to, http.StatusSeeOther)
}
