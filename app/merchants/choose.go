package merchants

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// Account returns the merchant's account, or NotFound (account_not_found).
func (s *Service) Account(ctx context.Context, merchantID, accountID string) (Account, error) {
	return selectAccount(ctx, s.db, merchantID, accountID)
}

// AccountForCallback returns the account that a channel's notification names in
// its URL, when no merchant is known yet; NotFound when there is none.
func (s *Service) AccountForCallback(ctx context.Context, accountID string) (Account, error) {
	return selectAnyAccount(ctx, s.db, accountID)
}

// Accounts returns a page of a merchant's accounts, newest first; the cursor of
// the next page is the last one's id.
func (s *Service) Accounts(ctx context.Context, f AccountFilter) ([]Account, error) {
	f.Limit = pageSize(f.Limit)
	return selectAccounts(ctx, s.db, f)
}

// Choose returns the account to take a payment with: the given one, or else the
// first enabled of the channel by priority. A given appID must be one of its
// apps. Without one, an account with an app of the wanted kinds is preferred; who
// gets one without must say what is missing. Errors: NotFound (account_not_found: none, another merchant's or mode's,
// or no account of the channel is enabled), Conflict (account_disabled), Invalid
// (the account is of another channel, or the app is not the account's).
func (s *Service) Choose(ctx context.Context, merchantID string, mode app.Mode, c app.Channel, accountID, appID string, kinds ...AppKind) (Account, error) {
	if accountID == "" {
		return s.chooseFirst(ctx, merchantID, mode, c, appID, kinds)
	}
	a, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Account{}, err
	}
	if a.Mode != mode {
		return Account{}, errAccountNotFound(accountID)
	}
	if a.Channel != c {
		return Account{}, app.InvalidField("account_id", "wrong_channel", "account %s is for %s, the method needs %s", a.ID, a.Channel, c)
	}
	if !a.usable() {
		e := app.Errorf(app.Conflict, "channel account %s or its provider is disabled", a.ID).WithReason("account_disabled")
		e.Field = "account_id"
		return Account{}, e
	}
	if appID != "" && !a.HasApp(appID) {
		return Account{}, errAppUnknown(appID)
	}
	return a, nil
}

func (s *Service) chooseFirst(ctx context.Context, merchantID string, mode app.Mode, c app.Channel, appID string, kinds []AppKind) (Account, error) {
	enabled, err := selectEnabled(ctx, s.db, merchantID, mode, c)
	if err != nil {
		return Account{}, err
	}
	enabled = slices.DeleteFunc(enabled, func(a Account) bool { return !a.usable() })
	suits := func(a Account) bool { return a.HasApp(appID) }
	if appID == "" {
		suits = func(a Account) bool { return len(kinds) == 0 || a.DefaultApp(kinds...) != "" }
	}
	switch i := slices.IndexFunc(enabled, suits); {
	case i >= 0:
		return enabled[i], nil
	case len(enabled) > 0 && appID == "":
		return enabled[0], nil
	case len(enabled) > 0:
		return Account{}, errAppUnknown(appID)
	}
	e := app.Errorf(app.NotFound, "no %s account is enabled in %s mode", c, mode).WithReason("account_not_found")
	e.Field = "account_id"
	return Account{}, e
}

func errAppUnknown(appID string) error {
	return app.InvalidField("app_id", "unknown_app", "no usable account takes payments for app %s", appID)
}
