package statements

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
)

// Month is a merchant's month in one mode: a calendar, and what it comes to.
type Month struct {
	Month    string // "2026-11"
	Period   Period
	Days     []MonthDay // every day of the month
	Balances []MonthBalance
	Total    Totals
	// Carried is how many objects are in transit beyond the last reconciled day.
	Carried int64
	// Blockers are why it cannot be locked now; empty when it can, or is locked.
	Blockers []Blocker
}

// MonthDay is one day of the calendar.
type MonthDay struct {
	Day     app.Day
	Status  Status
	Partial bool
	Totals
	Rows []DayRow // without bills
}

// MonthBalance is a settlement identity's month by its funds bills.
type MonthBalance struct {
	IdentityID  string
	Channel     app.Channel
	Identity    string
	SubIdentity string
	Balance     // of the first and last day with a funds bill; zero without any
	// Days is how many days had a funds bill.
	Days int
	// Broken are days on which the sum is wrong, or whose opening balance is not
	// the closing balance before.
	Broken []app.Day
	// Incomplete are days with business and without a funds bill.
	Incomplete []app.Day
}

// Checked reports whether opening + income − outgoing = closing, day by day.
func (b MonthBalance) Checked() bool {
	return b.Days > 0 && len(b.Broken) == 0 && len(b.Incomplete) == 0 && b.Adds()
}

// Blocker is why a month cannot be locked. Codes are stable and have translated
// sentences.
type Blocker struct {
	Code        string // one of the Block constants
	Day         app.Day
	Channel     app.Channel // "" for the whole month
	Identity    string
	SubIdentity string
	Count       int64 // of exceptions; 0 otherwise
}

// The codes of blockers.
const (
	BlockNotEnded   = "not_ended"   // the month, or its last bill's time, has not come
	BlockMissing    = "missing"     // a day has no result yet
	BlockFailed     = "failed"      // a day's run failed
	BlockPartial    = "partial"     // a result is of a day that had not ended
	BlockExceptions = "exceptions"  // differences stand open
	BlockRunning    = "being_rerun" // a run is being executed again
)

// BlockCodes lists every code.
var BlockCodes = []string{BlockNotEnded, BlockMissing, BlockFailed, BlockPartial, BlockExceptions, BlockRunning}

// ParseMonth reads "2026-11"; anything else is Invalid.
func ParseMonth(s string) (first app.Day, err error) {
	t, err := time.ParseInLocation("2006-01", s, app.Beijing)
	if err != nil || t.Format("2006-01") != s {
		return "", app.InvalidField("month", "wrong_type", "%q is not a month such as 2026-11", s)
	}
	return app.DayOf(t), nil
}

// LastOf is the last day of the month that begins with first.
func LastOf(first app.Day) app.Day { return app.DayOf(first.Start().AddDate(0, 1, -1)) }

// Month returns a month's calendar with its totals and balances. It is Invalid
// for what is not a month such as "2026-11".
func (s *Service) Month(ctx context.Context, scope payments.Scope, month string) (Month, error) {
	first, err := ParseMonth(month)
	if err != nil {
		return Month{}, err
	}
	b, err := s.load(ctx, s.DB, scope, first, LastOf(first))
	if err != nil {
		return Month{}, err
	}
	p, _, err := s.store.period(ctx, s.DB, scope, month)
	if err != nil {
		return Month{}, err
	}
	return b.month(first, p.period()), nil
}

func (b *book) month(first app.Day, p Period) Month {
	m := Month{Month: first.Month(), Period: p}
	carried := map[string]int64{}
	for day := first; day <= LastOf(first); day = day.Next() {
		d := b.day(day, p)
		cell := MonthDay{Day: day, Status: d.Status, Totals: d.Total, Rows: d.Rows}
		for _, r := range d.Rows {
			cell.Partial = cell.Partial || r.Partial
			if _, reconciled := b.days[place{r.IdentityID, day}]; reconciled {
				carried[r.IdentityID] = r.Carried
			}
		}
		m.Days = append(m.Days, cell)
		m.Total = m.Total.plus(d.Total)
	}
	for _, n := range carried {
		m.Carried += n
	}
	for _, id := range b.identities {
		if balance, shown := m.balanceOf(id); shown {
			m.Balances = append(m.Balances, balance)
		}
	}
	if !p.Closed() {
		m.Blockers = b.blockers(m)
	}
	return m
}

// balanceOf follows an identity's balance through the month.
func (m Month) balanceOf(id identityRow) (MonthBalance, bool) {
	out := MonthBalance{IdentityID: id.ID, Channel: id.Channel, Identity: id.Identity, SubIdentity: id.SubIdentity}
	shown := false
	for _, d := range m.Days {
		for _, r := range d.Rows {
			if r.IdentityID != id.ID {
				continue
			}
			shown = true
			out.follow(r)
		}
	}
	return out, shown
}

func (b *MonthBalance) follow(r DayRow) {
	if r.Balance == nil {
		if r.Theirs.Payments+r.Theirs.Refunds > 0 {
			b.Incomplete = append(b.Incomplete, r.Day)
		}
		return
	}
	if !r.Balance.Adds() || (b.Days > 0 && r.Balance.Opening != b.Closing) {
		b.Broken = append(b.Broken, r.Day)
	}
	if b.Days == 0 {
		b.Opening = r.Balance.Opening
	}
	b.Days++
	b.Income += r.Balance.Income
	b.Outgoing += r.Balance.Outgoing
	b.Closing = r.Balance.Closing
}

// blockers says why the month cannot be locked, day by day.
func (b *book) blockers(m Month) []Blocker {
	var out []Blocker
	last := m.Days[len(m.Days)-1].Day
	if b.now.Time().Before(last.End()) {
		return []Blocker{{Code: BlockNotEnded, Day: last}}
	}
	for _, d := range m.Days {
		for _, r := range d.Rows {
			if code := r.blocks(); code != "" {
				out = append(out, Blocker{code, d.Day, r.Channel, r.Identity, r.SubIdentity, r.Exceptions.Open})
			}
		}
	}
	return out
}

// blocks is the code of what keeps a row from being locked, or "".
func (r DayRow) blocks() string {
	switch {
	case r.Status == Failed:
		return BlockFailed
	case r.Exceptions.Open > 0:
		return BlockExceptions
	case !r.Status.settled():
		return BlockMissing
	case r.Partial:
		return BlockPartial
	case runRow{Status: r.RunStatus}.working():
		return BlockRunning
	}
	return ""
}
