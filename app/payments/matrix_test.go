package payments_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/webhooks"
)

// impossible are the faults that Alipay cannot have: it sends no probes, has no
// platform certificates, and its refunds are final in the answer.
var impossible = map[app.Channel][]trade.Fault{
	app.Alipay: {
		trade.SignTest, trade.RotateCertificate, trade.SignWithPublicKey,
		trade.RefundFailsAbnormal, trade.RefundFailsClosed, trade.RefundTooSoon,
	},
}

// cell is one method under one fault: an order, and then a refund of it, at an
// account of the method's own. Cells of one fault go through time together.
type cell struct {
	*shop   // with the cell's accounts
	account merchants.Account
	method  channel.Method
	fault   trade.Fault

	orderNo  string
	authCode string // of a payment code
	view     payments.View
	attempts int // how many orders the channel was to see
	refundID string
}

func (c *cell) errorf(format string, args ...any) {
	c.T.Helper()
	c.T.Errorf("%s × %s: "+format, append([]any{c.method, c.fault}, args...)...)
}

// planned is what an account is named at the sandbox.
func (c *cell) planned() string {
	if c.method.Channel() == app.WeChat {
		return c.account.Identity
	}
	return c.account.DefaultApp()
}

// plan plans the cell's fault once and returns true, or wants the sandbox to
// refuse it where the channel cannot have it.
func (c *cell) plan() bool {
	c.T.Helper()
	possible := !slices.Contains(impossible[c.method.Channel()], c.fault)
	body, err := json.Marshal(trade.Plan{Channel: c.method.Channel(), Account: c.planned(), Fault: c.fault, Count: 1})
	if err != nil {
		c.T.Fatal(err)
	}
	res, err := http.Post(c.Base+"/sandbox/faults", "application/json", bytes.NewReader(body))
	if err != nil {
		c.T.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ Field, Message string }
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		c.T.Fatal(err)
	}
	switch {
	case possible && res.StatusCode != http.StatusCreated:
		c.errorf("the sandbox answers %s %s, want the fault planned", res.Status, said.Message)
	case !possible && (res.StatusCode != http.StatusBadRequest || said.Field != "fault" || !strings.Contains(said.Message, "cannot "+string(c.fault))):
		c.errorf("the sandbox answers %s %+v, want the fault refused as one that %s cannot have", res.Status, said, c.method.Channel())
	}
	return possible
}

// left is how many plans are still to come at the cell's account.
func (c *cell) left() int {
	c.T.Helper()
	plans, err := c.Sandbox.Trades().Planned(c.Ctx)
	if err != nil {
		c.T.Fatal(err)
	}
	n := 0
	for _, p := range plans {
		n += one(p.Account == c.planned())
	}
	return n
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// matrix is a shop with an account for each method.
type matrix struct {
	*shop
	accounts map[channel.Method]merchants.Account
	opened   time.Time
	hooks    *webhooks.Service
	heard    *receiver
}

// openMatrix brings up the shop. The channel's queue of notifications keeps the
// platform's virtual time; signatures keep the machine's. WeChat's accounts are
// between certificates and the public key, so that each fault of either can
// happen; Alipay's take turns.
func openMatrix(t *testing.T, d *db.DB, clock *paymentstest.Clock) *matrix {
	t.Helper()
	inner, _ := paymentstest.Open(t, d, clock, func(c *sandbox.Config) {
		c.DB = dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(clock))
	})
	m := &matrix{shop: &shop{inner}, accounts: map[channel.Method]merchants.Account{}}
	for i, method := range m.Methods() {
		mode := trade.Both
		if method.Channel() == app.Alipay {
			mode = []trade.Mode{trade.PublicKey, trade.Certificate}[i%2]
		}
		m.accounts[method] = m.AccountIn(method.Channel(), mode)
	}
	m.opened = time.Now()
	m.listen(t)
	return m
}

// cells returns one for each method, reporting to t.
func (m *matrix) cells(t *testing.T, f trade.Fault) []*cell {
	t.Helper()
	var cells []*cell
	for _, method := range m.Methods() {
		own := *m.Shop
		own.T = t
		account := m.accounts[method]
		if method.Channel() == app.WeChat {
			own.WeChat = account
		} else {
			own.Alipay = account
		}
		cells = append(cells, &cell{
			shop: &shop{&own}, account: account, method: method, fault: f, orderNo: fmt.Sprintf("%s-%s", f, method), attempts: 1,
		})
	}
	return cells
}

