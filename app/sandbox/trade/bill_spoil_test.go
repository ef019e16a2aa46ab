package trade_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// plan plans a fault of the merchant's bill of the day.
func (l *ledger) plan(day app.Day, f trade.BillFault, change ...func(*trade.BillPlan)) trade.BillPlan {
	l.t.Helper()
	p := l.billFault(f)
	p.Day = day
	for _, c := range change {
		c(&p)
	}
	made, err := l.PlanBillFault(context.Background(), p)
	if err != nil {
		l.t.Fatal(err)
	}
	return made
}

func number(n string) func(*trade.BillPlan) { return func(p *trade.BillPlan) { p.Number = n } }
func delta(d int64) func(*trade.BillPlan)   { return func(p *trade.BillPlan) { p.Delta = d } }
func count(n int64) func(*trade.BillPlan)   { return func(p *trade.BillPlan) { p.Count = n } }

// day is a Monday with three payments and a refund, at 0.60 %.
func (l *ledger) day() (first, second trade.Trade, refund trade.Refund) {
	l.t.Helper()
	l.at("11-23 09:00:00")
	first = l.paid(1000, nobody)
	l.at("11-23 10:00:00")
	second = l.paid(2000, nobody)
	l.at("11-23 11:00:00")
	refund = l.refund(second, 500)
	if l.merchant.Channel == app.WeChat {
		l.finish(refund, trade.RefundSucceeded)
	}
	l.at("11-23 12:00:00")
	l.paid(10, nobody) // its fee is none
	l.at("11-24 11:00:00")
	return first, second, refund
}

// trueRows and trueMovements are what day makes without a fault.
func trueRows() []string {
	return []string{"payment 1000 fee 6", "payment 2000 fee 12", "refund 500 fee 3 succeeded", "payment 10 fee 0"}
}

func trueMovements() []string {
	return []string{
		"opening 0", "payment +1000 = 1000", "fee -6 = 994", "payment +2000 = 2994", "fee -12 = 2982",
		"refund -500 = 2482", "fee_back +3 = 2485", "payment +10 = 2495",
	}
}

