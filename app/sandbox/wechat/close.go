package wechat

import (
	"errors"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// close: POST …/out-trade-no/{no}/close {mchid}, or {sp_mchid, sub_mchid} → 204,
// also when repeated.
func (g *Gateway) close(l line) handler {
	return func(c *call) (answer, error) {
		var in parties
		if err := c.decode(&in); err != nil {
			return answer{}, err
		}
		t, err := g.find(c, l, "body", in)
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
}

// reasonOf returns the core's reason for refusing, "" for other errors and nil.
func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
