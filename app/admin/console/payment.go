package console

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// paymentPage is one payment with its whole story.
func (c *Console) paymentPage(r *request) error {
	p, err := c.payment(r)
	if err != nil {
		return err
	}
	if err := c.Payments.Touch(r.ctx, p); err != nil {
		return err
	}
	view, err := c.paymentView(r, p)
	if err != nil {
		return err
	}
	if view.Shell, err = c.shell(r, layout.NavPayments); err != nil {
		return err
	}
	refunds, err := c.paymentMoney(r, p, &view)
	if err != nil {
		return err
	}
	if view.Timeline, err = c.story(r, p, refunds, view.Shell); err != nil {
		return err
	}
	if view.Shell.Can.Reconcile {
		places, err := c.places(r, p, refunds)
		if err != nil {
			return err
		}
		billed(&view, p, places)
		view.Timeline = inOrder(append(view.Timeline, c.reconcileEntries(r, places)...))
	}
	return c.page(r, pages.PaymentPage(view))
}

func (c *Console) payment(r *request) (payments.Payment, error) {
	id, err := r.id("payment", app.PrefixPayment)
	if err != nil {
		return payments.Payment{}, err
	}
	return c.Payments.Get(r.ctx, r.scope(), id)
}

func (c *Console) paymentView(r *request, p payments.Payment) (pages.Payment, error) {
	shown, err := c.Payments.Views(r.ctx, []payments.Payment{p})
	if err != nil {
		return pages.Payment{}, err
	}
	v := shown[0]
	view := pages.Payment{
		ID: p.ID, OrderNo: p.OrderNo, Subject: p.Subject, Status: string(p.Status), Late: p.Late, Channel: p.Channel, Method: string(p.Method),
		Amount: p.Amount, Refunded: p.AmountRefunded, PayerAmount: p.PayerAmount, SettlementAmount: p.SettlementAmount,
		AttemptID: v.AttemptID, ChannelTradeNo: p.ChannelTradeNo, AccountID: p.AccountID,
		Refusal: v.LastError, Metadata: metadata(p), CreatedAt: p.CreatedAt, PaidAt: p.PaidAt, ClosedAt: p.ClosedAt, ExpiresAt: p.ExpiresAt,
		CloseRequested: p.CloseRequestedAt != 0,
		Refused:        p.Status == payments.StatusCreated && p.OpenAttemptID == "" && v.LastError != nil,
		CanSync:        p.Status != payments.StatusSucceeded && p.Status != payments.StatusInReview, CanClose: p.Status.Open(),
	}
	if v.Action != nil {
		view.CodeURL, view.Action = v.Action.CodeURL, actionOf(*v.Action)
	}
	view.AccountName, err = c.accountName(r, p.AccountID)
	return view, err
}

// accountName is the name of a channel account, or its id where there is none.
func (c *Console) accountName(r *request, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	account, err := c.Merchants.Account(r.ctx, r.merchant.ID, id)
	if app.Is(err, app.NotFound) {
		return id, nil
	}
	return account.Name, err
}

func metadata(p payments.Payment) []pages.Pair {
	var values map[string]string
	if json.Unmarshal([]byte(p.Metadata), &values) != nil {
		return nil // we wrote it; what cannot be read is shown as absent
	}
	var out []pages.Pair
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, pages.Pair{Name: name, Value: values[name]})
	}
	return out
}

// syncPayment asks the channel about the payment now (查单).
func (c *Console) syncPayment(r *request) error {
	p, err := c.payment(r)
	if err != nil {
		return err
	}
	if _, err := c.Payments.Sync(r.ctx, r.scope(), p.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Payment(p.ID), "payment_synced")
}

// closePayment ends an unpaid payment. An answer that stays away is no failure:
// the wish is stored, and the page tells how it goes on.
func (c *Console) closePayment(r *request) error {
	p, err := c.payment(r)
	if err != nil {
		return err
	}
	note := "payment_closed"
	if _, err = c.Payments.Close(r.ctx, r.scope(), p.ID); app.Is(err, app.OutcomeUnknown) {
		note, err = "payment_closing", nil
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Payment(p.ID), note)
}
