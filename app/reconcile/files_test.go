package reconcile_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (w *world) bills(runID string, kind channel.BillKind) []reconcile.Bill {
	w.T.Helper()
	list, err := w.Reconcile.Bills(w.Ctx, w.Scope, runID)
	if err != nil {
		w.T.Fatal(err)
	}
	return slices.DeleteFunc(list, func(b reconcile.Bill) bool { return b.Kind != kind })
}

// alter changes a byte of a kept file.
func (w *world) alter(key string) {
	w.T.Helper()
	path := filepath.Join(w.ArchiveDir, key[:2], key)
	b, err := os.ReadFile(path)
	if err == nil {
		b[len(b)/2] ^= 1
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

func TestABillThatTheChannelChangesIsKeptBesideTheOld(t *testing.T) {
	each(t, func(w *world) {
		p := w.Paid("G-1", channel.WeChatNative)
		w.Tomorrow()
		w.RunDue()
		r := w.ended(app.WeChat)
		first := w.bills(r.ID, channel.BillTrades)
		if len(first) != 1 || !first[0].Current || first[0].Lines != 1 || first[0].HashType != "SHA1" || first[0].Hash == "" {
			w.T.Fatalf("%+v", first)
		}
		w.Again(r)
		if same := w.bills(r.ID, channel.BillTrades); len(same) != 1 || same[0].ID != first[0].ID {
			w.T.Errorf("the same file became %+v", same)
		}
		w.Plan(app.WeChat, trade.WrongAmount, func(b *trade.BillPlan) { b.Number = p.PaidAttemptID })
		by := audit.WithActor(w.Ctx, audit.Actor{Kind: audit.KindUser, ID: "usr_1", Name: "Finance"})
		asked, err := w.Reconcile.Request(by, w.Scope, r.ID)
		if err != nil || asked.Requested.ID != "usr_1" || asked.NextAt == 0 {
			w.T.Fatalf("%+v, %v", asked, err)
		}
		w.RunDue()
		both := w.bills(r.ID, channel.BillTrades)
		if len(both) != 2 || !slices.ContainsFunc(both, func(b reconcile.Bill) bool { return b.ID == first[0].ID && !b.Current }) {
			w.T.Errorf("%+v", both)
		}
		if types := w.types(app.WeChat); types != "amount" {
			w.T.Errorf("the new file came to %q", types)
		}
		for _, b := range both {
			if ok, err := w.Archive.Has(w.Ctx, b.Key); !ok || err != nil {
				w.T.Errorf("%s is not kept: %v", b.Key, err)
			}
		}
		var acts int
		w.count(&acts, `SELECT COUNT(*) FROM audit_rows WHERE action = 'reconciliation.run' AND target = ?`, r.ID)
		if acts != 1 {
			w.T.Errorf("%d acts are recorded", acts)
		}
		w.Sound()
	})
}

func TestAnOriginalIsShownAndHandedOutToItsMerchantOnly(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range bothChannels {
			w.Paid("V-"+string(c), native(c))
		}
		w.Tomorrow()
		w.RunDue()
		other := payments.Scope{MerchantID: "mch_other", Mode: app.Test}
		for _, c := range bothChannels {
			r := w.ended(c)
			for _, kind := range []channel.BillKind{channel.BillTrades, channel.BillFunds} {
				b := w.bills(r.ID, kind)[0]
				page, err := w.Reconcile.BillPage(w.Ctx, w.Scope, b.ID, 0, 2)
				if err != nil || len(page.Lines) != 2 || page.Lines[0].Row != 1 || !page.More {
					w.T.Fatalf("%s %s: %+v, %v", c, kind, page, err)
				}
				rest, err := w.Reconcile.BillPage(w.Ctx, w.Scope, b.ID, 2, 500)
				if err != nil || rest.More || len(rest.Lines) == 0 || rest.Lines[0].Row != 3 || strings.Contains(rest.Lines[0].Text, "\uFFFD") {
					w.T.Errorf("%s %s: %+v, %v", c, kind, rest, err)
				}
				if want := map[app.Channel]string{app.WeChat: "时间", app.Alipay: "#支付宝"}[c]; !strings.Contains(page.Lines[0].Text, want) {
					w.T.Errorf("%s %s begins with %q", c, kind, page.Lines[0].Text)
				}
				w.handedOut(b)
				if _, err := w.Reconcile.BillPage(w.Ctx, other, b.ID, 0, 2); !app.Is(err, app.NotFound) {
					w.T.Errorf("another merchant sees it: %v", err)
				}
				if _, err := w.Reconcile.Download(w.Ctx, other, b.ID); !app.Is(err, app.NotFound) {
					w.T.Errorf("another merchant gets it: %v", err)
				}
			}
			if _, err := w.Reconcile.Bills(w.Ctx, payments.Scope{MerchantID: w.Scope.MerchantID, Mode: app.Live}, r.ID); !app.Is(err, app.NotFound) {
				w.T.Errorf("the other mode lists it: %v", err)
			}
		}
	})
}

