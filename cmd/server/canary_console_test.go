package main

import (
	"encoding/json"
	"html"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/web/templates"
)

const (
	canaryMail   = "CanaryMailPassword0001"
	canaryOIDC   = "CanaryClientSecret0001"
	canaryV3     = "CanaryAPIv3KeyInADraft0000000001" // 32 bytes, as it must be
	canaryUnsure = "CanaryAPIv3KeyOfNoUse"            // what no check accepts
)

// withPartners has the server know a mail server and an identity provider, neither
// of which answers.
func withPartners(t *testing.T) func(c *config.Config) {
	nobody := freeAddress(t)
	_, port, err := net.SplitHostPort(nobody)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *config.Config) {
		c.Webhooks.AllowPrivate = true
		c.Mail.Host, c.Mail.From = "127.0.0.1", "pay@example.com"
		if c.Mail.Port, err = strconv.Atoi(port); err != nil {
			t.Fatal(err)
		}
		c.Mail.Username, c.Mail.Password = "pay", canaryMail
		c.Access.OIDC = []config.OIDC{{Name: "corp", Title: "Corp", Issuer: "http://" + nobody, ClientID: "piaohao", ClientSecret: canaryOIDC}}
	}
}

// partnerCanaries are the secrets of the installation's own accounts elsewhere.
func partnerCanaries(canaries map[string]string) {
	canaries["SMTP password"], canaries["OIDC client secret"] = canaryMail, canaryOIDC
}

// submit posts a form of a page and returns the answer's text and where it led.
func (s *stand) submit(visitor *http.Client, page, action string, form url.Values) (text, at string) {
	s.t.Helper()
	token := regexp.MustCompile(`name="_csrf" value="([^"]*)"`).FindStringSubmatch(s.page(visitor, page))
	if token == nil {
		s.t.Fatalf("%s has no form", page)
	}
	form.Set("_csrf", html.UnescapeString(token[1]))
	res, err := visitor.PostForm(s.url+action, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= http.StatusInternalServerError {
		s.t.Fatalf("POST %s: %d %v", action, res.StatusCode, err)
	}
	return string(body), res.Request.URL.Path
}

func (s *stand) found(text, pattern string) string {
	s.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		s.t.Fatalf("no %s in %.2000s", pattern, text)
	}
	return m[1]
}

// makeSecrets has the console make what it shows once, or never, and adds it to
// the canaries.
func (s *stand) makeSecrets(visitor *http.Client, facts demoFacts, canaries map[string]string) {
	s.t.Helper()
	partnerCanaries(canaries)
	scope := templates.Scope{Merchant: facts.Merchant, Mode: app.Test}
	shown, _ := s.submit(visitor, scope.Keys()+"/new", scope.Keys(), url.Values{"name": {"Canary"}})
	canaries["API key made in the console"] = s.found(shown, `sk_test_([0-9A-Za-z_-]{20,})`)

	shown, _ = s.submit(visitor, scope.Webhooks()+"/new", scope.Webhooks(), url.Values{"url": {s.url + "/sandbox/inbox/canary"}})
	canaries["webhook secret made in the console"] = s.found(shown, `whsec_([0-9A-Za-z+/=]{20,})`)
	endpoint := scope.Webhooks() + "/" + s.found(shown, `(whe_[0-9A-Z]{26})`)
	shown, _ = s.submit(visitor, endpoint, endpoint+"/rotate", url.Values{})
	canaries["webhook secret rotated"] = s.found(shown, `whsec_([0-9A-Za-z+/=]{20,})`)

	// The mail server does not answer, so the link is shown; it stands nowhere else.
	shown, _ = s.submit(visitor, scope.Members()+"/new", scope.Members(), url.Values{"email": {"canary@example.com"}, "role": {"viewer"}})
	canaries["invitation's link"] = s.found(shown, `/console/invitations/([\w-]{43})`)
	guest, err := http.Get(s.url + templates.Join(canaries["invitation's link"]))
	if err != nil || guest.StatusCode != http.StatusOK {
		s.t.Fatalf("the invitation's page: %v", err)
	}
	_ = guest.Body.Close()
	if res, err := visitor.Get(s.url + templates.SSO("corp", "")); err != nil {
		s.t.Fatal(err)
	} else {
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		wantNone(s.t, "the failed single sign-on", string(text), canaries)
	}
	s.draftSecrets(visitor, scope, canaries)
	s.submit(visitor, scope.Payments(), scope.AskFile("payments"), url.Values{"format": {"csv"}})
}

