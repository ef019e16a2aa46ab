package console_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	routes "github.com/piaohao/piaohao/web/templates"
)

// counted has everything counted that happened in the shop.
func (h *house) counted() {
	h.Helper()
	if err := h.figures.Build(h.system, nil); err != nil {
		h.Fatal(err)
	}
	if _, err := h.shop.Events.Sequence(h.system); err != nil {
		h.Fatal(err)
	}
	if _, err := h.figures.Consume(h.system); err != nil {
		h.Fatal(err)
	}
}

// trade makes two paid payments, one unpaid, one refused and a refund: 24.68 of
// four orders.
func (h *house) trade() {
	h.Helper()
	id := paid(h, "DAY-1")
	paid(h, "DAY-2")
	h.shop.Create(paymentstest.Order("DAY-3", channel.AlipayQR))
	in := paymentstest.Order("DAY-4", channel.WeChatJSAPI)
	in.Payer.OpenID = "not an openid of this app"
	if _, err := h.shop.Payments.Create(h.system, h.shop.Scope, in, nil); !app.Is(err, app.Declined) {
		h.Fatal(err)
	}
	r := h.shop.Refund(id, paymentstest.RefundInput("DAY-1-BACK", 234))
	h.shop.WaitRefund(r.ID, "succeeded")
	h.counted()
}

var (
	linked = regexp.MustCompile(`<a[^>]*href="([^"]+)"[^>]*>((?:<span[^>]*>[^<]*</span>|[^<])*)</a>`)
	totals = regexp.MustCompile(`<span class="total-value">([^<]*)</span>`)
)

// behind follows a link whose text holds the words, and returns the list's totals.
func (b *browser) behind(page reply, words ...string) string {
	b.Helper()
	for _, m := range linked.FindAllStringSubmatch(page.body, -1) {
		text := plain(m[2])
		all := true
		for _, w := range words {
			all = all && (strings.Contains(text, w) || strings.Contains(html.UnescapeString(m[1]), w))
		}
		if !all {
			continue
		}
		r := b.get(routes.With(html.UnescapeString(m[1]), "totals", "1"))
		b.wants(r, http.StatusOK)
		var out []string
		for _, t := range totals.FindAllStringSubmatch(r.body, -1) {
			out = append(out, t[1])
		}
		return strings.Join(out, " ")
	}
	b.Errorf("no link says %q:\n%s", words, plain(page.body))
	return ""
}

func TestEveryFigureOfHomeIsThatOfItsList(t *testing.T) {
	h := open(t)
	h.trade()
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
	for _, period := range []string{"", "&range=7d", "&range=30d", "&range=nonsense"} {
		page := b.get(home + period)
		b.wants(page, http.StatusOK, "¥24.68", "50.00%", "¥2.34", `data-chart="{`, `role="img" aria-label="Amount received`, "/static/chart.js")
		for _, c := range []struct {
			list  string
			words []string
		}{
			{"2 2 ¥24.68 ¥2.34", []string{"Amount received", "¥24.68", "status=succeeded"}},
			{"2 2 ¥24.68 ¥2.34", []string{"Successful", "2"}},
			{"4 2 ¥24.68 ¥2.34", []string{"Success rate", "50.00%"}},
			{"1 ¥2.34", []string{"Refunds", "¥2.34"}},
			{"3 2 ¥24.68 ¥2.34", []string{"WeChat Pay", "channel=wechat"}},
			{"1 0 ¥0.00", []string{"Alipay", "channel=alipay"}},
			{"2 2 ¥24.68 ¥2.34", []string{"¥24.68", "method=wechat_native", "status=succeeded"}},
			{"2 2 ¥24.68 ¥2.34", []string{"¥24.68", "account=" + h.shop.WeChat.ID, "status=succeeded"}},
			{"1", []string{"1", "/refusals", "channel=wechat", "code="}},
		} {
			if got := b.behind(page, c.words...); !strings.HasPrefix(got, c.list) {
				t.Errorf("%q: the list behind %q says %q, want %q", period, c.words, got, c.list)
			}
		}
	}
}

