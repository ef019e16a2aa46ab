package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// world is some days of a merchant's trade, as the channel's bills and as our
// books tell of them, with faults planted of every kind; and, from the planting
// alone, what reconciliation must come to on each day. It shares no rule, no
// arithmetic and no encoding with the matcher.
type world struct {
	rng   *rand.Rand
	first time.Time // midnight of the first day
	days  int
	n     int // objects made
	rows  []int

	bills [][]channel.BillLine
	books [][]*thing // by the day that the record is of
	all   []*thing   // of any day and state
	want  []map[string]int
	wait  []map[string]int // in transit
	kinds map[string]int
}

// thing is a record of ours, whose state may change from one day's run to a
// later's.
type thing struct {
	match.Record
	laterFrom int // day number from which on the later state holds
	later     match.State
}

func (th *thing) on(day int) match.Record {
	r := th.Record
	if th.later != "" && day >= th.laterFrom {
		r.State = th.later
	}
	return r
}

func newWorld(seed uint64, days int) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 7)), first: time.Date(2026, 3, 1, 0, 0, 0, 0, time.FixedZone("", 8*3600)), days: days,
		rows: make([]int, days), bills: make([][]channel.BillLine, days), books: make([][]*thing, days), kinds: map[string]int{},
	}
	for range days {
		w.want, w.wait = append(w.want, map[string]int{}), append(w.wait, map[string]int{})
	}
	return w
}

func (w *world) day(n int) app.Day { return app.Day(w.first.AddDate(0, 0, n).Format("2006-01-02")) }

// noon is some moment of a day that is far from midnight.
func (w *world) noon(day int) time.Time {
	return w.first.AddDate(0, 0, day).Add(11*time.Minute + time.Duration(w.rng.IntN(23*3600))*time.Second)
}

const base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// id looks like one that the platform makes at that time.
func (w *world) id(prefix string, at time.Time) string {
	var b strings.Builder
	b.WriteString(prefix)
	for shift := 45; shift >= 0; shift -= 5 {
		b.WriteByte(base32[at.UnixMilli()>>shift&31])
	}
	for range 16 {
		b.WriteByte(base32[w.rng.IntN(32)])
	}
	return b.String()
}

func (w *world) digits(prefix string) string {
	w.n++
	return fmt.Sprintf("%s%010d%011d", prefix, w.rng.IntN(1e9), w.n)
}

// The accounts and what each has contracted, in millionths.
var rates = map[string]int64{"acct_A": 6000, "acct_B": 3800, "acct_C": 0}

func shareOf(amount app.Money, rate int64) int64 { // whole fen
	whole, rest := int64(amount)*rate/1_000_000, int64(amount)*rate%1_000_000
	if rest >= 500_000 {
		whole++
	}
	return whole
}

// sale is a payment that both sides agree on; changes are then planted in it.
func (w *world) sale(day int, at time.Time) (*thing, channel.BillLine) {
	account := []string{"acct_A", "acct_B", "acct_C"}[w.rng.IntN(3)]
	id := w.id("att_", at.Add(-time.Duration(w.rng.IntN(120_000))*time.Millisecond))
	amount := app.Money(1 + w.rng.IntN(500_000))
	settled := amount
	if w.rng.IntN(5) == 0 {
		settled -= amount / 10
	}
	trade := w.digits("4200")
	record := &thing{Record: match.Record{
		Kind: "payment", Number: id, ChannelNo: trade, AttemptID: id, PaymentID: w.id("pay_", at), AccountID: account, State: "moved",
		Amount: amount, Settlement: settled, At: app.Millis(at.UnixMilli()), ContractRate: app.Rate(rates[account]), HasContractRate: true,
	}}
	line := channel.BillLine{
		Kind: "payment", At: at.Truncate(time.Second), Number: id, ChannelTradeNo: trade, RawState: "SUCCESS", Amount: amount, Settlement: settled,
		Fee: app.Millifen(shareOf(settled, rates[account]) * 1000), Rate: app.Rate(rates[account]), HasRate: true,
	}
	return record, line
}

// giveBack is a refund of part of a sale that both sides agree on.
func (w *world) giveBack(of *thing, sold channel.BillLine, at time.Time) (*thing, channel.BillLine) {
	id := w.id("rfd_", at)
	amount := max(of.Amount*app.Money(1+w.rng.IntN(100))/100, 1)
	no := w.digits("5030")
	record := &thing{Record: match.Record{
		Kind: "refund", Number: id, ChannelNo: no, AttemptID: of.AttemptID, PaymentID: of.PaymentID, RefundID: id, AccountID: of.AccountID, State: "moved",
		Amount: amount, At: app.Millis(at.UnixMilli()), DoneAt: app.Millis(at.UnixMilli() + 4000), ContractRate: of.ContractRate, HasContractRate: true,
	}}
	line := sold
	line.Kind, line.RawState, line.RefundState, line.At = "refund", "REFUND", "succeeded", at.Truncate(time.Second)
	line.RefundNumber, line.ChannelRefundNo, line.Amount, line.Settlement = id, no, amount, amount
	line.Fee = app.Millifen(shareOf(amount, int64(of.ContractRate)) * 1000)
	return record, line
}

// bill puts a line into a day's bill.
func (w *world) bill(day int, l channel.BillLine) {
	w.rows[day]++
	l.Row = w.rows[day] + 1
	w.bills[day] = append(w.bills[day], l)
}

// keep puts a record into the day's books, where a day's reading finds it.
func (w *world) keep(day int, th *thing) {
	w.books[day] = append(w.books[day], th)
	w.all = append(w.all, th)
}

// know makes a record one that only a lookup finds.
func (w *world) know(th *thing) { w.all = append(w.all, th) }

func (w *world) expect(day int, class, key string) { w.want[day][class+" "+key]++ }

func (w *world) waits(key string, days ...int) {
	for _, d := range days {
		if d < w.days {
			w.wait[d][key]++
		}
	}
}
