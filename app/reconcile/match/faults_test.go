package match_test

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// fault plants one thing in a day. A day's faults may reach into the next four.
type fault func(w *world, day int)

// paymentFault changes an agreed sale at a time far from midnight before it is
// put down, and says what must come of it.
func paymentFault(class string, change func(w *world, r *thing, l *channel.BillLine)) fault {
	return func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		change(w, r, &l)
		w.bill(day, l)
		if r.State == "moved" {
			w.keep(day, r)
		} else {
			w.know(r)
		}
		if class != "" {
			w.expect(day, class, "payment:"+r.Number)
		}
	}
}

// refundFault does the same with a refund of an agreed sale.
func refundFault(class string, change func(w *world, r *thing, l *channel.BillLine)) fault {
	return func(w *world, day int) {
		sold, sale := w.sale(day, w.noon(day))
		w.keep(day, sold)
		w.bill(day, sale)
		r, l := w.giveBack(sold, sale, w.noon(day))
		change(w, r, &l)
		w.bill(day, l)
		w.keep(day, r)
		if class != "" {
			w.expect(day, class, "refund:"+r.Number)
		}
	}
}

func nothing(*world, *thing, *billLine) {}

func otherAmount(w *world, r *thing, l *billLine) {
	l.Amount += app.Money(1 + w.rng.IntN(1000))
}

func otherSettlement(_ *world, r *thing, l *billLine) {
	l.Settlement++
	l.Fee = app.Millifen(shareOf(l.Settlement, int64(l.Rate)) * 1000)
}

func otherFee(w *world, _ *thing, l *billLine) {
	if l.Fee += app.Millifen(2000 + 1000*w.rng.IntN(50)); w.rng.IntN(2) == 0 && l.Fee > 60_000 {
		l.Fee -= 60_000
	}
}

func otherRate(_ *world, _ *thing, l *billLine) {
	l.Rate += 2000
	l.Fee = app.Millifen(shareOf(l.Settlement, int64(l.Rate)) * 1000)
}

func otherTransaction(w *world, _ *thing, l *billLine) { l.ChannelTradeNo = w.digits("4300") }

func state(s match.State) func(*world, *thing, *billLine) {
	return func(_ *world, r *thing, _ *billLine) { r.State, r.ChannelNo, r.At = s, "", 0 }
}

func all(changes ...func(*world, *thing, *billLine)) func(*world, *thing, *billLine) {
	return func(w *world, r *thing, l *billLine) {
		for _, c := range changes {
			c(w, r, l)
		}
	}
}

