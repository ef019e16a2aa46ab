package match_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

const today = app.Day("2026-11-24")

// att and rfd are ids of ours that are easy to read.
func att(n int) string { return fmt.Sprintf("att_01KAT%021d", n) }
func rfd(n int) string { return fmt.Sprintf("rfd_01KAT%021d", n) }

func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", string(today)+" "+clock, app.Beijing)
	if err != nil {
		panic(err)
	}
	return t
}

// paid is a payment of 100.00 at noon as our books hold it, and line the line
// that matches it; refunded and refundLine are a refund of 40.00 of it.
func paid(n int) match.Record {
	return match.Record{
		Kind: channel.LinePayment, Number: att(n), ChannelNo: fmt.Sprintf("42000%023d", n), AttemptID: att(n), PaymentID: "pay_" + att(n)[4:],
		AccountID: "acct_1", State: match.Moved, Amount: 100_00, Settlement: 100_00, At: app.ToMillis(at("12:00:00")),
		ContractRate: 6000, HasContractRate: true,
	}
}

func line(n int) channel.BillLine {
	return channel.BillLine{
		Row: n + 1, Kind: channel.LinePayment, At: at("12:00:00"), Number: att(n), ChannelTradeNo: fmt.Sprintf("42000%023d", n),
		RawState: "SUCCESS", Amount: 100_00, Settlement: 100_00, Fee: 60_000, Rate: 6000, HasRate: true,
	}
}

func refunded(n int) match.Record {
	r := paid(n)
	r.Kind, r.Number, r.RefundID, r.ChannelNo = channel.LineRefund, rfd(n), rfd(n), fmt.Sprintf("50300%023d", n)
	r.Amount, r.Settlement, r.At, r.DoneAt = 40_00, 0, app.ToMillis(at("13:00:00")), app.ToMillis(at("13:00:05"))
	return r
}

func refundLine(n int) channel.BillLine {
	l := line(n)
	l.Kind, l.RawState, l.RefundState = channel.LineRefund, "REFUND", channel.RefundSucceeded
	l.RefundNumber, l.ChannelRefundNo = rfd(n), fmt.Sprintf("50300%023d", n)
	l.Row, l.At, l.Amount, l.Settlement, l.Fee = n+1000, at("13:00:00"), 40_00, 40_00, 24_000
	return l
}

// day is one run's input.
type day struct {
	books []match.Record
	lines []channel.BillLine
	known []match.Record // what a lookup may find, beside the books
	cfg   match.Config
}