func TestTheTableBesideTheChartLeadsToItsHours(t *testing.T) {
	h := open(t)
	h.trade()
	b := h.as(access.Viewer)
	page := b.get("/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test")
	hour := h.clock.Now().In(app.Beijing).Format("2006-01-02T15:00")
	if got := b.behind(page, "4", "from="+strings.ReplaceAll(hour, ":", "%3A"), "to="); !strings.HasPrefix(got, "4 2 ¥24.68") {
		t.Errorf("the list of this hour says %q", got)
	}
	before := h.path("/payments?from=2001-01-01T10:00&to=2001-01-01T10:00")
	if b.wants(b.get(before), http.StatusOK, `value="2001-01-01T10:00"`); strings.Contains(b.get(before).body, "DAY-1") {
		t.Error("another hour shows today's payments")
	}
	b.wants(b.get(h.path("/payments?from=2001-01-01T10:30&to=2001-01-01T10:30")), http.StatusOK, "DAY-1") // no hour: told, and left out
}

func TestHomeSaysHowFarItsFiguresAre(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
	if _, err := h.shop.DB.Exec(h.system, `DELETE FROM figures_rebuild`); err != nil { // a database from before
		t.Fatal(err)
	}
	b.wants(b.get(home), http.StatusOK, "still being added up", "No payments in this period")
	h.counted()
	paid(h, "LATER-1")
	if _, err := h.shop.Events.Sequence(h.system); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(home), http.StatusOK, "are not counted yet", "¥0.00", "LATER-1")
	h.counted()
	r := b.get(home)
	b.wants(r, http.StatusOK, "¥12.34", "as of")
	if strings.Contains(r.body, "not counted yet") || strings.Contains(r.body, "added up") {
		t.Error("the figures are complete, and the page does not say so")
	}
}

func TestThePlatformSeesWhatAllMerchantsTook(t *testing.T) {
	h := open(t)
	h.trade()
	for _, role := range access.PlatformRoles() {
		b := h.as(role)
		b.send("/console/preferences", "language", "en")
		if r := b.get("/console"); r.status != http.StatusFound && r.status != http.StatusSeeOther || r.location() != "/console/admin" {
			t.Errorf("%s goes to %d %q", role, r.status, r.location())
		}
		b.wants(b.get("/console/admin"), http.StatusOK, "No payments in this period")
		page := b.get("/console/admin?mode=test&range=7d")
		b.wants(page, http.StatusOK, "¥24.68", "50.00%", "Test Shop", `data-chart="{`, `id="merchants"`)
		if n := strings.Count(page.body, `class="tile" href="/console/admin?mode=test&amp;range=7d#merchants"`); n != 3 {
			t.Errorf("%s: %d of the large figures lead to their merchants", role, n)
		}
		if got := b.behind(page, "Test Shop", "/payments?"); !strings.HasPrefix(got, "4 2 ¥24.68") {
			t.Errorf("%s: the merchant's list says %q", role, got)
		}
		narrowed := b.get("/console/admin?mode=test&channel=alipay")
		if got := b.behind(narrowed, "Test Shop", "channel=alipay"); !strings.HasPrefix(got, "1 0 ¥0.00") {
			t.Errorf("%s: the merchant's Alipay payments are %q", role, got)
		}
		code := regexp.MustCompile(`href="(/console/admin\?[^"]*code=[^"]*)#refused"`).FindStringSubmatch(page.body)
		if code == nil {
			t.Fatalf("%s: no code leads anywhere", role)
		}
		if got := b.behind(b.get(html.UnescapeString(code[1])), "1", "/refusals?", "code="); got != "1" {
			t.Errorf("%s: the refusals are %q", role, got)
		}
	}
	if r := h.as(access.Owner).get("/console/admin"); r.status != http.StatusForbidden {
		t.Errorf("an owner sees the platform's figures: %d", r.status)
	}
}

func TestRefusalsAreListedByTheChannelsCode(t *testing.T) {
	h := open(t)
	h.trade()
	b := h.as(access.Finance)
	b.send("/console/preferences", "language", "en")
	for query, shown := range map[string]bool{
		"": true, "?channel=wechat": true, "?channel=alipay": false, "?code=NO_SUCH_CODE": false,
		"?from=2001-01-01&to=2001-01-31": false, "?from=nonsense": true, "?from=2001-01-01": true, "?cursor=att_00000000000000000000000000": false,
	} {
		r := b.get(h.path("/refusals" + query))
		b.wants(r, http.StatusOK)
		if strings.Contains(r.body, `title="DAY-4"`) != shown {
			t.Errorf("%q: the refused order is shown %v, want %v", query, !shown, shown)
		}
		if strings.Contains(r.body, `title="DAY-1"`) {
			t.Errorf("%q lists an order that was not refused", query)
		}
	}
}
