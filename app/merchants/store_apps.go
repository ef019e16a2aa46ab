package merchants

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// identity returns the id of the settlement identity, which is created on first
// sight; accounts of one mchid or PID share it.
func identity(ctx context.Context, tx *db.Tx, fresh string, a Account) (string, error) {
	id, err := selectIdentity(ctx, tx, a)
	if !errors.Is(err, db.ErrNoRows) {
		return id, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO settlement_identities (id, merchant_id, mode, channel, identity, sub_identity, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		fresh, a.MerchantID, a.Mode, a.Channel, a.Identity, a.SubIdentity, a.CreatedAt)
	if db.IsDuplicate(err) {
		return selectIdentity(ctx, tx, a)
	}
	return fresh, err
}

func selectIdentity(ctx context.Context, q db.Querier, a Account) (string, error) {
	var id string
	err := q.Get(ctx, &id, `SELECT id FROM settlement_identities WHERE merchant_id = ? AND mode = ? AND channel = ? AND identity = ? AND sub_identity = ?`,
		a.MerchantID, a.Mode, a.Channel, a.Identity, a.SubIdentity)
	return id, err
}

// sealedApp is an app with its sealed secret, nil without one.
type sealedApp struct {
	AppID  string  `db:"app_id"`
	Kind   AppKind `db:"kind"`
	Secret []byte  `db:"app_secret"`
}

func insertApps(ctx context.Context, tx *db.Tx, a Account, apps []sealedApp) error {
	rows := make([][]any, len(apps))
	for i, x := range apps {
		rows[i] = []any{a.ID, x.AppID, a.MerchantID, a.Mode, a.IdentityID, x.Kind, i, x.Secret}
	}
	return db.InsertRows(ctx, tx, `INSERT INTO account_app_ids (account_id, app_id, merchant_id, mode, identity_id, kind, ordinal, app_secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, rows)
}

func deleteApps(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_app_ids WHERE account_id = ? AND merchant_id = ?`, a.ID, a.MerchantID)
	return err
}

func selectApps(ctx context.Context, q db.Querier, a Account) ([]sealedApp, error) {
	var out []sealedApp
	err := q.Select(ctx, &out, `SELECT app_id, kind, app_secret FROM account_app_ids WHERE account_id = ? AND merchant_id = ? ORDER BY ordinal`, a.ID, a.MerchantID)
	return out, err
}

func selectAppSecret(ctx context.Context, q db.Querier, a Account, appID string) ([]byte, error) {
	var sealed []byte
	err := q.Get(ctx, &sealed, `SELECT app_secret FROM account_app_ids WHERE account_id = ? AND app_id = ? AND merchant_id = ?`, a.ID, appID, a.MerchantID)
	if errors.Is(err, db.ErrNoRows) {
		return nil, app.Errorf(app.NotFound, "account %s has no app %s", a.ID, appID)
	}
	if err != nil {
		return nil, fmt.Errorf("read app secret of %s: %w", a.ID, err)
	}
	return sealed, nil
}