// draftSecrets leaves a draft with a key that was made here, and one with
// credentials that were pasted and do not pass.
func (s *stand) draftSecrets(visitor *http.Client, scope templates.Scope, canaries map[string]string) {
	s.t.Helper()
	begin := func(channel app.Channel) (base string) {
		_, at := s.submit(visitor, scope.Accounts()+"/new", scope.Accounts()+"/new", url.Values{"channel": {string(channel)}})
		base = strings.TrimSuffix(at, "/connection")
		s.submit(visitor, at, at, url.Values{"name": {"Canary " + string(channel)}})
		return base
	}
	base := begin(app.Alipay)
	s.submit(visitor, base+"/credentials", base+"/key", url.Values{})
	_, content, err := s.merchants.Draft(s.t.Context(), scope.Merchant, scope.Mode, base[strings.LastIndex(base, "/")+1:])
	var made map[string]any
	if err == nil {
		err = json.Unmarshal(content.Credentials, &made)
	}
	key, _ := made["app_private_key"].(string)
	if err != nil || len(key) < 500 {
		s.t.Fatalf("no key was made: %v", err)
	}
	canaries["key made here"] = middleOf(key)

	base = begin(app.WeChat)
	for _, v3 := range []string{canaryUnsure, canaryV3} {
		text, _ := s.submit(visitor, base+"/credentials", base+"/credentials", url.Values{"api_v3_key": {v3}, "private_key": {key}, "then": {"later"}})
		wantNone(s.t, "the draft's page", text, canaries)
	}
	canaries["APIv3 key in a draft"] = canaryV3
}

// readPlatform reads what the platform and the merchant's own pages show after
// all that, and the exported file.
func (s *stand) readPlatform(visitor *http.Client, facts demoFacts, canaries map[string]string) {
	s.t.Helper()
	scope := templates.Scope{Merchant: facts.Merchant, Mode: app.Test}
	me, err := s.access.UserByEmail(s.t.Context(), s.db, facts.Email)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range []string{
		templates.AdminSystem, templates.AdminSettings, templates.AdminAudit, templates.AdminUsers, templates.AdminUser(me.ID), templates.AdminMerchants,
		templates.AdminMerchant(facts.Merchant), templates.AdminJobs, templates.Security, templates.Sessions,
		scope.Audit(), scope.Keys(), scope.Webhooks(), scope.Members(), scope.Accounts(), scope.Files(),
	} {
		wantNone(s.t, path, s.page(visitor, path), canaries)
	}
	var drafts []string
	if err := s.db.Select(s.t.Context(), &drafts, `SELECT id FROM account_drafts`); err != nil || len(drafts) != 2 {
		s.t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	for _, id := range drafts {
		wantNone(s.t, "draft "+id, s.page(visitor, scope.Draft(id, "credentials")), canaries)
	}
	exported := func() int { return s.count(`SELECT COUNT(*) FROM list_exports WHERE status = 'done'`) }
	for deadline := time.Now().Add(time.Minute); exported() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("no export was made")
		}
	}
	file := s.page(visitor, html.UnescapeString(s.found(s.page(visitor, scope.Files()), `href="([^"]+/exports/[^"]+/file)"`)))
	if !strings.Contains(file, "CAN-1wechat_native") {
		s.t.Fatalf("the exported file is %.300s", file)
	}
	wantNone(s.t, "the exported file", file, canaries)
}

// kept is everything that the server has written to its folder but for what is
// secret by design: the keys themselves, the demo's facts, and the sandbox, which
// is the other side.
func (s *stand) kept() string {
	s.t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || name == "keyset.json" || name == "audit.key" || name == "demo.env" || strings.HasPrefix(name, "sandbox.db") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all.String()
}

// backup is a copy of the database as an operator takes one.
func (s *stand) backup() string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "backup.db")
	if _, err := s.db.Exec(s.t.Context(), `VACUUM INTO ?`, path); err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
