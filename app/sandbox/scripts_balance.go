package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// readFeeRate reads a rate such as "0.38%", the usual one where there is none.
func readFeeRate(text string) (app.Rate, error) {
	if text == "" {
		return trade.DefaultFeeRate, nil
	}
	rate, err := app.ParseRate(text)
	if err != nil {
		return 0, app.InvalidField("fee_rate", "invalid", "fee_rate %q: want a percentage such as 0.38%%", text)
	}
	return rate, nil
}

// withdrawalView is money that went from a merchant's balance to its bank.
type withdrawalView struct {
	ID        string      `json:"id"`
	Channel   app.Channel `json:"channel"`
	Merchant  string      `json:"merchant"`
	Amount    app.Money   `json:"amount"`
	Balance   app.Money   `json:"balance"` // afterwards
	CreatedAt string      `json:"created_at"`
}

// balance: GET /sandbox/balance?merchant= → what a merchant, or one under a
// provider, has at the channel now, in fen.
func (s *Server) balance(c *fiber.Ctx) error {
	balance, err := s.trades.Balance(c.UserContext(), c.Query("merchant"))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"merchant": c.Query("merchant"), "balance": balance})
}

// withdraw: POST /sandbox/merchants/{id}/withdraw {"amount"} → 201; more than
// there is, is 409 balance_short.
func (s *Server) withdraw(c *fiber.Ctx) error {
	var in struct {
		Amount app.Money `json:"amount"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	w, err := s.trades.Withdraw(c.UserContext(), c.Params("id"), in.Amount)
	if err != nil {
		return answerError(c, err)
	}
	left, err := s.trades.Balance(c.UserContext(), w.MerchantID)
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(withdrawalView{
		ID: w.ID, Channel: w.Channel, Merchant: w.MerchantID, Amount: w.Amount, Balance: left, CreatedAt: stamp(w.CreatedAt),
	})
}
