package sandbox

import (
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// planBillFault: POST /sandbox/bill-faults {"channel", "account", "day",
// "fault", "count"?, "number"?, "delta"?} → 201 with the plan.
func (s *Server) planBillFault(c *fiber.Ctx) error {
	var in struct {
		Channel app.Channel     `json:"channel"`
		Account string          `json:"account"`
		Day     app.Day         `json:"day"`
		Fault   trade.BillFault `json:"fault"`
		Count   int64           `json:"count"`
		Number  string          `json:"number"`
		Delta   int64           `json:"delta"`
	}
	if err := decode(c, &in); err != nil {
		return answerError(c, err)
	}
	p, err := s.trades.PlanBillFault(c.UserContext(), trade.BillPlan{
		Channel: in.Channel, Account: in.Account, Day: in.Day, Fault: in.Fault, Count: in.Count, Number: in.Number, Delta: in.Delta,
	})
	if err != nil {
		return answerError(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(p)
}

// listBillFaults: GET /sandbox/bill-faults?account=&day=, oldest first.
func (s *Server) listBillFaults(c *fiber.Ctx) error {
	plans, err := s.trades.BillPlans(c.UserContext(), c.Query("account"), app.Day(c.Query("day")))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"data": list(plans, func(p trade.BillPlan) trade.BillPlan { return p })})
}

// cancelBillFaults: DELETE /sandbox/bill-faults?account=&day= → how many there
// were. Without either it withdraws all.
func (s *Server) cancelBillFaults(c *fiber.Ctx) error {
	n, err := s.trades.CancelBillFaults(c.UserContext(), c.Query("account"), app.Day(c.Query("day")))
	if err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"cancelled": n})
}

// cancelBillFault: DELETE /sandbox/bill-faults/{id}.
func (s *Server) cancelBillFault(c *fiber.Ctx) error {
	if err := s.trades.CancelBillFault(c.UserContext(), c.Params("id")); err != nil {
		return answerError(c, err)
	}
	return c.JSON(fiber.Map{"cancelled": 1})
}
