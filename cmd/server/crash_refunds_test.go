package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// crashRefund is a refund as the merchant knows it.
type crashRefund struct {
	no     string
	amount int
	id     string // of the last answer, "" when none came
	beyond bool   // it was refused as more than what is left
}

// giveBack asks for some of a paid order's money, or for all of it. A second
// refund may be more than what is left.
func (l *crashLoad) giveBack(ctx context.Context, random *rand.Rand, o *crashOrder) {
	first := &crashRefund{no: o.no + "-R1", amount: o.amount}
	if random.IntN(2) == 0 {
		first.amount = 1 + random.IntN(o.amount)
	}
	o.refunds = append(o.refunds, first)
	l.refund(ctx, o, first)
	// WeChat spaces refunds of one order by a minute, and this load does not last.
	if first.id != "" && strings.HasPrefix(o.method, "alipay") && random.IntN(2) == 0 {
		second := &crashRefund{no: o.no + "-R2", amount: 1 + random.IntN(o.amount)}
		o.refunds = append(o.refunds, second)
		l.refund(ctx, o, second)
	}
}

// refund asks once the platform knows that the order is paid.
func (l *crashLoad) refund(ctx context.Context, o *crashOrder, r *crashRefund) {
	body := map[string]any{"refund_no": r.no, "amount": r.amount, "reason": "杯子碎了"}
	for range 20 {
		var answer struct {
			ID string `json:"id"`
		}
		l.now(atRefund)
		status, text, err := l.call(ctx, "POST", "/payments/"+o.id+"/refunds", body, &answer)
		switch {
		case err != nil, status == http.StatusServiceUnavailable:
			return // killed in between: the merchant knows nothing
		case status < http.StatusMultipleChoices:
			if r.id != "" && r.id != answer.ID {
				o.refused = fmt.Sprintf("two refunds: %s and %s", r.id, answer.ID)
			}
			r.id = answer.ID
			return
		case strings.Contains(text, "refund_exceeds_remainder") && r.no != o.no+"-R1":
			r.beyond = true
			return
		case !strings.Contains(text, "payment_not_refundable"):
			o.refused = fmt.Sprintf("refund answered %d %s", status, text)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// change asks for the other channel's code. When no answer came the payer keeps
// the old one.
func (l *crashLoad) change(ctx context.Context, o *crashOrder) {
	to := map[string]string{"wechat_native": "alipay_qr", "alipay_qr": "wechat_native"}[o.method]
	var p listed
	l.now(atSwitch)
	status, text, err := l.call(ctx, "POST", "/payments/"+o.id+"/attempts", map[string]any{"method": to}, &p)
	switch {
	case err != nil, status == http.StatusServiceUnavailable, status == http.StatusAccepted:
	case status < http.StatusMultipleChoices && p.Action != nil:
		o.old, o.code = o.code, p.Action.CodeURL
	case status >= http.StatusBadRequest && !strings.Contains(text, "already_paid"):
		o.refused = fmt.Sprintf("the switch answered %d %s", status, text)
	}
}

// listedRefund is a refund as the API lists it.
type listedRefund struct {
	ID     string `json:"id"`
	No     string `json:"refund_no"`
	Status string `json:"status"`
	Amount int    `json:"amount"`
	Source string `json:"source"`
}

// refundsHere returns every refund of the merchant by its id.
func (w *crashWorld) refundsHere() map[string]listedRefund {
	w.t.Helper()
	found := map[string]listedRefund{}
	for cursor := ""; ; {
		var page struct {
			Data []listedRefund `json:"data"`
			Next string         `json:"next_cursor"`
		}
		w.must("GET", "/refunds?limit=100"+cursor, nil, &page)
		for _, r := range page.Data {
			found[r.ID] = r
		}
		if page.Next == "" {
			return found
		}
		cursor = "&cursor=" + page.Next
	}
}

// channelRefund is a refund as the simulated channel knows it.
type channelRefund struct {
	ID     string `json:"id"`
	Number string `json:"out_refund_no"`
	State  string `json:"state"`
	Amount int    `json:"amount"`
}

// refundsThere returns every refund at the channels by the number we gave it.
func (w *crashWorld) refundsThere() map[string]channelRefund {
	w.t.Helper()
	found := map[string]channelRefund{}
	for before := ""; ; {
		var page struct {
			Data []channelRefund `json:"data"`
		}
		status, text, err := w.send(w.t.Context(), "GET", w.channels+"/refunds?limit=100&before="+before, nil, &page)
		if err != nil || status != http.StatusOK {
			w.t.Fatalf("list the channels' refunds: %d %s %v", status, text, err)
		}
		for _, r := range page.Data {
			if _, twice := found[r.Number]; twice {
				w.t.Errorf("two refunds at the channel carry the number %s", r.Number)
			}
			found[r.Number] = r
		}
		if len(page.Data) < 100 {
			return found
		}
		before = page.Data[len(page.Data)-1].ID
	}
}

// owed lists refunds that have not arrived, or that the merchant has not heard
// of.
func (l *crashLoad) owed() []string {
	l.t.Helper()
	var open []string
	here, there := l.refundsHere(), l.refundsThere()
	for _, o := range l.orders {
		for _, r := range o.refunds {
			if _, exists := here[r.id]; r.id != "" && !exists {
				l.t.Fatalf("refund %s was answered as %s, and is not there", r.no, r.id)
			}
		}
	}
	for id, r := range here {
		switch n := l.receiver.ids("refund.succeeded", id); {
		case r.Status != "succeeded" || there[id].State != "succeeded":
			open = append(open, fmt.Sprintf("refund %s is %s here and %q at the channel", r.No, r.Status, there[id].State))
		case n == 0:
			open = append(open, "refund "+r.No+" arrived and nobody was told")
		case n > 1:
			l.t.Fatalf("refund %s came under %d webhook-ids", r.No, n)
		}
	}
	return open
}

// repeatRefunds asks for every refund again that was not refused.
func (l *crashLoad) repeatRefunds() {
	l.t.Helper()
	for _, o := range l.orders {
		for _, r := range o.refunds {
			before := r.id
			l.refund(l.t.Context(), o, r)
			switch {
			case o.refused != "":
				l.t.Fatalf("%s, asked again: %s", r.no, o.refused)
			case r.id == "" && !r.beyond:
				l.t.Errorf("refund %s is not answered", r.no)
			case before != "" && r.id != before:
				l.t.Errorf("%s was refund %s and is now %s", r.no, before, r.id)
			}
		}
	}
	l.eventually(70*time.Second, l.owed)
}

// sums compares our refunds with the channels', number by number, and wants what
// was paid twice to be given back once.
func (l *crashLoad) sums(d *db.DB, twice map[string]int) {
	l.t.Helper()
	here, there := l.refundsOf(d), l.refundsThere()
	for id, r := range here {
		at := there[id]
		delete(there, id)
		if r.Status != "succeeded" || at.State != "succeeded" || at.Amount != r.Amount {
			l.t.Errorf("refund %s of %d fen is %s here, and %q of %d fen at the channel", id, r.Amount, r.Status, at.State, at.Amount)
		}
		if r.Source == "policy" {
			twice[r.Payment]--
		}
	}
	for number := range there {
		l.t.Errorf("the channel gave %s back, and we do not know it", number)
	}
	for payment, n := range twice {
		if n != 0 {
			l.t.Errorf("of payment %s, %d superfluous payments were not given back exactly once", payment, n)
		}
	}
}

type refundRow struct {
	ID      string `db:"id"`
	Payment string `db:"payment_id"`
	Status  string `db:"status"`
	Source  string `db:"source"`
	Amount  int    `db:"amount"`
}

func (l *crashLoad) refundsOf(d *db.DB) map[string]refundRow {
	l.t.Helper()
	var rows []refundRow
	if err := d.Select(l.t.Context(), &rows, `SELECT id, payment_id, status, source, amount FROM refunds`); err != nil {
		l.t.Fatal(err)
	}
	found := map[string]refundRow{}
	for _, r := range rows {
		found[r.ID] = r
	}
	return found
}
