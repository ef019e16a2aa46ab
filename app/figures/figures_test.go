package figures_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// world is a shop at its sandbox whose events are counted.
type world struct {
	*paymentstest.Shop
	figures *figures.Service
}

func open(t *testing.T, d *db.DB, c *paymentstest.Clock) *world {
	t.Helper()
	s, _ := paymentstest.Open(t, d, c)
	return &world{s, s.Figures}
}

// each runs f in a world on each engine.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	c := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, d, c)) }, dbtest.WithClock(c))
}

func (w *world) scope() figures.Scope { return figures.Scope(w.Scope) }

// count has everything counted that has happened.
func (w *world) count() {
	w.T.Helper()
	if _, err := w.Events.Sequence(w.Ctx); err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.figures.Consume(w.Ctx); err != nil {
		w.T.Fatal(err)
	}
}

// exact counts, and compares every figure with what the tables say by plain
// statements of their own.
func (w *world) exact() {
	w.T.Helper()
	w.count()
	w.sound()
	got, want := w.stored(), w.recomputed()
	for place, n := range want {
		if got[place] != n {
			w.T.Errorf("%s: the figures say %d, the tables %d", place, got[place], n)
		}
		delete(got, place)
	}
	for place, n := range got {
		if n != 0 {
			w.T.Errorf("%s: the figures say %d, the tables nothing", place, n)
		}
	}
}

// sound has the program compare by itself.
func (w *world) sound() {
	w.T.Helper()
	compared, err := w.figures.Verify(w.Ctx, func(v figures.Violation) { w.T.Errorf("%s: %s", v.Object, v.Message) })
	if err != nil || !compared {
		w.T.Fatalf("verify: compared %v, %v", compared, err)
	}
}

type figure struct {
	Place string `db:"place"`
	N     int64  `db:"n"`
}

// columns are all figures, each with the statement that computes it from the
// tables. Hours are whole ones of UTC, days those of Beijing.
var columns = map[string]string{
	"created":                  `SELECT merchant_id, mode, created_at AS at, account_id, method, 1 AS n FROM payments`,
	"created_amount":           `SELECT merchant_id, mode, created_at AS at, account_id, method, amount AS n FROM payments`,
	"succeeded":                `SELECT merchant_id, mode, created_at AS at, account_id, method, 1 AS n FROM payments WHERE status = 'succeeded'`,
	"succeeded_amount":         `SELECT merchant_id, mode, created_at AS at, account_id, method, amount AS n FROM payments WHERE status = 'succeeded'`,
	"closed":                   `SELECT merchant_id, mode, created_at AS at, account_id, method, 1 AS n FROM payments WHERE status = 'closed'`,
	"failed":                   `SELECT merchant_id, mode, created_at AS at, account_id, method, 1 AS n FROM payments WHERE status = 'failed'`,
	"late":                     `SELECT merchant_id, mode, created_at AS at, account_id, method, late AS n FROM payments`,
	"refunded":                 `SELECT merchant_id, mode, created_at AS at, account_id, method, amount_refunded AS n FROM payments`,
	"paid":                     `SELECT merchant_id, mode, paid_at AS at, account_id, method, 1 AS n FROM attempts WHERE status = 'succeeded'`,
	"paid_amount":              `SELECT merchant_id, mode, paid_at AS at, account_id, method, amount AS n FROM attempts WHERE status = 'succeeded'`,
	"refused":                  `SELECT merchant_id, mode, created_at AS at, account_id, method, 1 AS n FROM attempts WHERE status = 'failed'`,
	"refunds":                  refundsBy + `1 AS n` + refundsOf,
	"refunds_standing":         refundsBy + `1 AS n` + refundsOf + ` WHERE r.status NOT IN ('failed', 'rejected')`,
	"refunds_standing_amount":  refundsBy + `r.amount AS n` + refundsOf + ` WHERE r.status NOT IN ('failed', 'rejected')`,
	"refunds_succeeded":        refundsBy + `1 AS n` + refundsOf + ` WHERE r.status = 'succeeded'`,
	"refunds_succeeded_amount": refundsBy + `r.amount AS n` + refundsOf + ` WHERE r.status = 'succeeded'`,
	"returned":                 returnedBy + `1 AS n` + refundsOf + ` WHERE r.status = 'succeeded'`,
	"returned_amount":          returnedBy + `r.amount AS n` + refundsOf + ` WHERE r.status = 'succeeded'`,
}

const (
	refundsBy  = `SELECT r.merchant_id, r.mode, r.created_at AS at, r.account_id, a.method, `
	returnedBy = `SELECT r.merchant_id, r.mode, r.succeeded_at AS at, r.account_id, a.method, `
	refundsOf  = ` FROM refunds r JOIN attempts a ON a.id = r.attempt_id`
)

func (w *world) recomputed() map[string]int64 {
	w.T.Helper()
	out := map[string]int64{}
	for column, from := range columns {
		var rows []struct {
			MerchantID string     `db:"merchant_id"`
			Mode       string     `db:"mode"`
			At         app.Millis `db:"at"`
			AccountID  string     `db:"account_id"`
			Method     string     `db:"method"`
			N          int64      `db:"n"`
		}
		w.selects(&rows, from)
		for _, r := range rows {
			at := r.At.Time().In(app.Beijing)
			hour := at.Truncate(time.Hour)
			day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, app.Beijing)
			for span, start := range map[string]time.Time{"hour": hour, "day": day} {
				out[fmt.Sprintf("%s %s %s %d %s %s %s", r.MerchantID, r.Mode, span, start.UnixMilli(), r.AccountID, r.Method, column)] += r.N
			}
		}
	}
	w.refusalsOf(out)
	return out
}

