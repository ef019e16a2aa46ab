package wechat

import (
	"errors"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// close: POST …/out-trade-no/{no}/close {mchid} → 204, also when repeated.
func (g *Gateway) close(c *call) (answer, error) {
	var in struct {
		MchID string `json:"mchid"`
	}
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if err := c.checkMchID("body", in.MchID); err != nil {
		return answer{}, err
	}
	t, err := found(g.trades.ByNumber(c.UserContext(), c.merchant.ID, c.number()))
	if err != nil {
		return answer{}, err
	}
	_, err = g.trades.Close(c.UserContext(), t)
	switch reasonOf(err) {
	case trade.ReasonClosed:
		err = nil
	case trade.ReasonPaid:
		err = orderPaid()
	}
	return answer{status: http.StatusNoContent}, err
}

// reasonOf returns the core's reason for refusing, "" for other errors and nil.
func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