func TestAFaultOfRowsIsInBothBillsAndInTheBalancesThatFollow(t *testing.T) {
	for _, channel := range []app.Channel{app.WeChat, app.Alipay} {
		t.Run(string(channel), func(t *testing.T) {
			bills(t, channel, func(l *ledger) {
				first, second, refund := l.day()
				l.want("rows", l.rows(l.query(monday)), trueRows()...)
				l.want("movements", l.movements(l.query(monday)), trueMovements()...)
				for name, c := range map[string]struct {
					fault     trade.BillFault
					change    []func(*trade.BillPlan)
					rows      []string // nil where they are true
					movements []string
					closing   app.Money
				}{
					"the first payment is missing": {
						fault: trade.MissingRow, rows: trueRows()[1:], closing: 2495 - 994,
						movements: []string{"opening 0", "payment +2000 = 2000", "fee -12 = 1988", "refund -500 = 1488", "fee_back +3 = 1491", "payment +10 = 1501"},
					},
					"a refund is missing": {
						fault: trade.MissingRow, change: []func(*trade.BillPlan){number(refund.OutRefundNo)}, closing: 2495 + 497,
						rows:      []string{"payment 1000 fee 6", "payment 2000 fee 12", "payment 10 fee 0"},
						movements: append(trueMovements()[:5], "payment +10 = 2992"),
					},
					"a payment is there twice": {
						fault: trade.DuplicateRow, change: []func(*trade.BillPlan){number(second.ChannelTradeNo)}, closing: 2495 + 1988,
						rows: slices.Insert(trueRows(), 1, "payment 2000 fee 12"),
						movements: append(trueMovements()[:4], "payment +2000 = 4994", "fee -12 = 4982", "fee -12 = 4970",
							"refund -500 = 4470", "fee_back +3 = 4473", "payment +10 = 4483"),
					},
					"an amount is a fen more": {
						fault: trade.WrongAmount, closing: 2496, rows: append([]string{"payment 1001 fee 6"}, trueRows()[1:]...),
						movements: []string{
							"opening 0", "payment +1001 = 1001", "fee -6 = 995", "payment +2000 = 2995", "fee -12 = 2983",
							"refund -500 = 2483", "fee_back +3 = 2486", "payment +10 = 2496",
						},
					},
					"a refund gives more back": {
						fault: trade.WrongAmount, change: []func(*trade.BillPlan){number(refund.OutRefundNo), delta(7)}, closing: 2488,
						rows:      []string{"payment 1000 fee 6", "payment 2000 fee 12", "refund 507 fee 3 succeeded", "payment 10 fee 0"},
						movements: append(trueMovements()[:5], "refund -507 = 2475", "fee_back +3 = 2478", "payment +10 = 2488"),
					},
					"a fee where there is none": {
						fault: trade.WrongFee, change: []func(*trade.BillPlan){number("order-3"), delta(2)}, closing: 2493,
						rows:      append(trueRows()[:3], "payment 10 fee 2"),
						movements: append(trueMovements(), "fee -2 = 2493"),
					},
					"a fee of nothing": {
						fault: trade.WrongFee, change: []func(*trade.BillPlan){number(first.OutTradeNo), delta(-6)}, closing: 2501,
						rows:      append([]string{"payment 1000 fee 0"}, trueRows()[1:]...),
						movements: []string{"opening 0", "payment +1000 = 1000", "payment +2000 = 3000", "fee -12 = 2988", "refund -500 = 2488", "fee_back +3 = 2491", "payment +10 = 2501"},
					},
					"a rate of 0.70 %": {
						fault: trade.WrongRate, closing: 2494, rows: append([]string{"payment 1000 fee 7"}, trueRows()[1:]...),
						movements: []string{"opening 0", "payment +1000 = 1000", "fee -7 = 993", "payment +2000 = 2993", "fee -12 = 2981", "refund -500 = 2481", "fee_back +3 = 2484", "payment +10 = 2494"},
					},
					"a movement is missing": {
						fault: trade.FundsMissingRow, closing: 2495, movements: append([]string{"opening 0"}, trueMovements()[2:]...),
					},
					"a refund's movement is off": {
						fault: trade.FundsAmount, change: []func(*trade.BillPlan){number(refund.OutRefundNo)}, closing: 2495,
						movements: append(trueMovements()[:5], "refund -501 = 2482", "fee_back +3 = 2485", "payment +10 = 2495"),
					},
					"what can not be": { // it picks no row
						fault: trade.WrongFee, change: []func(*trade.BillPlan){number(first.OutTradeNo), delta(-7)}, closing: 2495,
					},
				} {
					p := l.plan(monday, c.fault, c.change...)
					if c.rows == nil {
						c.rows = trueRows()
					}
					if c.movements == nil {
						c.movements = trueMovements()
					}
					for range 2 { // and the same once more
						l.want(name+": movements", l.movements(l.query(monday)), c.movements...)
						l.want(name+": rows", l.rows(l.query(monday)), c.rows...)
					}
					l.at("11-25 11:00:00")
					l.want(name+": the next day", l.movements(l.query(monday.Next())), fmt.Sprint("opening ", int64(c.closing)))
					l.at("11-24 11:00:00")
					if err := l.CancelBillFault(context.Background(), p.ID); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

// The balance of the next day follows a fault even where nobody has asked for
// the bill that has it.
func TestAFaultIsInTheNextBalanceBeforeItsBillIsAskedFor(t *testing.T) {
	bills(t, app.Alipay, func(l *ledger) {
		l.day()
		l.plan(monday, trade.MissingRow)
		l.plan(monday, trade.ExtraRow, delta(5000))
		l.at("11-25 11:00:00")
		l.want("the next day", l.movements(l.query(monday.Next())), fmt.Sprint("opening ", 2495-994+5000-30))
	})
}

// preview describes the rows of a bill that is not published.
func (l *ledger) preview(day app.Day) []string {
	l.t.Helper()
	b, err := l.PreviewBill(context.Background(), l.query(day))
	if err != nil {
		l.t.Fatal(err)
	}
	return l.rowsOf(b)
}

func TestPlansTakeDifferentRowsAndKeepThem(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		l.at("11-23 09:00:00")
		l.paid(1000, nobody)
		l.plan(monday, trade.WrongAmount, count(2))
		l.plan(monday, trade.MissingRow)
		l.want("one payment", l.preview(monday), "payment 1001 fee 6")
		l.at("11-23 10:00:00")
		l.paid(2000, nobody)
		l.want("two payments", l.preview(monday), "payment 1001 fee 6", "payment 2001 fee 12")
		l.at("11-23 11:00:00")
		l.paid(3000, nobody)
		l.at("11-23 12:00:00")
		l.paid(4000, nobody)
		for range 2 {
			l.want("four payments", l.preview(monday), "payment 1001 fee 6", "payment 2001 fee 12", "payment 4000 fee 24")
		}
		plans, err := l.BillPlans(context.Background(), l.merchant.ID, monday)
		if err != nil || len(plans) != 2 || len(plans[0].Picked) != 2 || len(plans[1].Picked) != 1 {
			t.Errorf("planned: %+v, %v", plans, err)
		}
	})
}

func TestAnExtraRowIsTheSameEachTimeAndNobodysOrOurs(t *testing.T) {
	for _, channel := range []app.Channel{app.WeChat, app.Alipay} {
		t.Run(string(channel), func(t *testing.T) {
			bills(t, channel, func(l *ledger) {
				l.day()
				l.plan(monday, trade.ExtraRow, count(3))
				l.plan(monday, trade.ExtraRow, number("att_01KAV5S7Q4M0N2ZC0VY6X3W8RD"), delta(1234))
				read := func() (found []trade.BillRow, foreign int) {
					b, err := l.OpenBill(context.Background(), l.query(monday))
					if err != nil {
						t.Fatal(err)
					}
					var last app.Millis
					if err := b.Rows(context.Background(), func(r trade.BillRow) error {
						if r.At < last || !monday.Has(r.At.Time()) {
							t.Errorf("a row of %s out of its order", r.At.Time())
						}
						last = r.At
						switch {
						case r.Trade.OutTradeNo == "att_01KAV5S7Q4M0N2ZC0VY6X3W8RD" && r.Amount == 1234 && r.Fee == 7:
							found = append(found, r)
						case r.Trade.OutTradeNo[:3] == "POS" && len(r.Trade.ChannelTradeNo) == len(channelNumber(l)):
							found, foreign = append(found, r), foreign+1
						}
						return nil
					}); err != nil {
						t.Fatal(err)
					}
					return found, foreign
				}
				once, foreign := read()
				if len(once) != 4 || foreign != 3 {
					t.Fatalf("%d extra rows, %d of them foreign", len(once), foreign)
				}
				if again, _ := read(); fmt.Sprint(again) != fmt.Sprint(once) {
					t.Errorf("another time they are others:\n%v\n%v", once, again)
				}
			})
		})
	}
}

// channelNumber is one of the channel's own numbers.
func channelNumber(l *ledger) string {
	trades, err := l.Trades(context.Background(), l.merchant.ID, "", 1)
	if err != nil || len(trades) == 0 {
		l.t.Fatal(err)
	}
	return trades[0].ChannelTradeNo
}

func TestABillIsNotReadyAsOftenAsPlanned(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		l.day()
		l.plan(monday, trade.NotReady, count(2))
		open := func(q trade.BillQuery) error {
			_, err := l.OpenBill(context.Background(), q)
			return err
		}
		again := l.query(monday)
		again.At = app.ToMillis(l.clock.Now())
		if err := open(again); err != nil {
			t.Errorf("what was ready before: %v", err)
		}
		for range 2 {
			if err := open(l.query(monday)); !app.Is(err, app.Conflict) || reason(err) != trade.ReasonBillNotReady {
				t.Errorf("not ready: %v", err)
			}
		}
		if err := open(l.query(monday)); err != nil {
			t.Errorf("the third time: %v", err)
		}
	})
}

func TestABillPretendsToBeAnothers(t *testing.T) {
	bills(t, app.WeChat, func(l *ledger) {
		first, _, _ := l.day()
		l.plan(monday, trade.WrongAccount)
		l.plan(monday, trade.WrongDay)
		b, err := l.OpenBill(context.Background(), l.query(monday))
		if err != nil {
			t.Fatal(err)
		}
		g := b.Flaws.Guise
		if g.Day != monday.Add(-1) || len(g.MerchantID) != 10 || g.MerchantID == l.merchant.ID {
			t.Errorf("guise %+v", g)
		}
		n := 0
		if err := b.Rows(context.Background(), func(r trade.BillRow) error {
			n++
			if r.Trade.MerchantID != g.MerchantID || !g.Day.Has(r.At.Time()) || !g.Day.Has(r.Trade.PaidAt.Time()) {
				t.Errorf("a row of %s at %s", r.Trade.MerchantID, r.At.Time())
			}
			if n == 1 && r.Trade.PaidAt != first.PaidAt.Add(-24*60*60*1e9) {
				t.Errorf("paid at %s", r.Trade.PaidAt.Time())
			}
			return nil
		}); err != nil || n != 4 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func TestASumThatDoesNotAddUp(t *testing.T) {
	bills(t, app.Alipay, func(l *ledger) {
		l.day()
		l.plan(monday, trade.WrongSummary, delta(-300))
		l.plan(monday, trade.TruncatedBill)
		l.plan(monday.Next(), trade.WrongHash)
		b, err := l.OpenBill(context.Background(), l.query(monday))
		if err != nil || b.Flaws.SummaryOff != -300 || !b.Flaws.Truncated || b.Flaws.WrongHash {
			t.Errorf("flaws %+v, %v", b.Flaws, err)
		}
		l.want("rows", l.rows(l.query(monday)), trueRows()...)
	})
}

// Downloads at once agree on the rows, and the balance that follows counts a
// fault once.
func TestDownloadsAtOnceAgreeOnTheRows(t *testing.T) {
	bills(t, app.Alipay, func(l *ledger) {
		l.day()
		l.plan(monday, trade.WrongAmount, count(2), delta(7))
		l.plan(monday, trade.ExtraRow, delta(100))
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				b, err := l.OpenBill(context.Background(), l.query(monday))
				text := ""
				if err == nil {
					err = b.Rows(context.Background(), func(r trade.BillRow) error {
						text += fmt.Sprintln(r.Trade.OutTradeNo, r.Kind, int64(r.Amount))
						return nil
					})
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[text]++
			})
		}
		wg.Wait()
		if len(seen) != 1 {
			t.Errorf("%d different files: %v", len(seen), seen)
		}
		l.at("11-25 11:00:00")
		l.want("the next day", l.movements(l.query(monday.Next())), fmt.Sprint("opening ", 2495+7+7+100-1))
	})
}
