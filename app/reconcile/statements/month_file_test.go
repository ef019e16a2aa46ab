package statements_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/report"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func TestAMonthsZipHoldsEveryDayWithItsOriginals(t *testing.T) {
	r := lite(t)
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
