package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/webhooks"
)

var keyPattern = regexp.MustCompile(`sk_test_[0-9A-Za-z]{20,}`)

func TestAnAPIKeyIsShownOnceRolledAndRevoked(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	r := b.send(h.path("/keys"), "name", "Shop server", "scopes", "payments:read", "scopes", "payments:write", "allowed_ips", "127.0.0.1, 10.0.0.0/8", "expires", "2099-01-01")
	b.wants(r, http.StatusOK)
	secret := keyPattern.FindString(r.body)
	p, err := h.shop.Merchants.Authenticate(h.system, secret, "127.0.0.1")
	if err != nil || p.MerchantID != h.shop.Scope.MerchantID || p.Mode != app.Test || len(p.Scopes) != 2 {
		t.Fatalf("the shown key authenticates as %+v, %v", p, err)
	}
	list := b.get(h.path("/keys"))
	b.wants(list, http.StatusOK, "Shop server", "payments:read", "127.0.0.1", "10.0.0.0/8")
	if strings.Contains(list.body, secret) {
		t.Error("the list shows the secret")
	}
	for _, c := range []struct{ field, value string }{{"name", ""}, {"allowed_ips", "nowhere"}, {"scopes", "everything"}, {"expires", "2001-01-01"}, {"expires", "soon"}} {
		fields := map[string]string{"name": "Kept name"}
		fields[c.field] = c.value
		r := b.send(h.path("/keys"), pairs(fields)...)
		b.wants(r, http.StatusUnprocessableEntity)
		if c.field != "scopes" && !strings.Contains(r.body, `id="error-`+c.field+`"`) {
			t.Errorf("%s %q is not named at its field", c.field, c.value)
		}
	}
	rolled := b.send(h.path("/keys/"+p.KeyID+"/roll"), "overlap", "1")
	b.wants(rolled, http.StatusOK)
	fresh := keyPattern.FindString(rolled.body)
	for _, key := range []string{secret, fresh} {
		if _, err := h.shop.Merchants.Authenticate(h.system, key, "127.0.0.1"); err != nil {
			t.Errorf("during the overlap: %v", err)
		}
	}
	h.clock.Advance(61 * time.Minute)
	if _, err := h.shop.Merchants.Authenticate(h.system, secret, "127.0.0.1"); !app.Is(err, app.Unauthenticated) {
		t.Errorf("after the overlap: %v", err)
	}
	b = h.browser().signIn("developer@example.com")
	next, _ := h.shop.Merchants.Authenticate(h.system, fresh, "127.0.0.1")
	b.wants(b.send(h.path("/keys/"+next.KeyID+"/revoke"), "confirm", "shop server"), http.StatusUnprocessableEntity)
	b.wants(b.send(h.path("/keys/"+next.KeyID+"/revoke"), "confirm", "Shop server"), http.StatusSeeOther)
	if _, err := h.shop.Merchants.Authenticate(h.system, fresh, "127.0.0.1"); !app.Is(err, app.Unauthenticated) {
		t.Errorf("a revoked key: %v", err)
	}
	b.wants(b.send(h.path("/keys/"+next.KeyID+"/roll"), "overlap", "1"), http.StatusConflict)
}

var secretPattern = regexp.MustCompile(`whsec_[0-9A-Za-z+/=]{20,}`)

