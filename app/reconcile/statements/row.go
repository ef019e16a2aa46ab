package statements

import (
	"encoding/json"

	"github.com/piaohao/piaohao/app"
)

// row is a statement as stored.
type row struct {
	ID                 string       `db:"id"`
	MerchantID         string       `db:"merchant_id"`
	Mode               app.Mode     `db:"mode"`
	AccountID          string       `db:"account_id"`
	IdentityID         string       `db:"identity_id"`
	Channel            app.Channel  `db:"channel"`
	Identity           string       `db:"identity"`
	SubIdentity        string       `db:"sub_identity"`
	Day                app.Day      `db:"day"`
	RunID              string       `db:"run_id"`
	Status             Status       `db:"status"`
	Partial            int64        `db:"partial"`
	OurPayments        int64        `db:"our_payments"`
	OurAmount          app.Money    `db:"our_amount"`
	OurRefunds         int64        `db:"our_refunds"`
	OurRefunded        app.Money    `db:"our_refunded"`
	Payments           int64        `db:"payments"`
	Amount             app.Money    `db:"amount"`
	Settlement         app.Money    `db:"settlement"`
	Refunds            int64        `db:"refunds"`
	Refunded           app.Money    `db:"refunded"`
	RefundedSettlement app.Money    `db:"refunded_settlement"`
	Fee                app.Millifen `db:"fee"`
	Matched            int64        `db:"matched"`
	InTransit          int64        `db:"in_transit"`
	Differences        string       `db:"differences"`
	FrozenOpen         int64        `db:"frozen_open"`
	FrozenTotal        int64        `db:"frozen_total"`
	FrozenOpenAmount   app.Money    `db:"frozen_open_amount"`
	FrozenAmount       app.Money    `db:"frozen_amount"`
	FrozenAdjustments  int64        `db:"frozen_adjustments"`
	FrozenAdjusted     app.Money    `db:"frozen_adjusted"`
	LockedAt           app.Millis   `db:"locked_at"`
	Version            int64        `db:"version"`
	CreatedAt          app.Millis   `db:"created_at"`
	UpdatedAt          app.Millis   `db:"updated_at"`
}

func rowOf(run RunRef, o Outcome, a AccountFigures, now app.Millis) row {
	differences, err := json.Marshal(addDifferences(a.Differences, nil))
	if err != nil {
		panic(err) // counts and classes always marshal
	}
	return row{
		ID: app.NewID(app.PrefixStatement, now.Time()), MerchantID: run.MerchantID, Mode: run.Mode, AccountID: a.AccountID,
		IdentityID: run.IdentityID, Channel: run.Channel, Identity: run.Identity, SubIdentity: run.SubIdentity,
		Day: run.Day, RunID: run.ID, Status: o.status(), Partial: flag(o.Partial),
		OurPayments: a.Ours.Payments, OurAmount: a.Ours.Gross, OurRefunds: a.Ours.Refunds, OurRefunded: a.Ours.Refunded,
		Payments: a.Theirs.Payments, Amount: a.Theirs.Gross, Settlement: a.Theirs.Settlement, Refunds: a.Theirs.Refunds,
		Refunded: a.Theirs.Refunded, RefundedSettlement: a.Theirs.RefundedSettlement, Fee: a.Theirs.Fee,
		Matched: a.Matched, InTransit: a.InTransit, Differences: string(differences),
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// statement returns the stored part: exceptions and adjustments are as frozen
// by a lock, and empty without one.
func (r row) statement() (Statement, error) {
	s := Statement{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, AccountID: r.AccountID, IdentityID: r.IdentityID, Channel: r.Channel,
		Identity: r.Identity, SubIdentity: r.SubIdentity, Day: r.Day, RunID: r.RunID, Status: r.Status, Partial: r.Partial != 0,
		Figures: Figures{
			Ours: Sums{r.OurPayments, r.OurRefunds, r.OurAmount, r.OurRefunded},
			Theirs: Billed{
				Payments: r.Payments, Refunds: r.Refunds, Gross: r.Amount, Settlement: r.Settlement,
				Refunded: r.Refunded, RefundedSettlement: r.RefundedSettlement, Fee: r.Fee,
			},
			Matched: r.Matched, InTransit: r.InTransit,
		},
		Exceptions:  Open{r.FrozenOpen, r.FrozenTotal, r.FrozenOpenAmount, r.FrozenAmount},
		Adjustments: Adjusted{r.FrozenAdjustments, r.FrozenAdjusted},
		LockedAt:    r.LockedAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version,
	}
	if err := json.Unmarshal([]byte(r.Differences), &s.Differences); err != nil {
		return s, app.Errorf(app.Internal, "read the differences of %s: %w", r.ID, err)
	}
	return s, nil
}

// dayRow is a settlement identity's day as stored.
type dayRow struct {
	IdentityID       string      `db:"identity_id"`
	Day              app.Day     `db:"day"`
	MerchantID       string      `db:"merchant_id"`
	Mode             app.Mode    `db:"mode"`
	Channel          app.Channel `db:"channel"`
	Identity         string      `db:"identity"`
	SubIdentity      string      `db:"sub_identity"`
	RunID            string      `db:"run_id"`
	Status           Status      `db:"status"`
	Partial          int64       `db:"partial"`
	Opening          *app.Money  `db:"opening"`
	Closing          *app.Money  `db:"closing"`
	Income           app.Money   `db:"income"`
	Outgoing         app.Money   `db:"outgoing"`
	Carried          int64       `db:"carried"`
	LineCount        int64       `db:"line_count"`
	ResultKey        string      `db:"result_key"`
	Digest           string      `db:"digest"`
	CompletedVersion int64       `db:"completed_version"`
	Version          int64       `db:"version"`
	CreatedAt        app.Millis  `db:"created_at"`
	UpdatedAt        app.Millis  `db:"updated_at"`
}

func (d dayRow) balance() *Balance {
	if d.Opening == nil || d.Closing == nil {
		return nil
	}
	return &Balance{Opening: *d.Opening, Income: d.Income, Outgoing: d.Outgoing, Closing: *d.Closing}
}
