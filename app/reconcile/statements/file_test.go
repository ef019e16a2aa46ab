package statements_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/report"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// lot is a generated day of one account: n payments, a refund for every tenth,
// and the differences that a day has.
type lot struct {
	account string
	day     app.Day
	n       int
}

func (l lot) at(i int) time.Time {
	return l.day.Start().Add(8*time.Hour + time.Duration(i%40_000)*time.Second)
}

func (l lot) number(i int) string {
	return fmt.Sprintf("att_01JD%s%020d", l.account[len(l.account)-1:]+"A", i)
}

func (l lot) amount(i int) app.Money { return app.Money(100 + i*7%90_000) }

func (l lot) books(yield func(*match.Record) error) error {
	var r match.Record
	for i := range l.n {
		if i%50 == 3 {
			continue // only in the bill
		}
		r = match.Record{
			Kind: channel.LinePayment, Number: l.number(i), AttemptID: l.number(i), PaymentID: fmt.Sprintf("pay_%026d", i), AccountID: l.account,
			ChannelNo: fmt.Sprintf("42000012342026112400%08d", i), State: match.Moved, Amount: l.amount(i), At: app.ToMillis(l.at(i)),
		}
		if err := yield(&r); err != nil {
			return err
		}
		if i%10 != 0 {
			continue
		}
		r.Kind, r.Number, r.RefundID, r.Amount, r.ChannelNo = channel.LineRefund, "rfd"+l.number(i)[3:], "rfd"+l.number(i)[3:], l.amount(i)/2, fmt.Sprintf("50000%08d", i)
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

func (l lot) lines(yield func(*channel.BillLine) error) error {
	var b channel.BillLine
	for i := range l.n {
		if i%50 == 4 {
			continue // only in the books
		}
		b = channel.BillLine{
			Row: i + 2, Kind: channel.LinePayment, At: l.at(i), Number: l.number(i), ChannelTradeNo: fmt.Sprintf("42000012342026112400%08d", i),
			RawState: "SUCCESS", Amount: l.amount(i), Settlement: l.amount(i), Fee: app.Rate(6000).Fee(l.amount(i)).Millifen(), Rate: 6000, HasRate: true,
		}
		switch i % 50 {
		case 5:
			b.Amount++
			b.Settlement++
		case 6:
			b.Fee += 500 // half a fen
		case 7:
			b.RawState = "=HYPERLINK(1)"
		}
		if err := yield(&b); err != nil {
			return err
		}
		if i%10 != 0 {
			continue
		}
		half := l.amount(i) / 2
		b.Kind, b.RefundNumber, b.ChannelRefundNo, b.Amount, b.Settlement = channel.LineRefund, "rfd"+l.number(i)[3:], fmt.Sprintf("50000%08d", i), half, half
		b.Fee, b.RawState, b.RefundState = app.Rate(6000).Fee(half).Millifen(), "REFUND", channel.RefundSucceeded
		if err := yield(&b); err != nil {
			return err
		}
	}
	return nil
}

// reconcile matches lots of one bill and keeps the result as a run does.
func (r *room) reconcile(run statements.RunRef, lots ...lot) statements.Outcome {
	r.t.Helper()
	each := func(f func(lot) error) error {
		for _, l := range lots {
			if err := f(l); err != nil {
				return err
			}
		}
		return nil
	}
	var out match.Outcome
	kept, err := r.archive.Put(r.ctx, func(w io.Writer) error {
		var err error
		out, err = match.Run(r.ctx, match.Config{Day: run.Day, Dir: r.t.TempDir(), Result: w},
			func(_ context.Context, yield func(*match.Record) error) error {
				return each(func(l lot) error { return l.books(yield) })
			},
			func(_ context.Context, yield func(*channel.BillLine) error) error {
				return each(func(l lot) error { return l.lines(yield) })
			},
			func(context.Context, []string) ([]match.Record, error) { return nil, nil }, func(*match.Item) error { return nil })
		return err
	})
	r.must(err)
	o := statements.Outcome{Lines: out.Items, ResultKey: kept.Key}
	for id, t := range out.Accounts {
		f := statements.AccountFigures{AccountID: id, Figures: statements.Figures{
			Ours: statements.Sums{Payments: t.Ours.Payments, Refunds: t.Ours.Refunds, Gross: t.Ours.Gross, Refunded: t.Ours.Refunded},
			Theirs: statements.Billed{
				Payments: t.Channel.Payments, Refunds: t.Channel.Refunds, Gross: t.Channel.Gross, Settlement: t.Channel.Settlement,
				Refunded: t.Channel.Refunded, RefundedSettlement: t.Channel.RefundedSettlement, Fee: t.Channel.Fee,
			},
			Matched: t.Classes[match.Matched].Items,
		}}
		for _, c := range match.Classes {
			if of := t.Classes[c]; of.Items > 0 {
				f.Differences = append(f.Differences, differing(c, of.Items, 1))
			}
		}
		o.Accounts = append(o.Accounts, f)
	}
	slices.SortFunc(o.Accounts, func(a, b statements.AccountFigures) int { return strings.Compare(a.AccountID, b.AccountID) })
	r.must(r.end(run, o))
	return o
}

// file downloads a statement's file.
func (r *room) file(id string, f statements.Format, locale string) (statements.File, []byte) {
	r.t.Helper()
	got, err := r.File(r.ctx, r.scope, id, f, locale, maker)
	r.must(err)
	if got.Body == nil {
		return got, nil
	}
	defer got.Body.Close()
	b, err := io.ReadAll(io.NewSectionReader(got.Body, 0, got.Body.Size()))
	r.must(err)
	return got, b
}

// table is a file read back.
type table struct {
	head map[string]int
	rows [][]string
}

func tableOf(rows [][]string) table {
	t := table{map[string]int{}, rows[1:]}
	for i, h := range rows[0] {
		t.head[h] = i
	}
	return t
}

// sum adds up a column over the rows of a kind; "" is all.
func (t table) sum(tt *testing.T, column, kind string) app.Millifen {
	tt.Helper()
	at, ok := t.head[column]
	if !ok {
		tt.Fatalf("no column %q in %v", column, t.head)
	}
	var sum app.Millifen
	for _, r := range t.rows {
		if at >= len(r) || r[at] == "" || (kind != "" && r[t.head["类型"]] != kind) {
			continue
		}
		v, err := report.ParseCell(r[at])
		if err != nil {
			tt.Fatal(err)
		}
		sum += v
	}
	return sum
}

func readCSV(t *testing.T, b []byte) table {
	t.Helper()
	body, bom := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	if !bom || !bytes.Contains(body, []byte("\r\n")) {
		t.Errorf("the file begins %q", b[:min(len(b), 20)])
	}
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return tableOf(rows)
}

func readXLSX(t *testing.T, b []byte) (*excelize.File, table, []string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	rows, err := f.GetRows("明细")
	if err != nil {
		t.Fatal(err)
	}
	return f, tableOf(rows[:len(rows)-1]), rows[len(rows)-1]
}

func TestTheTotalsOnScreenAreThoseOfTheFiles(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A", "acct_B")
		r.reconcile(run, lot{"acct_A", day, 300}, lot{"acct_B", day, 120})
		for _, st := range r.day(day).Rows[0].Statements {
			_, raw := r.file(st.ID, statements.CSV, "zh-CN")
			fromCSV := readCSV(t, raw)
			_, raw = r.file(st.ID, statements.XLSX, "zh-CN")
			book, fromXLSX, totals := readXLSX(t, raw)
			screen := statements.ViewOf(st)
			for name, want := range map[[2]string]app.Millifen{
				{"平台金额", "支付"}: screen.Platform.Amount.Millifen(), {"平台金额", "退款"}: -screen.Platform.RefundAmount.Millifen(),
				{"账单金额", "支付"}: screen.Billed.Amount.Millifen(), {"账单金额", "退款"}: -screen.Billed.RefundAmount.Millifen(),
				{"应结金额", ""}: (screen.Billed.SettlementAmount - screen.Billed.RefundSettlementAmount).Millifen(), {"手续费", ""}: st.Theirs.Fee,
			} {
				if got := fromCSV.sum(t, name[0], name[1]); got != want {
					t.Errorf("%s: %v in CSV is %s, on screen %s", st.AccountID, name, got.Yuan(), want.Yuan())
				}
				if got := fromXLSX.sum(t, name[0], name[1]); got != want {
					t.Errorf("%s: %v in xlsx is %s, on screen %s", st.AccountID, name, got.Yuan(), want.Yuan())
				}
			}
			for _, column := range []string{"平台金额", "账单金额", "应结金额", "手续费", "应结净额", "差额"} {
				cell, err := report.ParseCell(totals[fromXLSX.head[column]])
				if want := fromCSV.sum(t, column, ""); err != nil || cell != want {
					t.Errorf("%s: the total of %s is %s, the lines add up to %s", st.AccountID, column, cell.Yuan(), want.Yuan())
				}
			}
			if net := fromCSV.sum(t, "应结净额", "").Round(); net != screen.Net {
				t.Errorf("net %s, on screen %s", net, screen.Net)
			}
			facts := map[string]string{}
			rows, err := book.GetRows("汇总")
			r.must(err)
			for _, f := range rows {
				if len(f) == 2 {
					facts[f[0]] = f[1]
				}
			}
			for name, want := range map[string]app.Money{"账单支付金额": screen.Billed.Amount, "账单退款金额": screen.Billed.RefundAmount, "应结净额": screen.Net, "平台支付金额": screen.Platform.Amount} {
				if got, err := report.ParseMoneyCell(facts[name]); err != nil || got != want {
					t.Errorf("the summary says %s %q, the screen %s", name, facts[name], want)
				}
			}
			if len(fromCSV.rows) != len(fromXLSX.rows) || facts["账单支付笔数"] != fmt.Sprint(screen.Billed.Payments) {
				t.Errorf("%d and %d rows, %v", len(fromCSV.rows), len(fromXLSX.rows), facts)
			}
		}
	})
}

