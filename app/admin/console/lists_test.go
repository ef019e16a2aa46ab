package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/views"
	"github.com/piaohao/piaohao/web/templates/components"
)

func TestSavedViewsAreTheListsOwnFilters(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, clock)
		paid(h, "VIEW-1")
		owner, finance := h.as(access.Owner).english(), h.as(access.Finance).english()
		at := h.path("/payments/views")
		if r := owner.get(h.path("/payments")); strings.Contains(r.body, ">Save view<") {
			h.Error("a list without filters is offered as a view")
		}
		owner.wants(owner.get(h.path("/payments?status=failed&period=yesterday")), http.StatusOK, ">Save view<", `name="status" value="failed"`)
		saved := owner.send(at, "view_name", " Failed  yesterday ", "status", "failed", "period", "yesterday", "nonsense", "x", "method", "gold")
		if saved.status != http.StatusSeeOther || saved.location() != h.path("/payments?period=yesterday&status=failed") {
			h.Fatalf("%d to %q", saved.status, saved.location())
		}
		list := owner.get(saved.location())
		owner.wants(list, http.StatusOK, "Failed yesterday", `aria-current="page"`, "View saved.")
		if strings.Contains(list.body, ">Save view<") {
			h.Error("a view can be saved twice")
		}
		owner.wants(owner.send(at, "view_name", "Failed yesterday", "status", "closed"), http.StatusUnprocessableEntity, "Another view has this name", `value="Failed yesterday"`)
		owner.wants(owner.send(at, "view_name", "  ", "status", "closed"), http.StatusUnprocessableEntity, "1 to 40 characters")
		owner.wants(owner.send(at, "view_name", "Nothing"), http.StatusUnprocessableEntity, "there is nothing to save")
		finance.wants(finance.send(at, "view_name", "Mine", "status", "failed", "shared", "1"), http.StatusForbidden)

		// From where views are managed, the way back is to the list as it was.
		looked := html.EscapeString("?channel=wechat&status=closed")
		owner.wants(owner.get(h.path("/payments?status=closed&channel=wechat")), http.StatusOK, `href="`+at+looked+`"`)
		id := viewID(owner.get(at).body)
		managed := owner.get(at + html.UnescapeString(looked))
		owner.wants(managed, http.StatusOK, `href="`+h.path("/payments")+looked+`"`, at+"/"+id+"/change"+looked, at+"/"+id+"/delete"+looked)
		kept := owner.send(at+"/"+id+"/change"+html.UnescapeString(looked), "view_name", "Failed yesterday")
		if kept.status != http.StatusSeeOther || kept.location() != at+html.UnescapeString(looked) {
			h.Errorf("renaming leads to %d %s", kept.status, kept.location())
		}

		// A view of one's own is nobody else's; a shared one is everybody's.
		if strings.Contains(finance.get(h.path("/payments")).body, "Failed yesterday") {
			h.Error("another's view is seen")
		}
		for _, do := range []string{"/change", "/delete"} {
			finance.wants(finance.send(at+"/"+id+do, "view_name", "Stolen"), http.StatusNotFound)
			owner.wants(owner.send(h.path("/refunds/views/"+id+do), "view_name", "Elsewhere"), http.StatusNotFound)
			owner.wants(owner.send(strings.Replace(at+"/"+id+do, "/test/", "/live/", 1), "view_name", "Elsewhere"), http.StatusNotFound)
		}
		owner.wants(owner.send(at+"/"+id+"/change", "view_name", ""), http.StatusUnprocessableEntity, "1 to 40 characters")
		owner.wants(owner.send(at+"/"+id+"/change", "view_name", "Failed <b>", "shared", "1"), http.StatusSeeOther)
		finance.wants(finance.get(h.path("/payments")), http.StatusOK, "Failed &lt;b&gt;", "Shared")
		finance.wants(finance.get(at), http.StatusOK, "Failed &lt;b&gt;")
		finance.wants(finance.send(at+"/"+id+"/delete"), http.StatusNotFound)

		// An owner may take away what a member has shared, and nobody keeps too many.
		owner.wants(owner.send(at+"/"+id+"/delete"), http.StatusSeeOther)
		owner.wants(owner.get(at), http.StatusOK, "No saved views")
		for i := range 20 {
			finance.wants(finance.send(at, "view_name", "V"+strings.Repeat("i", i+1), "min", strings.Repeat("1", i+1)), http.StatusSeeOther)
		}
		finance.wants(finance.send(at, "view_name", "One more", "status", "failed"), http.StatusUnprocessableEntity, "20 views already")
	}, dbtest.WithClock(clock))
}

