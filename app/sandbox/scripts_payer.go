package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

type payCodeView struct {
	AuthCode  string          `json:"auth_code"`
	Channel   app.Channel     `json:"channel"`
	Behaviour trade.Behaviour `json:"behaviour"`
	ExpiresAt string          `json:"expires_at"`
}

// walletCode: POST /sandbox/wallet/code {"channel", "behaviour"?} → 201 with a
// payment code to charge: one use, one minute. The behaviour is ok, password or
// refuse; above 1,000 yuan every payer is asked for the password.
func (s *Server) walletCode(c *fiber.Ctx) error {
	var in struct {
		Channel   string `json:"channel"`
		Behaviour string `json:"behaviour"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	p, err := s.trades.NewPayCode(c.UserContext(), trade.PayCodeOrder{
		Channel: app.Channel(in.Channel), Behaviour: trade.Behaviour(in.Behaviour),
	})
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(payCodeView{
		AuthCode: p.AuthCode, Channel: p.Channel, Behaviour: p.Behaviour, ExpiresAt: stamp(p.ExpiresAt),
	})
}

// walletConfirm: POST /sandbox/wallet/confirm {"code"} → the paid trade. The
// code is the auth_code that was charged and waits for its payer's password;
// /sandbox/wallet/decline refuses it.
func (s *Server) walletConfirm(c *fiber.Ctx) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	t, err := s.trades.ConfirmPayCode(c.UserContext(), in.Code)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewTrade(t))
}

// walletApp: POST /sandbox/wallet/app {"order_string"} → the order that an app
// hands to Alipay (alipay.trade.app.pay), verified and opened. Its code pays it:
// POST /sandbox/wallet/pay.
func (s *Server) walletApp(c *fiber.Ctx) error {
	var in struct {
		OrderString string `json:"order_string"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	t, err := s.alipay.OpenOrderString(c.UserContext(), in.OrderString)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewTrade(t))
}