func (d day) find(_ context.Context, numbers []string) ([]match.Record, error) {
	var out []match.Record
	for _, r := range slices.Concat(d.books, d.known) {
		if slices.Contains(numbers, r.Number) || slices.Contains(numbers, r.ChannelNo) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (d day) run(t testing.TB) ([]*match.Item, match.Outcome, *match.Result) {
	t.Helper()
	var file bytes.Buffer
	cfg := d.cfg
	cfg.All, cfg.Result = true, &file
	if cfg.Day == "" {
		cfg.Day = today
	}
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	var items []*match.Item
	out, err := match.Run(t.Context(), cfg, each(d.books), each(d.lines), d.find, func(i *match.Item) error {
		items = append(items, i)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := match.OpenResult(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return items, out, result
}

func each[T any](rows []T) func(context.Context, func(*T) error) error {
	return func(_ context.Context, yield func(*T) error) error {
		for i := range rows {
			row := rows[i]
			if err := yield(&row); err != nil {
				return err
			}
		}
		return nil
	}
}

// told is what matters of an item in one line of text.
func told(i *match.Item) string {
	s := string(i.Class)
	for _, c := range i.Also {
		s += "+" + string(c)
	}
	for _, r := range i.Why.List() {
		s += " " + r.String()
	}
	s += " " + i.Key()
	for side, has := range map[string]bool{"L": i.Line != nil, "R": i.Record != nil, "A": i.About != nil} {
		if has {
			s += " " + side
		}
	}
	head, sides, _ := strings.Cut(s, i.Key())
	letters := strings.Fields(sides)
	slices.Sort(letters)
	return strings.TrimSpace(head) + " " + strings.NewReplacer(att(1), "att1", rfd(1), "rfd1", att(2), "att2", rfd(2), "rfd2").Replace(i.Key()) + " " + strings.Join(letters, "")
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

type record = match.Record
type billLine = channel.BillLine

func TestWhatADayCanComeTo(t *testing.T) {
	one := func(r record) []record { return []record{r} }
	lines := func(l ...billLine) []billLine { return l }
	stranger := with(line(1), func(l *billLine) { l.Number, l.ChannelTradeNo = "SHOP-7", "4200009" })
	consoleRefund := with(refundLine(1), func(l *billLine) { l.RefundNumber = "console-1" })
	numberOne := func(order string, row int) billLine {
		return with(refundLine(1), func(l *billLine) { l.Number, l.RefundNumber, l.ChannelRefundNo, l.Row = order, "1", "", row })
	}
	undone := with(refundLine(1), func(l *billLine) {
		l.RawState, l.RefundNumber, l.Amount, l.Settlement, l.Fee = "REVOKED", "", 100_00, 100_00, 60_000
	})
	for name, c := range map[string]struct {
		day
		want []string
	}{
		"both agree": {day{books: []record{paid(1), refunded(1)}, lines: lines(line(1), refundLine(1))},
			[]string{"matched payment:att1 LR", "matched refund:rfd1 LR"}},
		"not in the bill":        {day{books: one(paid(1))}, []string{"missing_at_channel payment:att1 R"}},
		"refund not in the bill": {day{books: one(refunded(1))}, []string{"missing_at_channel refund:rfd1 R"}},
		"ours by its number, and unknown": {day{lines: lines(line(1), refundLine(2))},
			[]string{"missing_here payment:att1 L", "missing_here refund:rfd2 L"}},
		"a stranger's": {day{lines: lines(stranger)}, []string{"foreign payment:SHOP-7 L"}},
		"a stranger's refund": {day{lines: lines(with(consoleRefund, func(l *billLine) { l.Number = "SHOP-7" }))},
			[]string{"foreign refund:console-1 L"}},
		"a refund made in the console": {day{known: one(paid(1)), lines: lines(consoleRefund)},
			[]string{"missing_here order_known refund:console-1 AL"}},
		"a refund of an order known by the channel's number alone": {day{known: one(paid(1)), lines: lines(with(consoleRefund, func(l *billLine) { l.Number = "" }))},
			[]string{"missing_here order_known refund:console-1 AL"}},
		"a refund made in the console, adopted since": {day{lines: lines(consoleRefund), books: one(with(refunded(1), func(r *record) { r.Number = "console-1" }))},
			[]string{"matched refund:console-1 LR"}},
		"a refund adopted before anything named it": {day{lines: lines(consoleRefund), known: one(paid(1)), books: one(with(refunded(1), func(r *record) { r.Number, r.ChannelNo = "", "" }))},
			[]string{"matched refund:console-1 LR"}},
		"a refund that the channel took on the day before, as our clock does not say": {day{books: one(refunded(1)), known: one(with(refunded(1), func(r *record) { r.MatchedOn = today.Add(-1) }))},
			[]string{"matched found_on_other_day refund:rfd1 R"}},
		"a nameless refund of another amount": {day{lines: lines(consoleRefund), known: one(paid(1)), books: one(with(refunded(1), func(r *record) { r.Number, r.ChannelNo, r.Amount = "", "", 1 }))},
			[]string{"missing_here order_known refund:console-1 AL", "missing_at_channel refund:?rfd1 R"}},
		"another amount": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.Amount = 99_99 }))},
			[]string{"amount order_amount payment:att1 LR"}},
		"another settlement": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.Settlement, l.Fee = 90_00, 54_000 }))},
			[]string{"amount settled_amount payment:att1 LR"}},
		"a settlement we do not know": {day{books: one(with(paid(1), func(r *record) { r.Settlement = 0 })), lines: lines(with(line(1), func(l *billLine) { l.Settlement, l.Fee = 90_00, 54_000 }))},
			[]string{"matched payment:att1 LR"}},
		"a refund's amount": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.Amount = 40_01 }))},
			[]string{"amount order_amount refund:rfd1 LR"}},
		"paid there, open here": {day{known: one(with(paid(1), func(r *record) { r.State = match.Open })), lines: lines(line(1))},
			[]string{"state open_here payment:att1 LR"}},
		"paid there, closed here": {day{known: one(with(paid(1), func(r *record) { r.State = match.Not })), lines: lines(line(1))},
			[]string{"state not_here payment:att1 LR"}},
		"refunded there, failed here": {day{known: one(with(refunded(1), func(r *record) { r.State = match.Not })), lines: lines(refundLine(1))},
			[]string{"state not_here refund:rfd1 LR"}},
		"refunded there, open here": {day{books: one(with(refunded(1), func(r *record) { r.State = match.Open })), lines: lines(refundLine(1))},
			[]string{"state open_here refund:rfd1 LR"}},
		"accepted there, open here": {day{books: one(with(refunded(1), func(r *record) { r.State = match.Open })), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundPending }))},
			[]string{"matched still_open refund:rfd1 LR"}},
		"accepted there, failed here since": {day{known: one(with(refunded(1), func(r *record) { r.State, r.DoneAt = match.Not, 0 })), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundPending }))},
			[]string{"matched still_open refund:rfd1 LR"}},
		"accepted there, refused here": {day{known: one(with(refunded(1), func(r *record) { r.State, r.ChannelNo = match.Not, "" })), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundPending }))},
			[]string{"state not_here refund:rfd1 LR"}},
		"accepted there, done here": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundPending }))},
			[]string{"matched refund:rfd1 LR"}},
		"closed there, done here": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundClosed }))},
			[]string{"state not_there refund:rfd1 LR"}},
		"closed there, failed here": {day{books: one(with(refunded(1), func(r *record) { r.State = match.Not })), lines: lines(with(refundLine(1), func(l *billLine) { l.RefundState = channel.RefundClosed }))},
			[]string{"matched nothing_moved refund:rfd1 LR"}},
		"failed here, in no bill": {day{books: one(with(refunded(1), func(r *record) { r.State = match.Not }))},
			[]string{"matched nothing_moved refund:rfd1 R"}},
		"our number under another of the channel's": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.ChannelTradeNo = "4200009" }))},
			[]string{"state channel_number payment:att1 LR"}},
		"the channel's number under another of ours": {day{books: one(paid(1)), lines: lines(with(line(2), func(l *billLine) { l.ChannelTradeNo = paid(1).ChannelNo }))},
			[]string{"missing_at_channel payment:att1 R", "missing_here known_by_channel_number payment:att2 AL"}},
		"the channel's number under a stranger's": {day{books: one(paid(1)), lines: lines(with(stranger, func(l *billLine) { l.ChannelTradeNo = paid(1).ChannelNo }))},
			[]string{"missing_at_channel payment:att1 R", "foreign known_by_channel_number payment:SHOP-7 AL"}},
		"a refund of another order": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.Number = att(2) }))},
			[]string{"state order_number refund:rfd1 LR"}},
		"another rate": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.Rate, l.Fee = 10000, 100_000 }))},
			[]string{"fee other_rate payment:att1 LR"}},
		"no rate contracted": {day{books: one(with(paid(1), func(r *record) { r.HasContractRate = false })), lines: lines(with(line(1), func(l *billLine) { l.Rate, l.Fee = 10000, 100_000 }))},
			[]string{"matched payment:att1 LR"}},
		"a fen too much": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.Fee = 61_000 }))},
			[]string{"fee wrong_fee payment:att1 LR"}},
		"a fen too much where the bill has no rate": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.Fee, l.Rate, l.HasRate = 61_000, 0, false }))},
			[]string{"fee wrong_fee payment:att1 LR"}},
		"no fee given back": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.Fee = 0 }))},
			[]string{"fee wrong_fee refund:rfd1 LR"}},
		"a fee given back to the fen": {day{books: one(refunded(1)), lines: lines(with(refundLine(1), func(l *billLine) { l.Fee = 25_000 }))},
			[]string{"matched refund:rfd1 LR"}},
		"everything at once": {day{known: one(with(paid(1), func(r *record) { r.State = match.Not })), lines: lines(with(line(1), func(l *billLine) { l.Amount, l.Fee = 1, 1 }))},
			[]string{"amount+state+fee order_amount not_here wrong_fee payment:att1 LR"}},
		"twice": {day{books: one(paid(1)), lines: lines(line(1), with(line(1), func(l *billLine) { l.Row = 9 }), with(line(1), func(l *billLine) { l.Row = 8 }))},
			[]string{"matched payment:att1 LR", "duplicate payment:att1#2 AL", "duplicate payment:att1#3 AL"}},
		"twice, the second with our transaction": {day{books: one(paid(1)), lines: lines(with(line(1), func(l *billLine) { l.ChannelTradeNo = "9" }), with(line(1), func(l *billLine) { l.Row = 9 }))},
			[]string{"duplicate payment:att1#2 AL", "matched payment:att1 LR"}},
		"a stranger's twice": {day{lines: lines(stranger, with(stranger, func(l *billLine) { l.Row = 9 }))},
			[]string{"foreign payment:SHOP-7 L", "duplicate payment:SHOP-7#2 L"}},
		"refunds of two strangers that count alike": {day{lines: lines(numberOne("SHOP-7", 1), numberOne("SHOP-8", 2), numberOne("SHOP-7", 3))},
			[]string{"foreign refund:1 L", "foreign refund:1#2 L", "duplicate refund:1#3 L"}},
		"again on another day": {day{known: one(with(paid(1), func(r *record) { r.MatchedOn = today.Add(-1) })), lines: lines(line(1), with(line(1), func(l *billLine) { l.Row = 9 }))},
			[]string{"duplicate found_on_other_day payment:att1#2026-11-24 AL", "duplicate found_on_other_day payment:att1#2026-11-24.2 AL"}},
		"found in another day's bill": {day{books: one(with(paid(1), func(r *record) { r.MatchedOn = today.Next() }))},
			[]string{"matched found_on_other_day payment:att1 R"}},
		"found in this day's bill before": {day{books: one(with(paid(1), func(r *record) { r.MatchedOn = today })), lines: lines(line(1))},
			[]string{"matched payment:att1 LR"}},
		"another day's record": {day{known: one(with(paid(1), func(r *record) { r.At = app.ToMillis(today.Start()) - 1 })), lines: lines(line(1))},
			[]string{"matched other_day payment:att1 LR"}},
		"just before midnight": {day{books: one(with(paid(1), func(r *record) { r.At = app.ToMillis(at("23:50:00")) }))}, []string{"in_transit midnight payment:att1 R"}},
		"well before midnight": {day{books: one(with(paid(1), func(r *record) { r.At = app.ToMillis(at("23:49:59")) }))}, []string{"missing_at_channel payment:att1 R"}},
		"just after midnight":  {day{books: one(with(paid(1), func(r *record) { r.At = app.ToMillis(at("00:09:59")) }))}, []string{"in_transit midnight payment:att1 R"}},
		"well after midnight":  {day{books: one(with(paid(1), func(r *record) { r.At = app.ToMillis(at("00:10:00")) }))}, []string{"missing_at_channel payment:att1 R"}},
		"a refund still open":  {day{books: one(with(refunded(1), func(r *record) { r.State, r.DoneAt = match.Open, 0 }))}, []string{"in_transit still_open refund:rfd1 R"}},
		"a refund finished after midnight": {day{books: one(with(refunded(1), func(r *record) { r.DoneAt = app.ToMillis(today.End()) }))},
			[]string{"in_transit finished_later refund:rfd1 R"}},
		"carried for two days": {day{books: one(with(paid(1), func(r *record) { r.CarriedFrom = today.Add(-2); r.At = app.ToMillis(today.Add(-2).Start()) }))},
			[]string{"in_transit midnight carried payment:att1 R"}},
		"carried for three days": {day{books: one(with(paid(1), func(r *record) { r.CarriedFrom = today.Add(-3); r.At = app.ToMillis(today.Add(-3).Start()) }))},
			[]string{"missing_at_channel midnight carried_too_long payment:att1 R"}},
		"carried and found": {day{books: one(with(paid(1), func(r *record) { r.CarriedFrom = today.Add(-1); r.At = app.ToMillis(today.Start()) - 1 })), lines: lines(line(1))},
			[]string{"matched other_day carried payment:att1 LR"}},
		"carried and of the day": {day{books: []record{refunded(1), with(refunded(1), func(r *record) { r.CarriedFrom = today.Add(-1) })}, lines: lines(refundLine(1))},
			[]string{"matched carried refund:rfd1 LR"}},
		"paid and undone": {day{known: one(with(paid(1), func(r *record) { r.State, r.Reversed = match.Not, true })), lines: lines(line(1), undone)},
			[]string{"matched reversed payment:att1 LR", "matched reversed payment:att1/reversal AL"}},
		"undone there, paid here": {day{books: one(paid(1)), lines: lines(line(1), undone)},
			[]string{"matched payment:att1 LR", "state not_there reversed payment:att1/reversal AL"}},
		"undone twice": {day{known: one(with(paid(1), func(r *record) { r.State = match.Not })), lines: lines(line(1), undone, with(undone, func(l *billLine) { l.Row = 1999 }))},
			[]string{"matched reversed payment:att1 LR", "matched reversed payment:att1/reversal AL", "duplicate reversed payment:att1/reversal#2 AL"}},
		"undone on the next day": {day{known: one(with(paid(1), func(r *record) { r.State, r.Reversed = match.Not, true })), lines: lines(with(line(1), func(l *billLine) { l.At = at("23:59:00") }))},
			[]string{"matched reversed midnight payment:att1 LR"}},
		"undone here, and at the channel in no bill": {day{known: one(with(paid(1), func(r *record) { r.State, r.Reversed = match.Not, true })), lines: lines(line(1))},
			[]string{"state not_here payment:att1 LR"}},
		"undone, and nobody's": {day{lines: lines(undone)}, []string{"missing_here reversed payment:att1/reversal L"}},
	} {
		t.Run(name, func(t *testing.T) {
			items, _, result := c.run(t)
			var got []string
			for _, i := range items {
				got = append(got, told(i))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
			for _, i := range items {
				kept, err := result.Lookup(i.Key())
				if err != nil || kept == nil || told(kept) != told(i) {
					t.Errorf("the result has %v for %s, %v", kept, i.Key(), err)
				}
			}
		})
	}
}

