package sandbox

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// walletIdentity: GET /sandbox/wallet/identity?channel=&app_id= → the payer as
// the app knows them, {"openid"} or {"buyer_id"}: what a merchant learns by the
// channel's OAuth.
func (s *Server) walletIdentity(c *fiber.Ctx) error {
	channel := app.Channel(c.Query("channel"))
	if !channel.Valid() {
		return answerError(c, app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", channel))
	}
	name := "openid"
	if channel == app.Alipay {
		name = "buyer_id"
	}
	return c.JSON(fiber.Map{name: trade.PayerOf(channel, c.Query("app_id"))})
}

// walletInvoke: POST /sandbox/wallet/invoke {"channel", "params"} → the order
// that the parameters open on the payer's phone, once its client has verified
// them as the real one would. Its code pays it: POST /sandbox/wallet/pay.
func (s *Server) walletInvoke(c *fiber.Ctx) error {
	var in struct {
		Channel app.Channel       `json:"channel"`
		Params  map[string]string `json:"params"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	t, err := s.invoke(c.UserContext(), in.Channel, in.Params)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewTrade(t))
}

// invoke is what the channel's client on the phone does with the parameters of
// a page or an app.
func (s *Server) invoke(ctx context.Context, channel app.Channel, params map[string]string) (trade.Trade, error) {
	switch channel {
	case app.WeChat:
		return s.wechat.Invoke(ctx, params)
	case app.Alipay:
		return s.alipay.Invoke(ctx, params)
	}
	return trade.Trade{}, app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", channel)
}
