package payments

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Evidence is what one side says about an order, and about a refund of it where
// the case is about one. What a side does not say is empty. Amounts are in fen.
type Evidence struct {
	AccountID       string    `json:"account_id,omitempty"`
	Number          string    `json:"number,omitempty"` // the attempt's id, as the channel saw it
	TradeNo         string    `json:"channel_trade_no,omitempty"`
	AppID           string    `json:"app_id,omitempty"`
	Identity        string    `json:"identity,omitempty"`
	SubIdentity     string    `json:"sub_identity,omitempty"`
	Amount          app.Money `json:"amount,omitempty"`
	Currency        string    `json:"currency,omitempty"`
	State           string    `json:"state,omitempty"` // the channel's own word, or our status
	Refunded        app.Money `json:"refunded,omitempty"`
	RefundNo        string    `json:"refund_no,omitempty"`
	RefundAmount    app.Money `json:"refund_amount,omitempty"`
	RefundState     string    `json:"refund_state,omitempty"`
	ChannelRefundNo string    `json:"channel_refund_no,omitempty"` // the channel's own number of the refund
}

// Case is a notice in quarantine with what each side says.
type Case struct {
	StoredNotice
	// Ours is nil when the notice names no order of ours.
	Ours *Evidence
	Told Evidence // what the channel signed
}

// NoticeReasons lists why a notice can be held, as StoredNotice.Reason says it.
func NoticeReasons() []string {
	return []string{
		"unhandled_type", "unknown_number", "account", "number", "app_id", "identity", "sub_identity", "amount", "currency",
		"transaction_no", "payment_number", "total", "refund_number", "refund_amount", "refund_transaction_no", "refund_status",
		"refund_exceeds", "refund_unexplained",
	}
}

// Case returns a notice with the evidence of both sides, or NotFound.
func (s *Service) Case(ctx context.Context, scope Scope, id string) (Case, error) {
	n, err := s.store.notice(ctx, s.DB, scope, id)
	if err != nil {
		return Case{}, err
	}
	c := Case{StoredNotice: n}
	if n.Told != "" {
		if err := json.Unmarshal([]byte(n.Told), &c.Told); err != nil {
			return Case{}, fmt.Errorf("read what %s says: %w", id, err)
		}
	}
	if n.AttemptID == "" {
		return c, nil
	}
	c.Ours, err = s.ours(ctx, n, c.Told.RefundNo)
	return c, err
}

// ours is what our books say about the order of a notice, and about the refund
// that it names, if that is ours.
func (s *Service) ours(ctx context.Context, n StoredNotice, refundNo string) (*Evidence, error) {
	a, err := s.store.attempt(ctx, s.DB, n.MerchantID, n.AttemptID)
	if err != nil {
		return nil, err
	}
	p, err := s.store.payment(ctx, s.DB, Scope{a.MerchantID, a.Mode}, a.PaymentID)
	if err != nil {
		return nil, err
	}
	out := &Evidence{
		AccountID: a.AccountID, Number: a.ID, TradeNo: a.ChannelTradeNo, AppID: a.AppID, Identity: a.Identity, SubIdentity: a.SubIdentity,
		Amount: a.Amount, Currency: app.CNY, State: string(a.Status),
	}
	if p.PaidAttemptID == a.ID {
		out.Refunded = p.RefundReserved
	}
	if refundNo == "" {
		return out, nil
	}
	r, known, err := s.refundNumbered(ctx, a, refundNo)
	if err == nil && known {
		out.RefundNo, out.RefundAmount, out.RefundState, out.ChannelRefundNo = r.Number, r.Amount, string(r.Status), r.ChannelRefundNo
	}
	return out, err
}

// toldBy is what a notice says, with every text bounded.
func toldBy(accountID string, notice channel.Notice) Evidence {
	e := Evidence{AccountID: accountID}
	if t := notice.Trade; t != nil {
		e.Number, e.TradeNo, e.AppID, e.Identity, e.SubIdentity = t.Number, t.ChannelTradeNo, t.AppID, t.Identity, t.SubIdentity
		e.Amount, e.Currency, e.State, e.Refunded = t.Amount, t.Currency, t.RawState, t.Refunded
	}
	if r := notice.Refund; r != nil {
		e.Number, e.TradeNo, e.Identity, e.SubIdentity = r.PaymentNumber, r.ChannelTradeNo, r.Identity, r.SubIdentity
		e.RefundNo, e.RefundAmount, e.RefundState, e.ChannelRefundNo = r.Number, r.Amount, r.RawState, r.ChannelRefundNo
		if r.Total != 0 {
			e.Amount = r.Total
		}
		if r.RefundedTotal != 0 {
			e.Refunded = r.RefundedTotal
		}
	}
	for _, text := range []*string{&e.Number, &e.TradeNo, &e.AppID, &e.Identity, &e.SubIdentity, &e.Currency, &e.State, &e.RefundNo, &e.RefundState, &e.ChannelRefundNo} {
		*text = clipTo(*text, 128)
	}
	return e
}
