package console_test

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// found files findings of yesterday for the shop's WeChat account, and returns
// their exceptions, the newest first.
func (h *house) found(findings ...exceptions.Finding) []exceptions.Exception {
	h.Helper()
	run := exceptions.RunRef{
		ID: "run_1", MerchantID: h.shop.Scope.MerchantID, Mode: app.Test, IdentityID: "sid_1", Channel: app.WeChat, Identity: h.shop.WeChat.Identity,
		Day: app.DayOf(h.clock.Now()).Add(-1),
	}
	err := h.shop.DB.InTx(h.system, func(tx *db.Tx) error {
		_, _, err := h.config.Exceptions.File(h.system, tx, run, findings)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	page, err := h.config.Exceptions.List(h.system, h.shop.Scope, exceptions.Filter{})
	if err != nil {
		h.Fatal(err)
	}
	return page.Exceptions
}

// short is a payment of ours that no bill has.
func (h *house) short(number string, amount app.Money) exceptions.Finding {
	return exceptions.Finding{
		Key: "payment:" + number, Type: exceptions.MissingAtChannel, Kind: channel.LinePayment, AccountID: h.shop.WeChat.ID, Number: number,
		Ours: amount, Difference: amount,
		Evidence: exceptions.Evidence{Record: &match.Record{Kind: channel.LinePayment, AttemptID: number, Number: number, Amount: amount, State: match.Moved}},
	}
}

// over is money that came in for a paid payment beyond its amount.
func (h *house) over(p payments.Payment, more app.Money) exceptions.Finding {
	return exceptions.Finding{
		Key: "payment:" + p.PaidAttemptID, Type: exceptions.AmountDiffers, Kind: channel.LinePayment, AccountID: p.AccountID, Number: p.PaidAttemptID,
		ChannelNo: p.ChannelTradeNo, PaymentID: p.ID, Ours: p.Amount, Channel: p.Amount + more, Difference: -more,
		Evidence: exceptions.Evidence{
			Line:   &match.Line{Row: 12, Kind: channel.LinePayment, Number: p.PaidAttemptID, ChannelTradeNo: p.ChannelTradeNo, RawState: "SUCCESS", Amount: p.Amount + more, Fee: 8000, Rate: 6000, HasRate: true},
			Record: &match.Record{Kind: channel.LinePayment, AttemptID: p.PaidAttemptID, Number: p.PaidAttemptID, Amount: p.Amount, State: match.Moved},
		},
	}
}

func TestFinanceWorksAnExceptionToItsEndInTheBrowser(t *testing.T) {
	onEngines(t, func(h *house) {
		p := h.shop.Paid("EX-1", channel.WeChatNative)
		e := h.found(h.over(p, 34))[0]
		maker, checker := h.as(access.Finance).english(), h.as(access.Owner).english()
		home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
		maker.wants(maker.get(home), http.StatusOK, "1 exception is open", "The oldest is of "+string(e.Day)+".")
		maker.wants(maker.get(h.path("/exceptions")), http.StatusOK, "Amount differs", "EX-1", `data-whole="`+e.ID+`"`, "-¥0.34", "0 days", "Nobody")
		page := h.path("/exceptions/" + e.ID)
		maker.wants(maker.get(page), http.StatusOK, "¥12.34", "¥12.68", "Row 12 of the file", "0.60%",
			"¥0.34 goes back to the payer of order EX-1", "counts ¥0.34 more on our side")

		maker.wants(maker.send(page+"/comment", "note", " "), http.StatusUnprocessableEntity, `id="error-note"`)
		maker.wants(maker.send(page+"/comment", "note", "asked the channel"), http.StatusSeeOther)
		maker.wants(maker.send(page+"/assign", "owner", "usr_01J0000000000000000000000A"), http.StatusUnprocessableEntity, `id="error-owner"`)
		maker.wants(maker.send(page+"/assign", "owner", h.userID("finance@example.com")), http.StatusSeeOther)
		maker.wants(maker.send(page+"/propose", "why", "x"), http.StatusUnprocessableEntity, "Choose how it should end")
		maker.wants(maker.send(page+"/propose", "resolution", "refund", "amount", "1.00", "why", "x"), http.StatusUnprocessableEntity, `id="error-resolution-amount"`)
		maker.wants(maker.send(page+"/propose", "resolution", "refund", "amount", "a", "why", "x"), http.StatusUnprocessableEntity, "Write the amount in yuan")
		maker.wants(maker.send(page+"/propose", "resolution", "refund", "version", "1", "why", "x"), http.StatusUnprocessableEntity, "It changed while you looked at it")
		maker.wants(maker.send(page+"/propose", "resolution", "refund", "why", "paid twice"), http.StatusSeeOther)
		r := maker.get(page)
		maker.wants(r, http.StatusOK, "finance@example.com proposes: Refund the surplus", "Proposed: Refund the surplus", "asked the channel", "Commented")
		if strings.Contains(r.body, "/propose") {
			h.Error("a second proposal is offered")
		}

		link := approvalLink.FindStringSubmatch(r.body)
		maker.wants(maker.send(link[1]+"/decide", "decision", "approve"), http.StatusForbidden)
		checker.wants(checker.get(link[1]), http.StatusOK, "Amount differs → Refund the surplus", "paid twice", "-¥0.34", page, "takes effect at once")
		checker.wants(checker.send(link[1]+"/decide", "decision", "approve"), http.StatusSeeOther)
		maker.wants(maker.get(page), http.StatusOK, "Resolved", "Took effect: Refund the surplus", "Refund")
		h.shop.RefundDue()
		list := h.shop.RefundsOf(p.ID)
		if len(list) != 1 || list[0].Amount != 34 {
			h.Fatalf("refunded %+v", list)
		}
		h.shop.WaitRefund(list[0].ID, payments.RefundSucceeded)
		maker.wants(maker.get(h.path("/exceptions")), http.StatusOK, "Everything is explained")
		maker.wants(maker.get(h.path("/exceptions?status=all")), http.StatusOK, "EX-1")
		maker.wants(maker.get(h.path("/exceptions?q=EX-1")), http.StatusOK, "Resolved")
		maker.wants(maker.get(h.path("/exceptions?type=fee&status=all")), http.StatusOK, "Nothing matches")
	})
}

func TestOnlyFinanceSeesExceptions(t *testing.T) {
	h := open(t)
	e := h.found(h.short("att_1", 100))[0]
	for _, role := range []access.Role{access.Developer, access.Viewer} {
		b := h.as(role)
		for _, path := range []string{"/exceptions", "/exceptions/" + e.ID, "/exceptions/export", "/exceptions/import"} {
			b.wants(b.get(h.path(path)), http.StatusForbidden)
		}
	}
}

func TestExceptionsAreAssignedTogether(t *testing.T) {
	h := open(t)
	list := h.found(h.short("att_1", 100), h.short("att_2", 200))
	b := h.as(access.Finance).english()
	filtered := "?status=open&type=missing_at_channel"
	assign := h.path("/exceptions/assign" + filtered)
	b.wants(b.get(h.path("/exceptions"+filtered)), http.StatusOK, `action="`+html.EscapeString(assign)+`"`)
	b.wants(b.send(assign, "owner", "nobody"), http.StatusUnprocessableEntity, "Choose 1 to 100 exceptions", `action="`+html.EscapeString(assign)+`"`)
	r := b.send(assign, "id", list[0].ID, "id", list[1].ID, "owner", h.userID("finance@example.com"))
	b.wants(r, http.StatusSeeOther)
	if r.location() != h.path("/exceptions"+filtered) {
		t.Errorf("the filter is lost: %s", r.location())
	}
	b.wants(b.get(r.location()), http.StatusOK, "2 assigned")
	b.wants(b.get(h.path("/exceptions?owner="+h.userID("finance@example.com"))), http.StatusOK, "att_1", "att_2")
}

func TestASpreadsheetGoesRoundThroughTheBrowser(t *testing.T) {
	h := open(t)
	h.found(h.short("att_1", 100), h.short("att_2", 200))
	maker, checker := h.as(access.Finance).english(), h.as(access.Owner).english()
	maker.wants(maker.get(h.path("/exceptions")), http.StatusOK, "/exceptions/export", "/exceptions/import")
	r := maker.get(h.path("/exceptions/export?status=open"))
	if r.status != http.StatusOK || !strings.Contains(r.header.Get("Content-Disposition"), "exceptions-test-") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	f, err := excelize.OpenReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for at, v := range map[string]any{"O2": "We are right", "R2": "the channel will enter it", "O3": "Nonsense"} {
		if err := f.SetCellValue("Exceptions", at, v); err != nil {
			t.Fatal(err)
		}
	}
	var filled bytes.Buffer
	if err := f.Write(&filled); err != nil {
		t.Fatal(err)
	}
	maker.wants(maker.uploadSheet(h.path("/exceptions/import"), "x.xlsx", []byte("no spreadsheet")), http.StatusUnprocessableEntity, "not a spreadsheet")
	maker.wants(maker.uploadSheet(h.path("/exceptions/import"), "", nil), http.StatusUnprocessableEntity, "Choose a file")
	r = maker.uploadSheet(h.path("/exceptions/import"), "worked.xlsx", filled.Bytes())
	maker.wants(r, http.StatusSeeOther)
	batch := r.location()
	maker.wants(maker.get(batch), http.StatusOK, "worked.xlsx", "Will change", "O3: “Nonsense” is no resolution", "Apply 1 change")
	maker.wants(maker.send(batch+"/apply"), http.StatusSeeOther)
	maker.wants(maker.send(batch+"/apply"), http.StatusUnprocessableEntity, "has been applied")
	r = maker.get(batch)
	maker.wants(r, http.StatusOK, "Awaits approval")
	link := approvalLink.FindStringSubmatch(r.body)[1]
	checker.wants(checker.get(link), http.StatusOK, "1 exception from worked.xlsx", batch)
	checker.wants(checker.send(link+"/decide", "decision", "approve"), http.StatusSeeOther)
	maker.wants(maker.get(batch), http.StatusOK, "Resolved", "Done. Each row")
	maker.wants(maker.get(h.path("/exceptions/import")), http.StatusOK, "worked.xlsx", "Applied")
}

// uploadSheet sends a file as the form of a page does; without a name, none.
func (b *browser) uploadSheet(path, name string, content []byte) reply {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("_csrf", b.csrf)
	if err == nil && name != "" {
		var part io.Writer
		if part, err = form.CreateFormFile("file", name); err == nil {
			_, err = part.Write(content)
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return b.do(http.MethodPost, path, &body, form.FormDataContentType())
}
