package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// converges waits until the platform agrees with the channels and has told the
// merchant, all by itself. The slowest way there is a claimed delivery's lease,
// one minute; then the first query after fifteen seconds.
func (l *crashLoad) converges(d *db.DB) {
	l.t.Helper()
	start := time.Now()
	l.eventually(100*time.Second, func() []string { return slices.Concat(l.unsettled(), l.astray(d), l.untold(), l.owed()) })
	paid, closed, answered, tills, changed, refunds := 0, 0, 0, 0, 0, 0
	for _, o := range l.orders {
		paid, closed, answered = paid+one(o.paid), closed+one(o.closed), answered+one(o.created)
		tills, changed, refunds = tills+one(o.till()), changed+one(o.old != ""), refunds+len(o.refunds)
	}
	again, all := l.receiver.repeats()
	l.t.Logf("%d orders, %d answered, %d paid, %d closed, %d at the till, %d changed, %d refunds; quiet after %s; %d webhooks, %d of them again",
		len(l.orders), answered, paid, closed, tills, changed, refunds, time.Since(start).Round(time.Second), all, again)
	if paid < 10 || closed < 3 || tills < 3 || changed < 3 || refunds < 5 {
		l.t.Errorf("too little happened to prove anything: %d paid, %d closed, %d at the till, %d changed, %d refunds", paid, closed, tills, changed, refunds)
	}
}

// unsettled lists where the platform differs from what the merchant was
// answered or from what the channels know.
func (l *crashLoad) unsettled() []string {
	l.t.Helper()
	var open []string
	payments, trades := l.payments(), l.trades()
	for _, o := range l.orders {
		p, exists := payments[o.no]
		switch {
		case o.refused != "":
			l.t.Fatalf("%s: %s", o.no, o.refused)
		case o.created && (!exists || p.ID != o.id):
			l.t.Fatalf("%s was answered with payment %s, and is %q", o.no, o.id, p.ID)
		case o.paid && p.Status != "succeeded":
			open = append(open, fmt.Sprintf("%s is paid and %s", o.no, p.Status))
		case o.closed && p.Status != "closed" && p.Status != "succeeded":
			open = append(open, fmt.Sprintf("%s was closed and is %s", o.no, p.Status))
		}
	}
	for _, p := range payments {
		if p.Status == "created" {
			open = append(open, p.OrderNo+" is still created")
		}
		if t := trades[p.Attempt]; t.tookMoney() != (p.Status == "succeeded") {
			open = append(open, fmt.Sprintf("%s is %s here and %q at the channel", p.OrderNo, p.Status, t.State))
		}
	}
	return open
}

// untold lists final payments that the merchant has not heard of.
func (l *crashLoad) untold() []string {
	l.t.Helper()
	var open []string
	for _, p := range l.payments() {
		if p.Status != "succeeded" && p.Status != "closed" {
			continue
		}
		switch n := l.receiver.ids("payment."+p.Status, p.ID); {
		case n == 0:
			open = append(open, p.OrderNo+" is "+p.Status+" and nobody was told")
		case n > 1:
			l.t.Fatalf("%s came under %d webhook-ids", p.OrderNo, n)
		}
	}
	return open
}

// repeats asks for every order again, as a merchant does that got no answer: it
// is the same payment. One whose key a killed request held waits for its lease.
func (l *crashLoad) repeats() {
	l.t.Helper()
	for _, o := range l.orders {
		before := o.id
		if o.till() && !o.created { // the code is gone, and with it the request that showed it
			o.key = ""
			l.showCode(l.t.Context(), o)
		}
		l.eventually(65*time.Second, func() []string {
			o.created, o.refused = false, ""
			l.place(l.t.Context(), o)
			if o.created {
				return nil
			}
			if o.refused != "" && !strings.Contains(o.refused, "idempotency_key_in_flight") {
				l.t.Fatalf("%s, asked again: %s", o.no, o.refused)
			}
			return []string{o.no + " is not answered: " + o.refused}
		})
		if before != "" && o.id != before {
			l.t.Errorf("%s was payment %s and is now %s", o.no, before, o.id)
		}
	}
}

// books compares the stopped platform's database with the channels' and runs
// `piaohao verify` on it, before and after an edit that breaks an invariant.
func (l *crashLoad) books(d *db.DB) {
	l.t.Helper()
	l.sums(d, l.attempts(d))
	if code, output := l.command("verify"); code != 0 || !strings.Contains(output, "hold") {
		l.t.Errorf("piaohao verify: code %d\n%s", code, output)
	}
	var victim string
	if err := d.Get(l.t.Context(), &victim, `SELECT object_id FROM events WHERE type = 'payment.succeeded' ORDER BY id LIMIT 1`); err != nil {
		l.t.Fatal(err)
	}
	if n, err := d.Exec(l.t.Context(), `UPDATE payments SET status = 'pending' WHERE id = ?`, victim); n != 1 || err != nil {
		l.t.Fatalf("plant a violation: %d rows, %v", n, err)
	}
	if code, output := l.command("verify"); code == 0 || !strings.Contains(output, victim) {
		l.t.Errorf("piaohao verify after an edit of %s: code %d\n%s", victim, code, output)
	}
}

// attemptRow is one of the platform's.
type attemptRow struct {
	ID      string `db:"id"`
	Payment string `db:"payment_id"`
	Status  string `db:"status"`
}

func (l *crashLoad) attemptRows(d *db.DB) []attemptRow {
	l.t.Helper()
	var rows []attemptRow
	if err := d.Select(l.t.Context(), &rows, `SELECT id, payment_id, status FROM attempts`); err != nil {
		l.t.Fatal(err)
	}
	return rows
}

// astray lists money that the channels hold and the platform does not know of,
// whichever attempt it came by.
func (l *crashLoad) astray(d *db.DB) []string {
	l.t.Helper()
	var open []string
	trades := l.trades()
	for _, a := range l.attemptRows(d) {
		if t := trades[a.ID]; t.tookMoney() != (a.Status == "succeeded") {
			open = append(open, fmt.Sprintf("attempt %s is %s here and %q at the channel", a.ID, a.Status, t.State))
		}
	}
	return open
}

// attempts wants every number that the channels know to be durable here. It
// returns how often each payment was paid too much.
func (l *crashLoad) attempts(d *db.DB) (twice map[string]int) {
	l.t.Helper()
	for _, wrong := range l.astray(d) {
		l.t.Error(wrong)
	}
	trades, paid, twice := l.trades(), map[string]bool{}, map[string]int{}
	for _, a := range l.attemptRows(d) {
		delete(trades, a.ID)
		if a.Status != "succeeded" {
			continue
		}
		if paid[a.Payment] {
			twice[a.Payment]++
		}
		paid[a.Payment] = true
	}
	for number := range trades {
		l.t.Errorf("the channel knows %s, and we do not", number)
	}
	return twice
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