var faults = map[string]fault{
	"agreed":                       paymentFault("", nothing),
	"amount":                       paymentFault("amount", otherAmount),
	"settlement":                   paymentFault("amount", otherSettlement),
	"fee":                          paymentFault("fee", otherFee),
	"rate":                         paymentFault("fee", otherRate),
	"rate and fee":                 paymentFault("fee", all(otherRate, otherFee)),
	"pending here":                 paymentFault("state", state("open")),
	"closed here":                  paymentFault("state", state("not")),
	"another transaction":          paymentFault("state", otherTransaction),
	"amount and fee":               paymentFault("amount+fee", all(otherAmount, otherFee)),
	"amount and state":             paymentFault("amount+state", all(otherAmount, state("not"))),
	"amount and transaction":       paymentFault("amount+state", all(otherAmount, otherTransaction)),
	"state and fee":                paymentFault("state+fee", all(state("open"), otherFee)),
	"amount, state and fee":        paymentFault("amount+state+fee", all(otherAmount, state("open"), otherRate)),
	"the bill has no rates":        paymentFault("", func(_ *world, _ *thing, l *billLine) { l.Rate, l.HasRate = 0, false }),
	"a fee, the bill has no rates": paymentFault("fee", func(w *world, r *thing, l *billLine) { l.Rate, l.HasRate = 0, false; otherFee(w, r, l) }),
	"nothing contracted": paymentFault("", func(w *world, r *thing, l *billLine) {
		r.HasContractRate, r.ContractRate = false, 0
		otherRate(w, r, l)
	}),
	"settlement unknown here": paymentFault("", func(w *world, r *thing, l *billLine) { r.Settlement = 0; otherSettlement(w, r, l) }),
	"a fee to the fifth decimal": paymentFault("", func(_ *world, _ *thing, l *billLine) {
		l.Fee = app.Millifen((int64(l.Settlement)*int64(l.Rate) + 500) / 1000)
	}),
	"refund agreed":                  refundFault("", nothing),
	"refund amount":                  refundFault("amount", otherAmount),
	"refund fee":                     refundFault("fee", otherFee),
	"refund rate":                    refundFault("fee", otherRate),
	"refund failed here":             refundFault("state", func(_ *world, r *thing, _ *billLine) { r.State = "not" }),
	"refund open here, done there":   refundFault("state", func(_ *world, r *thing, _ *billLine) { r.State, r.DoneAt = "open", 0 }),
	"refund accepted on both sides":  refundFault("", func(_ *world, r *thing, l *billLine) { r.State, r.DoneAt, l.RefundState = "open", 0, "pending" }),
	"refund accepted there":          refundFault("", func(_ *world, _ *thing, l *billLine) { l.RefundState = "pending" }),
	"refund abnormal":                refundFault("", func(_ *world, r *thing, l *billLine) { r.State, r.DoneAt, l.RefundState = "open", 0, "abnormal" }),
	"refund closed there":            refundFault("state", func(_ *world, _ *thing, l *billLine) { l.RefundState = "closed" }),
	"refund closed on both sides":    refundFault("", func(_ *world, r *thing, l *billLine) { r.State, r.DoneAt, l.RefundState = "not", 0, "closed" }),
	"refund of another order":        refundFault("state", func(w *world, _ *thing, l *billLine) { l.Number = w.id("att_", l.At) }),
	"refund of another transaction":  refundFault("state", func(w *world, _ *thing, l *billLine) { l.ChannelRefundNo = w.digits("5031") }),
	"refund without channel numbers": refundFault("", func(_ *world, r *thing, l *billLine) { r.ChannelNo, l.ChannelRefundNo = "", "" }),
	"refund's fee rounded otherwise": refundFault("", func(w *world, _ *thing, l *billLine) {
		// The channel may round a share up or down, as long as it is within a fen.
		exact := int64(l.Settlement) * int64(l.Rate) / 1000
		l.Fee = app.Millifen(exact / 1000 * 1000)
		if exact%1000 != 0 && w.rng.IntN(2) == 0 {
			l.Fee += 1000
		}
	}),
	"refund amount and fee":     refundFault("amount+fee", all(otherAmount, otherFee)),
	"refund amount, state, fee": refundFault("amount+state+fee", all(otherAmount, otherFee, func(_ *world, r *thing, _ *billLine) { r.State = "not" })),
	"console refund, adopted":   refundFault("", func(w *world, r *thing, l *billLine) { r.Number = w.digits("50300"); l.RefundNumber = r.Number }),

	"not in the bill": func(w *world, day int) {
		r, _ := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.expect(day, "missing_at_channel", "payment:"+r.Number)
	},
	"refund not in the bill": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		b, _ := w.giveBack(r, l, w.noon(day))
		w.keep(day, b)
		w.expect(day, "missing_at_channel", "refund:"+b.Number)
	},
	"not in our books": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.bill(day, l)
		w.expect(day, "missing_here", "payment:"+r.Number)
	},
	"refund not in our books": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		b, back := w.giveBack(r, l, w.noon(day))
		w.bill(day, back)
		w.expect(day, "missing_here", "refund:"+b.Number)
	},
	"console refund, not adopted": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		_, back := w.giveBack(r, l, w.noon(day))
		back.RefundNumber = w.digits("REF-")
		w.bill(day, back)
		w.expect(day, "missing_here", "refund:"+back.RefundNumber)
	},
	"a stranger's": func(w *world, day int) {
		_, l := w.sale(day, w.noon(day))
		l.Number = w.digits("SHOP")
		w.bill(day, l)
		w.expect(day, "foreign", "payment:"+l.Number)
	},
	"a stranger without a number": func(w *world, day int) {
		_, l := w.sale(day, w.noon(day))
		l.Number = ""
		w.bill(day, l)
		w.expect(day, "foreign", "payment:"+l.ChannelTradeNo)
	},
	"a stranger's refund": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		l.Number = w.digits("SHOP")
		_, back := w.giveBack(r, l, w.noon(day))
		back.RefundNumber = w.digits("SHOPREF")
		w.bill(day, back)
		w.expect(day, "foreign", "refund:"+back.RefundNumber)
	},
	"our transaction under a number like ours": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		l.Number = w.id("att_", l.At)
		w.keep(day, r)
		w.bill(day, l)
		w.expect(day, "missing_here", "payment:"+l.Number)
		w.expect(day, "missing_at_channel", "payment:"+r.Number)
	},
	"our transaction under a stranger's number": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		l.Number = w.digits("SHOP")
		w.keep(day, r)
		w.bill(day, l)
		w.expect(day, "foreign", "payment:"+l.Number)
		w.expect(day, "missing_at_channel", "payment:"+r.Number)
	},
	"twice": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		for n := range 2 + w.rng.IntN(3) {
			w.bill(day, l)
			if n > 0 {
				w.expect(day, "duplicate", "payment:"+r.Number+"#"+string(rune('1'+n)))
			}
		}
	},
	"twice, one of them under another transaction": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		other := l
		other.ChannelTradeNo = w.digits("4300")
		w.bill(day, other)
		w.bill(day, l)
		w.expect(day, "duplicate", "payment:"+r.Number+"#2")
	},
	"a refund twice": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		b, back := w.giveBack(r, l, w.noon(day))
		w.keep(day, b)
		w.bill(day, back)
		w.bill(day, back)
		w.expect(day, "duplicate", "refund:"+b.Number+"#2")
	},
	"a stranger's twice": func(w *world, day int) {
		_, l := w.sale(day, w.noon(day))
		l.Number = w.digits("SHOP")
		w.bill(day, l)
		w.bill(day, l)
		w.expect(day, "foreign", "payment:"+l.Number)
		w.expect(day, "duplicate", "payment:"+l.Number+"#2")
	},
	"again on a later day": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		later := day + 1 + w.rng.IntN(2)
		l.At = l.At.AddDate(0, 0, later-day)
		w.bill(later, l)
		w.expect(later, "duplicate", "payment:"+r.Number+"#"+string(w.day(later)))
	},
	"just before midnight, in the next day's bill": func(w *world, day int) {
		end := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day, end.Add(-time.Duration(1+w.rng.IntN(599_999))*time.Millisecond))
		l.At = end.Add(time.Duration(w.rng.IntN(60)) * time.Second)
		w.keep(day, r)
		w.bill(day+1, l)
		w.waits("payment:"+r.Number, day)
	},
	"just before midnight, with another amount in the next day's bill": func(w *world, day int) {
		end := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day, end.Add(-time.Duration(1+w.rng.IntN(599_999))*time.Millisecond))
		l.At = end.Add(time.Second)
		otherAmount(w, r, &l)
		w.keep(day, r)
		w.bill(day+1, l)
		w.waits("payment:"+r.Number, day)
		w.expect(day+1, "amount", "payment:"+r.Number)
	},
	"just before midnight, twice in the next day's bill": func(w *world, day int) {
		end := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day, end.Add(-time.Second))
		l.At = end
		w.keep(day, r)
		w.bill(day+1, l)
		w.bill(day+1, l)
		w.waits("payment:"+r.Number, day)
		w.expect(day+1, "duplicate", "payment:"+r.Number+"#2")
	},
	"just after midnight, in the day's bill before": func(w *world, day int) {
		start := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day+1, start.Add(time.Duration(w.rng.IntN(599_000))*time.Millisecond))
		l.At = start.Add(-time.Second)
		w.bill(day, l)
		w.keep(day+1, r)
	},
	"just after midnight, in both days' bills": func(w *world, day int) {
		start := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day+1, start.Add(time.Second))
		w.bill(day, l)
		w.bill(day+1, l)
		w.keep(day+1, r)
		w.expect(day+1, "duplicate", "payment:"+r.Number+"#"+string(w.day(day+1)))
	},
	"just before midnight, in no bill": func(w *world, day int) {
		r, _ := w.sale(day, w.first.AddDate(0, 0, day+1).Add(-time.Minute))
		w.keep(day, r)
		w.waits("payment:"+r.Number, day, day+1, day+2)
		w.expect(day+3, "missing_at_channel", "payment:"+r.Number)
	},
	"a refund open for some days": func(w *world, day int) {
		sold, sale := w.sale(day, w.noon(day))
		w.keep(day, sold)
		w.bill(day, sale)
		r, l := w.giveBack(sold, sale, w.noon(day))
		r.State, r.DoneAt = "open", 0
		late := 1 + w.rng.IntN(3)
		r.later, r.laterFrom = "moved", day+late
		l.At = w.noon(day + late)
		w.keep(day, r)
		w.bill(day+late, l)
		for d := range late {
			w.waits("refund:"+r.Number, day+d)
		}
	},
	"a refund open for too long": func(w *world, day int) {
		sold, sale := w.sale(day, w.noon(day))
		w.keep(day, sold)
		w.bill(day, sale)
		r, l := w.giveBack(sold, sale, w.noon(day))
		r.State, r.DoneAt, r.later, r.laterFrom = "open", 0, "moved", day+4
		l.At = w.noon(day + 4)
		w.keep(day, r)
		w.bill(day+4, l) // when it comes at last, it is no difference any more
		w.waits("refund:"+r.Number, day, day+1, day+2)
		w.expect(day+3, "missing_at_channel", "refund:"+r.Number)
	},
	"a refund that failed while it was waited for": func(w *world, day int) {
		sold, sale := w.sale(day, w.noon(day))
		w.keep(day, sold)
		w.bill(day, sale)
		r, _ := w.giveBack(sold, sale, w.noon(day))
		r.State, r.DoneAt, r.later, r.laterFrom = "open", 0, "not", day+2
		w.keep(day, r)
		w.waits("refund:"+r.Number, day, day+1)
	},
	"a refund accepted before and arrived after midnight": func(w *world, day int) {
		sold, sale := w.sale(day, w.noon(day))
		w.keep(day, sold)
		w.bill(day, sale)
		r, l := w.giveBack(sold, sale, w.noon(day))
		done := w.first.AddDate(0, 0, day+1).Add(time.Duration(w.rng.IntN(80_000)) * time.Second)
		r.DoneAt = app.Millis(done.UnixMilli())
		l.At = done
		w.keep(day, r)
		w.bill(day+1, l)
		w.waits("refund:"+r.Number, day)
	},
	"paid and reversed": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		r.State, r.At, r.Reversed = "not", 0, true
		w.know(r)
		w.bill(day, l)
		w.bill(day, undo(w, l))
	},
	"reversed there, paid here": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		w.keep(day, r)
		w.bill(day, l)
		w.bill(day, undo(w, l))
		w.expect(day, "state", "payment:"+r.Number+"/reversal")
	},
	"reversed twice": func(w *world, day int) {
		r, l := w.sale(day, w.noon(day))
		r.State, r.At, r.Reversed = "not", 0, true
		w.know(r)
		w.bill(day, l)
		w.bill(day, undo(w, l))
		w.bill(day, undo(w, l))
		w.expect(day, "duplicate", "payment:"+r.Number+"/reversal#2")
	},
	"a stranger's, reversed": func(w *world, day int) {
		_, l := w.sale(day, w.noon(day))
		l.Number = w.digits("SHOP")
		w.bill(day, l)
		w.bill(day, undo(w, l))
		w.expect(day, "foreign", "payment:"+l.Number)
		w.expect(day, "foreign", "payment:"+l.Number+"/reversal")
	},
	"reversed across midnight": func(w *world, day int) {
		end := w.first.AddDate(0, 0, day+1)
		r, l := w.sale(day, end.Add(-30*time.Second))
		r.State, r.At, r.Reversed = "not", 0, true
		w.know(r)
		w.bill(day, l)
		u := undo(w, l)
		u.At = end.Add(5 * time.Second)
		w.bill(day+1, u)
	},
}

// undo is the line of an order that was reversed after it was paid.
func undo(w *world, l channel.BillLine) channel.BillLine {
	l.Kind, l.RawState, l.RefundState = "refund", "REVOKED", "succeeded"
	l.At = l.At.Add(15 * time.Second)
	l.ChannelRefundNo = w.digits("5090")
	return l
}
