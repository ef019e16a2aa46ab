package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/piaohao/piaohao/app"
)

// refundOrder is the body of POST /payments/{id}/refunds.
type refundOrder struct {
	RefundNo string    `json:"refund_no"`
	Amount   app.Money `json:"amount"` // fen
	Reason   string    `json:"reason"`
}

// refund is the part of the API's refund that the shop uses.
type refund struct {
	ID        string       `json:"id"`
	RefundNo  string       `json:"refund_no"`
	Status    string       `json:"status"`
	Amount    app.Money    `json:"amount"`
	Reason    string       `json:"reason"`
	LastError *app.Refusal `json:"last_error"`
	CreatedAt string       `json:"created_at"`
}

// underWay reports whether the refund has not come to its end.
func (r refund) underWay() bool { return r.Status == "pending" || r.Status == "awaiting_approval" }

// refund asks for money back. Its number makes a second click the same refund.
func (a api) refund(ctx context.Context, id string, r refundOrder) error {
	_, err := a.do(ctx, http.MethodPost, "/payments/"+url.PathEscape(id)+"/refunds", r.RefundNo, r)
	return err
}

// refunds lists a payment's refunds, the newest first.
func (a api) refunds(ctx context.Context, paymentID string) ([]refund, error) {
	raw, err := a.do(ctx, http.MethodGet, "/refunds?payment_id="+url.QueryEscape(paymentID), "", nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		Data []refund `json:"data"`
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return nil, fmt.Errorf("read the refunds: %w", err)
	}
	return page.Data, nil
}

// refundsOf lists what was given back of a payment; only a paid one has any.
func (s *Shop) refundsOf(ctx context.Context, p payment) ([]refund, error) {
	if p.Status != "succeeded" {
		return nil, nil
	}
	return s.api.refunds(ctx, p.ID)
}

// stateOf is what an open page waits to see change: the payment's status and
// its refunds'.
func stateOf(p payment, refunds []refund) string {
	state := p.Status
	for _, r := range refunds {
		state += " " + r.Status
	}
	return state
}

// left is what can still be given back, what is under way counted as gone.
func left(p payment, refunds []refund) app.Money {
	rest := p.Amount
	for _, r := range refunds {
		if r.Status != "failed" && r.Status != "rejected" {
			rest -= r.Amount
		}
	}
	return max(0, rest)
}

// giveBack refunds a paid order, in whole or in part.
func (s *Shop) giveBack(w http.ResponseWriter, r *http.Request) {
	amount, err := app.ParseYuan(r.FormValue("amount"))
	if err != nil {
		s.fail(w, r, &problem{
			Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Code: "amount", Detail: s.frame(w, r).W.AmountWrong,
		})
		return
	}
	err = s.api.refund(r.Context(), r.PathValue("id"), refundOrder{RefundNo: r.FormValue("number"), Amount: amount, Reason: r.FormValue("reason")})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/shop/"+r.PathValue("method")+"/"+r.PathValue("id"), http.StatusSeeOther)
}