// Of two refunds without a number that a line may be, the same one takes it
// whatever the order of the books.
func TestTheOrderOfNamelessRefundsDoesNotMatter(t *testing.T) {
	var took []string
	for _, order := range [][]int{{1, 2}, {2, 1}} {
		d := day{known: []match.Record{paid(1)}, lines: []channel.BillLine{with(refundLine(1), func(l *billLine) { l.RefundNumber = "console-1" })}}
		for _, n := range order {
			d.books = append(d.books, with(refunded(n), func(r *record) { r.Number, r.ChannelNo, r.AttemptID = "", "", att(1) }))
		}
		items, _, _ := d.run(t)
		for _, i := range items {
			if i.Line != nil {
				took = append(took, i.Record.RefundID)
			}
		}
	}
	if !slices.Equal(took, []string{rfd(1), rfd(1)}) {
		t.Errorf("the line went to %v", took)
	}
}

func TestOnlyAnUnknownRefundOfAPaidOrderCanBeAdopted(t *testing.T) {
	console := with(refundLine(1), func(l *billLine) { l.RefundNumber = "console-1" })
	for name, c := range map[string]struct {
		known record
		line  billLine
		want  bool
	}{
		"of a paid order":           {paid(1), console, true},
		"of an order not paid here": {with(paid(1), func(r *record) { r.State = match.Not }), console, false},
		"of nobody's order":         {paid(2), console, false},
		"a refund we know":          {with(refunded(1), func(r *record) { r.Number = "console-1" }), console, false},
		"a reversal":                {paid(1), with(console, func(l *billLine) { l.RefundNumber, l.RawState = "", "REVOKED" }), false},
		"a payment":                 {paid(1), with(line(2), func(l *billLine) { l.ChannelTradeNo = paid(1).ChannelNo }), false},
	} {
		items, _, _ := day{known: []record{c.known}, lines: []billLine{c.line}}.run(t)
		if len(items) != 1 || items[0].Adoptable() != c.want {
			t.Errorf("%s: %v, want %v", name, !c.want, c.want)
		}
	}
}