func (w *world) refusalsOf(out map[string]int64) {
	var rows []struct {
		MerchantID string     `db:"merchant_id"`
		At         app.Millis `db:"created_at"`
		Channel    string     `db:"channel"`
		Code       string     `db:"error_code"`
	}
	w.selects(&rows, `SELECT merchant_id, created_at, channel, error_code FROM attempts WHERE status = 'failed'`)
	for _, r := range rows {
		out[fmt.Sprintf("%s refused %s %s %d", r.MerchantID, r.Channel, r.Code, r.At/3_600_000*3_600_000)]++
	}
}

func (w *world) stored() map[string]int64 {
	w.T.Helper()
	out := map[string]int64{}
	for column := range columns {
		var rows []figure
		w.selects(&rows, w.placed(`merchant_id`, `mode`, `span`, `starts_at`, `account_id`, `method`)+`' `+column+`') AS place, `+column+` AS n FROM figures WHERE merchant_id <> ''`)
		for _, r := range rows {
			out[r.Place] += r.N
		}
	}
	var rows []figure
	w.selects(&rows, w.placed(`merchant_id`, `'refused'`, `channel`, `error_code`, `starts_at`)+`'') AS place, refused AS n FROM figures_refusals WHERE span = 'hour'`)
	for _, r := range rows {
		out[r.Place] += r.N
	}
	return out
}

// placed begins a statement with its columns in one text.
func (w *world) placed(parts ...string) string {
	out := `SELECT CONCAT(`
	for i, c := range parts {
		if i > 0 {
			out += `' ', `
		}
		out += c + `, `
	}
	return out
}

func (w *world) selects(dest any, query string) {
	w.T.Helper()
	if err := w.DB.Select(w.Ctx, dest, query); err != nil {
		w.T.Fatalf("%s: %v", query, err)
	}
}

func TestFiguresEqualThePaymentsWhateverBecomesOfThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		paid := w.Paid("paid-1", channel.WeChatNative)
		w.Fault(app.WeChat, trade.DuplicateNotification, 1)
		w.Paid("paid-twice-told", channel.WeChatNative)
		w.exact()

		w.Create(paymentstest.Order("open-1", channel.AlipayQR))
		w.closeAndPayLate("late-1")
		w.refused("refused-1")
		w.exact()

		r := w.Refund(paid.ID, paymentstest.RefundInput("back-1", 200))
		w.Refund(paid.ID, paymentstest.RefundInput("back-2", 300)) // its turn comes in a minute
		w.WaitRefund(r.ID, payments.RefundSucceeded)
		w.exact()

		w.ConsoleRefund(app.WeChat, paid.PaidAttemptID, 100)
		w.Adopted(paid.ID, 3)
		w.switchedAndPaidTwice("both")
		w.exact()
		w.Sound()
	})
}

// closeAndPayLate has an Alipay code paid after its payment was closed.
func (w *world) closeAndPayLate(orderNo string) {
	w.T.Helper()
	v := w.Create(paymentstest.Order(orderNo, channel.AlipayQR))
	if _, err := w.Payments.Close(w.Ctx, w.Scope, v.ID); err != nil {
		w.T.Fatal(err)
	}
	w.count()
	w.Pay(v.Action.CodeURL)
	if p := w.Await(v.ID, payments.StatusSucceeded); !p.Late {
		w.T.Fatalf("%s is not late", p.ID)
	}
}

// refused has the channel refuse an order, and asks again.
func (w *world) refused(orderNo string) {
	w.T.Helper()
	in := paymentstest.Order(orderNo, channel.WeChatJSAPI)
	in.Payer.OpenID = "not an openid of this app"
	_, err := w.Payments.Create(w.Ctx, w.Scope, in, nil)
	if !app.Is(err, app.Declined) {
		w.T.Fatalf("refused order: %v", err)
	}
}

// switchedAndPaidTwice has both attempts of a payment paid.
func (w *world) switchedAndPaidTwice(orderNo string) {
	w.T.Helper()
	v := w.Create(paymentstest.Order(orderNo, channel.AlipayQR))
	w.count()
	out, err := w.Payments.SwitchMethod(w.Ctx, w.Scope, v.ID, payments.Way{Method: channel.WeChatNative}, nil)
	if err != nil {
		w.T.Fatal(err)
	}
	w.exact()
	w.Pay(out.View.Action.CodeURL)
	w.Await(v.ID, payments.StatusSucceeded)
	w.count()
	w.Pay(v.Action.CodeURL)
	deadline := time.Now().Add(time.Minute)
	for len(w.EventTypes(v.ID)) < 2 {
		if time.Now().After(deadline) {
			w.T.Fatalf("events %v", w.EventTypes(v.ID))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestServersThatCountAtOnceCountEachPaymentOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const servers, orders = 2, 12
		var running []*figures.Service
		for range servers {
			running = append(running, figures.New(w.DB, events.NewLog(w.DB, w.Clock)))
		}
		ctx, stop := context.WithCancel(w.Ctx)
		var counting, paying sync.WaitGroup
		for _, f := range running {
			counting.Go(func() {
				for ctx.Err() == nil {
					if _, err := f.Consume(w.Ctx); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for i := range orders {
			paying.Go(func() {
				method := []channel.Method{channel.WeChatNative, channel.AlipayQR}[i%2]
				v := w.Create(paymentstest.Order(fmt.Sprintf("at-once-%d", i), method))
				if i%3 > 0 {
					w.Pay(v.Action.CodeURL)
					w.Await(v.ID, payments.StatusSucceeded)
				}
				if _, err := w.Events.Sequence(w.Ctx); err != nil {
					t.Error(err)
				}
			})
		}
		paying.Wait()
		stop()
		counting.Wait()
		w.exact()
	})
}
