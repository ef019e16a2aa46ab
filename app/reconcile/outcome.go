package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// outcome is what one comparison came to, before it is stored.
type outcome struct {
	status   Status
	partial  bool
	lines    int64
	result   Result
	matched  match.Outcome
	findings []exceptions.Finding
	// found are the numbers of other days' records that this bill has a line for.
	found   []string
	carried []carried
	repairs []match.Item
	balance *statements.Balance
	// base is what the day builds on: the result of the days before.
	base                  base
	carriedIn, carriedOut string
	unfinished            bool                    // repairs are left, and those before them changed our books
	fundsLacking          bool                    // the trades moved money, and there is no funds bill
	counts                map[string]*differences // by account
	excess                int64                   // findings beyond those that are kept
}

// differences are an account's, by class; amounts without sign.
type differences map[match.Class]statements.Difference

// carried is an object that is expected in the next days' bills.
type carried struct {
	Kind   channel.LineKind `db:"kind"`
	Number string           `db:"number"` // a refund's id where it has no number
	From   app.Day          `db:"from_day"`
}

// seal computes what the next day builds on: what is carried, and the balance.
func (o *outcome) seal() {
	slices.SortFunc(o.carried, func(a, b carried) int {
		return strings.Compare(string(a.Kind)+a.Number, string(b.Kind)+b.Number)
	})
	sum := sha256.New()
	for _, c := range o.carried {
		_, _ = fmt.Fprintf(sum, "%s %s %s\n", c.Kind, c.Number, c.From) // a hash takes everything
	}
	if o.result.HasStanding {
		_, _ = fmt.Fprintf(sum, "balance %d\n", o.result.Standing)
	}
	o.carriedOut = hex.EncodeToString(sum.Sum(nil))
}

// item takes what the comparison has found.
func (o *outcome) item(day app.Day, most int, i *match.Item) {
	if repairable(i) {
		o.repairs = append(o.repairs, *i)
	}
	switch {
	case i.Class == match.InTransit && i.Record != nil:
		from := i.Record.CarriedFrom
		if from == "" {
			from = day
		}
		o.carried = append(o.carried, carried{i.Record.Kind, cmp.Or(i.Record.Number, i.Record.RefundID), from})
	case i.Class.Exception():
		f := findingOf(i)
		o.count(i.AccountID(), i.Class, abs(f.Difference))
		if len(o.findings) > most {
			o.excess++
			return
		}
		o.findings = append(o.findings, f)
	case i.Class == match.Matched && i.Line != nil && i.Record != nil && !i.Own && i.Record.Number != "":
		o.found = append(o.found, i.Record.Number)
	}
}

func (o *outcome) count(account string, class match.Class, amount app.Money) {
	if o.counts == nil {
		o.counts = map[string]*differences{}
	}
	of := o.counts[account]
	if of == nil {
		of = &differences{}
		o.counts[account] = of
	}
	d := (*of)[class]
	d.Class, d.Count, d.Amount = class, d.Count+1, d.Amount+amount
	(*of)[class] = d
}

// lacking reports whether the channel has no bill of what it must have one of.
func (o *outcome) lacking() bool {
	ours := o.result.Ours
	return o.fundsLacking || o.status == StatusNoBill && ours.Payments+ours.Refunds > 0
}

// total fills in the result's sums.
func (o *outcome) total() {
	r := &o.result
	all := o.matched.All
	r.Ours = Sums{Payments: all.Ours.Payments, Refunds: all.Ours.Refunds, Gross: all.Ours.Gross, Refunded: all.Ours.Refunded}
	r.Channel = Sums{Payments: all.Channel.Payments, Refunds: all.Channel.Refunds, Gross: all.Channel.Gross, Refunded: all.Channel.Refunded, Fee: all.Channel.Fee}
	r.Matched, r.Carried = all.Classes[match.Matched].Items, int64(len(o.carried))
	r.NoBill = o.status == StatusNoBill
	r.Exceptions = int64(len(o.findings))
	r.Difference = 0
	for _, f := range o.findings {
		r.Difference += abs(f.Difference)
	}
}

// statement is the outcome in the words of statements.
func (o *outcome) statement() statements.Outcome {
	out := statements.Outcome{
		NoBill: o.status == StatusNoBill, Partial: o.partial, Balance: o.balance, Carried: int64(len(o.carried)), Lines: o.matched.Items, ResultKey: o.result.Key,
	}
	accounts := make([]string, 0, len(o.matched.Accounts))
	for id := range o.matched.Accounts {
		accounts = append(accounts, id)
	}
	slices.Sort(accounts)
	for _, id := range accounts {
		t := o.matched.Accounts[id]
		f := statements.Figures{
			Ours: statements.Sums{Payments: t.Ours.Payments, Refunds: t.Ours.Refunds, Gross: t.Ours.Gross, Refunded: t.Ours.Refunded},
			Theirs: statements.Billed{
				Payments: t.Channel.Payments, Refunds: t.Channel.Refunds, Gross: t.Channel.Gross, Settlement: t.Channel.Settlement,
				Refunded: t.Channel.Refunded, RefundedSettlement: t.Channel.RefundedSettlement, Fee: t.Channel.Fee,
			},
			Matched: t.Classes[match.Matched].Items, InTransit: t.Classes[match.InTransit].Items,
		}
		for _, class := range match.Classes {
			if of := o.counts[id]; of != nil && (*of)[class].Count > 0 {
				f.Differences = append(f.Differences, (*of)[class])
			}
		}
		out.Accounts = append(out.Accounts, statements.AccountFigures{AccountID: id, Figures: f})
	}
	return out
}
