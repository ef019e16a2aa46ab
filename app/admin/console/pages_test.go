package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/webhooks"
	routes "github.com/piaohao/piaohao/web/templates"
)

var (
	missingWords = regexp.MustCompile(`⟦[^⟧]*⟧|&lt;no value&gt;`)
	inline       = regexp.MustCompile(`(?i)<[^>]+\s(style|on\w+)\s*=|<script(?:\s[^>]*)?>[^<]`)
)

func TestEveryPageRendersInBothLanguages(t *testing.T) {
	h := open(t)
	h.deliver()
	ids := h.belongings(t)
	ids[":payment"], ids[":account"], ids[":channel"] = paid(h, "PAGE-1"), h.shop.WeChat.ID, "wechat"
	ids[":refund"], ids[":approval"] = h.awaitingRefund(ids[":payment"])
	root := h.user("root@example.com", h.inShop(access.Owner), grantPlatform(access.PlatformAdmin))
	ids[":user"] = root.ID
	_, ids[":token"], _ = h.admin.Invite(h.system, h.shop.Scope.MerchantID, "guest@example.com", access.Viewer)
	in := applications.Input{Company: "Tea House", Contact: "The contact", Email: "tea@example.com", Note: "Tea"}
	waiting, _, _ := h.config.Applications.Submit(h.system, in, false)
	ids[":application"] = waiting.ID
	_, ids[":proof"], _ = h.config.Applications.Submit(h.system, in, true)
	provider, _ := h.shop.Provider(app.WeChat)
	ids[":provider"], ids[":job"], ids[":copy"] = provider.ID, "audit.verify", h.exportedBy(exports.Scope{MerchantID: audit.Platform, Mode: app.Live}, trails.Kind).ID
	address := func(route console.Route) string {
		path := replaceAll(route.Path, ids)
		path = strings.NewReplacer(":merchant", h.shop.Scope.MerchantID, ":mode", "test").Replace(path)
		path = regexp.MustCompile(`:\w+`).ReplaceAllString(path, h.shop.Scope.MerchantID) // the platform's merchants
		if route.Place == console.InQuery || route.Place == console.Start {
			path += "?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
		}
		return path
	}
	b := h.browser().signIn("root@example.com")
	for _, lang := range []string{"zh-CN", "en"} {
		if r := b.send("/console/preferences", "language", lang); r.status != http.StatusSeeOther {
			t.Fatalf("switch to %s: %d", lang, r.status)
		}
		for _, route := range console.Table() {
			if route.Method != http.MethodGet || route.Path == "/console/sign-in" || route.Place == console.Joining ||
				strings.Contains(route.Path, ":idp") || route.Path == routes.Switch { // these lead elsewhere
				continue
			}
			path := address(route)
			r := b.get(path)
			if isFile(route) {
				if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment; filename=") {
					t.Errorf("GET %s: %d %v", path, r.status, r.header)
				}
				continue
			}
			if r.status != http.StatusOK || !strings.Contains(r.body, `<html lang="`+lang+`"`) {
				t.Errorf("%s GET %s: %d", lang, path, r.status)
			}
			if found := missingWords.FindAllString(r.body, -1); found != nil {
				t.Errorf("%s GET %s has no words for %v", lang, path, found)
			}
			if found := inline.FindString(r.body); found != "" {
				t.Errorf("%s GET %s breaks the policy: %s", lang, path, found)
			}
		}
	}
	for _, role := range []access.Role{access.PlatformOperator, access.PlatformAuditor} {
		h.offersOnlyWhatIsAllowed(role, address)
	}
}

// isFile reports whether a route hands out a file.
func isFile(route console.Route) bool {
	return strings.HasSuffix(route.Path, "/file") || strings.HasSuffix(route.Path, "/exceptions/export") || strings.Contains(route.Path, "/files/")
}

