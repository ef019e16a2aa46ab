package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The moments at which the platform is killed.
const (
	atCreate       = "create"
	atNotification = "notification"
	atDelivery     = "delivery"
	atRefund       = "refund"
	atSwitch       = "switch"
)

// crashOrder is an order as the merchant knows it: what it asked for and what
// it was told.
type crashOrder struct {
	no, method, key string
	amount          int
	id, code        string // of the last answer, "" when none came
	created         bool   // a 2xx was answered
	paid            bool   // the payer's phone said so
	closed          bool   // the close was answered 200
	refused         string // an answer that no crash explains

	shown   string // the payment code of an order at the till
	old     string // the code before the payer changed to another method
	refunds []*crashRefund
}

// till reports whether the order is charged by a payment code.
func (o *crashOrder) till() bool { return strings.HasSuffix(o.method, "_code") }

// crashLoad places, pays, switches, closes and refunds orders without pause, and
// tells when the interesting moments are.
type crashLoad struct {
	*crashWorld
	seed    uint64
	moments map[string]chan struct{}

	mu     sync.Mutex
	orders []*crashOrder
}

func newCrashLoad(w *crashWorld, seed uint64) *crashLoad {
	l := &crashLoad{crashWorld: w, seed: seed, moments: map[string]chan struct{}{}}
	for _, name := range []string{atCreate, atNotification, atDelivery, atRefund, atSwitch} {
		l.moments[name] = make(chan struct{})
	}
	w.receiver.arrived = func() { l.now(atDelivery) }
	return l
}

// now tells whoever waits for the moment that it is here.
func (l *crashLoad) now(moment string) {
	select {
	case l.moments[moment] <- struct{}{}:
	default:
	}
}

// run works with n clients until stop is closed.
func (l *crashLoad) run(n int, stop <-chan struct{}) *sync.WaitGroup {
	var wg sync.WaitGroup
	for worker := range n {
		random := rand.New(rand.NewPCG(l.seed, uint64(worker)))
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(random.IntN(60)) * time.Millisecond):
					l.one(random, fmt.Sprintf("W%d-%d", worker, i))
				}
			}
		})
	}
	return &wg
}

// one is the life of one order, as far as the platform lets it come.
func (l *crashLoad) one(random *rand.Rand, no string) {
	methods := []string{"wechat_native", "alipay_qr", "wechat_native", "alipay_qr", "wechat_native", "alipay_qr", "wechat_code", "alipay_code"}
	o := &crashOrder{no: no, method: methods[random.IntN(len(methods))], amount: 1 + random.IntN(1000)}
	if random.IntN(2) == 0 {
		o.key = "key-" + no
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if o.till() && !l.showCode(ctx, o) {
		return
	}
	l.place(ctx, o)
	l.mu.Lock()
	l.orders = append(l.orders, o)
	l.mu.Unlock()
	if o.code != "" {
		l.proceed(ctx, random, o)
	}
	if (o.paid || o.created && o.till()) && random.IntN(2) == 0 {
		l.giveBack(ctx, random, o)
	}
}

// proceed is what payer and merchant do with an order's code.
func (l *crashLoad) proceed(ctx context.Context, random *rand.Rand, o *crashOrder) {
	switch n := random.IntN(12); {
	case n < 6:
		l.pay(ctx, o)
	case n < 7:
		l.close(ctx, o)
	case n < 9: // both at once: the channel decides
		var wg sync.WaitGroup
		wg.Go(func() { l.pay(ctx, o) })
		wg.Go(func() { l.close(ctx, o) })
		wg.Wait()
	case n < 11:
		l.change(ctx, o)
		l.pay(ctx, o)
		if o.old != "" && random.IntN(3) == 0 { // and once more, by the first code
			l.send(ctx, "POST", l.channels+"/wallet/pay", map[string]string{"code": o.old}, nil) //nolint:errcheck // the channel decides
		}
	}
}

// showCode takes a payment code from the payer's phone.
func (l *crashLoad) showCode(ctx context.Context, o *crashOrder) bool {
	var shown struct {
		AuthCode string `json:"auth_code"`
	}
	name, _, _ := strings.Cut(o.method, "_")
	status, _, err := l.send(ctx, "POST", l.channels+"/wallet/code", map[string]string{"channel": name}, &shown)
	o.shown = shown.AuthCode
	return err == nil && status == http.StatusCreated
}

// place asks for the order once.
func (l *crashLoad) place(ctx context.Context, o *crashOrder) {
	body := map[string]any{"order_no": o.no, "amount": o.amount, "currency": "CNY", "subject": "一杯茶", "method": o.method}
	if o.till() {
		body["payer"] = map[string]any{"auth_code": o.shown, "client_ip": "203.0.113.7"}
	}
	var headers []string
	if o.key != "" {
		headers = []string{"Idempotency-Key", o.key}
	}
	var p listed
	l.now(atCreate)
	status, text, err := l.call(ctx, "POST", "/payments", body, &p, headers...)
	switch {
	case err != nil:
		return // killed in between: the merchant knows nothing
	case status < http.StatusMultipleChoices:
		o.created = true
		if o.id != "" && o.id != p.ID {
			o.refused = fmt.Sprintf("two payments: %s and %s", o.id, p.ID)
		}
		o.id = p.ID
		if p.Action != nil {
			o.code = p.Action.CodeURL
		}
	case status != http.StatusServiceUnavailable:
		o.refused = fmt.Sprintf("create answered %d %s", status, text)
	}
}

// pay is the payer with a phone. That the order cannot be paid any more is an
// answer too.
func (l *crashLoad) pay(ctx context.Context, o *crashOrder) {
	l.now(atNotification)
	status, _, err := l.send(ctx, "POST", l.channels+"/wallet/pay", map[string]string{"code": o.code}, nil)
	o.paid = err == nil && status == http.StatusOK
}

func (l *crashLoad) close(ctx context.Context, o *crashOrder) {
	status, _, err := l.call(ctx, "POST", "/payments/"+o.id+"/close", nil, nil)
	o.closed = err == nil && status == http.StatusOK
}
