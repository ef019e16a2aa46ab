package merchants_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
)

func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestAMerchantIsCreatedAndChanged(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		m, err := r.CreateMerchant(ctx, "  晋商 票号 ")
		if err != nil || m.Name != "晋商 票号" || m.Status != merchants.Active || !app.ValidID(app.PrefixMerchant, m.ID) {
			t.Fatalf("created %+v, %v", m, err)
		}
		if _, err := r.RenameMerchant(ctx, m.ID, "日升昌"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.UpdateSettings(ctx, m.ID, merchants.Settings{RequireSignatureLive: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.SuspendMerchant(ctx, m.ID, "documents are missing"); err != nil {
			t.Fatal(err)
		}
		// What stands so already is no change, and leaves no audit row.
		if _, err := r.SuspendMerchant(ctx, m.ID, "documents are missing"); err != nil {
			t.Fatal(err)
		}
		got, err := r.Merchant(ctx, m.ID)
		if err != nil || got.Name != "日升昌" || got.Status != merchants.Suspended || !got.Settings.RequireSignatureLive {
			t.Fatalf("read %+v, %v", got, err)
		}
		if got := r.actions(t, audit.Platform, m.ID); !slices.Equal(got, []string{"merchant.create", "merchant.suspend"}) {
			t.Errorf("the platform's chain says %q", got)
		}
		if got := r.actions(t, m.ID, m.ID); !slices.Equal(got, []string{"merchant.rename", "merchant.settings", "merchant.suspend"}) {
			t.Errorf("the merchant's chain says %q", got)
		}
	})
}

func TestMerchantNamesAreOneLineOfText(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for name, text := range map[string]string{
			"empty": "", "blank": " \t", "two lines": "a\nb", "too long": strings.Repeat("票", 65), "no text": "a\xff",
		} {
			if _, err := r.CreateMerchant(t.Context(), text); !app.Is(err, app.Invalid) {
				t.Errorf("%s: got %v, want Invalid", name, err)
			}
		}
		if _, err := r.CreateMerchant(t.Context(), strings.Repeat("票", 64)); err != nil {
			t.Error(err)
		}
		_, err := r.RenameMerchant(t.Context(), "mch_missing", "x")
		wantCode(t, err, app.NotFound, "")
	})
}

func TestMerchantsAreListedByPages(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		want := []string{r.m.ID}
		for range 4 {
			m := r.merchant(t, "m")
			want = append([]string{m.ID}, want...)
		}
		if _, err := r.SuspendMerchant(ctx, want[1], "documents are missing"); err != nil {
			t.Fatal(err)
		}
		var got []string
		f := merchants.MerchantFilter{Limit: 2}
		for {
			page, err := r.Merchants(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, m := range page {
				got = append(got, m.ID)
			}
			f.Before = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages gave %v, want %v", got, want)
		}
		suspended, err := r.Merchants(ctx, merchants.MerchantFilter{Status: merchants.Suspended})
		if err != nil || len(suspended) != 1 || suspended[0].ID != want[1] {
			t.Errorf("suspended: %+v, %v", suspended, err)
		}
	})
}