func TestAResultTellsWhoseLineItHas(t *testing.T) {
	_, _, result := day{books: []record{paid(1), paid(2)}, lines: []billLine{line(1), with(line(1), func(l *billLine) { l.Row = 9 }), line(3)}}.run(t)
	for number, want := range map[string]bool{att(1): true, att(2): false, att(3): false, att(4): false} {
		for range 2 {
			if got, err := result.Found(match.Key(channel.LinePayment, number)); err != nil || got != want {
				t.Errorf("%s: %v, %v", number, got, err)
			}
		}
	}
}

func TestWhatDiffersInItsDayOrRateAloneIsTold(t *testing.T) {
	books := []record{
		with(paid(1), func(r *record) { r.At = app.ToMillis(today.Start()) - 1 }),
		with(paid(2), func(r *record) { r.At = app.ToMillis(today.End()) }),
		paid(3), paid(4),
	}
	otherRate := with(line(4), func(l *billLine) { l.Rate = 6001 }) // which comes to the same fee
	var got []string
	_, err := match.Run(t.Context(), match.Config{Day: today, Dir: t.TempDir()}, each(books), each([]billLine{line(1), line(2), line(3), otherRate}), nil, func(i *match.Item) error {
		got = append(got, told(i))
		return nil
	})
	if want := []string{"matched other_day payment:att1 LR", "matched other_day payment:att2 LR", "fee other_rate payment:" + att(4) + " LR"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
