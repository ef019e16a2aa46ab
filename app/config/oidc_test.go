package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// exampleOIDC is the example's block about providers, as one would use it.
func exampleOIDC(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n# [[access.oidc]]\n")
	block, _, ok := strings.Cut(rest, "\n\n")
	if !ok {
		t.Fatal("the example has no block [[access.oidc]]")
	}
	lines := []string{"[[access.oidc]]"}
	for line := range strings.SplitSeq(block, "\n") {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestTheExampleOfAProviderIsCompleteAndValid(t *testing.T) {
	text := exampleOIDC(t)
	for i := range reflect.TypeFor[OIDC]().NumField() {
		if key := reflect.TypeFor[OIDC]().Field(i).Tag.Get("toml"); !strings.Contains(text, "\n"+key+" = ") && !strings.Contains(text, "[[access.oidc."+key+"]]") {
			t.Errorf("the example lacks %s", key)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("from the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, "/run/secrets/oidc_corp", secret, 1)
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Access.OIDC[0]; o.Name != "corp" || o.ClientSecret != "from the file" || len(o.Roles) != 2 || o.Roles[1].Role != "finance" {
		t.Errorf("%+v", o)
	}
	c, err = load(t, text, "PIAOHAO_ACCESS_OIDC_CORP_CLIENT_SECRET=from the environment")
	if err != nil || c.Access.OIDC[0].ClientSecret.Reveal() != "from the environment" {
		t.Errorf("%v, %+v", err, c.Access)
	}
	if _, err = load(t, text, "PIAOHAO_ACCESS_OIDC_CROP_CLIENT_SECRET=x"); err == nil || !strings.Contains(err.Error(), "CROP") {
		t.Errorf("a secret of no provider: %v", err)
	}
}

func TestWhatAProviderLeavesOutIsFilledIn(t *testing.T) {
	c, err := load(t, "[[access.oidc]]\nname = \"a\"\nissuer = \"http://localhost:9\"\nclient_id = \"x\"\nclient_secret = \"y\"\nallowed_domains = [\"Example.COM\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	o := c.Access.OIDC[0]
	if o.Title != "a" || !reflect.DeepEqual(o.Scopes, []string{"email", "profile"}) || o.AllowedDomains[0] != "example.com" {
		t.Errorf("%+v", o)
	}
}

func TestProvidersThatAreRefused(t *testing.T) {
	good := OIDC{Name: "corp", Issuer: "https://sso.example.com", ClientID: "x", ClientSecret: "y", AllowedDomains: []string{"example.com"}, GroupsClaim: "groups", Roles: []OIDCRole{{"g", "platform_auditor", ""}}}
	const at = `access.oidc "corp"`
	for _, tc := range []struct {
		name, key string
		change    func(o *OIDC)
	}{
		{"a name for no address", `access.oidc "Corp SSO".name`, func(o *OIDC) { o.Name = "Corp SSO" }},
		{"no name", "access.oidc[0].name", func(o *OIDC) { o.Name = "" }},
		{"an issuer that is no URL", at + ".issuer", func(o *OIDC) { o.Issuer = "sso.example.com" }},
		{"an issuer in the clear", at + ".issuer", func(o *OIDC) { o.Issuer = "http://sso.example.com" }},
		{"no client", at + ".client_id", func(o *OIDC) { o.ClientID = "" }},
		{"no secret", at + ".client_secret", func(o *OIDC) { o.ClientSecret = "" }},
		{"an address for a domain", at + ".allowed_domains", func(o *OIDC) { o.AllowedDomains = []string{"@example.com"} }},
		{"users of anywhere", at + ".allowed_domains", func(o *OIDC) { o.AutoCreate, o.AllowedDomains = true, nil }},
		{"links by any email", at + ".allowed_domains", func(o *OIDC) { o.LinkByEmail, o.AllowedDomains = true, nil }},
		{"users without a role", at + ".roles", func(o *OIDC) { o.AutoCreate, o.Roles = true, nil }},
		{"groups from nowhere", at + ".roles", func(o *OIDC) { o.AutoCreate, o.GroupsClaim = true, "" }},
		{"a role of no group", at + ".roles[0].group", func(o *OIDC) { o.Roles[0].Group = "" }},
		{"a role that there is not", at + ".roles[0].role", func(o *OIDC) { o.Roles[0].Role = "admin" }},
		{"a merchant's role on the platform", at + ".roles[0].merchant", func(o *OIDC) { o.Roles[0].Role = "owner" }},
		{"a platform's role in a merchant", at + ".roles[0].merchant", func(o *OIDC) { o.Roles[0].Merchant = "mch_01J0000000000000000000000A" }},
	} {
		c := Default()
		o := good
		o.Roles = []OIDCRole{good.Roles[0]}
		tc.change(&o)
		c.Access.OIDC = []OIDC{o}
		var problems Problems
		if err := c.Validate(); !errors.As(err, &problems) || len(problems) != 1 || problems[0].Key != tc.key || problems[0].What == "" || problems[0].Do == "" {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	c := Default()
	if c.Access.OIDC = []OIDC{good, good}; c.Validate() == nil {
		t.Error("a provider that stands there twice is accepted")
	}
	if c.Access.OIDC = []OIDC{good}; c.Validate() != nil {
		t.Error(c.Validate())
	}
}

func TestAMisspeltKeyOfAProviderIsNamed(t *testing.T) {
	_, err := load(t, "[[access.oidc]]\nname = \"a\"\nisuer = \"x\"\n")
	if err == nil || !strings.Contains(err.Error(), "config.toml:3") || !strings.Contains(err.Error(), "isuer") {
		t.Errorf("%v", err)
	}
	_, err = load(t, "[[access.oidc]]\nname = \"a\"\nclient_secret_file = \"/none\"\n")
	if err == nil || !strings.Contains(err.Error(), "client_secret_file") {
		t.Errorf("%v", err)
	}
}