func TestAFileHoldsEveryLineOfTheAccountsDay(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.reconcile(run, lot{"acct_A", day, 100})
	st := r.day(day).Rows[0].Statements[0]
	got, raw := r.file(st.ID, statements.CSV, "zh-CN")
	if got.Name != "statement_wechat_1600000001_acct_A_2026-10-31.csv" {
		t.Errorf("named %s", got.Name)
	}
	tab := readCSV(t, raw)
	classes := map[string]int{}
	for _, row := range tab.rows {
		classes[row[0]]++
		if at := row[tab.head["账单时间"]]; at != "" && !strings.HasSuffix(at, " +08:00") {
			t.Errorf("a time reads %q", at)
		}
		if s := row[tab.head["账单状态"]]; strings.HasPrefix(s, "=") {
			t.Errorf("a formula stands in the file: %q", s)
		}
		if no := row[tab.head["渠道交易号"]]; no != "" && !strings.HasSuffix(no, "\t") {
			t.Errorf("a spreadsheet would make a number of %q", no)
		}
	}
	for class, want := range map[string]int{"平台漏单": 2, "渠道漏单": 2, "金额不符": 2} {
		if classes[class] != want {
			t.Errorf("%d lines of %s, want %d: %v", classes[class], class, want, classes)
		}
	}
	_, raw = r.file(st.ID, statements.CSV, "en")
	if !bytes.HasPrefix(raw, []byte("\xef\xbb\xbfResult,Also,Kind,Order no.")) {
		t.Errorf("English begins %q", raw[:60])
	}
	if actions := r.audited(st.ID); !slices.Equal(actions, []string{"statement.download", "statement.download"}) {
		t.Errorf("the audit says %v", actions)
	}
}

