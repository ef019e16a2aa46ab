package api_test

import (
	"context"
	"encoding/csv"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func (s *shop) keepStatements(t *testing.T, d *db.DB, logger *slog.Logger, c app.Clock) {
	t.Helper()
	var err error
	if s.archive, err = archive.NewFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	s.statements = statements.New(statements.Config{
		DB: d, Events: s.Events, Audit: audit.New(d, make([]byte, 32), c), Approvals: s.Approvals, Merchants: s.Merchants, Payments: s.Payments,
		Archive: s.archive, Logger: logger, BaseURL: s.Base, Dir: t.TempDir(), SmallLines: 10, Owner: "srv_test",
	})
}

// reconciled compares the payment with a bill that says the same, as a run of
// the account's day does, and returns the run.
func (s *shop) reconciled(t *testing.T, account merchants.Account, day app.Day, paymentID, attemptID string, lines int64) statements.RunRef {
	t.Helper()
	run := statements.RunRef{
		ID: app.NewID(app.PrefixRun, time.Now()), MerchantID: s.Scope.MerchantID, Mode: s.Scope.Mode, IdentityID: account.IdentityID,
		Channel: account.Channel, Identity: account.Identity, Day: day,
	}
	at := day.Start().Add(10 * time.Hour)
	var out match.Outcome
	kept, err := s.archive.Put(s.Ctx, func(w io.Writer) error {
		var err error
		out, err = match.Run(s.Ctx, match.Config{Day: day, Dir: t.TempDir(), Result: w}, func(_ context.Context, yield func(*match.Record) error) error {
			return yield(&match.Record{Kind: channel.LinePayment, Number: attemptID, AttemptID: attemptID, PaymentID: paymentID, AccountID: account.ID, State: match.Moved, Amount: 1234, At: app.ToMillis(at)})
		}, func(_ context.Context, yield func(*channel.BillLine) error) error {
			return yield(&channel.BillLine{Row: 2, Kind: channel.LinePayment, At: at, Number: attemptID, ChannelTradeNo: "4200001234202611240000000001", RawState: "SUCCESS", Amount: 1234, Settlement: 1234, Fee: 7000})
		}, func(context.Context, []string) ([]match.Record, error) { return nil, nil }, func(*match.Item) error { return nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	of := out.Accounts[account.ID]
	o := statements.Outcome{Lines: lines, ResultKey: kept.Key, Balance: &statements.Balance{Opening: 100, Income: 1234, Outgoing: 7, Closing: 1327}, Accounts: []statements.AccountFigures{{
		AccountID: account.ID, Figures: statements.Figures{
			Ours: statements.Sums{Payments: of.Ours.Payments, Gross: of.Ours.Gross}, Matched: 1,
			Theirs: statements.Billed{Payments: of.Channel.Payments, Gross: of.Channel.Gross, Settlement: of.Channel.Settlement, Fee: of.Channel.Fee},
		},
	}}}
	err = s.DB.InTx(s.Ctx, func(tx *db.Tx) error {
		if err := s.statements.Write(s.Ctx, tx, run, o); err != nil {
			return err
		}
		return s.statements.Completed(s.Ctx, tx, run)
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestStatementsAreReadThroughTheAPI(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.paid(t, "S-1", "wechat_native")
		attempt := s.expect(t, http.StatusOK, "GET", "/payments/"+id, "").str("attempt_id")
		run := s.reconciled(t, s.WeChat, "2026-11-23", id, attempt, 1)
		s.reconciled(t, s.WeChat, "2026-11-24", id, attempt, 1)
		s.reconciled(t, s.Alipay, "2026-11-23", id, attempt, 11)

		list := s.expect(t, http.StatusOK, "GET", "/statements?date=2026-11-23", "")
		if data := list.json["data"].([]any); len(data) != 2 {
			t.Fatalf("%s", list.text)
		}
		month := s.expect(t, http.StatusOK, "GET", "/statements?month=2026-11&limit=2", "")
		rest := s.expect(t, http.StatusOK, "GET", "/statements?month=2026-11&limit=2&cursor="+month.str("next_cursor"), "")
		if len(month.json["data"].([]any)) != 2 || len(rest.json["data"].([]any)) != 1 || rest.json["next_cursor"] != nil {
			t.Errorf("%s\n%s", month.text, rest.text)
		}
		mine := s.expect(t, http.StatusOK, "GET", "/statements?month=2026-11&account_id="+s.WeChat.ID, "")
		first, _ := mine.json["data"].([]any)[1].(map[string]any)
		if len(mine.json["data"].([]any)) != 2 || first["date"] != "2026-11-23" || first["net"] != float64(1227) || first["run_id"] != run.ID {
			t.Errorf("%s", mine.text)
		}
		path := "/statements/" + first["id"].(string)
		if one := s.expect(t, http.StatusOK, "GET", path, ""); one.json["balance"].(map[string]any)["closing"] != float64(1327) {
			t.Errorf("%s", one.text)
		}
		for query, field := range map[string]string{
			"": "date", "?date=2026-11-31": "date", "?month=2026-1": "month", "?date=2026-11-23&month=2026-11": "month",
			"?month=2026-11&cursor=stm_01KAYJ9A1B2C3D4E5F6G7H8J9K": "cursor", "?month=2026-11&status=failed": "status",
		} {
			if got := s.expect(t, http.StatusBadRequest, "GET", "/statements"+query, ""); got.field() != field {
				t.Errorf("%s names %q: %s", query, got.field(), got.text)
			}
		}
		if types := s.EventTypes(run.ID); len(types) != 1 || types[0] != "reconciliation.completed" {
			t.Errorf("events %v", types)
		}
		s.heard(t, run.ID)
	})
}

// heard holds the event to what the document says of it.
func (s *shop) heard(t *testing.T, object string) {
	t.Helper()
	found, err := s.Events.ByObject(s.Ctx, s.Scope.MerchantID, object)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d events, %v", len(found), err)
	}
	theContract(t).conforms(t, "the event", theContract(t).doc.Components.Schemas["ReconciliationCompletedEvent"], found[0].Payload)
}

func TestAStatementsFileComesAtOnceOrWhenItIsMade(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.paid(t, "S-2", "wechat_native")
		attempt := s.expect(t, http.StatusOK, "GET", "/payments/"+id, "").str("attempt_id")
		s.reconciled(t, s.WeChat, "2026-11-23", id, attempt, 1)
		s.reconciled(t, s.WeChat, "2026-11-24", id, attempt, 11) // more than are made at once
		list := s.expect(t, http.StatusOK, "GET", "/statements?month=2026-11", "").json["data"].([]any)
		large, small := "/statements/"+list[0].(map[string]any)["id"].(string)+"/file", "/statements/"+list[1].(map[string]any)["id"].(string)+"/file"

		got := s.expect(t, http.StatusOK, "GET", small+"?format=csv&locale=en", "")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.text, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][3] != "S-2" || rows[1][4] != id || rows[1][15] != "12.34" || rows[1][17] != "0.07" {
			t.Errorf("%v, %v", rows, err)
		}
		want := `attachment; filename="statement_wechat_` + s.WeChat.Identity + `_` + s.WeChat.ID + `_2026-11-23.csv"`
		if got.header.Get("Content-Disposition") != want || got.header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%v", got.header)
		}
		book := s.expect(t, http.StatusOK, "GET", small, "")
		f, err := excelize.OpenReader(strings.NewReader(book.text))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if v, err := f.GetCellValue("明细", "D2"); v != "S-2" || err != nil {
			t.Errorf("%q, %v", v, err)
		}

		waiting := s.expect(t, http.StatusAccepted, "GET", large, "")
		if waiting.str("status") != "queued" || waiting.header.Get("Retry-After") == "" {
			t.Errorf("%s %v", waiting.text, waiting.header)
		}
		if n, err := s.statements.ExportDue(s.Ctx); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		s.expect(t, http.StatusOK, "GET", large, "")
		s.expect(t, http.StatusBadRequest, "GET", large+"?format=pdf", "")
		s.expect(t, http.StatusBadRequest, "GET", large+"?locale=fr", "")
		s.expect(t, http.StatusNotFound, "GET", "/statements/stm_01KAYJ9A1B2C3D4E5F6G7H8J9K/file", "")

		// Lines that say something else than the statement are no file.
		if _, err := s.DB.Exec(s.Ctx, `UPDATE statements SET amount = amount + 1 WHERE merchant_id = ?`, s.Scope.MerchantID); err != nil {
			t.Fatal(err)
		}
		if got := s.expect(t, http.StatusInternalServerError, "GET", small, ""); got.code() != "statement_differs" {
			t.Errorf("%s", got.text)
		}
	})
}

// A key of another merchant, of the other mode or without the scope sees nothing.
func TestStatementsOfOthersDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.reconciled(t, s.Alipay, "2026-11-23", "pay_01KAYJ3Q5R0V8X2M4N6P8Q9T1W", "att_01KAYJ3Q5R0V8X2M4N6P8Q9T1W", 1)
		list := s.expect(t, http.StatusOK, "GET", "/statements?date=2026-11-23", "").json["data"].([]any)
		path := "/statements/" + list[0].(map[string]any)["id"].(string)
		_, live, err := s.Merchants.CreateKey(s.Ctx, s.Scope.MerchantID, app.Live, merchants.KeyInput{Name: "live"})
		if err != nil {
			t.Fatal(err)
		}
		as := []string{"Authorization", "Bearer " + live}
		for _, p := range []string{path, path + "/file"} {
			if got := s.expect(t, http.StatusNotFound, "GET", p, "", as...); got.code() != "statement_not_found" {
				t.Errorf("%s", got.text)
			}
		}
		if got := s.expect(t, http.StatusOK, "GET", "/statements?date=2026-11-23", "", as...); len(got.json["data"].([]any)) != 0 {
			t.Errorf("%s", got.text)
		}
		as[1] = "Bearer " + s.newKey(t, merchants.PaymentsRead)
		for _, p := range []string{path, path + "/file", "/statements?date=2026-11-23"} {
			if got := s.expect(t, http.StatusForbidden, "GET", p, "", as...); got.code() != "missing_scope" {
				t.Errorf("%s", got.text)
			}
		}
	})
}
