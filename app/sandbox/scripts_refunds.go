package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// refundView is a refund as scripts see it. Amounts are in fen.
type refundView struct {
	ID              string             `json:"id"`
	Channel         app.Channel        `json:"channel"`
	Merchant        string             `json:"merchant"` // whose keys announce it
	Trade           string             `json:"trade"`
	OutRefundNo     string             `json:"out_refund_no"` // the merchant's, or one of the channel's console
	ChannelRefundNo string             `json:"channel_refund_no"`
	Amount          app.Money          `json:"amount"`
	Reason          string             `json:"reason"`
	State           trade.RefundState  `json:"state"`  // processing, succeeded, closed, abnormal
	Source          trade.RefundSource `json:"source"` // api, console
	NotifyURL       string             `json:"notify_url"`
	CreatedAt       string             `json:"created_at"`
	DueAt           string             `json:"due_at,omitempty"` // when it ends, while it is under way
	SucceededAt     string             `json:"succeeded_at,omitempty"`
}

func viewRefund(r trade.Refund) refundView {
	v := refundView{
		ID: r.ID, Channel: r.Channel, Merchant: r.MerchantID, Trade: r.TradeID, OutRefundNo: r.OutRefundNo,
		ChannelRefundNo: r.ChannelRefundNo, Amount: r.Amount, Reason: r.Reason, State: r.State, Source: r.Source,
		NotifyURL: r.NotifyURL, CreatedAt: stamp(r.CreatedAt), SucceededAt: stamp(r.SucceededAt),
	}
	if r.State == trade.RefundProcessing {
		v.DueAt = stamp(r.DueAt)
	}
	return v
}

// consoleRefund: POST /sandbox/trades/{id}/refund {"amount"?} → 201 with a
// refund made in the channel's own console, of which the platform learns by
// notification or query. Without an amount it gives back all that is left.
func (s *Server) consoleRefund(c *fiber.Ctx) error {
	var in struct {
		Amount app.Money `json:"amount"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	r, err := s.trades.ConsoleRefund(c.UserContext(), c.Params("id"), in.Amount)
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(viewRefund(r))
}

// listRefunds: GET /sandbox/refunds?trade=&before=&limit=, newest first.
func (s *Server) listRefunds(c *fiber.Ctx) error {
	refunds, err := s.trades.RefundsOf(c.UserContext(), c.Query("trade"), c.Query("before"), limitOf(c))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"data": list(refunds, viewRefund)})
}

// finishRefund: POST /sandbox/refunds/{id}/finish {"state"} → the refund, ended
// now as succeeded, closed or abnormal, and announced. An abnormal one can be
// moved on; what has ended is 409 refund_final.
func (s *Server) finishRefund(c *fiber.Ctx) error {
	var in struct {
		State trade.RefundState `json:"state"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	r, err := s.trades.FinishRefund(c.UserContext(), c.Params("id"), in.State)
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(viewRefund(r))
}