func TestADayWithoutABillHasAFileWithoutLines(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.must(r.end(run, statements.Outcome{NoBill: true}))
	_, raw := r.file(r.day(day).Rows[0].Statements[0].ID, statements.XLSX, "zh-CN")
	if _, tab, _ := readXLSX(t, raw); len(tab.rows) != 0 {
		t.Errorf("%v", tab.rows)
	}
}

func TestLinesThatDoNotAddUpAreNoFile(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.reconcile(run, lot{"acct_A", day, 10})
	_, err := r.db.Exec(r.ctx, `UPDATE statements SET amount = amount + 1 WHERE merchant_id = ?`, r.scope.MerchantID)
	r.must(err)
	if _, err := r.File(r.ctx, r.scope, r.day(day).Rows[0].Statements[0].ID, statements.CSV, "en", maker); reason(err) != "statement_differs" {
		t.Errorf("%v", err)
	}
}

func TestALargeFileIsMadeByAJob(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A")
		o := r.reconcile(run, lot{"acct_A", day, 50})
		o.Lines = 1_000_000
		r.must(r.end(run, o))
		id := r.day(day).Rows[0].Statements[0].ID
		got, raw := r.file(id, statements.XLSX, "zh-CN")
		if raw != nil || got.Export.Status != statements.ExportQueued || len(r.audited(id)) != 0 {
			t.Fatalf("%+v", got)
		}
		if _, _, err := r.OpenExport(r.ctx, r.scope, got.Export.ID, maker); reason(err) != "export_not_ready" {
			t.Errorf("%v", err)
		}
		n, err := r.ExportDue(r.ctx)
		if err != nil || n != 1 {
			t.Fatalf("%d made, %v", n, err)
		}
		if got, raw = r.file(id, statements.XLSX, "zh-CN"); raw == nil || got.Export.Status != statements.ExportDone || got.Export.Size != int64(len(raw)) {
			t.Errorf("%+v", got.Export)
		}
		other := r.scope
		other.Mode = app.Live
		if _, err := r.Export(r.ctx, other, got.Export.ID); !app.Is(err, app.NotFound) {
			t.Errorf("of the other mode: %v", err)
		}
		if _, err := r.File(r.ctx, other, id, statements.XLSX, "zh-CN", maker); reason(err) != "statement_not_found" {
			t.Errorf("of the other mode: %v", err)
		}
		// Other figures are another file.
		r.reconcile(run, lot{"acct_A", day, 60})
		if again, raw := r.file(id, statements.XLSX, "zh-CN"); raw == nil || again.Export.ID == got.Export.ID {
			t.Errorf("the old file of new figures: %+v", again.Export)
		}
	})
}

