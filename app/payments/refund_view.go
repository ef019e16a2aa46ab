package payments

import "github.com/piaohao/piaohao/app"

// RefundView is a refund as the API and the events show it. Amounts are in fen,
// times RFC 3339 in UTC+8.
type RefundView struct {
	ID              string       `json:"id"`
	MerchantID      string       `json:"merchant_id"`
	Mode            app.Mode     `json:"mode"`
	PaymentID       string       `json:"payment_id"`
	OrderNo         string       `json:"order_no"`
	RefundNo        string       `json:"refund_no"`
	Status          RefundStatus `json:"status"`
	Amount          app.Money    `json:"amount"`
	Currency        string       `json:"currency"`
	Reason          string       `json:"reason"`
	Source          RefundSource `json:"source"`
	Channel         app.Channel  `json:"channel"`
	AccountID       string       `json:"account_id"`
	ChannelRefundNo *string      `json:"channel_refund_no"`
	ApprovalID      string       `json:"approval_id,omitempty"`
	Recovered       bool         `json:"recovered"`
	LastError       *app.Refusal `json:"last_error,omitempty"`
	CreatedAt       string       `json:"created_at"`
	AcceptedAt      *string      `json:"accepted_at"`
	SucceededAt     *string      `json:"succeeded_at"`
	Version         int64        `json:"version"`
}

// RefundViewOf shows r.
func RefundViewOf(r Refund) RefundView {
	v := RefundView{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, PaymentID: r.PaymentID, OrderNo: r.OrderNo, RefundNo: r.RefundNo,
		Status: r.Status, Amount: r.Amount, Currency: r.Currency, Reason: r.Reason, Source: r.Source,
		Channel: r.Channel, AccountID: r.AccountID, ApprovalID: r.ApprovalID, Recovered: r.Recovered,
		CreatedAt: stamp(r.CreatedAt), AcceptedAt: optionalStamp(r.AcceptedAt), SucceededAt: optionalStamp(r.SucceededAt), Version: r.Version,
	}
	if r.ChannelRefundNo != "" {
		v.ChannelRefundNo = &r.ChannelRefundNo
	}
	if r.ErrorCode != "" {
		v.LastError = &app.Refusal{Name: string(r.Channel), Code: r.ErrorCode, Message: r.ErrorMessage}
	}
	return v
}
