package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// scripts mounts the JSON endpoints that stand beside the pages.
func (s *Server) scripts(r fiber.Router) {
	r.Post("/merchants", s.script(s.openMerchant))
	r.Get("/merchants", s.script(s.listMerchants))
	r.Get("/balance", s.script(s.balance))
	r.Post("/merchants/:id/withdraw", s.script(s.withdraw))
	r.Post("/merchants/:id/app-key", s.script(s.uploadAppKey))
	r.Post("/wallet/pay", s.script(s.walletPay))
	r.Post("/wallet/decline", s.script(s.walletDecline))
	r.Get("/wallet/identity", s.script(s.walletIdentity))
	r.Post("/wallet/invoke", s.script(s.walletInvoke))
	r.Post("/wallet/code", s.script(s.walletCode))
	r.Post("/wallet/confirm", s.script(s.walletConfirm))
	r.Post("/wallet/app", s.script(s.walletApp))
	r.Post("/faults", s.script(s.planFault))
	r.Get("/faults", s.script(s.listFaults))
	r.Delete("/faults", s.script(s.cancelFaults))
	r.Post("/bill-faults", s.script(s.planBillFault))
	r.Get("/bill-faults", s.script(s.listBillFaults))
	r.Delete("/bill-faults", s.script(s.cancelBillFaults))
	r.Delete("/bill-faults/:id", s.script(s.cancelBillFault))
	r.Get("/trades", s.script(s.listTrades))
	r.Post("/trades/:id/refund", s.script(s.consoleRefund))
	r.Get("/refunds", s.script(s.listRefunds))
	r.Post("/refunds/:id/finish", s.script(s.finishRefund))
	r.Get("/notifications", s.script(s.listNotifications))
	r.Post("/notifications/:id/replay", s.script(s.replay))
}

// openMerchant: POST /sandbox/merchants {"channel", "mode", "fee_rate"?} → 201
// with every credential (mode: public_key, certificate or, for WeChat, both), PEM
// throughout; fee_rate, such as "0.38%", is what each payment costs, 0.60% unless
// given. With "provider" it opens a merchant under that service provider
// (sp_mchid or app_id), which has no keys and no fee rate of its own.
func (s *Server) openMerchant(c *fiber.Ctx) error {
	var in struct {
		Channel  string `json:"channel"`
		Mode     string `json:"mode"`
		Provider string `json:"provider"`
		FeeRate  string `json:"fee_rate"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	if in.Provider != "" && in.FeeRate != "" {
		return answerError(c, app.InvalidField("fee_rate", "unsupported", "a merchant under a provider pays the provider's rate: leave fee_rate out"))
	}
	if in.Provider != "" {
		return s.openSubMerchant(c, app.Channel(in.Channel), in.Mode, in.Provider)
	}
	rate, err := readFeeRate(in.FeeRate)
	if err != nil {
		return answerError(c, err)
	}
	m, err := s.trades.OpenMerchantAt(c.UserContext(), app.Channel(in.Channel), trade.Mode(in.Mode), rate)
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(s.Credentials(m))
}

// listMerchants: GET /sandbox/merchants?limit=, newest first, with credentials.
func (s *Server) listMerchants(c *fiber.Ctx) error {
	merchants, err := s.trades.Merchants(c.UserContext(), limitOf(c))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"data": list(merchants, s.Credentials)})
}

// uploadAppKey: POST /sandbox/merchants/{app_id}/app-key {"public_key"} → the
// app's credentials, from now on without a private key.
func (s *Server) uploadAppKey(c *fiber.Ctx) error {
	var in struct {
		PublicKey string `json:"public_key"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	m, err := s.trades.UploadAppKey(c.UserContext(), c.Params("id"), in.PublicKey)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(s.Credentials(m))
}

type codeInput struct {
	Code string `json:"code"`
	Late bool   `json:"late"`
}

// walletPay: POST /sandbox/wallet/pay {"code", "late"?} → the paid trade. late
// pays even a closed or expired order.
func (s *Server) walletPay(c *fiber.Ctx) error {
	var in codeInput
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	pay := s.trades.Pay
	if in.Late {
		pay = s.trades.PayLate
	}
	t, err := pay(c.UserContext(), in.Code)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewTrade(t))
}

// walletDecline: POST /sandbox/wallet/decline {"code"} → the trade, unpaid.
func (s *Server) walletDecline(c *fiber.Ctx) error {
	var in codeInput
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	t, err := s.trades.Decline(c.UserContext(), in.Code)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewTrade(t))
}

// planFault: POST /sandbox/faults {"channel", "fault", "account"?, "count"?}.
func (s *Server) planFault(c *fiber.Ctx) error {
	var in trade.Plan
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	p, err := s.trades.PlanFault(c.UserContext(), in)
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(p)
}

func (s *Server) listFaults(c *fiber.Ctx) error {
	plans, err := s.trades.Planned(c.UserContext())
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"data": list(plans, func(p trade.Plan) trade.Plan { return p })})
}

func (s *Server) cancelFaults(c *fiber.Ctx) error {
	n, err := s.trades.CancelFaults(c.UserContext())
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"cancelled": n})
}

// listTrades: GET /sandbox/trades?merchant=&before=&limit=, newest first.
func (s *Server) listTrades(c *fiber.Ctx) error {
	trades, err := s.trades.Trades(c.UserContext(), c.Query("merchant"), c.Query("before"), limitOf(c))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"data": list(trades, viewTrade)})
}

// listNotifications: GET /sandbox/notifications?trade=&before=&limit=, newest
// first, each with its sendings.
func (s *Server) listNotifications(c *fiber.Ctx) error {
	ctx := c.UserContext()
	notifications, err := s.trades.Notifications(ctx, c.Query("trade"), c.Query("before"), limitOf(c))
	if err != nil {
		return answerError(c, err)
	}
	views := make([]notificationView, 0, len(notifications))
	for _, n := range notifications {
		attempts, err := s.trades.AttemptsOf(ctx, n.ID)
		if err != nil {
			return answerError(c, err)
		}
		views = append(views, viewNotification(n, attempts))
	}
	return c.JSON(fiber.Map{"data": views})
}

// replay: POST /sandbox/notifications/{id}/replay → how the sending went.
func (s *Server) replay(c *fiber.Ctx) error {
	a, err := s.trades.Replay(c.UserContext(), c.Params("id"))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewAttempt(a))
}
