package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const subMerchantColumns = `id, provider_id, channel, app_id, seller_id, token, created_at`

func insertSubMerchant(ctx context.Context, q db.Querier, m SubMerchant) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_sub_merchants (`+subMerchantColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.ProviderID, m.Channel, m.AppID, m.SellerID, m.Token, m.CreatedAt)
	return err
}

func selectSubMerchant(ctx context.Context, q db.Querier, providerID, id string) (m SubMerchant, err error) {
	if foreign(providerID, id) {
		return m, db.ErrNoRows
	}
	err = q.Get(ctx, &m, `SELECT `+subMerchantColumns+` FROM sandbox_sub_merchants WHERE provider_id = ? AND id = ?`, providerID, id)
	return m, err
}

func selectSubMerchantByToken(ctx context.Context, q db.Querier, providerID, token string) (m SubMerchant, err error) {
	if foreign(providerID, token) {
		return m, db.ErrNoRows
	}
	err = q.Get(ctx, &m, `SELECT `+subMerchantColumns+` FROM sandbox_sub_merchants WHERE provider_id = ? AND token = ?`, providerID, token)
	return m, err
}

func selectSubMerchants(ctx context.Context, q db.Querier, providerID string, limit int) (ms []SubMerchant, err error) {
	if foreign(providerID) {
		return nil, nil
	}
	err = q.Select(ctx, &ms, `SELECT `+subMerchantColumns+` FROM sandbox_sub_merchants WHERE provider_id = ? ORDER BY id LIMIT ?`, providerID, limit)
	return ms, err
}

// selectSubMerchantByID finds a merchant under whichever provider.
func selectSubMerchantByID(ctx context.Context, q db.Querier, id string) (m SubMerchant, err error) {
	if foreign(id) {
		return m, db.ErrNoRows
	}
	err = q.Get(ctx, &m, `SELECT `+subMerchantColumns+` FROM sandbox_sub_merchants WHERE id = ?`, id)
	return m, err
}

func selectSubMerchantsOf(ctx context.Context, q db.Querier, channel app.Channel, limit int) (ms []SubMerchant, err error) {
	err = q.Select(ctx, &ms, `SELECT `+subMerchantColumns+` FROM sandbox_sub_merchants WHERE channel = ? ORDER BY created_at DESC, id LIMIT ?`, channel, limit)
	return ms, err
}
