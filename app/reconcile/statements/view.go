package statements

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// View is a statement as the API and the events show it. Amounts are in fen,
// the date is Beijing's, times RFC 3339 in UTC+8.
type View struct {
	ID          string      `json:"id"`
	MerchantID  string      `json:"merchant_id"`
	Mode        app.Mode    `json:"mode"`
	Date        app.Day     `json:"date"`
	Channel     app.Channel `json:"channel"`
	AccountID   *string     `json:"account_id"`
	Identity    string      `json:"identity"`
	SubIdentity *string     `json:"sub_identity"`
	Status      Status      `json:"status"`
	Locked      bool        `json:"locked"`
	Partial     bool        `json:"partial"`
	Currency    string      `json:"currency"`

	Platform PlatformView `json:"platform"`
	Billed   BilledView   `json:"billed"`
	Fee      app.Money    `json:"fee"`
	Net      app.Money    `json:"net"`

	Matched     int64           `json:"matched"`
	InTransit   int64           `json:"in_transit"`
	Differences []Difference    `json:"differences"`
	Exceptions  ExceptionsView  `json:"exceptions"`
	Adjustments AdjustmentsView `json:"adjustments"`
	Balance     *BalanceView    `json:"balance"`

	RunID        string  `json:"run_id"`
	ReconciledAt string  `json:"reconciled_at"`
	LockedAt     *string `json:"locked_at"`
	Version      int64   `json:"version"`
}

// PlatformView is the side of our books.
type PlatformView struct {
	Payments     int64     `json:"payments"`
	Amount       app.Money `json:"amount"`
	Refunds      int64     `json:"refunds"`
	RefundAmount app.Money `json:"refund_amount"`
}

// BilledView is the channel's side.
type BilledView struct {
	PlatformView
	SettlementAmount       app.Money `json:"settlement_amount"`
	RefundSettlementAmount app.Money `json:"refund_settlement_amount"`
}

// ExceptionsView counts exceptions and adds up their differences without sign.
type ExceptionsView struct {
	Open       int64     `json:"open"`
	Total      int64     `json:"total"`
	OpenAmount app.Money `json:"open_amount"`
	Amount     app.Money `json:"amount"`
}

// AdjustmentsView is what resolutions booked, signed.
type AdjustmentsView struct {
	Count  int64     `json:"count"`
	Amount app.Money `json:"amount"`
}

// BalanceView is the settlement identity's balance.
type BalanceView struct {
	Opening  app.Money `json:"opening"`
	Income   app.Money `json:"income"`
	Outgoing app.Money `json:"outgoing"`
	Closing  app.Money `json:"closing"`
}

// ViewOf shows s.
func ViewOf(s Statement) View {
	v := View{
		ID: s.ID, MerchantID: s.MerchantID, Mode: s.Mode, Date: s.Day, Channel: s.Channel, AccountID: optional(s.AccountID),
		Identity: s.Identity, SubIdentity: optional(s.SubIdentity), Status: s.Status, Locked: s.LockedAt != 0, Partial: s.Partial, Currency: app.CNY,
		Platform: PlatformView{s.Ours.Payments, s.Ours.Gross, s.Ours.Refunds, s.Ours.Refunded},
		Billed: BilledView{
			PlatformView{s.Theirs.Payments, s.Theirs.Gross, s.Theirs.Refunds, s.Theirs.Refunded}, s.Theirs.Settlement, s.Theirs.RefundedSettlement,
		},
		Fee: s.Theirs.Fee.Round(), Net: s.Theirs.Net(),
		Matched: s.Matched, InTransit: s.InTransit, Differences: s.Differences, Exceptions: ExceptionsView(s.Exceptions), Adjustments: AdjustmentsView(s.Adjustments),
		RunID: s.RunID, ReconciledAt: stamp(s.UpdatedAt), LockedAt: optionalStamp(s.LockedAt), Version: s.Version,
	}
	if v.Differences == nil {
		v.Differences = []Difference{}
	}
	if s.Balance != nil {
		v.Balance = &BalanceView{s.Balance.Opening, s.Balance.Income, s.Balance.Outgoing, s.Balance.Closing}
	}
	return v
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func stamp(m app.Millis) string { return m.Time().In(app.Beijing).Format(time.RFC3339) }

func optionalStamp(m app.Millis) *string {
	if m == 0 {
		return nil
	}
	s := stamp(m)
	return &s
}
