package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// converges waits until the platform agrees with the channels and has told the
// merchant, all by itself. The slowest way there is a claimed delivery's lease,
// one minute; then the first query after fifteen seconds.
func (l *crashLoad) converges() {
	l.t.Helper()
	start := time.Now()
	l.eventually(100*time.Second, func() []string { return append(l.unsettled(), l.untold()...) })
	paid, closed, answered := 0, 0, 0
	for _, o := range l.orders {
		paid, closed, answered = paid+one(o.paid), closed+one(o.closed), answered+one(o.created)
	}
	again, all := l.receiver.repeats()
	l.t.Logf("%d orders, %d answered, %d paid, %d closed; quiet after %s; %d webhooks, %d of them again",
		len(l.orders), answered, paid, closed, time.Since(start).Round(time.Second), all, again)
	if paid < 10 || closed < 3 {
		l.t.Errorf("too little happened to prove anything: %d paid, %d closed", paid, closed)
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
		if state := trades[p.Attempt].State; (state == "paid") != (p.Status == "succeeded") {
			open = append(open, fmt.Sprintf("%s is %s here and %q at the channel", p.OrderNo, p.Status, state))
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
func (l *crashLoad) books(database string) {
	l.t.Helper()
	d, err := db.Open(l.t.Context(), db.Config{URL: database})
	if err != nil {
		l.t.Fatal(err)
	}
	defer d.Close()
	l.attempts(d)
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

// attempts wants every number that the channels know to be durable here, and
// every order to be paid by one attempt at most.
func (l *crashLoad) attempts(d *db.DB) {
	l.t.Helper()
	var rows []struct {
		ID      string `db:"id"`
		Payment string `db:"payment_id"`
		Status  string `db:"status"`
	}
	if err := d.Select(l.t.Context(), &rows, `SELECT id, payment_id, status FROM attempts`); err != nil {
		l.t.Fatal(err)
	}
	trades, paid := l.trades(), map[string]string{}
	for _, a := range rows {
		state := trades[a.ID].State
		delete(trades, a.ID)
		if (state == "paid") != (a.Status == "succeeded") {
			l.t.Errorf("attempt %s is %s here and %q at the channel", a.ID, a.Status, state)
		}
		if a.Status != "succeeded" {
			continue
		}
		if twin := paid[a.Payment]; twin != "" {
			l.t.Errorf("payment %s was paid by %s and by %s", a.Payment, twin, a.ID)
		}
		paid[a.Payment] = a.ID
	}
	for number := range trades {
		l.t.Errorf("the channel knows %s, and we do not", number)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