func TestPaymentFiltersStandInTheAddress(t *testing.T) {
	h := open(t)
	first, second := paid(h, "FILTER-1"), paid(h, "FILTER-2")
	b := h.as(access.Finance)
	b.send("/console/preferences", "language", "en")
	for query, want := range map[string][]string{
		"":                               {"FILTER-1", "FILTER-2"},
		"?status=succeeded":              {"FILTER-1", "FILTER-2"},
		"?status=closed":                 nil,
		"?channel=alipay":                nil,
		"?method=wechat_native":          {"FILTER-1", "FILTER-2"},
		"?min=12.34&max=12.34":           {"FILTER-1", "FILTER-2"},
		"?min=12.35":                     nil,
		"?from=2001-01-01&to=2001-01-31": nil,
		"?q=FILTER-2":                    {"FILTER-2"},
		"?q=" + first:                    {"FILTER-1"},
		"?cursor=" + second:              {"FILTER-1"},
	} {
		r := b.get(h.path("/payments" + query))
		b.wants(r, http.StatusOK)
		for _, order := range []string{"FILTER-1", "FILTER-2"} {
			shown := strings.Contains(r.body, `title="`+order+`"`)
			wanted := strings.Contains(strings.Join(want, " "), order)
			if shown != wanted {
				t.Errorf("%q: %s shown %v, want %v", query, order, shown, wanted)
			}
		}
	}
	b.wants(b.get(h.path("/payments?from=yesterday")), http.StatusOK, "Write dates as")
	b.wants(b.get(h.path("/payments?min=a+lot")), http.StatusOK, "Write amounts in yuan")
	b.wants(b.get(h.path("/payments?from=2001-01-01&to=2011-01-31")), http.StatusOK, "at most 92 days")
	b.wants(b.get(h.path("/payments?status='+OR+1=1&cursor=x&account=%00")), http.StatusOK, "FILTER-1")
}

func TestAnyNumberLeadsToThePayment(t *testing.T) {
	h := open(t)
	id := paid(h, "SEARCH-1")
	p := h.shop.Get(id)
	b := h.as(access.Viewer)
	find := func(number string) reply {
		return b.get("/console/search?merchant=" + h.shop.Scope.MerchantID + "&mode=test&q=" + number)
	}
	for _, number := range []string{id, "SEARCH-1", p.PaidAttemptID, p.ChannelTradeNo, "%20" + p.ChannelTradeNo + "%20"} {
		if r := find(number); r.status != http.StatusSeeOther || r.location() != h.path("/payments/"+id) {
			t.Errorf("%q leads to %d %q", number, r.status, r.location())
		}
	}
	for _, number := range []string{"SEARCH", "nothing", "茶", "%FF", "'--", strings.Repeat("9", 600), ""} {
		b.wants(find(number), http.StatusOK)
	}
	if _, err := h.webhooks.Create(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, webhooks.Input{URL: h.shop.Base + "/sandbox/inbox/search"}); err != nil {
		t.Fatal(err)
	}
	of, err := h.config.Events.ByObject(h.system, h.shop.Scope.MerchantID, id)
	if err != nil || len(of) == 0 {
		t.Fatalf("events %v, %v", of, err)
	}
	endpoints, err := h.webhooks.Endpoints(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, "", 10)
	if err != nil || len(endpoints) == 0 {
		t.Fatalf("endpoints %v, %v", endpoints, err)
	}
	for number, page := range map[string]string{of[0].ID: "/payments/" + id, h.shop.WeChat.ID: "/accounts/" + h.shop.WeChat.ID} {
		if r := find(number); r.status != http.StatusSeeOther || r.location() != h.path(page) {
			t.Errorf("%q leads to %d %q", number, r.status, r.location())
		}
	}
	for _, number := range []string{endpoints[0].ID, "evt_00000000000000000000000000", "acct_茶"} { // not for a viewer; not there
		b.wants(find(number), http.StatusOK)
	}
	live := b.get("/console/search?merchant=" + h.shop.Scope.MerchantID + "&mode=live&q=" + id)
	b.wants(live, http.StatusOK)
}

func TestAScriptInASubjectStaysText(t *testing.T) {
	h := open(t)
	in := order("XSS-1")
	in.Subject = `<script>alert(1)</script>"'>`
	v := h.shop.Create(in)
	b := h.as(access.Owner)
	for _, path := range []string{h.path("/payments"), h.path("/payments/" + v.ID), "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"} {
		r := b.get(path)
		b.wants(r, http.StatusOK, "&lt;script&gt;alert(1)")
		if strings.Contains(r.body, "<script>alert") {
			t.Errorf("%s runs the subject", path)
		}
	}
	r := b.get(h.path(`/payments?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E`))
	if strings.Contains(r.body, "<script>alert") {
		t.Error("the search box runs what was searched")
	}
}