func viewID(body string) string {
	_, rest, _ := strings.Cut(body, "/views/viw_")
	id, _, _ := strings.Cut(rest, "/")
	return "viw_" + id
}

func TestTheDaysOfAListAreAlwaysShown(t *testing.T) {
	h := open(t)
	paid(h, "DAYS-1")
	b := h.as(access.Viewer).english()
	b.wants(b.get(h.path("/payments")), http.StatusOK, "Last 30 days", "period=yesterday")
	b.wants(b.get(h.path("/payments?period=yesterday")), http.StatusOK, "Yesterday", "Nothing matches these filters", `name="period" value="yesterday"`)
	b.wants(b.get(h.path("/payments?period=90d&sort=oldest")), http.StatusOK, "Last 90 days", `aria-sort="ascending"`, "DAYS-1", `name="sort" value="oldest"`)
	b.wants(b.get(h.path("/payments?from=2001-01-01&to=2001-01-31&period=today")), http.StatusOK, "2001-01-01 – 2001-01-31", "Clear filters")
	b.wants(b.get(h.path("/refunds?status=abnormal")), http.StatusOK)
	// A number is found whatever the days say, and no other filter is pretended.
	found := b.get(h.path("/payments?q=" + url.QueryEscape("\u00a0'DAYS-1\"\t") + "&status=failed&period=yesterday"))
	b.wants(found, http.StatusOK, `title="DAYS-1"`)
	if strings.Contains(found.body, `value="failed" selected`) || strings.Contains(found.body, "Yesterday") {
		t.Error("filters are shown that do not count")
	}
}

func TestOldestFirstPagesForward(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("LINE-1", channel.AlipayQR)
	for range 27 {
		h.shop.Clock.Advance(time.Millisecond)
		h.shop.Refund(p.ID, paymentstest.RefundInput(app.NewID("R", time.Now()), 1))
	}
	b := h.as(access.Viewer).english()
	path, seen := h.path("/refunds?sort=oldest&payment=LINE-1&by="), 0
	for range 3 {
		r := b.get(path)
		b.wants(r, http.StatusOK)
		seen += strings.Count(r.body, `<td class="p11 clip"`)
		next := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"`).FindStringSubmatch(r.body)
		if next == nil {
			break
		}
		b.wants(r, http.StatusOK, "Newer")
		path = strings.ReplaceAll(next[1], "&amp;", "&")
	}
	if seen != 27 {
		t.Errorf("%d refunds on all pages", seen)
	}
}

// viewed keeps a shared view of the shop's payments and returns its id.
func (h *house) viewed() string {
	h.Helper()
	v, err := h.config.Views.Save(h.system, views.Place{MerchantID: h.shop.Scope.MerchantID, Mode: h.shop.Scope.Mode, List: "payments", UserID: "usr_1"}, "Theirs", "status=failed", true)
	if err != nil {
		h.Fatal(err)
	}
	return v.ID
}

// TestTheTotalsOfALargeListAreTheFigures: what is too much to add up on the spot is
// known whole, except where the figures cannot tell it apart.
func TestTheTotalsOfALargeListAreTheFigures(t *testing.T) {
	h := open(t)
	const n = 21_500
	var sum, large app.Money
	count := 0
	begin := h.clock.Now().Add(-n * time.Minute)
	err := paymentstest.Fill(t.Context(), h.shop.DB, h.shop.Scope, begin, time.Minute, n, func(p payments.Payment) {
		if p.Status == payments.StatusSucceeded {
			sum += p.Amount
		}
		if p.Amount >= 20_000 {
			count++
			if p.Status == payments.StatusSucceeded {
				large += p.Amount
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.figures.Rebuild(h.system, nil); err != nil {
		t.Fatal(err)
	}
	b := h.as(access.Finance).english()
	b.wants(b.get(h.path("/payments?totals=1")), http.StatusOK, ">21,500<", sum.String())
	b.wants(b.get(h.path("/payments?totals=1&min=200")), http.StatusOK, components.Count(int64(count)), large.String())
	if r := b.get(h.path("/payments?totals=1")); strings.Contains(r.body, "At least") {
		t.Error("the totals are capped although the figures know them")
	}
}
