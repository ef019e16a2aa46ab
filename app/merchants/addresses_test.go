package merchants_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestStatementsGoToPlainAddressesOnly(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		many := make([]string, merchants.MaxStatementEmails+1)
		for i := range many {
			many[i] = fmt.Sprintf("a%d@example.com", i)
		}
		for name, list := range map[string][]string{
			"no address": {"finance"}, "a name": {"Finance <a@example.com>"}, "a header": {"a@example.com\r\nBcc: b@example.com"},
			"twice": {"a@example.com", "a@example.com"}, "too many": many, "not ASCII": {"财务@example.com"},
		} {
			if _, err := r.UpdateSettings(t.Context(), r.m.ID, merchants.Settings{StatementEmails: merchants.AddressesOf(list)}); !app.Is(err, app.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		want := []string{"finance@example.com", "owner@example.com"}
		if _, err := r.UpdateSettings(t.Context(), r.m.ID, merchants.Settings{StatementEmails: merchants.AddressesOf([]string{" finance@example.com ", "", "owner@example.com"})}); err != nil {
			t.Fatal(err)
		}
		got, err := r.Settings(t.Context(), r.m.ID)
		if err != nil || !slices.Equal(got.StatementEmails.List(), want) {
			t.Errorf("%v, %v", got.StatementEmails.List(), err)
		}
	})
}
