package console

import (
	"net/http"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// search takes any number of a payment or a refund and leads to it.
func (c *Console) search(r *request) error {
	found, err := c.find(r, r.query("q"))
	if err != nil {
		return err
	}
	refunds, err := c.findRefunds(r, r.query("q"))
	if err != nil {
		return err
	}
	switch {
	case len(found) == 1 && len(refunds) == 0:
		return r.Redirect(r.to().Payment(found[0].ID), http.StatusSeeOther)
	case len(refunds) == 1 && len(found) == 0:
		return r.Redirect(r.to().Refund(refunds[0].ID), http.StatusSeeOther)
	case len(found)+len(refunds) == 0:
		page, err := c.pageOf(r, r.query("q"))
		if err != nil {
			return err
		}
		if page != "" {
			return r.Redirect(page, http.StatusSeeOther)
		}
	}
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	return c.page(r, pages.SearchPage(pages.Search{Shell: s, Query: r.query("q"), Rows: paymentRows(found), Refunds: refundRows(refunds)}))
}

// findRefunds looks a number up among the merchant's refunds, for those who may
// see them.
func (c *Console) findRefunds(r *request, number string) ([]payments.Refund, error) {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	if !ask.may(r.merchant.ID, access.Refunds, access.Read) {
		return nil, ask.err
	}
	return c.Payments.FindRefunds(r.ctx, r.scope(), number)
}

// find looks a number up among the merchant's payments in this mode.
func (c *Console) find(r *request, number string) ([]payments.Payment, error) {
	if number == "" {
		return nil, nil
	}
	list, err := c.accounts(r)
	if err != nil {
		return nil, err
	}
	var payees []payments.Payee
	for _, a := range list {
		payees = append(payees, payments.Payee{Channel: a.Channel, Identity: a.Identity})
	}
	return c.Payments.Find(r.ctx, r.scope(), number, payees)
}