// brittle is an archive whose Put fails as often as it is told.
type brittle struct {
	archive.Store
	failures int
}

func (b *brittle) Put(ctx context.Context, write func(io.Writer) error) (archive.File, error) {
	if b.failures > 0 {
		b.failures--
		return archive.File{}, errors.New("the disk is full")
	}
	return b.Store.Put(ctx, write)
}

func TestAnExportThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	o := r.reconcile(run, lot{"acct_A", day, 20})
	o.Lines = 1_000_000
	r.must(r.end(run, o))
	store := &brittle{Store: r.archive, failures: 4}
	r.Service.Archive = store
	id := r.day(day).Rows[0].Statements[0].ID
	got, _ := r.file(id, statements.CSV, "en")
	for range 4 {
		r.clock.set(r.clock.Now().Add(time.Hour))
		if n, err := r.ExportDue(r.ctx); n != 0 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	e, err := r.Export(r.ctx, r.scope, got.Export.ID)
	r.must(err)
	if e.Status != statements.ExportFailed || e.Error != "the disk is full" {
		t.Errorf("%+v", e)
	}
	// Asking again tries again.
	if again, _ := r.file(id, statements.CSV, "en"); again.Export.Status != statements.ExportQueued {
		t.Errorf("%+v", again.Export)
	}
	if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestAMonthsZipHoldsEveryDayWithItsOriginals(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A")
		var original []byte
		for i, d := range []app.Day{"2026-10-01", "2026-10-02"} {
			one := on(run, d)
			r.row(one, "done", "")
			original = fmt.Appendf(nil, "the bill of %s", d)
			kept, err := r.archive.Put(r.ctx, func(w io.Writer) error { _, err := w.Write(original); return err })
			r.must(err)
			_, err = r.db.Exec(r.ctx, `INSERT INTO reconcile_bills (id, run_id, merchant_id, kind, is_current, name, archive_key, size, format, hash_type, hash, line_count, problem_code, problem_line, problem_detail, fetched_at)
 VALUES (?, ?, ?, 'trades', 1, ?, ?, ?, 'csv.gz', 'SHA1', 'ab12', 7, '', 0, '', 0)`, app.NewID(app.PrefixBill, d.Start()), one.ID, run.MerchantID, "../wechat_"+string(d)+".csv.gz", kept.Key, kept.Size)
			r.must(err)
			r.reconcile(one, lot{"acct_A", d, 20 + i})
		}
		if _, err := r.AskMonth(r.ctx, r.scope, "2026-09", "zh-CN", maker); reason(err) != "nothing_to_export" {
			t.Errorf("an empty month: %v", err)
		}
		asked, err := r.AskMonth(r.ctx, r.scope, "2026-10", "zh-CN", maker)
		r.must(err)
		if again, err := r.AskMonth(r.ctx, r.scope, "2026-10", "zh-CN", checker); err != nil || again.ID != asked.ID {
			t.Errorf("asked twice: %+v, %v", again, err)
		}
		if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		list, err := r.Exports(r.ctx, r.scope, "")
		r.must(err)
		if len(list) != 1 || list[0].Status != statements.ExportDone || list[0].Progress != 3 || list[0].Total != 3 {
			t.Errorf("%+v", list)
		}
		e, blob, err := r.OpenExport(r.ctx, r.scope, asked.ID, maker)
		r.must(err)
		defer blob.Close()
		z, err := zip.NewReader(blob, blob.Size())
		r.must(err)
		content := map[string][]byte{}
		for _, f := range z.File {
			in, err := f.Open()
			r.must(err)
			content[f.Name], err = io.ReadAll(in)
			r.must(err)
		}
		if e.Name != "statements_test_2026-10.zip" || len(content) != 7 || !bytes.Equal(content["originals/2026-10-02/trades_wechat_2026-10-02.csv.gz"], original) {
			for name := range content {
				t.Errorf("%s in %s", name, e.Name)
			}
		}
		for line := range strings.Lines(string(content["SHA256SUMS"])) {
			hash, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			if sum := sha256.Sum256(content[name]); hex.EncodeToString(sum[:]) != hash {
				t.Errorf("%s has another hash", name)
			}
		}
		if m := string(content["manifest.csv"]); !strings.Contains(m, "SHA1,ab12,7") {
			t.Errorf("the manifest says %s", m)
		}
		days, err := excelize.OpenReader(bytes.NewReader(content["summary_test_2026-10.xlsx"]), excelize.Options{RawCellValue: true})
		r.must(err)
		defer days.Close()
		rows, err := days.GetRows("逐日")
		r.must(err)
		tab, total := tableOf(rows[:len(rows)-1]), rows[len(rows)-1]
		for _, column := range []string{"账单支付金额", "应结净额", "手续费", "平台支付金额"} {
			got, err := report.ParseCell(total[tab.head[column]])
			if want := tab.sum(t, column, ""); err != nil || got != want || want == 0 {
				t.Errorf("%s: %s, the days add up to %s", column, got.Yuan(), want.Yuan())
			}
		}
		if got, _ := report.ParseMoneyCell(total[tab.head["账单支付金额"]]); got != r.month("2026-10").Total.Theirs.Gross {
			t.Errorf("the month's file says %s", got)
		}
		if got := r.audited(asked.ID); !slices.Equal(got, []string{"statement.export", "statement.export", "statement.download"}) {
			t.Errorf("the audit says %v", got)
		}
	})
}

