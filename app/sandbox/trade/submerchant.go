package trade

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// SubMerchant is a merchant under a service provider (服务商): it has an
// identity at the channel and no keys, the provider's sign for it.
type SubMerchant struct {
	// ID is the WeChat sub_mchid, or the Alipay auth_app_id: the merchant's own
	// app that has authorised the provider's.
	ID         string      `db:"id"`
	ProviderID string      `db:"provider_id"` // sp_mchid, or the provider's app_id
	Channel    app.Channel `db:"channel"`
	AppID      string      `db:"app_id"`    // WeChat's sub_appid; Alipay's auth_app_id
	SellerID   string      `db:"seller_id"` // Alipay's PID (2088…); empty for WeChat
	// Token is Alipay's app_auth_token. WeChat has none: the column then holds
	// the id, for it is unique.
	Token     string     `db:"token"`
	CreatedAt app.Millis `db:"created_at"`
}

// OpenSubMerchant opens a merchant under the provider, which must exist.
func (s *Service) OpenSubMerchant(ctx context.Context, channel app.Channel, providerID string) (SubMerchant, error) {
	if !channel.Valid() {
		return SubMerchant{}, app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", channel)
	}
	provider, err := s.Merchant(ctx, channel, providerID)
	if err != nil {
		return SubMerchant{}, err
	}
	sub := SubMerchant{ProviderID: provider.ID, Channel: channel, CreatedAt: app.ToMillis(s.clock.Now())}
	if channel == app.WeChat {
		sub.ID, sub.AppID = "17"+digits(8), "wx"+lowerHex(8)
		sub.Token = sub.ID
	} else {
		sub.ID, sub.SellerID = "9022"+digits(12), "2088"+digits(12)
		sub.AppID = sub.ID
		sub.Token = "202611BB" + lowerHex(16)
	}
	if err := insertSubMerchant(ctx, s.db, sub); err != nil {
		return SubMerchant{}, fmt.Errorf("open a merchant under %s: %w", providerID, err)
	}
	return sub, nil
}

// SubMerchant returns the merchant that the provider may act for, or NotFound:
// another provider's is no different from none.
func (s *Service) SubMerchant(ctx context.Context, providerID, id string) (SubMerchant, error) {
	sub, err := selectSubMerchant(ctx, s.db, providerID, id)
	return sub, notFound(err, "merchant %q under %s", id, providerID)
}

// SubMerchantByToken returns the merchant that has authorised the provider's
// app by the token, or NotFound.
func (s *Service) SubMerchantByToken(ctx context.Context, providerID, token string) (SubMerchant, error) {
	sub, err := selectSubMerchantByToken(ctx, s.db, providerID, token)
	return sub, notFound(err, "authorisation of %s by that token", providerID)
}

// SubMerchants lists a provider's merchants, at most limit, by id.
func (s *Service) SubMerchants(ctx context.Context, providerID string, limit int) ([]SubMerchant, error) {
	return selectSubMerchants(ctx, s.db, providerID, limit)
}
