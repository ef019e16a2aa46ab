package statements

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// BillState is how far a channel's bill of a day is.
type BillState string

// The states.
const (
	BillWaiting BillState = "waiting" // 待出账: not published, or not fetched yet
	BillFetched BillState = "fetched" // 已下载: kept, not compared to its end
	BillChecked BillState = "checked" // 校验通过: its hash and its sums were checked
	BillNone    BillState = "none"    // 无账单: the channel has none of the day
	BillBroken  BillState = "broken"  // refused whole; the run says where
)

// BillStates lists every state.
var BillStates = []BillState{BillWaiting, BillFetched, BillChecked, BillNone, BillBroken}

// Bill is an original that a day's figures come from.
type Bill struct {
	ID       string             `db:"id"` // bil_…
	RunID    string             `db:"run_id"`
	Kind     channel.BillKind   `db:"kind"`
	Name     string             `db:"name"`
	Key      string             `db:"archive_key"` // its SHA-256
	Size     int64              `db:"size"`
	Format   channel.BillFormat `db:"format"`
	HashType string             `db:"hash_type"`
	Hash     string             `db:"hash"`
	Lines    int64              `db:"line_count"`
	Problem  string             `db:"problem_code"` // "" for a sound one
}

// Account names an account of a settlement identity.
type Account struct {
	ID   string
	Name string
}

// Day is a merchant's day in one mode. Rows are ordered by channel and number.
type Day struct {
	Day    app.Day
	Status Status // the gravest of its rows
	Rows   []DayRow
	Total  Totals
	Period Period
}

// DayRow is one settlement identity's day: a row per channel and 商户号.
type DayRow struct {
	IdentityID  string // sid_…
	Channel     app.Channel
	Identity    string
	SubIdentity string
	Day         app.Day
	Accounts    []Account // those that settle through it
	RunID       string    // "" while there is no run
	RunStatus   string    // the run's own word, "" while there is none
	Problem     string    // the code of what the run waits for or failed by, "" for nothing
	Bill        BillState
	Bills       []Bill // the newest of each kind
	Status      Status
	Partial     bool // the result is of a day that had not ended
	Totals
	Balance    *Balance
	Carried    int64 // objects in transit to the next days' bills
	Lines      int64 // objects compared
	Statements []Statement
	// Handled and Checked are who asked for the lock of the month and who approved
	// it (经办, 复核); zero while it is open.
	Handled, Checked approvals.Person
}

// Totals are figures with what became of their differences.
type Totals struct {
	Figures
	Exceptions  Open
	Adjustments Adjusted
}

func (t Totals) plus(u Totals) Totals {
	return Totals{t.Figures.plus(u.Figures), t.Exceptions.plus(u.Exceptions), t.Adjustments.plus(u.Adjustments)}
}

// Day returns what reconciliation has come to for a day: a row for each
// settlement identity that had a run, or should have one. Exceptions are counted
// as they stand now, until the month is locked.
func (s *Service) Day(ctx context.Context, scope payments.Scope, day app.Day) (Day, error) {
	b, err := s.load(ctx, s.DB, scope, day, day)
	if err != nil {
		return Day{}, err
	}
	p, _, err := s.store.period(ctx, s.DB, scope, day.Month())
	if err != nil {
		return Day{}, err
	}
	if b.bills, err = s.store.bills(ctx, s.DB, scope.MerchantID, b.runIDs()); err != nil {
		return Day{}, err
	}
	return b.day(day, p.period()), nil
}

// Days returns several days, both ends included, oldest first, as Day does but
// without their bills and without regard to locks: how the newest days stand.
func (s *Service) Days(ctx context.Context, scope payments.Scope, from, to app.Day) ([]Day, error) {
	b, err := s.load(ctx, s.DB, scope, from, to)
	if err != nil {
		return nil, err
	}
	var out []Day
	for day := from; day <= to; day = day.Next() {
		out = append(out, b.day(day, Period{}))
	}
	return out, nil
}

// day assembles one day.
func (b *book) day(day app.Day, p Period) Day {
	d := Day{Day: day, Period: p}
	for _, id := range b.identities {
		r, shown := b.row(id, day, p)
		if !shown {
			continue
		}
		d.Rows = append(d.Rows, r)
		d.Status = gravest(d.Status, r.Status)
		d.Total = d.Total.plus(r.Totals)
	}
	if d.Status == "" {
		d.Status = b.emptyStatus(day)
	}
	return d
}

// emptyStatus is that of a day without rows: nobody took money then.
func (b *book) emptyStatus(day app.Day) Status {
	if !b.now.Time().Before(day.End()) {
		return NoBill
	}
	return Future
}
