package merchants

import (
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// maxApps is generous: a mchid serves a handful of apps.
const maxApps = 50

// maxAppSecret is well above the 32 characters that WeChat hands out.
const maxAppSecret = 256

// SetAppIDs replaces the list of a WeChat account's apps; the first is the
// default. An Alipay account is one app, which its keys belong to. Errors:
// Invalid, NotFound, Conflict (account_exists, account_is_one_app, second_person).
func (s *Service) SetAppIDs(ctx context.Context, merchantID, accountID string, apps []AppInput) (Account, error) {
	var after Account
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.secondPerson(ctx, tx, merchantID); err != nil {
			return err
		}
		before, err := s.accountToChange(ctx, tx, merchantID, accountID)
		if err != nil {
			return err
		}
		after, err = s.setAppIDs(ctx, tx, before, apps)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("set apps of %s: %w", accountID, err)
	}
	return after, nil
}

// accountToChange reads an account that no other transaction changes meanwhile.
func (s *Service) accountToChange(ctx context.Context, tx *db.Tx, merchantID, accountID string) (Account, error) {
	if err := touchAccount(ctx, tx, merchantID, accountID, s.now()); err != nil {
		return Account{}, err
	}
	return selectAccount(ctx, tx, merchantID, accountID)
}

func (s *Service) setAppIDs(ctx context.Context, tx *db.Tx, before Account, apps []AppInput) (Account, error) {
	if before.Channel == app.Alipay {
		return Account{}, app.Errorf(app.Conflict, "an Alipay account is one app: register another account").WithReason("account_is_one_app")
	}
	kept, err := selectApps(ctx, tx, before)
	if err != nil {
		return Account{}, err
	}
	sealed, err := s.sealApps(before, apps, kept)
	if err != nil {
		return Account{}, err
	}
	if err := deleteApps(ctx, tx, before); err != nil {
		return Account{}, err
	}
	if err := insertApps(ctx, tx, before, sealed); err != nil {
		return Account{}, duplicateApp(err, before)
	}
	after, err := selectAccount(ctx, tx, before.MerchantID, before.ID)
	if err != nil {
		return Account{}, err
	}
	return after, s.record(ctx, tx, before.MerchantID, "account.apps", before.ID, factsOf(before), factsOf(after))
}

// ChangesApps reports whether the apps are others than the account's, or come
// with a secret.
func ChangesApps(a Account, apps []AppInput) bool {
	return !slices.EqualFunc(a.AppIDs, apps, func(is AppID, x AppInput) bool {
		return is.AppID == x.AppID && is.Kind == x.Kind && x.Secret == nil
	})
}

// sealApps checks the list and seals its secrets; kept is what is stored.
func (s *Service) sealApps(a Account, apps []AppInput, kept []sealedApp) ([]sealedApp, error) {
	if err := checkApps(a.Channel, apps); err != nil {
		return nil, err
	}
	out := make([]sealedApp, len(apps))
	for i, x := range apps {
		out[i] = sealedApp{AppID: x.AppID, Kind: x.Kind}
		switch {
		case x.Secret == nil:
			out[i].Secret = secretOf(kept, x.AppID)
		case *x.Secret != "":
			sealed, err := s.seal.Seal([]byte(*x.Secret), a.MerchantID, appRow(a.ID, x.AppID))
			if err != nil {
				return nil, err
			}
			out[i].Secret = sealed
		}
	}
	return out, nil
}

func checkApps(c app.Channel, apps []AppInput) error {
	if len(apps) == 0 {
		return app.InvalidField("app_ids", "required", "an account needs an app id")
	}
	if len(apps) > maxApps || (c == app.Alipay && len(apps) > 1) {
		return app.InvalidField("app_ids", "too_many", "too many app ids for this channel")
	}
	seen := map[string]bool{}
	for i, x := range apps {
		field := fmt.Sprintf("app_ids.%d", i)
		if err := checkChannelID(field+".appid", x.AppID); err != nil {
			return err
		}
		if !x.Kind.Valid() {
			return app.InvalidField(field+".kind", "unknown", "kind is official, mini, app or web")
		}
		if x.Secret != nil && len(*x.Secret) > maxAppSecret {
			return app.InvalidField(field+".app_secret", "too_long", "an app secret has at most %d characters", maxAppSecret)
		}
		if seen[x.AppID] {
			return app.InvalidField(field+".appid", "duplicate", "app %s is listed twice", x.AppID)
		}
		seen[x.AppID] = true
	}
	return nil
}

func secretOf(kept []sealedApp, appID string) []byte {
	for _, x := range kept {
		if x.AppID == appID {
			return x.Secret
		}
	}
	return nil
}
