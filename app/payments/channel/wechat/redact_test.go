package wechat_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestTimelinesNameNobody: what is recorded of a call shows neither the payer nor
// what could be spent, in both modes.
func TestTimelinesNameNobody(t *testing.T) {
	secrets := []string{"oPayer", "oThere", "130000000000000001", "203.0.113.9", "信用卡0403", "13800138000"}
	good := genuine()
	for mode, open := range modes {
		answer := strings.Replace(transactionOf(mode, "SUCCESS"), `"payer":{`, `"prepay_id":"p","code_url":"c","h5_url":"h","phone":"13800138000","payer":{"sub_openid":"oThere",`, 1)
		client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "refund") {
				reply(200, succeededRefund, &good).ServeHTTP(w, r)
				return
			}
			reply(200, answer, &good).ServeHTTP(w, r)
		}))
		for name, run := range operations {
			calls := 0
			ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) {
				calls++
				for _, secret := range secrets {
					if strings.Contains(e.URL+e.Request+e.Response, secret) {
						t.Errorf("%s, %s shows %s: %+v", mode, name, secret, e)
					}
				}
				if !strings.HasPrefix(strings.ReplaceAll(name, " ", "_"), e.Operation) && name != "reverse" { // which asks before
					t.Errorf("%s is recorded as %s", name, e.Operation)
				}
			})
			_ = run(ctx, client) // the probe fails: the order exists
			if calls == 0 {
				t.Errorf("%s, %s: nothing was recorded", mode, name)
			}
		}
	}
}
