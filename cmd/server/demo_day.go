package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// demoTrader trades on the demo's first day as everybody does: the merchant's
// backend by the API, the payer by the wallet, and the channels' own consoles by
// the sandbox's scripts. So the books, the bills and what differs between them
// are there to look at.
type demoTrader struct {
	*platform
	facts demoFacts
	day   app.Day
}

// sale is one order of the first day, in fen.
type sale struct {
	method  channel.Method
	amount  app.Money
	subject string
	refund  app.Money // asked for by the merchant, 0 for none
}

var demoSales = []sale{
	{channel.WeChatNative, 6800, "龙井 100 g", 0},
	{channel.WeChatNative, 12800, "紫砂杯一对", 0},
	{channel.AlipayQR, 45900, "白瓷茶具", 5900},
	{channel.WeChatNative, 3250, "茉莉花茶", 0},
	{channel.AlipayQR, 19900, "茶盘", 0},
	{channel.WeChatNative, 9900, "滇红 250 g", 9900},
	{channel.WeChatNative, 25600, "普洱 357 g", 0},
	{channel.AlipayQR, 8800, "玻璃壶", 0},
	{channel.WeChatNative, 1580, "茶点", 0},
	{channel.AlipayQR, 120000, "红木茶桌定金", 0},
	{channel.WeChatNative, 5400, "菊花茶", 0},
	{channel.AlipayQR, 3600, "滤网", 0},
}

// tradeDay has the first day traded while the demo serves. What goes wrong with it
// is said and ends nothing.
func (s *server) tradeDay(ctx context.Context, facts demoFacts) {
	if !s.config.Demo.Day {
		return
	}
	s.loops.Go(func() {
		if err := s.tradeDemoDay(ctx, facts); err != nil && ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "the demo's first day is incomplete; it is taken up at the next start", "error", err)
		}
	})
}

// tradeDemoDay trades once, by numbers that repeat nothing when it is taken up
// again; an installation that did keeps what came of it.
func (p *platform) tradeDemoDay(ctx context.Context, facts demoFacts) error {
	t := demoTrader{platform: p, facts: facts, day: app.DayOf(p.clock.Now())}
	planted, err := t.sandboxList(ctx, "/bill-faults")
	if err != nil || len(planted) > 0 { // the last step
		return err
	}
	if err := t.agreeRates(ctx); err != nil {
		return err
	}
	for n, s := range demoSales {
		if err := t.sell(ctx, t.orderNo(n+1), s); err != nil {
			return fmt.Errorf("sell %s: %w", s.subject, err)
		}
	}
	if err := t.refundAtChannel(ctx); err != nil {
		return fmt.Errorf("refund in the channel's console: %w", err)
	}
	if err := t.spoilBills(ctx); err != nil {
		return err
	}
	return t.compareDay(ctx)
}

// compareDay has the day's bills compared with the books, so that finance finds
// its differences; the next morning's run is of the whole day.
func (t demoTrader) compareDay(ctx context.Context) error {
	scope := payments.Scope{MerchantID: t.facts.Merchant, Mode: app.Test}
	if _, err := t.reconcile.RunNow(audit.WithActor(ctx, audit.System("demo")), scope, t.day); err != nil {
		return fmt.Errorf("compare the day: %w", err)
	}
	return nil
}

func (t demoTrader) orderNo(n int) string { return "DEMO-" + strconv.Itoa(1000+n) }

// agreeRates tells the platform what the sandbox's channels take.
func (t demoTrader) agreeRates(ctx context.Context) error {
	accounts, err := t.merchants.Accounts(ctx, merchants.AccountFilter{MerchantID: t.facts.Merchant, Mode: app.Test})
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.FeeRate != merchants.NoRate {
			continue
		}
		profile := merchants.Profile{Name: a.Name, Priority: a.Priority, ConfirmByQuery: a.ConfirmByQuery, FeeRate: 6000}
		if _, err := t.merchants.UpdateAccount(ctx, t.facts.Merchant, a.ID, profile); err != nil {
			return err
		}
	}
	return nil
}

// demoPayment is what the trader reads of the API's answers.
type demoPayment struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	AttemptID string `json:"attempt_id"`
	Action    struct {
		CodeURL string `json:"code_url"`
	} `json:"action"`
}

// sell orders, pays in the wallet, waits until both sides know, and gives back
// what is to be given back.
func (t demoTrader) sell(ctx context.Context, no string, s sale) error {
	order := map[string]any{
		"order_no": no, "amount": s.amount, "currency": app.CNY, "subject": s.subject, "method": s.method,
	}
	var p demoPayment
	if err := t.api(ctx, http.MethodPost, "/payments", order, &p); err != nil {
		return err
	}
	if p.Status != "succeeded" {
		if err := t.sandboxPost(ctx, "/wallet/pay", map[string]string{"code": p.Action.CodeURL}); err != nil {
			return err
		}
	}
	if err := t.await(ctx, "/payments/"+p.ID, "succeeded"); err != nil || s.refund == 0 {
		return err
	}
	var r demoPayment
	refund := map[string]any{"refund_no": no + "-R", "amount": s.refund, "reason": "顾客退货"}
	if err := t.api(ctx, http.MethodPost, "/payments/"+p.ID+"/refunds", refund, &r); err != nil {
		return err
	}
	return t.await(ctx, "/refunds/"+r.ID, "succeeded")
}

