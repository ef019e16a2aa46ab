package statements_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// What a run of the sandbox's bills came to, with faults planned, adds up in its
// files: their lines are held against the statement when they are made.
func TestTheFilesOfRealRunsAddUp(t *testing.T) {
	c := &paymentstest.Clock{}
	w := reconciletest.Open(t, dbtest.OpenSQLite(t, dbtest.WithClock(c)), c)
	day := reconciletest.Today()
	for channelName, method := range map[app.Channel]channel.Method{app.WeChat: channel.WeChatNative, app.Alipay: channel.AlipayQR} {
		var last payments.Payment
		for n := range 4 {
			last = w.Paid(fmt.Sprintf("R-%s-%d", channelName, n), method)
		}
		given := w.Refund(last.ID, paymentstest.RefundInput("R-"+string(channelName), 200))
		w.WaitRefund(given.ID, payments.RefundSucceeded)
		for _, fault := range []trade.BillFault{trade.MissingRow, trade.ExtraRow, trade.WrongAmount} {
			w.Plan(channelName, fault)
		}
	}
	w.Tomorrow()
	w.RunDue()
	d, err := w.Statements.Day(w.Ctx, w.Scope, day)
	if err != nil || len(d.Rows) != 2 || d.Status != statements.Exceptions {
		t.Fatalf("%+v, %v", d, err)
	}
	by := approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "finance@example.com"}
	for _, row := range d.Rows {
		for _, st := range row.Statements {
			for _, format := range []statements.Format{statements.CSV, statements.XLSX} {
				f, err := w.Statements.File(w.Ctx, w.Scope, st.ID, format, "zh-CN", by)
				if err != nil {
					t.Fatalf("%s as %s: %v", st.ID, format, err)
				}
				raw, err := io.ReadAll(io.NewSectionReader(f.Body, 0, f.Body.Size()))
				if err != nil {
					t.Fatal(err)
				}
				_ = f.Body.Close()
				if format == statements.CSV && !strings.Contains(string(raw), "R-"+string(row.Channel)+"-0,pay_") {
					t.Errorf("the order is not in the file:\n%s", raw)
				}
			}
		}
		if row.Theirs.Payments == 0 || row.Exceptions.Open == 0 || row.Bill != statements.BillChecked || len(row.Bills) == 0 {
			t.Errorf("%+v", row)
		}
	}
	asked, err := w.Statements.AskMonth(w.Ctx, w.Scope, day.Month(), "en", by)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Statements.ExportDue(w.Ctx); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	_, blob, err := w.Statements.OpenExport(w.Ctx, w.Scope, asked.ID, by)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	z, err := zip.NewReader(blob, blob.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range d.Rows {
		for _, bill := range row.Bills {
			original, err := w.Archive.Open(w.Ctx, bill.Key)
			if err != nil {
				t.Fatal(err)
			}
			want, err := io.ReadAll(io.NewSectionReader(original, 0, original.Size()))
			_ = original.Close()
			if err != nil || !holds(z, want) {
				t.Errorf("%s is not in the zip as it came: %v", bill.Name, err)
			}
		}
	}
}

// holds reports whether a zip has a file of exactly these bytes among its
// originals.
func holds(z *zip.Reader, want []byte) bool {
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "originals/") {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return false
		}
		got, err := io.ReadAll(in)
		if err == nil && bytes.Equal(got, want) {
			return true
		}
	}
	return false
}
