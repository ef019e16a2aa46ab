package console_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// sandboxMerchant opens a merchant as a script does.
func (h *house) sandboxMerchant(in map[string]string) map[string]string {
	h.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		h.Fatal(err)
	}
	res, err := http.Post(h.shop.Base+"/sandbox/merchants", "application/json", bytes.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusCreated {
		h.Fatalf("open a sandbox merchant: %d %s %v", res.StatusCode, text, err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		h.Fatal(err)
	}
	out := map[string]string{}
	for name, value := range all {
		if s, ok := value.(string); ok {
			out[name] = s
		}
	}
	return out
}

// partners are how each channel's merchants come under a provider.
var partners = []struct {
	channel app.Channel
	method  channel.Method
	named   string // the field that names the provider to the sandbox
	under   func(provider, sub map[string]string) map[string]string
	shown   string // what the account's page shows of it
}{
	{app.WeChat, channel.WeChatNative, "mchid", func(provider, sub map[string]string) map[string]string {
		return map[string]string{
			"sub_mchid": sub["sub_mchid"], "sub_appid": sub["sub_appid"], "sub_appid_kind": "mini", "sp_appid": provider["appid"], "sp_appid_kind": "official",
		}
	}, "sub_mchid"},
	{app.Alipay, channel.AlipayQR, "app_id", func(_, sub map[string]string) map[string]string {
		return map[string]string{"app_auth_token": sub["app_auth_token"], "seller_id": sub["seller_id"], "auth_app_id": sub["auth_app_id"]}
	}, "seller_id"},
}

func TestAProviderIsRegisteredAndItsMerchantIsPaid(t *testing.T) {
	h := open(t)
	root, owner := h.as(access.PlatformAdmin), h.as(access.Owner)
	root.send("/console/preferences", "language", "en")
	owner.send("/console/preferences", "language", "en")
	root.wants(root.get("/console/admin/providers?mode=test"), http.StatusOK, "No service provider yet")
	for _, p := range partners {
		keys := h.sandboxMerchant(map[string]string{"channel": string(p.channel), "mode": "public_key"})
		sub := h.sandboxMerchant(map[string]string{"channel": string(p.channel), "provider": keys[p.named]})
		id := h.registerProvider(root, p.channel, keys)
		root.wants(root.get("/console/admin/providers?mode=test"), http.StatusOK, "Platform "+string(p.channel), id)

		draft := owner.draft(p.channel, "Under it", "")
		owner.wants(owner.get(draft+"/connection"), http.StatusOK, "Under Platform "+string(p.channel), `value="`+id+`"`)
		owner.wants(owner.send(draft+"/connection", "name", "Under it", "provider", id), http.StatusSeeOther)
		fields := p.under(keys, sub)
		owner.wants(owner.get(draft+"/credentials"), http.StatusOK, "signs for this merchant")
		owner.wants(owner.send(draft+"/check", pairs(fields)...), http.StatusOK, `id="checks"`)
		at := owner.finish(draft, fields)
		page := owner.get(at)
		owner.wants(page, http.StatusOK, "Account enabled", "Platform "+string(p.channel), sub[p.shown], "both signatures verified")
		if token := sub["app_auth_token"]; token != "" && strings.Contains(page.body, token) {
			t.Error("the authorisation is shown")
		}
		h.payUnder(at[strings.LastIndexByte(at, '/')+1:], p.method)
		owner.wants(owner.get(h.path("/accounts")), http.StatusOK, "under Platform "+string(p.channel))
		root.wants(root.get("/console/admin/providers/"+id), http.StatusOK, "Under it", "Healthy", sub[p.shown])

		again := owner.replace(at)
		if token := sub["app_auth_token"]; token != "" && strings.Contains(owner.get(again+"/credentials").body, token) {
			t.Error("the authorisation is shown")
		}
		if where := owner.finish(again, p.under(keys, sub)); where != at {
			t.Errorf("replacing the credentials of %s leads to %s", at, where)
		}
		h.disableProvider(root, owner, id, at)
	}
}

// registerProvider registers the keys as the platform's own.
func (h *house) registerProvider(b *browser, c app.Channel, keys map[string]string) string {
	h.Helper()
	at := "/console/admin/providers/new/test/" + string(c)
	fields := maps.Clone(keys)
	fields["name"], fields["mode"] = "Platform "+string(c), "public_key"
	b.wants(b.get(at), http.StatusOK, "Register")
	b.wants(b.send("/console/admin/providers/check/test/"+string(c), pairs(fields)...), http.StatusOK, `id="checks"`)
	wrong := maps.Clone(fields)
	wrong["private_key"], wrong["app_private_key"] = "CANARY", "CANARY"
	refused := b.send(at, pairs(wrong)...)
	b.wants(refused, http.StatusUnprocessableEntity, "paste or choose them once more")
	if strings.Contains(refused.body, "CANARY") {
		h.Error("the refused form shows a key again")
	}
	r := b.send(at, pairs(fields)...)
	b.wants(r, http.StatusSeeOther)
	b.wants(b.get(r.location()), http.StatusOK, "Service provider registered", "No merchant has registered")
	b.wants(b.send(at, pairs(fields)...), http.StatusUnprocessableEntity, "registered as a provider already")
	b.wants(b.get(r.location()+"/credentials"), http.StatusOK, "Replace credentials")
	b.wants(b.send(r.location()+"/credentials", pairs(fields)...), http.StatusSeeOther)
	others := h.sandboxMerchant(map[string]string{"channel": string(c), "mode": "public_key"})
	b.wants(b.send(r.location()+"/credentials", pairs(others)...), http.StatusUnprocessableEntity, "belong to another merchant number")
	return r.location()[strings.LastIndexByte(r.location(), '/')+1:]
}

// payUnder takes a payment through the account.
func (h *house) payUnder(accountID string, m channel.Method) {
	h.Helper()
	in := paymentstest.Order("UNDER-"+string(m), m)
	in.AccountID = accountID
	p := h.shop.Create(in)
	h.shop.Pay(p.Action.CodeURL)
	if got := h.shop.Await(p.ID, payments.StatusSucceeded); got.AccountID != accountID {
		h.Errorf("%s was paid through %s", m, got.AccountID)
	}
}

// disableProvider takes the provider out of use by its name, and back.
func (h *house) disableProvider(root, owner *browser, id, account string) {
	h.Helper()
	at := "/console/admin/providers/" + id
	p, err := h.shop.Merchants.Provider(h.system, id)
	if err != nil {
		h.Fatal(err)
	}
	root.wants(root.send(at+"/disable", "confirm", "something else"), http.StatusUnprocessableEntity, `id="error-confirm"`)
	root.wants(root.send(at+"/disable", "confirm", p.Name), http.StatusSeeOther)
	root.wants(root.get(at), http.StatusOK, "Disabled", "Provider disabled")
	owner.wants(owner.get(account), http.StatusOK, p.Name+" is disabled", "takes no new payments")
	owner.wants(owner.get("/console"), http.StatusOK, "its service provider is disabled")
	if page := owner.get(owner.draft(p.Channel, "Another", "") + "/connection"); strings.Contains(page.body, id) {
		h.Error("a disabled provider is offered")
	}
	root.wants(root.send(at+"/enable"), http.StatusSeeOther)
	root.wants(root.get(at), http.StatusOK, "Service provider enabled")
}

func TestAnAccountUnderAProviderNeedsAnApp(t *testing.T) {
	h := open(t)
	provider, _ := h.shop.Provider(app.WeChat)
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	draft := b.draft(app.WeChat, "Under it", provider.ID)
	enter := func(fields ...string) reply {
		b.wants(b.send(draft+"/credentials", fields...), http.StatusSeeOther)
		return b.get(draft + "/checks")
	}
	b.wants(enter("sub_mchid", "1700000042"), http.StatusOK, "No App ID is given", `#field-sub_appid`)
	b.wants(b.get(draft+"/credentials"), http.StatusOK, `value="1700000042"`)
	b.wants(enter("sub_mchid", "1700000042", "sp_appid", "wx0000000000000001", "sp_appid_kind", "nothing"), http.StatusOK, "An App ID is malformed")
	b.wants(enter("sub_mchid", "x", "sp_appid", ""), http.StatusOK, "not a number of 8 to 32 digits")
	b.wants(b.send(draft+"/enable"), http.StatusUnprocessableEntity, "Enter at least one App ID", "Not every check has passed")
	b.header.Set("HX-Request", "true")
	b.wants(b.send(draft+"/check", "sub_mchid", ""), http.StatusUnprocessableEntity, "The sub_mchid is missing")
	b.header.Del("HX-Request")
	for _, wrong := range []string{"prv_01J0000000000000000000000B", "nonsense"} {
		b.wants(b.send(draft+"/connection", "name", "X", "provider", wrong), http.StatusNotFound)
	}
	alipay := b.draft(app.Alipay, "Other", "")
	b.wants(b.send(alipay+"/connection", "name", "X", "provider", provider.ID), http.StatusNotFound)
}

func TestCircuitsAndCertificatesStandOnTheAccount(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	id := h.shop.WeChat.ID
	at := h.path("/accounts/" + id)
	now := app.ToMillis(h.clock.Now())
	for _, c := range []struct {
		circuit     merchants.Circuit
		list, notes string
	}{
		{merchants.Circuit{State: merchants.CircuitOpen, Since: now, RetryAt: now.Add(time.Minute), Reason: "unknown: 502 BAD"}, "Not answering", "The channel has not answered since"},
		{merchants.Circuit{State: merchants.CircuitPaused, Since: now, RetryAt: now.Add(time.Minute), Reason: "429 LIMITED"}, "Slowed down", "The channel asked for fewer calls"},
		{merchants.Circuit{State: merchants.CircuitOpen, Since: now, RetryAt: now}, "Not answering", "the next call tries again"},
	} {
		if err := h.shop.Merchants.RecordCircuit(h.system, id, c.circuit); err != nil {
			t.Fatal(err)
		}
		b.wants(b.get(at), http.StatusOK, c.notes, c.circuit.Reason, c.list)
		b.wants(b.get(h.path("/accounts")), http.StatusOK, c.list)
	}
	h.shop.Create(paymentstest.Order("CIRCUIT-1", channel.WeChatNative)) // whoever has none sees the first steps instead
	b.wants(b.get("/console"), http.StatusOK, "the channel has not answered since", `href="`+at+`"`)
	if err := h.shop.Merchants.RecordCircuit(h.system, id, merchants.Circuit{State: merchants.CircuitClosed}); err != nil {
		t.Fatal(err)
	}
	if page := b.get("/console"); strings.Contains(page.body, "has not answered") {
		t.Error("a closed circuit still needs action")
	}
	b.wants(b.send(at+"/certificates"), http.StatusConflict, "verifies by a public key")
}

func TestCertificatesAreFetchedByAPerson(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer)
	b.send("/console/preferences", "language", "en")
	keys := h.sandboxMerchant(map[string]string{"channel": "wechat", "mode": "certificate"})
	keys["mode"], keys["appid_kind"] = "certificate", "official"
	at := b.finish(b.draft(app.WeChat, "Older merchant", ""), keys)
	b.wants(b.get(at), http.StatusOK, "Not fetched yet", "Fetch now")
	b.wants(b.send(at+"/certificates"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Certificates fetched", "Serial 1", "Last fetched")
}
