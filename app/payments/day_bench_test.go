package payments_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// daysPayments is how many payments the simulated day has.
const daysPayments = 400

// moment is something that a payer or a merchant does.
type moment struct {
	at     time.Duration // since the day began
	order  int
	paying bool
}

// aDay is an ordinary day's payments, each created at some moment. Seven of ten
// payers pay at once (half of them within fifteen seconds), two take up to ten
// minutes, and one never pays.
func aDay(random *rand.Rand) []moment {
	var day []moment
	for i := range daysPayments {
		created := time.Duration(random.Int64N(int64(21 * time.Hour))) // three hours are left to the last one's queries
		day = append(day, moment{at: created, order: i})
		var after time.Duration
		switch n := random.IntN(10); {
		case n < 7:
			after = time.Duration(15 * float64(time.Second) * math.Exp(0.7*random.NormFloat64()))
		case n < 9:
			after = time.Duration(random.Int64N(int64(10 * time.Minute)))
		default:
			continue
		}
		day = append(day, moment{at: created + after, order: i, paying: true})
	}
	slices.SortStableFunc(day, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	return day
}

// BenchmarkADaysQueries lives through a day whose notifications all arrive, in
// virtual time, and reports how many queries the channels were asked for each
// payment, the confirmation of Alipay's notifications included.
func BenchmarkADaysQueries(b *testing.B) {
	for b.Loop() {
		clock := &paymentstest.Clock{}
		inner, _ := paymentstest.Open(b, dbtest.OpenSQLite(b, dbtest.WithClock(clock)), clock)
		s := &shop{inner}
		s.live(aDay(rand.New(rand.NewPCG(1, 1))))
		for _, c := range []app.Channel{app.WeChat, app.Alipay} {
			b.ReportMetric(float64(s.Results.Calls(c, "query"))/(daysPayments/2), fmt.Sprintf("%s-queries/payment", c))
			b.ReportMetric(float64(s.Results.Calls(c, "query")), fmt.Sprintf("%s-queries/day", c))
		}
		s.Sound()
	}
}

// live lets the day go by. The query job runs before every moment, and as often
// as its schedule could want.
func (s *shop) live(day []moment) {
	s.T.Helper()
	views := make([]payments.View, daysPayments)
	now := time.Duration(0)
	to := func(at time.Duration) {
		for now < at {
			step := min(5*time.Second, at-now)
			s.Clock.Advance(step)
			now += step
			s.QueryDue()
		}
	}
	for _, m := range day {
		to(m.at)
		if m.paying {
			s.Pay(views[m.order].Action.CodeURL)
			s.Await(views[m.order].ID, payments.StatusSucceeded) // its notification
			continue
		}
		views[m.order] = s.Create(paymentstest.Order(fmt.Sprintf("DAY-%d", m.order), []channel.Method{channel.WeChatNative, channel.AlipayQR}[m.order%2]))
	}
	to(24 * time.Hour)
}
