package merchants_test

import (
	"encoding/json"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

func TestTheFirstEnabledAccountByPriorityIsChosen(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		choose := func(appID string) (merchants.Account, error) {
			return r.Choose(ctx, r.m.ID, app.Test, app.WeChat, "", appID)
		}
		_, err := choose("")
		wantCode(t, err, app.NotFound, "account_not_found")

		second := r.registration("wx2", "wx2b")
		second.Priority = 2
		b := r.enable(t, r.register(t, second))
		first := r.registration("wx1")
		first.Priority = 1
		a := r.enable(t, r.register(t, first))
		r.register(t, r.registration("wx0")) // before both, but disabled

		for appID, want := range map[string]string{"": a.ID, "wx1": a.ID, "wx2b": b.ID} {
			got, err := choose(appID)
			if err != nil || got.ID != want || len(got.AppIDs) == 0 {
				t.Errorf("app %q: %s with %v, %v; want %s", appID, got.ID, got.AppIDs, err, want)
			}
		}
		_, err = choose("wx0")
		wantField(t, err, "app_id")
		if _, err := r.DisableAccount(ctx, r.m.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := choose(""); err != nil || got.ID != b.ID {
			t.Errorf("with the first disabled: %s, %v; want %s", got.ID, err, b.ID)
		}
	})
}

func TestAnAccountWithAnAppOfTheWantedKindIsPreferred(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		first := r.registration("wx1")
		first.Priority = 1
		a := r.enable(t, r.register(t, first))
		second := r.registration("wx2")
		second.Priority, second.AppIDs[0].Kind = 2, merchants.AppMobile
		b := r.enable(t, r.register(t, second))
		for kind, want := range map[merchants.AppKind]string{
			merchants.AppMobile: b.ID, first.AppIDs[0].Kind: a.ID,
			merchants.AppWeb: a.ID, // nobody has one: the first is named in the refusal
		} {
			if got, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, "", "", kind); err != nil || got.ID != want {
				t.Errorf("for a %s: %s, %v; want %s", kind, got.ID, err, want)
			}
		}
		if got, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, a.ID, "", merchants.AppMobile); err != nil || got.ID != a.ID {
			t.Errorf("a given account was passed over for %s, %v", got.ID, err)
		}
	})
}

func TestAGivenAccountIsTakenOrRefused(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		if got, err := r.Choose(ctx, r.m.ID, app.Test, app.WeChat, a.ID, "wx1"); err != nil || got.ID != a.ID {
			t.Fatalf("%s, %v", got.ID, err)
		}
		_, err := r.Choose(ctx, r.m.ID, app.Test, app.WeChat, a.ID, "wx2")
		wantField(t, err, "app_id")
		_, err = r.Choose(ctx, r.m.ID, app.Test, app.Alipay, a.ID, "")
		wantField(t, err, "account_id")
		_, err = r.Choose(ctx, r.m.ID, app.Live, app.WeChat, a.ID, "")
		wantCode(t, err, app.NotFound, "account_not_found")
		_, err = r.Choose(ctx, r.m.ID, app.Live, app.WeChat, "", "")
		wantCode(t, err, app.NotFound, "account_not_found")
		if _, err := r.DisableAccount(ctx, r.m.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.Choose(ctx, r.m.ID, app.Test, app.WeChat, a.ID, "")
		wantCode(t, err, app.Conflict, "account_disabled")
	})
}

// Another merchant's ids look exactly like ids that do not exist.
func TestAnotherMerchantsThingsDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		k, _, err := r.CreateKey(ctx, r.m.ID, app.Test, merchants.KeyInput{Name: "k"})
		if err != nil {
			t.Fatal(err)
		}
		other := r.merchant(t, "Other").ID
		stolen := a
		stolen.MerchantID = other
		good := json.RawMessage(working)
		for name, call := range map[string]func(account, key string) error{
			"Account": func(id, _ string) error { _, err := r.Account(ctx, other, id); return err },
			"Choose": func(id, _ string) error {
				_, err := r.Choose(ctx, other, app.Test, app.WeChat, id, "")
				return err
			},
			"Credentials":    func(id, _ string) error { _, err := r.Credentials(ctx, withID(stolen, id)); return err },
			"AppSecret":      func(id, _ string) error { _, err := r.AppSecret(ctx, withID(stolen, id), "wx1"); return err },
			"EnableAccount":  func(id, _ string) error { _, err := r.EnableAccount(ctx, other, id, passes); return err },
			"DisableAccount": func(id, _ string) error { _, err := r.DisableAccount(ctx, other, id); return err },
			"ProbeAccount":   func(id, _ string) error { _, err := r.ProbeAccount(ctx, other, id, passes); return err },
			"UpdateAccount": func(id, _ string) error {
				_, err := r.UpdateAccount(ctx, other, id, merchants.Profile{Name: "x"})
				return err
			},
			"UpdateCredentials": func(id, _ string) error {
				_, _, err := r.UpdateCredentials(ctx, other, id, good, reader{}, nil)
				return err
			},
			"SetAppIDs": func(id, _ string) error {
				_, err := r.SetAppIDs(ctx, other, id, []merchants.AppInput{{AppID: "x", Kind: merchants.AppWeb}})
				return err
			},
			"Key": func(_, id string) error { _, err := r.Key(ctx, other, id); return err },
			"UpdateKey": func(_, id string) error {
				_, err := r.UpdateKey(ctx, other, id, merchants.KeyInput{Name: "x"})
				return err
			},
			"RevokeKey": func(_, id string) error { _, err := r.RevokeKey(ctx, other, id); return err },
			"RollKey": func(_, id string) error {
				_, _, err := r.RollKey(ctx, other, id, 0, r.clock.Now().AddDate(1, 0, 0))
				return err
			},
		} {
			theirs, missing := call(a.ID, k.ID), call("acct_missing", "key_missing")
			if !app.Is(theirs, app.NotFound) || !app.Is(missing, app.NotFound) || reasonOf(theirs) != reasonOf(missing) {
				t.Errorf("%s: %v for another's, %v for none", name, theirs, missing)
			}
		}
		accounts, err := r.Accounts(ctx, merchants.AccountFilter{MerchantID: other, Mode: app.Test})
		if err != nil || len(accounts) != 0 {
			t.Errorf("listed %+v, %v", accounts, err)
		}
		keys, err := r.Keys(ctx, merchants.KeyFilter{MerchantID: other, Mode: app.Test})
		if err != nil || len(keys) != 0 {
			t.Errorf("listed %+v, %v", keys, err)
		}
		if got := r.wantEnabled(t, a.ID, true); got.Name != a.Name || got.Version != 1 {
			t.Errorf("changed to %+v", got)
		}
	})
}

func withID(a merchants.Account, id string) merchants.Account {
	a.ID = id
	return a
}
