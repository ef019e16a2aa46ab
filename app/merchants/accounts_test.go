package merchants_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestARegisteredAccountIsDisabledAndSealed(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		in := r.registration("wx1", "wx2")
		in.AppIDs[1].Kind = merchants.AppMini
		a, report, err := r.RegisterAccount(t.Context(), in, reader{})
		if err != nil || !report.OK() {
			t.Fatalf("report %+v, %v", report, err)
		}
		got, err := r.Account(t.Context(), r.m.ID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Enabled || got.Version != 1 || got.Identity != "1900000001" || got.ConfirmByQuery || !got.Health.Inspected ||
			got.Facts["serial_no"] != "5157F09E" || got.Health.CertificateExpiresAt != app.ToMillis(report.ExpiresAt) {
			t.Errorf("registered %+v", got)
		}
		if got.DefaultApp() != "wx1" || got.DefaultApp(merchants.AppMini) != "wx2" || got.DefaultApp(merchants.AppMobile) != "" || !got.HasApp("wx2") || got.HasApp("wx3") {
			t.Errorf("apps %+v", got.AppIDs)
		}
		credentials, err := r.Credentials(t.Context(), got)
		if err != nil || string(credentials) != working {
			t.Errorf("credentials %s, %v", credentials, err)
		}
		if got := r.actions(t, r.m.ID, a.ID); !slices.Equal(got, []string{"account.register"}) {
			t.Errorf("audited %q", got)
		}
	})
}

func TestAnAlipayAccountTakesItsAppFromTheKeys(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		in := r.registration()
		in.Channel, in.Credentials = app.Alipay, json.RawMessage(`{"identity":"2088","appid":"2021","key":"abc"}`)
		a := r.register(t, in)
		if a.DefaultApp() != "2021" || !a.ConfirmByQuery {
			t.Errorf("registered %+v", a)
		}
		_, err := r.SetAppIDs(t.Context(), r.m.ID, a.ID, []merchants.AppInput{{AppID: "2022", Kind: merchants.AppWeb}})
		wantCode(t, err, app.Conflict, "account_is_one_app")
		in.AppIDs = []merchants.AppInput{{AppID: "2022", Kind: merchants.AppWeb}}
		if _, _, err := r.RegisterAccount(t.Context(), in, reader{}); !app.Is(err, app.Invalid) {
			t.Errorf("an app that the keys are not for: got %v, want Invalid", err)
		}
	})
}

func TestBadRegistrationsNameTheField(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for field, spoil := range map[string]func(*merchants.Registration){
			"name":              func(in *merchants.Registration) { in.Name = "" },
			"mode":              func(in *merchants.Registration) { in.Mode = "prod" },
			"channel":           func(in *merchants.Registration) { in.Channel = "paypal" },
			"priority":          func(in *merchants.Registration) { in.Priority = -1 },
			"sub_mchid":         func(in *merchants.Registration) { in.SubIdentity = "1 2" },
			"app_ids":           func(in *merchants.Registration) { in.AppIDs = nil },
			"app_ids.0.appid":   func(in *merchants.Registration) { in.AppIDs[0].AppID = "wx 1" },
			"app_ids.0.kind":    func(in *merchants.Registration) { in.AppIDs[0].Kind = "fax" },
			"app_ids.1.appid":   func(in *merchants.Registration) { in.AppIDs = append(in.AppIDs, in.AppIDs[0]) },
			"credentials":       func(in *merchants.Registration) { in.Credentials = json.RawMessage(`"key"`) },
			"credentials, null": func(in *merchants.Registration) { in.Credentials = json.RawMessage(`null`) },
			"credentials, whose?": func(in *merchants.Registration) {
				in.Credentials = json.RawMessage(`{"key":"abc"}`)
			},
			"credentials, endless": func(in *merchants.Registration) {
				in.Credentials = json.RawMessage(`{"key":"` + string(slices.Repeat([]byte("a"), 60_000)) + `"}`)
			},
		} {
			in := r.registration("wx1")
			spoil(&in)
			_, _, err := r.RegisterAccount(t.Context(), in, reader{})
			wantField(t, err, field)
		}
		page, err := r.Accounts(t.Context(), merchants.AccountFilter{MerchantID: r.m.ID, Mode: app.Test})
		if err != nil || len(page) != 0 {
			t.Errorf("left behind: %+v, %v", page, err)
		}
		in := r.registration("wx1")
		in.MerchantID = "mch_missing"
		_, _, err = r.RegisterAccount(t.Context(), in, reader{})
		wantCode(t, err, app.NotFound, "")
	})
}

func TestOneAppOfAnIdentityIsRegisteredOnce(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var mu sync.Mutex
		var made, refused int
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, _, err := r.RegisterAccount(t.Context(), r.registration("wx1", "wx2"), reader{})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made++
				case app.Is(err, app.Conflict) && reasonOf(err) == "account_exists":
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made != 1 || refused != 7 {
			t.Fatalf("%d made, %d refused; want 1 and 7", made, refused)
		}
		if n := r.count(t, "SELECT COUNT(*) FROM account_app_ids"); n != 2 {
			t.Errorf("%d apps are stored, want 2", n)
		}
		if n := r.count(t, "SELECT COUNT(*) FROM audit_rows WHERE action = 'account.register'"); n != 1 {
			t.Errorf("%d registrations are audited, want 1", n)
		}
	})
}

