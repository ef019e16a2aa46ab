package payments

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// refundQueryAges are the ages at which a refund without a final answer is asked
// about; then every refundQueryEvery, and after a day every refundQueryOld.
var refundQueryAges = []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}

const (
	refundQueryEvery = 30 * time.Minute
	refundQueryOld   = 6 * time.Hour
)

// nextRefundQuery returns when to ask about a refund next. It never gives up: a
// refund is asked about until its state is final.
func nextRefundQuery(r Refund, now app.Millis) app.Millis {
	since := r.AcceptedAt
	if since == 0 {
		since = r.SentAt
	}
	if since == 0 {
		return now // it has never been sent
	}
	age := time.Duration(now-since) * time.Millisecond
	for _, at := range refundQueryAges {
		if at > age {
			return since.Add(at)
		}
	}
	if age < 24*time.Hour {
		return now.Add(refundQueryEvery)
	}
	return now.Add(refundQueryOld)
}
