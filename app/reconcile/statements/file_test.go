package statements_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/report"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

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
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A", "acct_B")
	r.reconcile(run, lot{"acct_A", day, 300}, lot{"acct_B", day, 120})
	for n, account := range []string{"", "acct_A", "acct_B"} {
		r.exception(run, account, fmt.Sprintf("payment:%d", n+1), "resolved", -21)
		for i, kind := range exceptions.AdjustmentKinds {
			r.adjust(run, account, kind, app.Money(-7*(i+1)))
		}
	}
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
		for name, want := range map[string]app.Money{"账单支付金额": screen.Billed.Amount, "账单退款金额": screen.Billed.RefundAmount, "应结净额": screen.Net, "平台支付金额": screen.Platform.Amount,
			"调账金额": screen.Adjustments.Amount, "  账面调整": -7, "  渠道待结（应收为正）": -14, "  核销（收益为正）": -21, "  退还多收款": -28, "  关联支付单": -35} {
			if got, err := report.ParseMoneyCell(facts[name]); err != nil || got != want {
				t.Errorf("the summary says %s %q, the screen %s", name, facts[name], want)
			}
		}
		if len(fromCSV.rows) != len(fromXLSX.rows) || facts["账单支付笔数"] != fmt.Sprint(screen.Billed.Payments) || facts["对账状态"] != "差异已处理" {
			t.Errorf("%d and %d rows, %v", len(fromCSV.rows), len(fromXLSX.rows), facts)
		}
	}
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