func TestAccountsOfOneMchidShareItsIdentity(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		first, second := r.register(t, r.registration("wx1")), r.register(t, r.registration("wx2"))
		if first.IdentityID != second.IdentityID {
			t.Errorf("identities %s and %s, want one", first.IdentityID, second.IdentityID)
		}
		in := r.registration("wx1")
		in.SubIdentity = "1900000109"
		if sub := r.register(t, in); sub.IdentityID == first.IdentityID {
			t.Error("another sub_mchid shares the identity")
		}
		in = r.registration("wx1")
		in.Mode = app.Live
		if live := r.register(t, in); live.IdentityID == first.IdentityID {
			t.Error("live and test share the identity")
		}
		in = r.registration("wx1")
		in.MerchantID = r.merchant(t, "Other").ID
		if other := r.register(t, in); other.IdentityID == first.IdentityID {
			t.Error("two merchants share the identity")
		}
	})
}

func TestIdentitiesMadeAtOnceAreOne(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var wg sync.WaitGroup
		for _, id := range []string{"wx1", "wx2", "wx3", "wx4", "wx5", "wx6"} {
			wg.Go(func() {
				if _, _, err := r.RegisterAccount(t.Context(), r.registration(id), reader{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := r.count(t, "SELECT COUNT(*) FROM settlement_identities"); n != 1 {
			t.Errorf("%d identities, want 1", n)
		}
	})
}

func TestAppsAreReplacedAndTheirSecretsKept(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		in := r.registration("wx1", "wx2")
		secret, none := "s3cret", ""
		in.AppIDs[0].Secret, in.AppIDs[1].Secret = &secret, &secret
		a := r.register(t, in)
		a, err := r.SetAppIDs(ctx, r.m.ID, a.ID, []merchants.AppInput{
			{AppID: "wx3", Kind: merchants.AppMini, Secret: &none},
			{AppID: "wx2", Kind: merchants.AppOfficial, Secret: &none},
			{AppID: "wx1", Kind: merchants.AppOfficial},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []merchants.AppID{
			{AppID: "wx3", Kind: merchants.AppMini}, {AppID: "wx2", Kind: merchants.AppOfficial},
			{AppID: "wx1", Kind: merchants.AppOfficial, HasSecret: true},
		}
		if !slices.Equal(a.AppIDs, want) || a.Version != 1 {
			t.Errorf("apps %+v at version %d, want %+v at 1", a.AppIDs, a.Version, want)
		}
		for id, want := range map[string]string{"wx1": secret, "wx2": "", "wx3": ""} {
			if got, err := r.AppSecret(ctx, a, id); err != nil || got != want {
				t.Errorf("secret of %s: %q, %v; want %q", id, got, err, want)
			}
		}
		_, err = r.AppSecret(ctx, a, "wx4")
		wantCode(t, err, app.NotFound, "")
		other := r.register(t, r.registration("wx4"))
		_, err = r.SetAppIDs(ctx, r.m.ID, other.ID, []merchants.AppInput{{AppID: "wx1", Kind: merchants.AppOfficial}})
		wantCode(t, err, app.Conflict, "account_exists")
		if got, err := r.Account(ctx, r.m.ID, other.ID); err != nil || got.DefaultApp() != "wx4" {
			t.Errorf("after a refusal: %+v, %v", got.AppIDs, err)
		}
	})
}

func TestAProfileChangesWithoutTheKeys(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		got, err := r.UpdateAccount(t.Context(), r.m.ID, a.ID, merchants.Profile{Name: "Shop", Priority: 3, ConfirmByQuery: true, FeeRate: 6000})
		if err != nil || got.Name != "Shop" || got.Priority != 3 || !got.ConfirmByQuery || !got.Enabled || got.Version != a.Version {
			t.Fatalf("updated %+v, %v", got, err)
		}
		stored, err := r.Account(t.Context(), r.m.ID, a.ID)
		if err != nil || stored.Name != "Shop" || !stored.ConfirmByQuery || !stored.Enabled || stored.FeeRate != 6000 || a.FeeRate != merchants.NoRate {
			t.Errorf("stored %+v, %v", stored, err)
		}
		for _, rate := range []app.Rate{-2, 100_001} {
			_, err = r.UpdateAccount(t.Context(), r.m.ID, a.ID, merchants.Profile{Name: "Shop", FeeRate: rate})
			wantField(t, err, "fee_rate")
		}
		_, err = r.UpdateAccount(t.Context(), r.m.ID, a.ID, merchants.Profile{Name: "Shop", Priority: 10_000})
		wantField(t, err, "priority")
	})
}

func TestAccountsAreListedByPages(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var want []string
		for _, id := range []string{"wx1", "wx2", "wx3"} {
			want = append([]string{r.register(t, r.registration(id, id+"b")).ID}, want...)
		}
		live := r.registration("wx1")
		live.Mode = app.Live
		r.register(t, live)
		f := merchants.AccountFilter{MerchantID: r.m.ID, Mode: app.Test, Channel: app.WeChat, Limit: 2}
		first, err := r.Accounts(t.Context(), f)
		if err != nil || len(first) != 2 {
			t.Fatalf("%+v, %v", first, err)
		}
		f.Before = first[1].ID
		second, err := r.Accounts(t.Context(), f)
		if err != nil || len(second) != 1 {
			t.Fatalf("%+v, %v", second, err)
		}
		all := append(first, second...)
		for i, a := range all {
			if a.ID != want[i] || len(a.AppIDs) != 2 {
				t.Errorf("entry %d is %s with %d apps, want %s with 2", i, a.ID, len(a.AppIDs), want[i])
			}
		}
		f = merchants.AccountFilter{MerchantID: r.m.ID, Mode: app.Test, Channel: app.Alipay}
		if none, err := r.Accounts(t.Context(), f); err != nil || len(none) != 0 {
			t.Errorf("Alipay accounts: %+v, %v", none, err)
		}
	})
}
