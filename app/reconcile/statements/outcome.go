package statements

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
)

// RunRef names a run: one settlement identity's day.
type RunRef struct {
	ID          string // run_…
	MerchantID  string
	Mode        app.Mode
	IdentityID  string // sid_…
	Channel     app.Channel
	Identity    string
	SubIdentity string
	Day         app.Day
}

func (r RunRef) scope() payments.Scope { return payments.Scope{MerchantID: r.MerchantID, Mode: r.Mode} }

// Outcome is what an execution of a run came to.
type Outcome struct {
	// NoBill says that the channel has no bill of the day: it had no business.
	NoBill bool
	// Partial says that the day had not ended when the bill was fetched.
	Partial bool
	// Accounts has the figures of every account with something in the books or in
	// the bill; the account "" has the lines of none.
	Accounts []AccountFigures
	// Balance is by the funds bill; nil when there was none.
	Balance *Balance
	// Carried is how many objects are in transit to the next days' bills.
	Carried int64
	// Lines is how many objects the result file holds, and ResultKey its name in
	// the archive; "" where there is none.
	Lines     int64
	ResultKey string
}

// AccountFigures are one account's part of an outcome.
type AccountFigures struct {
	AccountID string
	Figures
}

// digest tells one outcome of a run from another.
func (o Outcome) digest(r RunRef) string {
	b, err := json.Marshal(struct {
		Run RunRef
		Outcome
	}{r, o})
	if err != nil {
		panic(err) // figures and names always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// figures returns each account's figures, those of accounts without business
// included. What belongs to no account is the only account's, where there is
// one only: then its statement equals the bill.
func (o Outcome) figures(accounts []string) []AccountFigures {
	sums := map[string]Figures{}
	order := append([]string{}, accounts...)
	for _, a := range accounts {
		sums[a] = Figures{}
	}
	for _, a := range o.Accounts {
		id := a.AccountID
		if id == "" && len(accounts) == 1 {
			id = accounts[0]
		}
		if _, known := sums[id]; !known {
			order = append(order, id)
		}
		sums[id] = sums[id].plus(a.Figures)
	}
	out := make([]AccountFigures, 0, len(order))
	for _, id := range order {
		out = append(out, AccountFigures{id, sums[id]})
	}
	return out
}
