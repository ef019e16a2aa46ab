package channeltest

import (
	"context"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// How the simulated payer meets a payment code.
const (
	codeOK       = "ok"       // pays at once
	codePassword = "password" // must confirm first
	codeRefuse   = "refuse"   // cannot pay
)

// payerAddress stands for the till's address, which some channels want.
const payerAddress = "203.0.113.9"

// newCode shows a payment code in the wallet.
func (s *Sandbox) newCode(t testing.TB, h *Harness, behaviour string) string {
	t.Helper()
	var shown struct {
		AuthCode string `json:"auth_code"`
	}
	s.post(t, "/sandbox/wallet/code", map[string]any{"channel": h.Driver.Name(), "behaviour": behaviour}, &shown)
	if shown.AuthCode == "" {
		t.Fatal("the wallet shows no code")
	}
	return shown.AuthCode
}

// confirm types the password that a code asked for.
func (s *Sandbox) confirm(t testing.TB, code string) {
	t.Helper()
	s.post(t, "/sandbox/wallet/confirm", map[string]any{"code": code}, nil)
}

func (h *Harness) orderByCode(code string) channel.PayRequest {
	r := h.order()
	r.Method, r.Payer = h.CodeMethod, channel.Payer{AuthCode: code, ClientIP: payerAddress}
	return r
}

// testCodes: a payment code pays at once, later, or certainly not.
func testCodes(t *testing.T, h *Harness) {
	t.Run("pays at once", func(t *testing.T) { h.testCodePays(t) })
	t.Run("waits for the payer", func(t *testing.T) { h.testCodeWaits(t) })
	t.Run("is refused", func(t *testing.T) { h.testCodeRefused(t) })
	t.Run("is reversed", func(t *testing.T) { h.testReverse(t) })
	t.Run("is lost", func(t *testing.T) { h.testCodeLost(t) })
}

func (h *Harness) testCodePays(t *testing.T) {
	c := h.open(t, h.Account)
	wantUnsent(t, c, h.orderByCode(""))
	before := time.Now().Add(-2 * time.Second)
	r := h.orderByCode(h.newCode(t, h, codeOK))
	result, err := c.Pay(t.Context(), r)
	wantKind(t, err, "")
	if result.Action.Type != "none" || result.Trade == nil {
		t.Fatalf("result %+v, want a trade and nothing to do", result)
	}
	h.checkPaid(t, *result.Trade, r, before)
	paid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	h.checkPaid(t, paid, r, before)
	if paid.ChannelTradeNo != result.Trade.ChannelTradeNo {
		t.Errorf("paid as %s, asked as %s", result.Trade.ChannelTradeNo, paid.ChannelTradeNo)
	}
	// One channel says that it is paid, the other repeats its answer.
	again, err := c.Pay(t.Context(), r)
	if err == nil && (again.Trade == nil || again.Trade.ChannelTradeNo != paid.ChannelTradeNo) {
		t.Errorf("repeated it is another trade: %+v", again.Trade)
	}
	if kind := channel.KindOf(err); kind != "" && kind != channel.KindPaid {
		t.Errorf("repeated: %v", err)
	}
	other := h.orderByCode(r.Payer.AuthCode)
	_, err = c.Pay(t.Context(), other)
	wantRefusal(t, err)
}

func (h *Harness) testCodeWaits(t *testing.T) {
	c := h.open(t, h.Account)
	r := h.orderByCode(h.newCode(t, h, codePassword))
	result, err := c.Pay(t.Context(), r)
	wantKind(t, err, "")
	if result.Action.Type != "none" || result.Trade == nil || result.Trade.State != channel.TradePaying || result.Trade.Number != r.Number {
		t.Fatalf("result %+v, want a trade that is being paid", result)
	}
	waiting, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	if waiting.State != channel.TradePaying && waiting.State != channel.TradeUnpaid {
		t.Errorf("before the password: %+v", waiting)
	}
	before := time.Now().Add(-2 * time.Second)
	h.confirm(t, r.Payer.AuthCode)
	paid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	h.checkPaid(t, paid, r, before)
}

func (h *Harness) testCodeRefused(t *testing.T) {
	c := h.open(t, h.Account)
	for _, code := range []string{h.newCode(t, h, codeRefuse), "999999999999999999", "not a code"} {
		r := h.orderByCode(code)
		_, err := c.Pay(t.Context(), r)
		wantRefusal(t, err)
		if trade, err := c.Query(t.Context(), r.Number); err == nil && trade.State.WasPaid() {
			t.Errorf("a refused code was paid: %+v", trade)
		}
	}
}

// testReverse: whatever became of the order, afterwards nothing of it is kept.
func (h *Harness) testReverse(t *testing.T) {
	c := h.open(t, h.Account)
	// One channel does not know the order, the other has nothing against it.
	if kind := channel.KindOf(c.Reverse(t.Context(), h.order().Number)); kind != "" && kind != channel.KindNotExist {
		t.Errorf("reverse nothing: %s", kind)
	}
	for _, behaviour := range []string{codeOK, codePassword} {
		r := h.orderByCode(h.newCode(t, h, behaviour))
		_, err := c.Pay(t.Context(), r)
		wantKind(t, err, "")
		for range 2 {
			wantKind(t, c.Reverse(t.Context(), r.Number), "")
			undone, err := c.Query(t.Context(), r.Number)
			wantKind(t, err, "")
			if undone.State != channel.TradeClosed && (undone.State != channel.TradeRefunded || behaviour != codeOK) {
				t.Errorf("%s, reversed: %+v", behaviour, undone)
			}
		}
	}
}

// testCodeLost: no answer is no outcome; the query tells.
func (h *Harness) testCodeLost(t *testing.T) {
	c := h.open(t, h.Account)
	wantKind(t, c.Probe(t.Context()), "") // fetches what the client fetches once
	for _, fault := range []string{"timeout_after_success", "forge_answer", "unsigned_answer", "truncated"} {
		if !h.supports(fault) {
			continue
		}
		r := h.orderByCode(h.newCode(t, h, codeOK))
		h.Plan(t, h.Driver.Name(), fault, 1)
		ctx, cancel := context.WithTimeout(t.Context(), faultPatience(fault))
		_, err := c.Pay(ctx, r)
		cancel()
		wantKind(t, err, channel.KindUnknown)
		trade, err := c.Query(t.Context(), r.Number)
		wantKind(t, err, "")
		if !trade.State.WasPaid() {
			t.Errorf("%s: %+v, want it paid", fault, trade)
		}
	}
}

// faultPatience is how long to wait for an answer that a fault spoils.
func faultPatience(fault string) time.Duration {
	if fault == "timeout_before" || fault == "timeout_after_success" {
		return 300 * time.Millisecond
	}
	return 5 * time.Second
}