// every runs f for all cells at once.
func every(cells []*cell, f func(c *cell)) {
	var wg sync.WaitGroup
	for _, c := range cells {
		wg.Go(func() { f(c) })
	}
	wg.Wait()
}

// hours is how time passes for cells that wait: past each step of the schedules
// of queries, refunds and notifications, to the expiry of an order.
var hours = []time.Duration{
	5 * time.Second, 11 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
}

// pass lets time go by, with the jobs and the channel's queue at work, until
// every cell is done. Those that never are, are named.
func (m *matrix) pass(t *testing.T, what string, cells []*cell, done func(c *cell) bool) {
	t.Helper()
	for _, step := range append([]time.Duration{0}, hours...) {
		m.Clock.Advance(step)
		m.QueryDue()
		m.RefundDue()
		m.Sandbox.Trades().Wake()
		if cells = within(150*time.Millisecond, cells, done); len(cells) == 0 {
			return
		}
	}
	for deadline := time.Now().Add(time.Minute); len(cells) > 0 && time.Now().Before(deadline); { // on a busy machine
		m.Clock.Advance(time.Second)
		m.QueryDue()
		m.RefundDue()
		m.Sandbox.Trades().Wake()
		cells = within(150*time.Millisecond, cells, done)
	}
	for _, c := range cells {
		c.errorf("never %s: %+v", what, c.Get(c.view.ID))
	}
}

// within waits so long in the machine's time and returns the cells that are not
// done.
func within(d time.Duration, cells []*cell, done func(c *cell) bool) []*cell {
	left := slices.Clone(cells)
	for deadline := time.Now().Add(d); ; time.Sleep(10 * time.Millisecond) {
		if left = slices.DeleteFunc(left, done); len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// quiet reports whether the channel has nothing left to say about the cell's
// order: each notification was accepted, or dropped by the fault.
func (c *cell) quiet() bool {
	c.T.Helper()
	order, err := c.Sandbox.Trades().ByNumber(c.Ctx, c.planned(), c.view.AttemptID)
	if app.Is(err, app.NotFound) {
		return true // an Alipay order that nobody opened, a charge that never arrived
	}
	if err != nil {
		c.T.Fatal(err)
	}
	list, err := c.Sandbox.Trades().Notifications(c.Ctx, order.ID, "", 100)
	if err != nil {
		c.T.Fatal(err)
	}
	for _, n := range list {
		if n.State != trade.Delivered && n.State != trade.Dropped {
			return false
		}
	}
	return true
}

// TestEveryMethodSurvivesEveryFault takes a payment by each method under each
// fault that the simulator can plan, and then gives part of it back under the
// same fault. Whatever the channel does, the end is the right one, happens once,
// and the books are sound.
func TestEveryMethodSurvivesEveryFault(t *testing.T) {
	t.Parallel() // it waits more than it works
	for engine, open := range map[string]func(testing.TB, ...dbtest.Option) *db.DB{"sqlite": dbtest.OpenSQLite, "mysql": dbtest.OpenMySQL} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			clock := &paymentstest.Clock{}
			m := openMatrix(t, open(t, dbtest.WithClock(clock)), clock)
			for _, f := range m.faults() {
				t.Run(string(f), func(t *testing.T) {
					m.T = t
					if f == trade.RotateCertificate {
						time.Sleep(time.Until(m.opened.Add(certificatePause)))
					}
					m.wave(t, f)
				})
			}
			m.T = t
			m.tell(t)
			m.Sound()
		})
	}
}

// certificatePause is how long WeChat's adapter looks for no new certificates
// after it has fetched some, in the machine's time.
const certificatePause = 61 * time.Second

// faults are all there are; the rotation of certificates is last, when the
// first ones are old enough.
func (m *matrix) faults() []trade.Fault {
	all := slices.DeleteFunc(trade.Faults(), func(f trade.Fault) bool { return f == trade.RotateCertificate })
	return append(all, trade.RotateCertificate)
}

// wave takes every method through one fault.
func (m *matrix) wave(t *testing.T, f trade.Fault) {
	// An answer that is only slow must come in time, on a busy machine too.
	m.Payments.ChannelTimeout = 20 * time.Second
	if f == trade.TimeoutBefore || f == trade.TimeoutAfterSuccess {
		m.Payments.ChannelTimeout = 3 * time.Second
	}
	start := time.Now()
	cells := slices.DeleteFunc(m.cells(t, f), func(c *cell) bool { return !c.plan() })
	m.takePayments(t, cells)
	paid := time.Since(start)
	m.giveBack(t, cells)
	t.Logf("%d methods, paid within %s, refunded within %s", len(cells), paid.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
}
