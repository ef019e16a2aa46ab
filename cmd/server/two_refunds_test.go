package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db/dbtest"
)

// duo is two processes of the platform on one MariaDB, beside the channels' own
// process. The second follows the first's configuration.
func duo(t *testing.T) (first, second *crashWorld) {
	t.Helper()
	first = newCrashWorld(t, buildBinary(t), dbtest.MySQLURL(t))
	first.boot()
	beside := *first
	second = &beside
	address := freeAddress(t)
	second.url = "http://" + address
	second.env = append(slices.Clone(first.env), "PIAOHAO_SERVER_LISTEN="+address, "PIAOHAO_SERVER_METRICS_LISTEN="+freeAddress(t))
	second.platform = spawn(t, first.binary, first.dir, second.env, "serve")
	second.platform.await(second.url + "/readyz")
	return first, second
}

// paidOrder places an order at the world's server and pays it.
func (w *crashWorld) paidOrder(no, method string, amount int) listed {
	w.t.Helper()
	var p listed
	w.must("POST", "/payments", map[string]any{"order_no": no, "amount": amount, "currency": "CNY", "subject": "一杯茶", "method": method}, &p)
	if status, text, err := w.send(w.t.Context(), "POST", w.channels+"/wallet/pay", map[string]string{"code": p.Action.CodeURL}, nil); err != nil || status != http.StatusOK {
		w.t.Fatalf("pay %s: %d %s %v", no, status, text, err)
	}
	w.eventually(time.Minute, func() []string {
		if w.must("GET", "/payments/"+p.ID, nil, &p); p.Status == "succeeded" {
			return nil
		}
		return []string{no + " is " + p.Status}
	})
	return p
}

// answers counts what a hundred requests came to, by status and code.
type answers struct {
	sync.Mutex
	seen map[string]int
	ids  map[string]bool
}

// race sends n requests for refunds of p at once, to both servers by turns.
func race(servers [2]*crashWorld, p listed, n int, ask func(i int) map[string]any) *answers {
	out := &answers{seen: map[string]int{}, ids: map[string]bool{}}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			w := servers[i%2]
			status, text, err := w.call(w.t.Context(), "POST", "/payments/"+p.ID+"/refunds", ask(i), nil)
			var said struct{ ID, Code string }
			if err == nil {
				err = json.Unmarshal([]byte(text), &said)
			}
			if err != nil {
				w.t.Errorf("request %d: %v", i, err)
			}
			out.Lock()
			defer out.Unlock()
			out.seen[strings.TrimSpace(fmt.Sprint(status, " ", said.Code))]++
			if status < http.StatusMultipleChoices {
				out.ids[said.ID] = true
			}
		})
	}
	wg.Wait()
	return out
}

// arrived waits until every refund of the wanted ids has arrived here and at the
// channel, which must know no other and none twice.
func (w *crashWorld) arrived(ids map[string]bool, amount int) {
	w.t.Helper()
	w.eventually(time.Minute, func() []string {
		var open []string
		for id, r := range w.refundsHere() {
			if ids[id] && r.Status != "succeeded" {
				open = append(open, id+" is "+r.Status)
			}
		}
		return open
	})
	there, sum := w.refundsThere(), 0
	for id := range ids {
		if there[id].State != "succeeded" {
			w.t.Errorf("the channel has %s as %q", id, there[id].State)
		}
		sum += there[id].Amount
	}
	if sum != amount {
		w.t.Errorf("the channel gave back %d fen, want %d", sum, amount)
	}
}

// TestAHundredRefundsAtTwoProcessesNeverExceedThePayment races refunds through
// the API of two processes of the real binary on one MariaDB.
func TestAHundredRefundsAtTwoProcessesNeverExceedThePayment(t *testing.T) {
	first, second := duo(t)
	servers := [2]*crashWorld{first, second}
	t.Run("a hundred numbers", func(t *testing.T) {
		p := first.paidOrder("RACE-many", "alipay_qr", 1234)
		out := race(servers, p, 100, func(i int) map[string]any {
			return map[string]any{"refund_no": fmt.Sprintf("RACE-%d", i), "amount": 100, "reason": "杯子碎了"}
		})
		if out.seen["409 refund_exceeds_remainder"] != 88 || out.seen["201"]+out.seen["202"] != 12 || len(out.ids) != 12 {
			t.Errorf("answers %v about %d refunds, want 12 taken and 88 refused as more than is left", out.seen, len(out.ids))
		}
		first.arrived(out.ids, 1200)
	})
	for _, method := range []string{"alipay_qr", "wechat_native"} {
		t.Run("one number, "+method, func(t *testing.T) {
			p := second.paidOrder("RACE-one-"+method, method, 1234)
			out := race(servers, p, 100, func(int) map[string]any {
				return map[string]any{"refund_no": "RACE-one-" + method, "amount": 1234, "reason": "杯子碎了"}
			})
			if out.seen["201"]+out.seen["202"]+out.seen["200"] != 100 || out.seen["201"] > 1 || len(out.ids) != 1 {
				t.Errorf("answers %v about %d refunds, want one refund and no refusal", out.seen, len(out.ids))
			}
			second.arrived(out.ids, 1234)
		})
	}
	if n := len(first.refundsThere()); n != 14 {
		t.Errorf("the channels know %d refunds, want 14", n)
	}
	second.platform.terminate()
	first.platform.terminate()
	if code, output := first.command("verify"); code != 0 || !strings.Contains(output, "hold") {
		t.Errorf("piaohao verify: code %d\n%s", code, output)
	}
}
