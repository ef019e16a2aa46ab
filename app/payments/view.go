package payments

import (
	"context"
	"encoding/json"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// View is a payment as the API and the events show it. Amounts are in fen,
// times RFC 3339 in UTC+8.
type View struct {
	ID               string            `json:"id"`
	MerchantID       string            `json:"merchant_id"`
	Mode             app.Mode          `json:"mode"`
	OrderNo          string            `json:"order_no"`
	Status           Status            `json:"status"`
	Amount           app.Money         `json:"amount"`
	Currency         string            `json:"currency"`
	AmountRefunded   app.Money         `json:"amount_refunded"`
	PayerAmount      *app.Money        `json:"payer_amount"`
	SettlementAmount *app.Money        `json:"settlement_amount"`
	Subject          string            `json:"subject"`
	Method           channel.Method    `json:"method"`
	Channel          app.Channel       `json:"channel"`
	AccountID        string            `json:"account_id"`
	AttemptID        string            `json:"attempt_id"`
	ChannelTradeNo   *string           `json:"channel_trade_no"`
	Action           *channel.Action   `json:"action"`
	ReturnURL        string            `json:"return_url,omitempty"`
	Metadata         map[string]string `json:"metadata"`
	Late             bool              `json:"late"`
	Recovered        bool              `json:"recovered"`
	LastError        *app.Refusal      `json:"last_error,omitempty"`
	ExpiresAt        string            `json:"expires_at"`
	CreatedAt        string            `json:"created_at"`
	PaidAt           *string           `json:"paid_at"`
	ClosedAt         *string           `json:"closed_at"`
	Version          int64             `json:"version"`
}

// NewView shows p; a is the attempt that paid it or else its latest one.
func NewView(p Payment, a Attempt) View {
	v := View{
		ID: p.ID, MerchantID: p.MerchantID, Mode: p.Mode, OrderNo: p.OrderNo, Status: p.Status,
		Amount: p.Amount, Currency: p.Currency, AmountRefunded: p.AmountRefunded,
		Subject: p.Subject, Method: p.Method, Channel: p.Channel, AccountID: p.AccountID,
		AttemptID: a.ID, ReturnURL: p.ReturnURL, Late: p.Late, Recovered: p.Recovered, Metadata: map[string]string{},
		ExpiresAt: stamp(p.ExpiresAt), CreatedAt: stamp(p.CreatedAt),
		PaidAt: optionalStamp(p.PaidAt), ClosedAt: optionalStamp(p.ClosedAt), Version: p.Version,
	}
	// Both were written by us; what cannot be read is shown as absent.
	_ = json.Unmarshal([]byte(p.Metadata), &v.Metadata)
	if p.Status == StatusPending && a.Status == StatusPending && a.Action != "" {
		var action channel.Action
		if json.Unmarshal([]byte(a.Action), &action) == nil {
			v.Action = &action
		}
	}
	if p.PaidAt != 0 {
		v.PayerAmount, v.SettlementAmount = &p.PayerAmount, &p.SettlementAmount
	}
	if p.ChannelTradeNo != "" {
		v.ChannelTradeNo = &p.ChannelTradeNo
	}
	if p.ErrorCode != "" {
		v.LastError = &app.Refusal{Name: string(p.Channel), Code: p.ErrorCode, Message: p.ErrorMessage}
	}
	return v
}

func stamp(m app.Millis) string {
	return m.Time().In(app.Beijing).Format(time.RFC3339)
}

func optionalStamp(m app.Millis) *string {
	if m == 0 {
		return nil
	}
	s := stamp(m)
	return &s
}

// Views shows a page of payments, loading their attempts at once.
func (s *Service) Views(ctx context.Context, ps []Payment) ([]View, error) {
	views := make([]View, 0, len(ps))
	if len(ps) == 0 {
		return views, nil
	}
	ids := make([]string, len(ps))
	for i, p := range ps {
		ids[i] = p.ID
	}
	attempts, err := s.store.attemptsOf(ctx, s.DB, ps[0].MerchantID, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		views = append(views, NewView(p, relevant(p, attempts)))
	}
	return views, nil
}

// relevant picks the attempt that a payment's view shows: the one that paid,
// else the open one, else the latest.
func relevant(p Payment, attempts []Attempt) Attempt {
	var latest Attempt
	for _, a := range attempts {
		if a.PaymentID != p.ID {
			continue
		}
		if a.ID == p.PaidAttemptID || (p.PaidAttemptID == "" && a.ID == p.OpenAttemptID) {
			return a
		}
		latest = a
	}
	return latest
}