func (w *world) handedOut(b reconcile.Bill) {
	w.T.Helper()
	o, err := w.Reconcile.Download(w.Ctx, w.Scope, b.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	defer o.Close()
	raw, err := io.ReadAll(io.NewSectionReader(o, 0, o.Blob.Size()))
	if err != nil || int64(len(raw)) != b.Size {
		w.T.Errorf("%d bytes of %d, %v", len(raw), b.Size, err)
	}
	var acts int
	w.count(&acts, `SELECT COUNT(*) FROM audit_rows WHERE action = 'reconciliation.download' AND target = ?`, b.ID)
	if acts != 1 {
		w.T.Errorf("%d downloads are recorded", acts)
	}
}

// What was altered in the archive is named by the check of the books, refused
// wherever it is read, and healed when the day is run again.
func TestAlteredOriginalsAreRefusedAndHealed(t *testing.T) {
	w := one(t)
	w.Paid("A-1", channel.WeChatNative)
	w.Tomorrow()
	w.RunDue()
	r := w.ended(app.WeChat)
	b := w.bills(r.ID, channel.BillTrades)[0]
	w.Sound()
	w.alter(b.Key)
	if _, err := w.Reconcile.BillPage(w.Ctx, w.Scope, b.ID, 0, 2); !archive.Altered(err) {
		t.Errorf("shown: %v", err)
	}
	if _, err := w.Reconcile.Download(w.Ctx, w.Scope, b.ID); !archive.Altered(err) {
		t.Errorf("handed out: %v", err)
	}
	if found := w.violations(); len(found) != 1 || found[0].Object != r.ID || !strings.Contains(found[0].Message, "altered") {
		t.Errorf("%+v", found)
	}
	w.Again(r)
	w.Sound()
}

func (w *world) violations() []payments.Violation {
	w.T.Helper()
	var out []payments.Violation
	if err := w.Reconcile.Verify(w.Ctx, func(v payments.Violation) { out = append(out, v) }); err != nil {
		w.T.Fatal(err)
	}
	return out
}

// Books that drift from a bill that was reconciled, and an exception that somebody
// deletes, are found.
func TestTheCheckFindsBooksThatDifferFromTheBill(t *testing.T) {
	w := one(t)
	p := w.Paid("Y-1", channel.WeChatNative)
	w.Plan(app.WeChat, trade.ExtraRow)
	w.Tomorrow()
	w.RunDue()
	w.ended(app.WeChat)
	w.Sound()
	for name, change := range map[string]string{
		"amount":    `UPDATE attempts SET amount = amount + 1 WHERE id = ?`,
		"vanished":  `UPDATE attempts SET status = 'pending', paid_at = 0 WHERE id = ?`,
		"exception": `DELETE FROM exceptions WHERE id <> ?`,
		"sums":      `UPDATE reconcile_runs SET result = '{}' WHERE id <> ?`,
	} {
		if _, err := w.DB.Exec(w.Ctx, change, p.PaidAttemptID); err != nil {
			t.Fatal(err)
		}
		found := w.violations()
		if len(found) == 0 || found[0].Invariant != "I10" {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// So many differences are one mistake: nothing is filed, and nobody is asked.
func TestTooManyDifferencesFailTheDay(t *testing.T) {
	w := one(t)
	for n := range 3 {
		w.Paid(no("T-%d", n), channel.WeChatNative)
	}
	w.Plan(app.WeChat, trade.WrongAmount, func(p *trade.BillPlan) { p.Count = 3 })
	w.Tomorrow()
	strict := w.Server(func(c *reconcile.Config) { c.MaxDifferences = 2 })
	if _, err := strict.RunDue(w.Ctx); err != nil {
		t.Fatal(err)
	}
	r := w.Run(app.WeChat, today)
	if r.Status != reconcile.StatusFailed || r.Problem.Code != reconcile.ProblemTooMany || r.Problem.Detail != "3" || r.NextAt != 0 || w.types(app.WeChat) != "" {
		t.Errorf("%s %+v %s", r.Status, r.Problem, w.types(app.WeChat))
	}
	if b, err := w.Reconcile.Behind(w.Ctx); err != nil || b[app.Test].Failed != 1 || b[app.Test].Lag <= 0 {
		t.Errorf("%+v, %v", b, err)
	}
	if list, err := w.Reconcile.Unsettled(w.Ctx); err != nil || len(list) != 2 || !slices.ContainsFunc(list, func(x reconcile.Run) bool { return x.ID == r.ID }) {
		t.Errorf("%+v, %v", list, err)
	}
	if r := w.Again(r); r.Status != reconcile.StatusDone || r.Result.Exceptions != 3 {
		t.Errorf("%s %+v", r.Status, r.Result)
	}
}

// Without a funds bill that the merchant may see, the trades are compared all the
// same; a channel that is away is asked again.
func TestWhatTheChannelRefusesAndWhenItIsAway(t *testing.T) {
	w := one(t)
	w.Paid("U-1", channel.WeChatNative)
	w.Tomorrow()
	w.Wire.Set(func(x *paymentstest.Wire) { x.Fail = func(*http.Request) error { return io.ErrUnexpectedEOF } })
	w.RunDue()
	r := w.Run(app.WeChat, today)
	if r.Status != reconcile.StatusFailed || r.Problem.Code != reconcile.ProblemUnavailable || r.NextAt == 0 {
		t.Errorf("%s %+v", r.Status, r.Problem)
	}
	w.Wire.Set(func(x *paymentstest.Wire) {
		x.Fail = nil
		x.Forge = func(q *http.Request) *http.Response {
			if paymentstest.Operation(q) != "fundflowbill" {
				return nil
			}
			return w.AnswerWeChat(q, w.WeChat, http.StatusForbidden, `{"code":"NO_AUTH","message":"商户未开通此功能"}`)
		}
	})
	w.makeDue()
	w.RunDue()
	if r := w.ended(app.WeChat); r.Result.Matched != 1 || r.Result.HasBalance || !strings.Contains(r.Result.FundsMissing, "NO_AUTH") || w.types(app.WeChat) != "" {
		t.Errorf("%+v %s", r.Result, w.types(app.WeChat))
	}
	w.LoseKeys(true)
	r = w.Again(w.ended(app.WeChat))
	if r.Status != reconcile.StatusFailed || r.Problem.Code != reconcile.ProblemNoAccount || !strings.Contains(r.Problem.Detail, "KEYS_LOST") {
		t.Errorf("%s %+v", r.Status, r.Problem)
	}
	if r.Result.Matched != 1 {
		t.Errorf("the result is gone: %+v", r.Result)
	}
}

// An account that was switched off has bills of yesterday; one whose keys never
// worked has none.
func TestWhoseBillsAreFetched(t *testing.T) {
	w := one(t)
	w.Paid("W-1", channel.WeChatNative)
	if _, err := w.Merchants.DisableAccount(w.Ctx, w.WeChat.MerchantID, w.WeChat.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.Exec(w.Ctx, `UPDATE accounts SET enabled = 0, probed_version = 0 WHERE id = ?`, w.Alipay.ID); err != nil {
		t.Fatal(err)
	}
	w.Tomorrow()
	w.RunDue()
	w.ended(app.WeChat)
	list, err := w.Reconcile.RunsBetween(w.Ctx, w.Scope, today.Add(-3), today.Add(3))
	if err != nil || len(list) != 1 || list[0].Channel != app.WeChat {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := w.Reconcile.RunsBetween(w.Ctx, w.Scope, today.Add(-100), today); !app.Is(err, app.Invalid) {
		t.Errorf("a hundred days: %v", err)
	}
}

// A closed month is left as it is, whoever wants to run its days.
func TestADayOfAClosedMonthIsNotRunAgain(t *testing.T) {
	each(t, func(w *world) {
		w.Paid("Z-1", channel.WeChatNative)
		w.Tomorrow()
		w.RunDue()
		r := w.ended(app.WeChat)
		w.close(today.Month())
		w.Plan(app.WeChat, trade.WrongAmount)
		w.WeChat = w.Account(app.WeChat) // whose number is as old as the month
		w.since(0)
		for name, err := range map[string]error{
			"request": second(w.Reconcile.Request(w.Ctx, w.Scope, r.ID)), "execute": second(w.Reconcile.Execute(w.Ctx, w.Scope, r.ID)),
			"run": second(w.Reconcile.RunNow(w.Ctx, w.Scope, today)),
		} {
			if !app.Is(err, app.Conflict) || !strings.Contains(err.Error(), "closed") {
				w.T.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.DB.Exec(w.Ctx, `UPDATE reconcile_runs SET next_at = 1 WHERE id = ?`, r.ID); err != nil {
			w.T.Fatal(err)
		}
		w.RunDue()
		list, err := w.Reconcile.Runs(w.Ctx, w.Scope, today)
		if err != nil || len(list) != 2 {
			w.T.Errorf("%d runs in a month that was closed with two: %v", len(list), err)
		}
		after := w.ended(app.WeChat)
		if after.Status != r.Status || after.Result != r.Result || after.NextAt != 0 || w.types(app.WeChat) != "" {
			w.T.Errorf("%+v %s", after, w.types(app.WeChat))
		}
		if kept := w.bills(r.ID, channel.BillTrades); len(kept) != 1 || !kept[0].Current {
			w.T.Errorf("its original is no longer the one that was compared: %+v", kept)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// close closes a month, as a second person's approval does.
func (w *world) close(month string) {
	w.T.Helper()
	if _, err := w.Statements.Period(w.Ctx, w.Scope, month); err != nil {
		w.T.Fatal(err)
	}
	n, err := w.DB.Exec(w.Ctx, `UPDATE periods SET status = 'locked' WHERE merchant_id = ? AND mode = ? AND month = ?`, w.Scope.MerchantID, w.Scope.Mode, month)
	if err != nil || n != 1 {
		w.T.Fatalf("close %s: %d, %v", month, n, err)
	}
}
