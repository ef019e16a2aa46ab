package main

import (
	"encoding/base32"
	"encoding/pem"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/web/templates"
)

// canaries are the secrets and persons of a running demo by name.
func (s *stand) canaries(facts demoFacts) map[string]string {
	s.t.Helper()
	found, err := s.sandbox.Trades().Merchants(s.t.Context(), 10)
	if err != nil || len(found) != 2 {
		s.t.Fatalf("%d sandbox merchants, %v", len(found), err)
	}
	c := map[string]string{
		"payer given": payerGiven, "API key": facts.Key[len("sk_test_0000"):], "webhook secret": strings.TrimPrefix(facts.WebhookSecret, "whsec_"), "console password": facts.Password,
	}
	for _, m := range found {
		// The wallet's payer, as the channel names them to this app.
		c[string(m.Channel)+" payer"] = trade.PayerOf(m.Channel, m.AppID)
		if k := m.WeChat; k != nil {
			c["wechat private key"], c["APIv3 key"] = middleOf(k.PrivateKey), k.APIv3Key
		}
		if k := m.Alipay; k != nil {
			c["alipay private key"] = middleOf(k.AppPrivateKey)
		}
	}
	return c
}

// middleOf is a line from the middle of a PEM: what all keys share is at its
// ends.
func middleOf(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return text[len(text)/2 : len(text)/2+60]
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)/2]
}

func wantNone(t *testing.T, where, text string, canaries map[string]string) {
	t.Helper()
	for name, canary := range canaries {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("the %s is in %s: …%.120q", name, where, text[max(0, at-60):])
		}
	}
}

// Whoever reads the log, the database, the API or the console finds no secret
// and no payer, even when every step has failed once and the log tells all.
func TestNoSecretLeavesTheServer(t *testing.T) {
	s := serveWith(t, withPartners(t))
	was := slog.Default()
	slog.SetDefault(s.logger)
	t.Cleanup(func() { slog.SetDefault(was) })
	facts := s.seed()
	canaries := s.canaries(facts)
	ids := s.liveThrough(facts)

	key := []string{"Authorization", "Bearer " + facts.Key}
	base := "/v1/merchants/" + facts.Merchant
	for _, path := range append(ids, "/payments", "/events", "/webhook_endpoints", "/webhook_deliveries") {
		status, text := s.ask(http.MethodGet, base+path, "", key...)
		if status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", path, status, text)
		}
		wantNone(t, "the API's "+path, text, canaries)
	}
	visitor := s.readConsole(facts, ids, canaries)
	s.makeSecrets(visitor, facts, canaries)
	s.readPlatform(visitor, facts, canaries)
	wantNone(t, "the log", s.log.String(), canaries)
	// The stored request of an order names its payer, or it could not be resent.
	delete(canaries, "payer given")
	wantNone(t, "the server's folder", s.kept(), canaries)
	wantNone(t, "a backup", s.backup(), canaries)
	// What must be found, or the search is blind.
	for where, pair := range map[string][2]string{
		"the database": {s.files("piaohao.db"), "Demo Shop"}, "the log": {s.log.String(), "notification not acknowledged"},
		"the server's folder": {s.kept(), "Demo Shop"}, "a backup": {s.backup(), "Canary wechat"},
		"the log of mails": {s.log.String(), "an invitation's mail was not sent"}, "the log of sign-ins": {s.log.String(), "single sign-on refused"},
	} {
		if !strings.Contains(pair[0], pair[1]) {
			t.Errorf("%q is not in %s: the search is blind", pair[1], where)
		}
	}
}

// payerGiven is the payer as the merchant names them.
const payerGiven = "oCanaryOpenID000000000000001"

