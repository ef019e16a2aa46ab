package figures

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// fact is what one payment counts for in one hour at one account by one method.
type fact struct {
	Hour    app.Millis  `json:"h"`
	Channel app.Channel `json:"ch"`
	Account string      `json:"ac"`
	Method  string      `json:"me"`
	Counts  `json:"n"`
}

// refusal is one attempt that the channel refused for certain.
type refusal struct {
	Hour    app.Millis  `json:"h"`
	Attempt string      `json:"at"`
	Channel app.Channel `json:"ch"`
	Code    string      `json:"co"`
}

// facts is everything that a payment counts for, in one order, so that equal
// facts are equal texts.
type facts struct {
	Counts   []fact    `json:"f,omitempty"`
	Refusals []refusal `json:"x,omitempty"`
}

func (f facts) encode() (string, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return "", app.Errorf(app.Internal, "write facts: %w", err)
	}
	return string(b), nil
}

func decodeFacts(s string) (facts, error) {
	var f facts
	if s == "" {
		return f, nil
	}
	if err := json.Unmarshal([]byte(s), &f); err != nil {
		return f, fmt.Errorf("read facts %q: %w", s, err)
	}
	return f, nil
}

// factsOf computes what a payment counts for from its rows.
func factsOf(p paymentRow, attempts []attemptRow, refunds []refundRow) facts {
	sums := map[fact]Counts{} // by place: a fact without counts
	at := func(hour app.Millis, c app.Channel, account, method string) fact {
		return fact{Hour: Hour.Of(hour), Channel: c, Account: account, Method: method}
	}
	add := func(place fact, n Counts) { sums[place] = sums[place].Plus(n) }
	add(at(p.CreatedAt, p.Channel, p.AccountID, p.Method), p.counts())
	var out facts
	for _, a := range attempts {
		if a.Status == "succeeded" {
			add(at(a.PaidAt, a.Channel, a.AccountID, a.Method), Counts{Paid: 1, PaidAmount: a.Amount})
		}
		if a.ErrorCode != "" {
			add(at(a.CreatedAt, a.Channel, a.AccountID, a.Method), Counts{Refused: 1})
			out.Refusals = append(out.Refusals, refusal{Hour.Of(a.CreatedAt), a.ID, a.Channel, a.ErrorCode})
		}
	}
	for _, r := range refunds {
		add(at(r.CreatedAt, r.Channel, r.AccountID, r.Method), r.counts())
		if r.Status == "succeeded" {
			add(at(r.SucceededAt, r.Channel, r.AccountID, r.Method), Counts{Returned: 1, ReturnedAmount: r.Amount})
		}
	}
	for place, n := range sums {
		place.Counts = n
		out.Counts = append(out.Counts, place)
	}
	slices.SortFunc(out.Counts, func(a, b fact) int { return compareFacts(a, b) })
	slices.SortFunc(out.Refusals, func(a, b refusal) int { return strings.Compare(a.Attempt, b.Attempt) })
	return out
}

func compareFacts(a, b fact) int {
	if a.Hour != b.Hour {
		return int(min(max(a.Hour-b.Hour, -1), 1))
	}
	if c := strings.Compare(a.Account, b.Account); c != 0 {
		return c
	}
	return strings.Compare(a.Method, b.Method)
}

// counts is what the payment itself counts for in the hour it was created.
func (p paymentRow) counts() Counts {
	n := Counts{Created: 1, CreatedAmount: p.Amount, Refunded: p.AmountRefunded}
	switch p.Status {
	case "succeeded":
		n.Succeeded, n.SucceededAmount = 1, p.Amount
	case "closed":
		n.Closed = 1
	case "failed":
		n.Failed = 1
	}
	if p.Late {
		n.Late = 1
	}
	return n
}

// counts is what the refund counts for in the hour it was asked for.
func (r refundRow) counts() Counts {
	n := Counts{Refunds: 1}
	if r.Status != "failed" && r.Status != "rejected" {
		n.RefundsStanding, n.RefundsStandingAmount = 1, r.Amount
	}
	if r.Status == "succeeded" {
		n.RefundsSucceeded, n.RefundsSucceededAmount = 1, r.Amount
	}
	return n
}
