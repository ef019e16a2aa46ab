package merchants_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestSettingsHaveDefaultsUntilTheyAreChosen(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		// A merchant from before these settings existed.
		if _, err := r.db.Exec(ctx, `UPDATE merchants SET settings = '{"require_signature_live":false}' WHERE id = ?`, r.m.ID); err != nil {
			t.Fatal(err)
		}
		want := merchants.Settings{LatePayments: merchants.KeepMoney, DuplicatePayments: merchants.RefundMoney}
		if got, err := r.Settings(ctx, r.m.ID); err != nil || got != want {
			t.Errorf("by default %+v, %v", got, err)
		}
		if _, err := r.UpdateSettings(ctx, r.m.ID, merchants.Settings{}); err != nil {
			t.Fatal(err)
		}
		if got := r.actions(t, r.m.ID, r.m.ID); len(got) != 0 {
			t.Errorf("choosing the defaults is audited as %q", got)
		}
		chosen := merchants.Settings{LatePayments: merchants.RefundMoney, DuplicatePayments: merchants.KeepMoney, RefundApprovalAbove: 100_00}
		if _, err := r.UpdateSettings(ctx, r.m.ID, chosen); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Settings(ctx, r.m.ID); err != nil || got != chosen {
			t.Errorf("chosen %+v, %v", got, err)
		}
		err := r.db.InTx(ctx, func(tx *db.Tx) error {
			got, err := r.SettingsIn(ctx, tx, r.m.ID)
			if got != chosen {
				t.Errorf("inside a transaction %+v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.actions(t, r.m.ID, r.m.ID); !slices.Equal(got, []string{"merchant.settings"}) {
			t.Errorf("the audit says %q", got)
		}
		if _, err := r.Settings(ctx, "mch_nobody"); !app.Is(err, app.NotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
}

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for field, s := range map[string]merchants.Settings{
			"late_payments":         {LatePayments: "maybe"},
			"duplicate_payments":    {DuplicatePayments: "both"},
			"statement_emails":      {StatementEmails: "finance@example.com,Finance <b@example.com>"},
			"refund_approval_above": {RefundApprovalAbove: -1},
		} {
			_, err := r.UpdateSettings(t.Context(), r.m.ID, s)
			var e *app.Error
			if !errors.As(err, &e) || e.Code != app.Invalid || e.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		_, err := r.UpdateSettings(t.Context(), r.m.ID, merchants.Settings{LatePayments: "x", RefundApprovalAbove: app.MaxAmount + 1})
		var e *app.Error
		if !errors.As(err, &e) || len(e.Fields) != 2 {
			t.Errorf("two wrong fields: %v", err)
		}
	})
}
