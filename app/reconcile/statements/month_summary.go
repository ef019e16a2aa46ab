package statements

import (
	"io"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// makeSummary writes a month's spreadsheet: its figures, its balances, and a row
// for each account's day.
func (s *Service) makeSummary(to io.Writer, merchant string, m Month, w words) error {
	book, err := report.NewBook(s.Dir)
	if err != nil {
		return err
	}
	defer book.Close() //nolint:errcheck // temporary files only
	if err := book.Facts(w.Summary, merchant+" "+m.Month, m.facts(merchant, w), []string{w.Handled, w.Checked, w.Date}); err != nil {
		return err
	}
	if err := writeBalances(book, m, w); err != nil {
		return err
	}
	if err := writeDays(book, m, w); err != nil {
		return err
	}
	return book.Write(to)
}

func (m Month) facts(merchant string, w words) []report.Fact {
	n := w.Facts
	out := []report.Fact{{Name: n.Merchant, Value: merchant}, {Name: n.Month, Value: m.Month}, {Name: n.Mode, Value: word(w.Modes, string(m.Period.Mode))}}
	if m.Period.Closed() {
		out = append(out, report.Fact{Name: n.Status, Value: w.Locked}, report.Fact{Name: n.LockedAt, Value: clockOf(m.Period.LockedAt.Time(), false)},
			report.Fact{Name: n.Handled, Value: m.Period.Handled.Name}, report.Fact{Name: n.Checked, Value: m.Period.Checked.Name})
	}
	out = append(append(out, report.Fact{}), figureFacts(w, m.Total)...)
	return append(out, report.Fact{Name: n.Carried, Value: m.Carried})
}

func writeBalances(book *report.Book, m Month, w words) error {
	n := w.Facts
	sheet, err := book.Sheet(n.Closing, []report.Column{
		{Title: n.Channel, Width: 12}, {Title: n.Identity, Width: 22}, {Title: n.SubIdentity, Width: 22}, {Title: n.Opening, Kind: report.Money, Width: 16},
		{Title: n.Income, Kind: report.Money, Width: 16}, {Title: n.Outgoing, Kind: report.Money, Width: 16}, {Title: n.Closing, Kind: report.Money, Width: 16}, {Title: n.Status, Width: 10},
	})
	if err != nil {
		return err
	}
	for _, b := range m.Balances {
		row := []any{word(w.Channels, string(b.Channel)), b.Identity, b.SubIdentity, nil, nil, nil, nil, w.Absent}
		if b.Days > 0 {
			row[3], row[4], row[5], row[6], row[7] = b.Opening, b.Income, b.Outgoing, b.Closing, word(w.Statuses, Exceptions)
			if b.Checked() {
				row[7] = word(w.Statuses, Reconciled)
			}
		}
		if err := sheet.Row(row); err != nil {
			return err
		}
	}
	return sheet.Close(nil)
}

// dayColumns are those of the sheet of days; the money columns are added up.
func monthColumns(w words) []report.Column {
	n := w.Facts
	count := func(title string) report.Column { return report.Column{Title: title, Kind: report.Count, Width: 12} }
	money := func(title string) report.Column { return report.Column{Title: title, Kind: report.Money, Width: 16} }
	return []report.Column{
		{Title: n.Date, Width: 12}, {Title: n.Channel, Width: 12}, {Title: n.Identity, Width: 22}, {Title: n.Account, Width: 34}, {Title: n.Status, Width: 14},
		count(n.OurPayments), money(n.OurGross), count(n.OurRefunds), money(n.OurRefunded),
		count(n.Payments), money(n.Gross), money(n.Settlement), count(n.Refunds), money(n.Refunded), money(n.RefundedSettlement),
		{Title: n.Fee, Kind: report.Fee, Width: 14}, money(n.Net), count(n.Exceptions), count(n.Open), money(n.Adjustments),
	}
}

func writeDays(book *report.Book, m Month, w words) error {
	sheet, err := book.Sheet(w.Days, monthColumns(w))
	if err != nil {
		return err
	}
	for _, d := range m.Days {
		for _, r := range d.Rows {
			of := Totals{}
			for _, st := range r.Statements {
				of = Totals{st.Figures, st.Exceptions, st.Adjustments}
				account := st.AccountID
				if account == "" {
					account = w.Unassigned
				}
				if err := sheet.Row(dayCells(w, d.Day, r.Channel, r.Identity, account, w.status(st.Status, st.Exceptions), of)); err != nil {
					return err
				}
			}
			if len(r.Statements) == 0 {
				if err := sheet.Row(dayCells(w, d.Day, r.Channel, r.Identity, "", w.status(r.Status, r.Exceptions), of)); err != nil {
					return err
				}
			}
		}
	}
	total := dayCells(w, "", "", "", "", "", m.Total)
	total[0], total[1], total[2], total[3], total[4] = w.Total, nil, nil, nil, nil
	// Days are rounded each by itself, and so is their sum.
	total[16] = m.net()
	return sheet.Close(total)
}

// net adds up the statements' own.
func (m Month) net() app.Money {
	var sum app.Money
	for _, d := range m.Days {
		for _, r := range d.Rows {
			for _, st := range r.Statements {
				sum += st.Theirs.Net()
			}
		}
	}
	return sum
}

func dayCells(w words, day app.Day, c app.Channel, identity, account, status string, t Totals) []any {
	return []any{
		string(day), word(w.Channels, string(c)), identity, account, status,
		t.Ours.Payments, t.Ours.Gross, t.Ours.Refunds, t.Ours.Refunded,
		t.Theirs.Payments, t.Theirs.Gross, t.Theirs.Settlement, t.Theirs.Refunds, t.Theirs.Refunded, t.Theirs.RefundedSettlement,
		t.Theirs.Fee, t.Theirs.Net(), t.Exceptions.Total, t.Exceptions.Open, t.Adjustments.Amount,
	}
}