func TestAnEndpointsLife(t *testing.T) {
	h := open(t)
	h.deliver()
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	b.wants(b.send(h.path("/webhooks"), "url", "not a url", "description", "Kept"), http.StatusUnprocessableEntity, `id="error-url"`, `value="Kept"`)
	r := b.send(h.path("/webhooks"), "url", h.shop.Base+"/sandbox/inbox/life", "description", "Orders", "event_types", "payment.succeeded")
	b.wants(r, http.StatusOK, "Orders", "payment.succeeded")
	secret := secretPattern.FindString(r.body)
	if secret == "" {
		t.Fatal("the new secret is not shown")
	}
	id := regexpFind(r.body, `/webhooks/(whe_\w{26})/edit`)[0]
	at := h.path("/webhooks/" + id)
	if page := b.get(at); secretPattern.MatchString(page.body) {
		t.Error("the secret is shown a second time")
	}
	rotated := b.send(at + "/rotate")
	b.wants(rotated, http.StatusOK, "The former secret signs as well until")
	if fresh := secretPattern.FindString(rotated.body); fresh == "" || fresh == secret {
		t.Errorf("rotated to %q", fresh)
	}
	sent := b.send(at + "/test")
	b.wants(sent, http.StatusSeeOther)
	delivery := b.await(sent.location(), "HTTP 204")
	b.wants(delivery, http.StatusOK, "endpoint.test", "webhook-id", "Attempt 1")
	b.wants(b.send(sent.location()+"/resend"), http.StatusSeeOther)
	b.await(sent.location(), "Attempt 2")

	b.wants(b.send(at+"/edit", "url", h.shop.Base+"/sandbox/inbox/life", "description", "Orders and refunds", "event_types", "*"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Orders and refunds")
	b.wants(b.send(at+"/disable"), http.StatusSeeOther)
	b.wants(b.send(at+"/test"), http.StatusConflict, "Enable it first")
	b.wants(b.send(at+"/enable"), http.StatusSeeOther)
	b.wants(b.send(at+"/delete", "confirm", "yes"), http.StatusUnprocessableEntity)
	b.wants(b.send(at+"/delete", "confirm", id), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusNotFound)
	b.wants(b.get(sent.location()), http.StatusOK, "endpoint.test")
}

func TestResendingEverythingThatIsFilteredStatesTheCount(t *testing.T) {
	h := open(t)
	e, err := h.webhooks.Create(h.system, h.shop.Scope.MerchantID, app.Test, webhooks.Input{URL: h.shop.Base + "/nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.webhooks.Create(h.system, h.shop.Scope.MerchantID, app.Test, webhooks.Input{URL: h.shop.Base + "/sandbox/inbox/x"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, endpoint := range []string{e.Endpoint.ID, other.Endpoint.ID} {
			if _, err := h.webhooks.SendTest(h.system, h.shop.Scope.MerchantID, app.Test, endpoint); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	all := b.get(h.path("/deliveries"))
	b.wants(all, http.StatusOK)
	if strings.Contains(all.body, "Resend all") {
		t.Error("everything is offered to be sent again without a filter")
	}
	b.wants(b.get(h.path("/deliveries?endpoint="+e.Endpoint.ID)), http.StatusOK, "Send 3 deliveries again?", `name="endpoint" value="`+e.Endpoint.ID+`"`)
	b.wants(b.send(h.path("/deliveries/resend")), http.StatusUnprocessableEntity)
	b.wants(b.send(h.path("/deliveries/resend"), "endpoint", e.Endpoint.ID), http.StatusSeeOther)
	b.wants(b.get(h.path("/deliveries")), http.StatusOK, "Sending 3 deliveries again")
	for query, rows := range map[string]int{"": 6, "?status=pending": 6, "?status=dead": 0, "?status=retrying": 0, "?type=endpoint.test": 6, "?q=" + other.Endpoint.ID: 3, "?q=evt_x": 0, "?q=茶": 0} {
		r := b.get(h.path("/deliveries" + query))
		b.wants(r, http.StatusOK)
		if n := strings.Count(r.body, "row-link mono-link"); n != rows {
			t.Errorf("%q shows %d rows, want %d", query, n, rows)
		}
	}
}

// TestNoPageHoldsASecret reads every page for what only the database and the
// channels may know.
func TestNoPageHoldsASecret(t *testing.T) {
	h := open(t)
	h.deliver()
	ids := h.belongings(t)
	ids[":payment"], ids[":account"], ids[":channel"] = paid(h, "CANARY-1"), h.shop.WeChat.ID, "wechat"
	credentials, err := h.shop.Merchants.Credentials(h.system, h.shop.WeChat)
	if err != nil {
		t.Fatal(err)
	}
	canaries := regexpFind(string(credentials), `"(?:private_key|api_v3_key)":"(?:-----BEGIN PRIVATE KEY-----\\n)?([^"\\]{16,})`)
	if len(canaries) != 2 {
		t.Fatalf("canaries %d", len(canaries))
	}
	h.user("root@example.com", h.inShop(access.Owner), grantPlatform(access.PlatformAdmin))
	b := h.browser().signIn("root@example.com")
	canaries = append(canaries, "argon2id", "PRIVATE KEY", "whsec_", b.cookie())
	for _, route := range console.Table() {
		if route.Method != http.MethodGet {
			continue
		}
		path := route.Path
		for name, id := range ids {
			path = strings.ReplaceAll(path, name, id)
		}
		r := b.get(fill(h, path))
		for _, canary := range canaries {
			if strings.Contains(r.body, canary) {
				t.Errorf("GET %s shows %.12s…", route.Path, canary)
			}
		}
		if full := keyPattern.FindString(r.body); full != "" {
			t.Errorf("GET %s shows a whole key", route.Path)
		}
	}
}

func (b *browser) cookie() string {
	b.Helper()
	q, err := http.NewRequest(http.MethodGet, b.base+"/console", nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(q.URL) {
		if c.Name == "piaohao_session" {
			return c.Value
		}
	}
	b.Fatal("no session")
	return ""
}
