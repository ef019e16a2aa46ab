package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// OIDC is one identity provider that people may sign in at.
type OIDC struct {
	Name             string     `toml:"name"`
	Title            string     `toml:"title"` // on the button; Name when empty
	Issuer           string     `toml:"issuer"`
	ClientID         string     `toml:"client_id"`
	ClientSecret     Secret     `toml:"client_secret"`
	ClientSecretFile string     `toml:"client_secret_file"`
	Scopes           []string   `toml:"scopes"` // email and profile when empty
	AllowedDomains   []string   `toml:"allowed_domains"`
	LinkByEmail      bool       `toml:"link_by_email"`
	AutoCreate       bool       `toml:"auto_create"`
	TrustMFA         bool       `toml:"trust_mfa"`
	GroupsClaim      string     `toml:"groups_claim"`
	Roles            []OIDCRole `toml:"roles"`
}

// OIDCRole is the role of whoever is created from a group.
type OIDCRole struct {
	Group    string `toml:"group"`
	Role     string `toml:"role"`
	Merchant string `toml:"merchant"` // empty for a platform role
}

var (
	providerName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	merchantID   = regexp.MustCompile(`^mch_[0-9A-HJKMNP-TV-Z]{26}$`)
	domainName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

// secretVariable is the environment variable with a provider's secret.
func (o OIDC) secretVariable() string {
	return envPrefix + "ACCESS_OIDC_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_")) + "_CLIENT_SECRET"
}

// finishOIDC fills in what is left out, and takes secrets from the environment
// and from files. It returns which variables it used.
func (a *Access) finishOIDC(environ []string) (map[string]bool, error) {
	used := map[string]bool{}
	for i := range a.OIDC {
		o := &a.OIDC[i]
		if o.Title == "" {
			o.Title = o.Name
		}
		if len(o.Scopes) == 0 {
			o.Scopes = []string{"email", "profile"}
		}
		for j := range o.AllowedDomains {
			o.AllowedDomains[j] = strings.ToLower(o.AllowedDomains[j])
		}
		if o.ClientSecretFile != "" && o.ClientSecret == "" {
			text, err := os.ReadFile(o.ClientSecretFile)
			if err != nil {
				return nil, fmt.Errorf("access.oidc %q: read client_secret_file: %w", o.Name, err)
			}
			o.ClientSecret = Secret(strings.TrimSpace(string(text)))
		}
		for _, entry := range environ {
			if text, ok := strings.CutPrefix(entry, o.secretVariable()+"="); ok && o.Name != "" {
				o.ClientSecret = Secret(text)
				used[o.secretVariable()] = true
			}
		}
	}
	return used, nil
}

func (a Access) validateOIDC(p *Problems) {
	seen := map[string]bool{}
	for i, o := range a.OIDC {
		at := fmt.Sprintf("access.oidc[%d]", i)
		if o.Name != "" {
			at = fmt.Sprintf("access.oidc %q", o.Name)
		}
		if seen[o.Name] || seen[o.Issuer] {
			p.add(at, "give each provider a name and an issuer of its own", "its name or its issuer stands there twice")
		}
		seen[o.Name], seen[o.Issuer] = true, true
		o.validate(p, at)
	}
}

func (o OIDC) validate(p *Problems, at string) {
	if !providerName.MatchString(o.Name) || len(o.Name) > 40 {
		p.add(at+".name", "write small letters, digits and hyphens, at most 40, such as \"corp\"", "%q cannot stand in an address", o.Name)
	}
	switch {
	case !httpURL(o.Issuer) || len(o.Issuer) > 255 || strings.ContainsAny(o.Issuer, "?#"):
		p.add(at+".issuer", "copy it from the provider, such as https://sso.example.com/realms/corp", "%q is not an http or https URL", o.Issuer)
	case strings.HasPrefix(o.Issuer, "http://") && !loopback(hostOf(o.Issuer)):
		p.add(at+".issuer", "use https; plain http is for loopback hosts only", "the keys that vouch for people would come in the clear")
	}
	if o.ClientID == "" {
		p.add(at+".client_id", "copy it from the provider", "it is empty")
	}
	if o.ClientSecret == "" {
		p.add(at+".client_secret", "set "+o.secretVariable()+" or client_secret_file", "it is empty")
	}
	for _, d := range o.AllowedDomains {
		if !domainName.MatchString(d) {
			p.add(at+".allowed_domains", "write domains, such as example.com", "%q is not a domain", d)
		}
	}
	if (o.AutoCreate || o.LinkByEmail) && len(o.AllowedDomains) == 0 {
		p.add(at+".allowed_domains", "name the domains of your organisation, or switch auto_create and link_by_email off", "whoever the provider lets in could become a user here")
	}
	if o.AutoCreate && (o.GroupsClaim == "" || len(o.Roles) == 0) {
		p.add(at+".roles", "set groups_claim and at least one of access.oidc.roles, or switch auto_create off", "a created user would have no role")
	}
	for j, r := range o.Roles {
		r.validate(p, fmt.Sprintf("%s.roles[%d]", at, j))
	}
}

func (r OIDCRole) validate(p *Problems, at string) {
	if r.Group == "" {
		p.add(at+".group", "write a group as the provider names it", "it is empty")
	}
	merchantRoles, platformRoles := []string{"owner", "finance", "developer", "viewer"}, []string{"platform_admin", "platform_operator", "platform_auditor"}
	switch {
	case slices.Contains(merchantRoles, r.Role):
		if !merchantID.MatchString(r.Merchant) {
			p.add(at+".merchant", "write the merchant's id, such as mch_01J0000000000000000000000A", "%q is none, and %s is a role within a merchant", r.Merchant, r.Role)
		}
	case slices.Contains(platformRoles, r.Role):
		if r.Merchant != "" {
			p.add(at+".merchant", "clear it", "%s is a role of the whole platform", r.Role)
		}
	default:
		p.add(at+".role", "write one of "+strings.Join(slices.Concat(merchantRoles, platformRoles), ", "), "%q is unknown", r.Role)
	}
}
