package merchants

import (
	"context"
	"encoding/json"

	"github.com/piaohao/piaohao/app"
)

// Credentials opens the credentials of exactly this version of the account:
// Conflict (account_changed) says that they have been replaced since a was read,
// so a client built from them would be kept under the wrong version. Never log
// the result.
func (s *Service) Credentials(ctx context.Context, a Account) (json.RawMessage, error) {
	row, err := selectSealed(ctx, s.db, a.MerchantID, a.ID)
	if err != nil {
		return nil, err
	}
	if row.Version != a.Version {
		return nil, errAccountChanged(a.ID)
	}
	return s.seal.Open(row.Credentials, a.MerchantID, a.ID)
}

// AppSecret opens the app_secret kept for one of the account's apps; "" when
// none is kept, NotFound when the account does not have the app.
func (s *Service) AppSecret(ctx context.Context, a Account, appID string) (string, error) {
	sealed, err := selectAppSecret(ctx, s.db, a, appID)
	if err != nil || sealed == nil {
		return "", err
	}
	plain, err := s.seal.Open(sealed, a.MerchantID, appRow(a.ID, appID))
	return string(plain), err
}

// appRow names an app's row to the sealer.
func appRow(accountID, appID string) string { return accountID + "/" + appID }

func errAccountChanged(id string) error {
	return app.Errorf(app.Conflict, "channel account %s was changed at the same time: look at it again", id).WithReason("account_changed")
}