// liveThrough pays orders at both channels with trouble on the way, and returns
// the paths of what came of it.
func (s *stand) liveThrough(facts demoFacts) []string {
	s.t.Helper()
	for _, c := range []app.Channel{app.WeChat, app.Alipay} {
		for _, f := range []trade.Fault{trade.HTTP500, trade.Garbage, trade.BadSignature} {
			if _, err := s.sandbox.Trades().PlanFault(s.t.Context(), trade.Plan{Channel: c, Fault: f, Count: 1}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for _, order := range []string{"CAN-1", "CAN-2", "CAN-3", "CAN-3", "CAN-4"} {
		for _, method := range []string{"wechat_native", "alipay_qr"} {
			body := `{"order_no":"` + order + method + `","amount":1,"currency":"CNY","subject":"茶","method":"` + method + `","payer":{"openid":"` + payerGiven + `"},"metadata":{"note":"13812345678"}}`
			if status, text := s.ask(http.MethodPost, "/v1/merchants/"+facts.Merchant+"/payments", body, "Content-Type", "application/json", "Authorization", "Bearer "+facts.Key); status >= http.StatusBadRequest {
				s.t.Fatalf("%d %s", status, text)
			}
		}
	}
	_, _ = s.ask(http.MethodPost, "/v1/merchants/"+facts.Merchant+"/payments?key="+facts.Key, "{", "Authorization", "Bearer "+facts.Key+"x")
	trades, err := s.sandbox.Trades().Trades(s.t.Context(), "", "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, order := range trades {
		if _, err := s.sandbox.Trades().Pay(s.t.Context(), order.Code); err != nil {
			s.t.Fatal(err)
		}
	}
	paid := func() int { return s.count(`SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'succeeded'`) }
	for deadline := time.Now().Add(time.Minute); paid() < 2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%d webhooks delivered", paid())
		}
	}
	var ids []string
	if err := s.db.Select(s.t.Context(), &ids, `SELECT CONCAT('/payments/', id) FROM payments`); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// readConsole signs in and reads every page of the merchant and the platform.
func (s *stand) readConsole(facts demoFacts, payments []string, canaries map[string]string) *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar}
	form := url.Values{"email": {facts.Email}, "password": {facts.Password}}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(s.page(visitor, templates.SignIn), -1) {
		form.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	res, err := visitor.PostForm(s.url+templates.SignIn, form)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	s.enrol(visitor, canaries)
	scope := templates.Scope{Merchant: facts.Merchant, Mode: app.Test}
	pages := []string{scope.Home(), scope.Payments(), scope.Accounts(), scope.Keys(), scope.Webhooks(), scope.Deliveries(), scope.Members(), scope.Audit()}
	for _, path := range payments {
		pages = append(pages, scope.Base()+path)
	}
	var accounts []string
	if err := s.db.Select(s.t.Context(), &accounts, `SELECT id FROM accounts`); err != nil {
		s.t.Fatal(err)
	}
	for _, id := range accounts {
		pages = append(pages, scope.Account(id))
	}
	for _, path := range pages {
		text := s.page(visitor, path)
		if !strings.Contains(text, "Demo Shop") {
			s.t.Fatalf("%s is not the merchant's page: %.300s", path, text)
		}
		wantNone(s.t, path, text, canaries)
	}
	return visitor
}

// enrol gives the visitor an authenticator app. What its pages show once joins
// the canaries.
func (s *stand) enrol(visitor *http.Client, canaries map[string]string) {
	s.t.Helper()
	setup := s.page(visitor, templates.TOTP)
	seed := strings.ReplaceAll(regexp.MustCompile(`class="totp-seed">([^<]*)<`).FindStringSubmatch(setup)[1], " ", "")
	code, err := totp.GenerateCode(seed, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	form := url.Values{"code": {code}}
	for _, name := range []string{"_csrf", "seed"} {
		form.Set(name, html.UnescapeString(regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(setup)[1]))
	}
	res, err := visitor.PostForm(s.url+templates.TOTP, form)
	if err != nil {
		s.t.Fatal(err)
	}
	shown, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	codes := regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}`).FindAllString(string(shown), -1)
	raw, decodeErr := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
	if err != nil || decodeErr != nil || len(codes) < 10 {
		s.t.Fatalf("%d recovery codes, %v, %v", len(codes), err, decodeErr)
	}
	canaries["TOTP seed"], canaries["TOTP seed's bytes"], canaries["TOTP code"] = seed, string(raw), `"`+code+`"`
	canaries["recovery code"], canaries["recovery code bare"] = codes[0], strings.ReplaceAll(codes[1], "-", "")
}

func (s *stand) page(visitor *http.Client, path string) string {
	s.t.Helper()
	res, err := visitor.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %v", path, res.StatusCode, err)
	}
	return string(text)
}
