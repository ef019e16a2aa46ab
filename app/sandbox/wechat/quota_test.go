package wechat_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// A merchant that has refunds refused may not go on at any speed: the channel's
// limit for failing calls is far below that for others.
func TestRefusedRefundsHaveAQuotaOfTheirOwn(t *testing.T) {
	b := one(t, trade.PublicKey, func(c *wechat.Config) { c.Unlimited = false })
	other, err := b.trades.OpenMerchant(t.Context(), b.merchant.Channel, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var refused, limited atomic.Int32
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			body := `{"out_trade_no":"no-such-order","out_refund_no":"r-` + strconv.Itoa(i) + `","amount":{"refund":1,"total":1,"currency":"CNY"}}`
			switch got := b.send(t, raw{uri: mount + "/v3/refund/domestic/refunds", body: body}); got.status {
			case http.StatusNotFound:
				refused.Add(1)
			case http.StatusTooManyRequests:
				limited.Add(1)
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	if refused.Load() < 6 || limited.Load() == 0 {
		t.Errorf("%d were refused and %d limited, want at least 6 and some", refused.Load(), limited.Load())
	}
	if got := b.send(t, raw{method: http.MethodGet, uri: mount + "/v3/refund/domestic/refunds/none"}); got.status != http.StatusNotFound {
		t.Errorf("a query is limited by the refunds: %d", got.status)
	}
	b.merchant = other
	if got := b.send(t, raw{uri: mount + "/v3/refund/domestic/refunds", body: `{"out_trade_no":"no-such-order","out_refund_no":"r-1","amount":{"refund":1,"total":1,"currency":"CNY"}}`}); got.status != http.StatusNotFound {
		t.Errorf("another merchant is limited by it: %d %s", got.status, got.body)
	}
}
