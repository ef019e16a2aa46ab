package statements

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// book is what is stored of some days of a merchant, to be put together.
type book struct {
	now        app.Millis
	identities []identityRow
	accounts   map[string][]accountRow // by identity
	days       map[place]dayRow
	runs       map[place]runRow
	statements map[place][]Statement
	loose      map[place]Totals                // what no statement stands for yet
	booked     map[string]map[string]app.Money // by statement and kind
	bills      map[string][]Bill
}

// place is a settlement identity's day.
type place struct {
	IdentityID string
	Day        app.Day
}

// load reads the days from..to, both included, in a few queries.
func (s *Service) load(ctx context.Context, q db.Querier, scope payments.Scope, from, to app.Day) (*book, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	b := &book{
		now: now, accounts: map[string][]accountRow{}, days: map[place]dayRow{}, runs: map[place]runRow{},
		statements: map[place][]Statement{}, loose: map[place]Totals{}, booked: map[string]map[string]app.Money{},
	}
	if b.identities, err = s.store.identities(ctx, q, scope); err != nil {
		return nil, err
	}
	accounts, err := s.store.accounts(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		b.accounts[a.IdentityID] = append(b.accounts[a.IdentityID], a)
	}
	days, err := s.store.days(ctx, q, scope, from, to)
	if err != nil {
		return nil, err
	}
	for _, d := range days {
		b.days[place{d.IdentityID, d.Day}] = d
	}
	runs, err := s.store.runs(ctx, q, scope, from, to)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		b.runs[place{r.IdentityID, r.Day}] = r
	}
	rows, err := s.store.between(ctx, q, scope, from, to)
	if err != nil {
		return nil, err
	}
	return b, s.fill(ctx, q, scope, b, rows, from, to)
}

// fill makes statements of rows, with the exceptions and adjustments as they
// stand now where no lock has frozen them.
func (s *Service) fill(ctx context.Context, q db.Querier, scope payments.Scope, b *book, rows []row, from, to app.Day) error {
	for _, r := range rows {
		st, err := r.statement()
		if err != nil {
			return err
		}
		p := place{r.IdentityID, r.Day}
		st.Balance = b.days[p].balance()
		b.statements[p] = append(b.statements[p], st)
	}
	counts, err := s.store.exceptions(ctx, q, scope, from, to)
	if err != nil {
		return err
	}
	for _, c := range counts {
		b.add(place{c.IdentityID, c.Day}, c.AccountID, Totals{Exceptions: Open{c.Open, c.Total, c.OpenAmount, c.Amount}})
	}
	adjusted, err := s.store.adjustments(ctx, q, scope, from, to)
	if err != nil {
		return err
	}
	for _, a := range adjusted {
		b.add(place{a.IdentityID, a.Day}, a.AccountID, Totals{Adjustments: Adjusted{a.Count, a.Amount}})
		b.book(place{a.IdentityID, a.Day}, a)
	}
	for _, list := range b.statements {
		for i := range list {
			if list[i].Exceptions.Open > 0 {
				list[i].Status = Exceptions
			}
		}
	}
	return nil
}

// add counts what stands open, or was booked, to the account's statement. What
// belongs to no account, such as a file's wrong sum, is the statement's of none,
// or else the first one's, so that each is counted once.
func (b *book) add(p place, accountID string, t Totals) {
	list := b.statements[p]
	if len(list) == 0 {
		b.loose[p] = b.loose[p].plus(t)
		return
	}
	at := standsFor(list, accountID)
	if list[at].LockedAt != 0 {
		return // frozen
	}
	list[at].Exceptions = list[at].Exceptions.plus(t.Exceptions)
	list[at].Adjustments = list[at].Adjustments.plus(t.Adjustments)
}

// standsFor is which of the statements counts what belongs to an account.
func standsFor(list []Statement, accountID string) int {
	at := 0
	for i := range list {
		if list[i].AccountID == accountID {
			at = i
		}
	}
	return at
}

// book notes of which kind it was what the statement's resolutions booked. A
// locked month books nothing more.
func (b *book) book(p place, a adjustmentSum) {
	list := b.statements[p]
	if len(list) == 0 {
		return
	}
	id := list[standsFor(list, a.AccountID)].ID
	if b.booked[id] == nil {
		b.booked[id] = map[string]app.Money{}
	}
	b.booked[id][a.Kind] += a.Amount
}

// row is an identity's day, and whether the day shows it at all.
func (b *book) row(id identityRow, day app.Day, p Period) (DayRow, bool) {
	at := place{id.ID, day}
	d, reconciled := b.days[at]
	run, ran := b.runs[at]
	if !reconciled && !ran && !b.expected(id, day) {
		return DayRow{}, false
	}
	r := DayRow{
		IdentityID: id.ID, Channel: id.Channel, Identity: id.Identity, SubIdentity: id.SubIdentity, Day: day,
		RunID: run.ID, RunStatus: run.Status, Problem: run.ProblemCode, Bills: b.bills[run.ID],
		Partial: d.Partial != 0, Balance: d.balance(), Carried: d.Carried, Lines: d.LineCount,
		Statements: b.statements[at], Totals: b.loose[at],
	}
	for _, a := range b.accounts[id.ID] {
		r.Accounts = append(r.Accounts, Account{a.ID, a.Name})
	}
	for _, st := range r.Statements {
		r.Totals = r.plus(Totals{st.Figures, st.Exceptions, st.Adjustments})
	}
	if p.Closed() {
		r.Handled, r.Checked = p.Handled, p.Checked
	}
	r.Status = b.statusOf(r, reconciled, d, run, p)
	r.Bill = billState(run, d, reconciled, r.Bills)
	return r, true
}

func (b *book) statusOf(r DayRow, reconciled bool, d dayRow, run runRow, p Period) Status {
	switch {
	case reconciled && p.Closed():
		return d.Status // whatever was tried since
	case run.Status == runFailed:
		return Failed
	case r.Exceptions.Open > 0:
		return Exceptions
	case reconciled:
		return d.Status
	case b.now.Time().Before(r.Day.End()):
		return Future
	}
	return Waiting
}

// expected reports whether a run should exist: the identity has an account that
// takes money and existed on the day.
func (b *book) expected(id identityRow, day app.Day) bool {
	for _, a := range b.accounts[id.ID] {
		if a.Enabled && a.CreatedAt.Time().Before(day.End()) {
			return true
		}
	}
	return false
}

func billState(run runRow, d dayRow, reconciled bool, bills []Bill) BillState {
	for _, bill := range bills {
		if bill.Problem != "" {
			return BillBroken
		}
	}
	switch {
	case reconciled && d.Status == NoBill:
		return BillNone
	case reconciled && !run.working():
		return BillChecked
	case len(bills) > 0:
		return BillFetched
	}
	return BillWaiting
}

func (b *book) runIDs() []string {
	var ids []string
	for _, r := range b.runs {
		ids = append(ids, r.ID)
	}
	return ids
}