// A month whose making was killed goes on with the parts that are left.
func TestAMonthsZipIsResumed(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	for _, d := range []app.Day{"2026-10-01", "2026-10-02", "2026-10-03"} {
		r.reconcile(on(run, d), lot{"acct_A", d, 5})
	}
	asked, err := r.AskMonth(r.ctx, r.scope, "2026-10", "en", maker)
	r.must(err)
	// The first part stands; then the server dies with the lease in its hand.
	r.file(r.day("2026-10-01").Rows[0].Statements[0].ID, statements.XLSX, "en")
	_, err = r.db.Exec(r.ctx, `UPDATE exports SET status = 'running', lease_owner = 'srv_dead', lease_until = ?, fence = 7, tries = 1 WHERE id = ?`, app.ToMillis(r.clock.Now().Add(time.Minute)), asked.ID)
	r.must(err)
	if n, err := r.ExportDue(r.ctx); n != 0 || err != nil {
		t.Fatalf("%d taken from a living server, %v", n, err)
	}
	r.clock.set(r.clock.Now().Add(2 * time.Minute))
	if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	var parts int
	r.must(r.db.Get(r.ctx, &parts, `SELECT COUNT(*) FROM exports WHERE kind = 'statement'`))
	if parts != 3 {
		t.Errorf("%d parts of three days", parts)
	}
}

func TestALargeFileIsMadeInBoundedMemory(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.reconcile(run, lot{"acct_A", day, 60_000})
	id := r.day(day).Rows[0].Statements[0].ID
	r.Service.SmallLines = 1
	asked, _ := r.file(id, statements.XLSX, "zh-CN")
	peak := watch(t, func() {
		if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	})
	e, err := r.Export(r.ctx, r.scope, asked.Export.ID)
	r.must(err)
	t.Logf("%d bytes, %d MiB of heap at most", e.Size, peak>>20)
	if peak > 96<<20 {
		t.Errorf("66,000 lines took %d MiB of heap", peak>>20)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "excelize-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// watch samples the heap while f runs, and returns how much it grew at most.
func watch(t *testing.T, f func()) int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, peak := int64(m.HeapInuse), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, int64(m.HeapInuse)-base)
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}