// await asks until an object has reached a status.
func (t demoTrader) await(ctx context.Context, path, status string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		var p demoPayment
		if err := t.api(ctx, http.MethodGet, path, nil, &p); err != nil || p.Status == status {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is %s, not %s: %w", path, p.Status, status, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// list returns the payments with an order number.
func (t demoTrader) list(ctx context.Context, orderNo string) ([]demoPayment, error) {
	var page struct {
		Data []demoPayment `json:"data"`
	}
	err := t.api(ctx, http.MethodGet, "/payments?order_no="+url.QueryEscape(orderNo), nil, &page)
	return page.Data, err
}

// refundAtChannel gives a payer money back in WeChat's own console, and no
// notification of it arrives: only the bill tells.
func (t demoTrader) refundAtChannel(ctx context.Context) error {
	list, err := t.list(ctx, t.orderNo(4))
	if err != nil || len(list) == 0 {
		return errors.Join(err, errors.New("the order is not there"))
	}
	found, err := t.sandboxTrade(ctx, list[0].AttemptID)
	if err != nil {
		return err
	}
	if made, err := t.sandboxList(ctx, "/refunds?trade="+found); err != nil || len(made) > 0 {
		return err
	}
	if err := t.sandboxPost(ctx, "/faults", map[string]any{"channel": app.WeChat, "fault": "drop_notification", "count": 1}); err != nil {
		return err
	}
	return t.sandboxPost(ctx, "/trades/"+found+"/refund", map[string]app.Money{"amount": 500})
}

// sandboxTrade finds an order of ours at the channel.
func (t demoTrader) sandboxTrade(ctx context.Context, attemptID string) (string, error) {
	trades, err := t.sandboxList(ctx, "/trades?limit=100")
	if err != nil {
		return "", err
	}
	for _, x := range trades {
		if x.OutTradeNo == attemptID {
			return x.ID, nil
		}
	}
	return "", fmt.Errorf("the sandbox has no order %s", attemptID)
}

// sandboxObject is what the trader reads of the sandbox's lists.
type sandboxObject struct {
	ID         string `json:"id"`
	OutTradeNo string `json:"out_trade_no"` // of a trade
}

func (t demoTrader) sandboxList(ctx context.Context, path string) ([]sandboxObject, error) {
	answer, err := ask(ctx, http.MethodGet, t.config.SandboxURL()+path, t.config.Sandbox.Token.Reveal(), "", nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		Data []sandboxObject `json:"data"`
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, fmt.Errorf("read the sandbox's answer: %w", err)
	}
	return page.Data, nil
}

// spoilBills plants what a finance person is there for: a difference of each kind
// in the day's bills.
func (t demoTrader) spoilBills(ctx context.Context) error {
	accounts, err := t.merchants.Accounts(ctx, merchants.AccountFilter{MerchantID: t.facts.Merchant, Mode: app.Test})
	if err != nil {
		return err
	}
	planted := map[app.Channel][]map[string]any{
		app.WeChat: {
			{"fault": "missing_row", "order": 2},
			{"fault": "amount", "order": 7, "delta": -100},
			{"fault": "extra_row"},
		},
		app.Alipay: {
			{"fault": "duplicate", "order": 8},
			{"fault": "fee", "order": 10, "delta": 12},
		},
	}
	for _, a := range accounts {
		account := a.Identity
		if a.Channel == app.Alipay {
			account = a.DefaultApp()
		}
		for _, f := range planted[a.Channel] {
			plan := map[string]any{"channel": a.Channel, "account": account, "day": t.day, "fault": f["fault"]}
			if delta, ok := f["delta"]; ok {
				plan["delta"] = delta
			}
			if n, ok := f["order"].(int); ok {
				list, err := t.list(ctx, t.orderNo(n))
				if err != nil || len(list) == 0 {
					return errors.Join(err, fmt.Errorf("order %s is not there", t.orderNo(n)))
				}
				plan["number"] = list[0].AttemptID
			}
			if err := t.sandboxPost(ctx, "/bill-faults", plan); err != nil {
				return fmt.Errorf("plant %s: %w", f["fault"], err)
			}
		}
	}
	return nil
}

// api calls the merchant API with the demo's key.
func (t demoTrader) api(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	answer, err := ask(ctx, method, t.facts.URL+"/v1/merchants/"+t.facts.Merchant+path, t.facts.Key, "application/json", body)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// sandboxPost runs one of the sandbox's scripts.
func (t demoTrader) sandboxPost(ctx context.Context, path string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = post(ctx, t.config.SandboxURL()+path, t.config.Sandbox.Token.Reveal(), "application/json", body)
	return err
}
