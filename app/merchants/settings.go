package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// What happens to money nobody expects any more, or twice.
const (
	KeepMoney   = "keep"   // it stays, and a person decides
	RefundMoney = "refund" // it is given back automatically, once
)

// Settings are the choices a merchant makes for itself. What was never chosen
// rests empty in the database; Service.Settings fills in the defaults.
type Settings struct {
	// RequireSignatureLive refuses bearer keys in live mode: calls must be signed.
	RequireSignatureLive bool `json:"require_signature_live"`
	// LatePayments says what becomes of a payment paid after it was closed:
	// KeepMoney (the default) or RefundMoney.
	LatePayments string `json:"late_payments,omitempty"`
	// DuplicatePayments says what becomes of the second payment of one order:
	// RefundMoney (the default) or KeepMoney.
	DuplicatePayments string `json:"duplicate_payments,omitempty"`
	// RefundApprovalAbove is how much of one payment may be given back, in fen,
	// before a second person must approve; 0 means that none needs to.
	RefundApprovalAbove app.Money `json:"refund_approval_above,omitempty"`
	// StatementEmails get a mail once a day's bills have been compared, where the
	// operator has configured mail; at most MaxStatementEmails.
	StatementEmails Addresses `json:"statement_emails,omitempty"`
	// TwoPeople wants a second person's yes before keys, credentials, the roles
	// that reach them and the limit of refunds change.
	TwoPeople bool `json:"two_people,omitempty"`
}

// withDefaults fills in what was never chosen.
func (s Settings) withDefaults() Settings {
	if s.LatePayments == "" {
		s.LatePayments = KeepMoney
	}
	if s.DuplicatePayments == "" {
		s.DuplicatePayments = RefundMoney
	}
	return s
}

// check refuses what cannot be meant, naming every wrong field.
func (s Settings) check() error {
	var wrong []app.FieldError
	choice := func(field, value string) {
		if value != KeepMoney && value != RefundMoney {
			wrong = append(wrong, app.FieldError{Field: field, Code: "unsupported", Message: field + ` must be "keep" or "refund"`})
		}
	}
	wrong = append(wrong, s.StatementEmails.check("statement_emails")...)
	choice("late_payments", s.LatePayments)
	choice("duplicate_payments", s.DuplicatePayments)
	if s.RefundApprovalAbove < 0 || s.RefundApprovalAbove > app.MaxAmount {
		wrong = append(wrong, app.FieldError{
			Field: "refund_approval_above", Code: "out_of_range",
			Message: "refund_approval_above must be 0 (never) or an amount in fen of at most 100,000,000.00 yuan",
		})
	}
	if len(wrong) == 0 {
		return nil
	}
	e := app.InvalidField(wrong[0].Field, wrong[0].Code, "%s", wrong[0].Message)
	e.Fields = wrong
	return e
}

// Settings returns the merchant's settings with their defaults, or NotFound.
func (s *Service) Settings(ctx context.Context, merchantID string) (Settings, error) {
	return s.SettingsIn(ctx, s.db, merchantID)
}

// SettingsIn is Settings read through q: inside the transaction whose decision
// depends on them.
func (s *Service) SettingsIn(ctx context.Context, q db.Querier, merchantID string) (Settings, error) {
	m, err := selectMerchant(ctx, q, merchantID)
	if err != nil {
		return Settings{}, err
	}
	return m.Settings.withDefaults(), nil
}

// UpdateSettings changes the merchant's settings; a choice left empty is its
// default. The change is audited. Errors: Invalid (the fields named), NotFound,
// Conflict (second_person).
func (s *Service) UpdateSettings(ctx context.Context, id string, settings Settings) (Merchant, error) {
	settings = settings.withDefaults()
	if err := settings.check(); err != nil {
		return Merchant{}, err
	}
	var after Merchant
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		after, err = s.changeMerchantIn(ctx, tx, id, id, "merchant.settings", func(m *Merchant) error {
			before := m.Settings.withDefaults()
			if audit.ActorFrom(ctx).Kind == audit.KindUser && SettingsNeedTwo(before, settings) {
				return errSecondPerson()
			}
			if before != settings {
				m.Settings = settings
			}
			return nil
		})
		return err
	})
	if err != nil {
		return Merchant{}, fmt.Errorf("merchant.settings %s: %w", id, err)
	}
	return after, nil
}
