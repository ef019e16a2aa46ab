package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// WeChatSubMerchant is what a service provider learns of a merchant that joined
// it (特约商户).
type WeChatSubMerchant struct {
	Channel  app.Channel `json:"channel"`
	SpMchID  string      `json:"sp_mchid"`
	SubMchID string      `json:"sub_mchid"`
	SubAppID string      `json:"sub_appid"`
}

// AlipaySubMerchant is what a provider's app gets when a merchant authorises it.
type AlipaySubMerchant struct {
	Channel      app.Channel `json:"channel"`
	AppID        string      `json:"app_id"` // the provider's
	AppAuthToken string      `json:"app_auth_token"`
	AuthAppID    string      `json:"auth_app_id"`
	SellerID     string      `json:"seller_id"`
}

// openSubMerchant answers 201 with WeChatSubMerchant or AlipaySubMerchant.
func (s *Server) openSubMerchant(c *fiber.Ctx, channel app.Channel, mode, provider string) error {
	if mode != "" {
		return answerError(c, app.InvalidField("mode", "unsupported", "a merchant under a provider has no keys: leave mode out, the provider's decides"))
	}
	sub, err := s.trades.OpenSubMerchant(c.UserContext(), channel, provider)
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(viewSubMerchant(sub))
}

func viewSubMerchant(m trade.SubMerchant) any {
	if m.Channel == app.Alipay {
		return AlipaySubMerchant{Channel: m.Channel, AppID: m.ProviderID, AppAuthToken: m.Token, AuthAppID: m.ID, SellerID: m.SellerID}
	}
	return WeChatSubMerchant{Channel: m.Channel, SpMchID: m.ProviderID, SubMchID: m.ID, SubAppID: m.AppID}
}
