package console_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/approvals"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	listfiles "github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
	"github.com/piaohao/piaohao/app/webhooks"
)

func grantIn(r access.Role, merchant string) admin.Grant {
	return admin.Grant{Role: r, Domain: merchant}
}

// belongings gives the shop a key, an endpoint and a delivery, and returns their
// ids by the name they have in routes.
func (h *house) belongings(t *testing.T) map[string]string {
	t.Helper()
	k, _, err := h.shop.Merchants.CreateKey(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, merchants.KeyInput{Name: "Shop key"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.webhooks.Create(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, webhooks.Input{URL: h.shop.Base + "/sandbox/inbox/shop"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.webhooks.SendTest(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, e.Endpoint.ID)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{":key": k.ID, ":endpoint": e.Endpoint.ID, ":delivery": d.ID, ":case": h.contradiction("CASE-1").ID}
	run := h.reconciled("BILL-1")
	bills, err := h.world.Reconcile.Bills(h.system, h.shop.Scope, run.ID)
	if err != nil || len(bills) == 0 {
		t.Fatalf("bills %v, %v", bills, err)
	}
	ids[":run"], ids[":bill"] = run.ID, bills[0].ID
	day, err := h.world.Statements.Day(h.system, h.shop.Scope, run.Day)
	if err != nil || len(day.Rows) == 0 || len(day.Rows[0].Statements) == 0 {
		t.Fatalf("day %+v, %v", day, err)
	}
	ids[":statement"] = day.Rows[0].Statements[0].ID
	packed, err := h.world.Statements.AskMonth(h.system, h.shop.Scope, run.Day.Month(), "en", approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "owner@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.world.Statements.ExportDue(h.system); err != nil {
		t.Fatal(err)
	}
	ids[":export"] = packed.ID
	ids[":exception"], ids[":batch"] = h.differs()
	ids[":draft"] = h.begun()
	ids[":file"], ids[":sheet"] = h.exported(listfiles.Payments).ID, h.exported(listfiles.Refunds).ID
	ids[":log"] = h.exported(trails.Kind).ID
	ids[":role"] = h.ownRole("Shop's own", access.Right{Object: access.Payments, Action: access.Read}).ID
	i, _, err := h.admin.Invite(h.system, h.shop.Scope.MerchantID, "invited@example.com", access.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	ids[":invitation"] = i.ID
	return ids
}

// begun is an account of which no more is known than a key that was made for it.
func (h *house) begun() string {
	h.Helper()
	driver := h.config.Inspectors[app.Alipay]
	d, err := h.shop.Merchants.StartDraft(h.system, merchants.NewDraft{
		MerchantID: h.shop.Scope.MerchantID, Mode: h.shop.Scope.Mode, Channel: app.Alipay, OwnerID: "usr_1", OwnerName: "Owner", Name: "Begun",
	})
	if err != nil {
		h.Fatal(err)
	}
	pair, err := driver.(channel.KeyMaker).MakeKey()
	if err != nil {
		h.Fatal(err)
	}
	raw, err := json.Marshal(map[string]string{pair.Field: pair.Private})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.shop.Merchants.SaveDraftKey(h.system, d, merchants.DraftContent{Credentials: raw}, driver); err != nil {
		h.Fatal(err)
	}
	return d.ID
}

// modeless are the belongings that exist in both modes.
var modeless = []string{":role", ":invitation", ":user"}

// noObjects are the parameters of a merchant's routes that name no object of it.
var noObjects = []string{":merchant", ":mode", ":channel"}

// everyIDIsSampled fails for a parameter of a merchant's route of which no test
// has an example: its swap for another merchant's would go untried.
func everyIDIsSampled(t *testing.T, ids map[string]string) {
	t.Helper()
	for _, route := range console.Table() {
		if route.Place != console.InMerchant {
			continue
		}
		for _, param := range regexp.MustCompile(`:\w+`).FindAllString(route.Path, -1) {
			if ids[param] == "" && !slices.Contains(noObjects, param) {
				t.Errorf("%s %s: no test has an example of %s; give the shop one in belongings", route.Method, route.Path, param)
			}
		}
	}
}

// differs files an exception, and uploads the spreadsheet that it stands in.
func (h *house) differs() (exception, batch string) {
	h.Helper()
	exception = h.found(h.short("att_01J0000000000000000000000A", 100))[0].ID
	var sheet bytes.Buffer
	if _, err := h.world.Exceptions.Export(h.system, h.shop.Scope, exceptions.Filter{}, "en", &sheet); err != nil {
		h.Fatal(err)
	}
	b, err := h.world.Exceptions.Upload(h.system, h.shop.Scope, exceptions.Upload{
		Name: "exceptions.xlsx", Bytes: sheet.Bytes(), By: approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "owner@example.com"},
	})
	if err != nil {
		h.Fatal(err)
	}
	return exception, b.ID
}

// reconciled pays an order by WeChat and compares today's books with the bills.
func (h *house) reconciled(orderNo string) reconcile.Run {
	h.Helper()
	paid(h, orderNo)
	if _, err := h.world.Reconcile.RunNow(h.system, h.shop.Scope, reconciletest.Today()); err != nil {
		h.Fatal(err)
	}
	for h.world.RunDue() > 0 {
	}
	return h.world.Run(app.WeChat, reconciletest.Today())
}
