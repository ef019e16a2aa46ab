package wechat

import (
	"errors"
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

// quota is how many calls of a kind a merchant may make in a second. Within one
// second they may all come at once.
type quota struct {
	name      string
	perSecond int
	// failing is the quota of calls that are refused, 0 for no other than the
	// above.
	failing int
}

// The quotas of each mchid. Those of refunds are in the document of 申请退款 and
// 查询单笔退款; that of orders is what merchants report, that of bills is ours.
var (
	orderQuota       = quota{name: "order", perSecond: 600}
	refundQuota      = quota{name: "refund", perSecond: 150, failing: 6}
	refundQueryQuota = quota{name: "refund query", perSecond: 300}
	billQuota        = quota{name: "bill", perSecond: 50}
)

// quotas counts calls, by merchant and kind.
type quotas struct {
	mu     sync.Mutex
	counts map[quotaKey]*rate.Limiter
}

type quotaKey struct {
	merchant, name string
	failing        bool
}

// spend reports whether the call is within the limit.
func (q *quotas) spend(k quotaKey, perSecond int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.counts[k]
	if l == nil {
		if q.counts == nil {
			q.counts = map[quotaKey]*rate.Limiter{}
		}
		l = rate.NewLimiter(rate.Limit(perSecond), perSecond)
		q.counts[k] = l
	}
	return l.Allow()
}

// within serves calls up to the quota, and answers 429 beyond it.
func (g *Gateway) within(q quota, h handler) handler {
	if g.unlimited {
		return h
	}
	return func(c *call) (answer, error) {
		if !g.quotas.spend(quotaKey{merchant: c.merchant.ID, name: q.name}, q.perSecond) {
			return answer{}, rateLimited()
		}
		a, err := h(c)
		var refused *failure
		if q.failing > 0 && errors.As(err, &refused) && refused.status < http.StatusInternalServerError &&
			!g.quotas.spend(quotaKey{c.merchant.ID, q.name, true}, q.failing) {
			return answer{}, rateLimited() // it was refused, so nothing happened either way
		}
		return a, err
	}
}
