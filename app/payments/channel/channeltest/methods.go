package channeltest

import (
	"errors"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// MethodCase is one method of paying by an action, as testMethods tries it.
type MethodCase struct {
	Method channel.Method
	AppID  string        // the app it is paid in; "" for the harness's
	Payer  channel.Payer // what an order by it must say of the payer
	// Needs lists the payers that lack what the method cannot do without.
	Needs []channel.Payer
	// Action is the type the order must yield, and Check looks into it: the
	// client's side accepts the signatures.
	Action string
	Check  func(t *testing.T, a channel.Action)
	// Code opens the action as the payer's client does and returns what the
	// wallet takes. Two actions of one order lead to the same.
	Code func(t *testing.T, a channel.Action) string
	// Local says that the order is signed here, without any call: it does not
	// exist before Code is used.
	Local bool
}

// testMethods: an order by each method can be paid by what it yields, and says
// before any call what it lacks.
func testMethods(t *testing.T, h *Harness) {
	listed := map[channel.Method]bool{}
	for _, m := range h.Driver.Methods() {
		listed[m] = true
	}
	for _, m := range h.Methods {
		t.Run(string(m.Method), func(t *testing.T) {
			if !listed[m.Method] {
				t.Errorf("the driver does not list it among %v", h.Driver.Methods())
			}
			h.testMethod(t, m)
		})
	}
}

func (h *Harness) orderBy(m MethodCase) channel.PayRequest {
	r := h.order()
	r.Method, r.Payer, r.ReturnURL = m.Method, m.Payer, "https://shop.example/done?a=1&b=茶"
	if m.AppID != "" {
		r.AppID = m.AppID
	}
	return r
}

func (h *Harness) testMethod(t *testing.T, m MethodCase) {
	c := h.open(t, h.Account)
	for _, payer := range m.Needs {
		bad := h.orderBy(m)
		bad.Payer = payer
		wantUnsent(t, c, bad)
	}
	r := h.orderBy(m)
	first, calls := pay(t, c, r)
	if (calls == 0) != m.Local {
		t.Errorf("%d calls, local %v", calls, m.Local)
	}
	if first.Action.Type != m.Action || first.Trade != nil {
		t.Fatalf("result %+v, want a %s", first, m.Action)
	}
	m.Check(t, first.Action)
	again, _ := pay(t, c, r)
	m.Check(t, again.Action)
	code := m.Code(t, first.Action)
	if other := m.Code(t, again.Action); other != code {
		t.Fatalf("repeated the order leads to %q, first to %q", other, code)
	}
	before := time.Now().Add(-2 * time.Second)
	h.Pay(t, code)
	notice, err := c.ParseNotification(t.Context(), h.Next(t))
	wantKind(t, err, "")
	h.checkPaid(t, *notice.Trade, r, before)
	h.checkIdentity(t, *notice.Trade)
	paid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	h.checkPaid(t, paid, r, before)
	wantKind(t, c.Close(t.Context(), r.Number), channel.KindPaid)
}

// pay places an order and counts the calls that took.
func pay(t *testing.T, c channel.Client, r channel.PayRequest) (channel.PayResult, int) {
	t.Helper()
	calls := 0
	result, err := c.Pay(channel.WithRecorder(t.Context(), func(channel.Exchange) { calls++ }), r)
	if err != nil {
		t.Fatal(err)
	}
	return result, calls
}

// wantUnsent fails unless the order is refused without any call.
func wantUnsent(t *testing.T, c channel.Client, r channel.PayRequest) {
	t.Helper()
	calls := 0
	_, err := c.Pay(channel.WithRecorder(t.Context(), func(channel.Exchange) { calls++ }), r)
	if channel.KindOf(err) != channel.KindRefused || calls != 0 {
		t.Errorf("%s of %+v: %v after %d calls, want a refusal without any", r.Method, r.Payer, err, calls)
	}
}

func (h *Harness) checkIdentity(t *testing.T, got channel.Trade) {
	t.Helper()
	if got.Identity != h.Identity || got.SubIdentity != h.SubIdentity {
		t.Errorf("belongs to %q under %q, want %q under %q", got.SubIdentity, got.Identity, h.SubIdentity, h.Identity)
	}
}

// wantRefusal fails unless err is a refusal in the channel's own words.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	wantKind(t, err, channel.KindRefused)
	var e *channel.Error
	if errors.As(err, &e) && e.Code == "" {
		t.Errorf("the refusal %v has no code of the channel", err)
	}
}
